package plan

import (
	"io/fs"
	"sync"

	"golang.org/x/sync/errgroup"

	"mscp/internal/fsys"
)

// Special returns the names in the existing directory Root that sources land on and that are neither regular files, directories nor
// links: devices, FIFOs, sockets. They are to be written in place, as one that is the target itself; see [Landing.WriteInPlace].
// It costs the time of one request, or where only contents land in Root, of its listing. Its error means that
// the connection is lost.
func Special(dst fsys.FS, l *Landing) (names map[string]bool, err error) {
	names = make(map[string]bool)
	if !l.inside {
		return names, nil
	}
	var mu sync.Mutex
	note := func(info fsys.Info, name string) {
		if info.Mode&(fs.ModeDevice|fs.ModeNamedPipe|fs.ModeSocket) != 0 {
			mu.Lock()
			defer mu.Unlock()
			names[name] = true
		}
	}
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, item := range l.Items {
		group.Go(func() error {
			if item.Contents {
				return lostOnly(dst.List(l.Root, func(info fsys.Info) error { note(info, info.Name); return nil }))
			}
			info, err := dst.Lstat(l.Path(item.Dst))
			if err == nil {
				note(info, item.Dst)
			}
			return lostOnly(err)
		})
	}
	return names, group.Wait()
}

// WriteInPlace marks what lands on one of names, which [Special] has found.
func (l *Landing) WriteInPlace(names map[string]bool) {
	for i := range l.Items {
		item := &l.Items[i]
		if item.Contents {
			item.special = names
		} else if names[item.Dst] {
			item.InPlace = true
		}
	}
}
