package plan

import (
	"sync"

	"golang.org/x/sync/errgroup"

	"mscp/internal/fsys"
)

// mostKnown is how many files of one directory of the destination are remembered: some 100 bytes each. Those beyond are copied again.
const mostKnown = 1 << 20

// Known is what the destination says of a regular file that is there already.
type Known struct {
	Size int64 // bytes
	Mod  int64 // modification time, in whole seconds since 1970: SFTP version 3 has no more
}

// There are the regular files of one directory of the destination, by name; nil: not asked for.
type There map[string]Known

// Add remembers a file of a listing.
func (t There) Add(i fsys.Info) {
	if t != nil && i.Err == nil && i.IsRegular() && len(t) < mostKnown {
		t[i.Name] = knownOf(i)
	}
}

func knownOf(i fsys.Info) Known { return Known{Size: i.Size, Mod: i.ModTime.Unix()} }

// Unchanged tells whether the source need not be copied: a file of its name has its size and its modification time. rsync's quick check
// goes by the same.
func (t There) Unchanged(name string, source fsys.Info) bool {
	there, ok := t[name]
	return ok && there == knownOf(source)
}

// Present finds out which files that land directly in Root are there already. It costs the time of one request, or where only contents
// land in Root, of its listing. Its error means that the connection is lost.
func Present(dst fsys.FS, l *Landing) (There, error) {
	there := make(There)
	var mu sync.Mutex
	add := func(i fsys.Info) error {
		mu.Lock()
		defer mu.Unlock()
		there.Add(i)
		return nil
	}
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, item := range l.Items {
		group.Go(func() error {
			if item.Contents {
				return lostOnly(dst.List(l.Root, add))
			}
			i, err := dst.Lstat(l.Path(item.Dst))
			if err != nil {
				return lostOnly(err)
			}
			i.Name = item.Dst
			return add(i)
		})
	}
	return there, group.Wait()
}
