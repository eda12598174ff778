package plan

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"golang.org/x/sync/errgroup"

	"mscp/internal/fsys"
)

// mostSpecial is how many devices, FIFOs and sockets of one directory are remembered; /dev has some hundreds.
const mostSpecial = 1 << 16

// ErrSpecial is a directory of the destination with more of them: a server that makes them up would otherwise fill the memory.
var ErrSpecial = fmt.Errorf("the directory holds more than %d devices, FIFOs and sockets", mostSpecial)

// AddSpecial adds to names, which may be nil, one that is neither a regular file, a directory nor a link.
func AddSpecial(names map[string]bool, name string) (map[string]bool, error) {
	if len(names) >= mostSpecial {
		return names, ErrSpecial
	}
	if names == nil {
		names = make(map[string]bool)
	}
	names[name] = true
	return names, nil
}

// Special returns the names in the existing directory Root that sources land on and that are neither regular files, directories nor
// links: devices, FIFOs, sockets. They are to be written in place, as one that is the target itself; see [Landing.WriteInPlace].
// It costs the time of one request, or where only contents land in Root, of its listing. Its error means that
// the connection is lost, or ErrSpecial.
func Special(dst fsys.FS, l *Landing) (names map[string]bool, err error) {
	names = make(map[string]bool)
	if !l.inside {
		return names, nil
	}
	var mu sync.Mutex
	note := func(info fsys.Info, name string) (err error) {
		if info.Mode&(fs.ModeDevice|fs.ModeNamedPipe|fs.ModeSocket) != 0 {
			mu.Lock()
			defer mu.Unlock()
			names, err = AddSpecial(names, name)
		}
		return err
	}
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, item := range l.Items {
		group.Go(func() error {
			if item.Contents {
				err := dst.List(l.Root, func(info fsys.Info) error { return note(info, info.Name) })
				if errors.Is(err, ErrSpecial) {
					return &fsys.Error{Side: dst.Side(), Op: "list", Path: l.Root, Err: ErrSpecial}
				}
				return lostOnly(err)
			}
			info, err := dst.Lstat(l.Path(item.Dst))
			if err == nil {
				return note(info, item.Dst)
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
