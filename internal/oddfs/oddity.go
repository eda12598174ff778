//go:build linux && !386 && !arm

package oddfs

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// oddity is one mounted file system.
type oddity struct {
	Habits
	backing string
	salt    uint64 // makes this mount's inode numbers
	written atomic.Int64
	asked   atomic.Int64 // for modification times
}

// enter begins each call.
func (o *oddity) enter() { time.Sleep(o.Latency) }

// uncached reports whether reads and writes go past the kernel's page cache, which believes stated sizes.
func (o *oddity) uncached() bool { return o.ZeroSize || o.ExtraSize != 0 || o.MaxRead != 0 }

// named refuses names that are too long, and those that cannot be looked at.
func (o *oddity) named(name string) syscall.Errno {
	if o.NameMax != 0 && len(name) > o.NameMax {
		return syscall.ENAMETOOLONG
	}
	return o.LstatFails[name]
}

// stat fills in what the file system says of a file.
func (o *oddity) stat(path string, out *fuse.Attr) (fs.StableAttr, syscall.Errno) {
	var st syscall.Stat_t
	if err := syscall.Lstat(path, &st); err != nil {
		return fs.StableAttr{}, fs.ToErrno(err)
	}
	out.FromStat(&st)
	if st.Mode&syscall.S_IFMT == syscall.S_IFREG {
		o.distort(out)
	}
	id := fs.StableAttr{Mode: st.Mode & syscall.S_IFMT}
	switch o.Inodes {
	case InodesStay:
		id.Ino = st.Ino
	case InodesOfMount:
		id.Ino = st.Ino ^ o.salt
	case InodesOfLookup: // go-fuse chooses
	}
	return id, 0
}

func (o *oddity) distort(out *fuse.Attr) {
	out.Size += uint64(o.ExtraSize)
	if o.ZeroSize {
		out.Size = 0
	}
	if o.Flicker != 0 && o.asked.Add(1)%3 == 0 {
		m := time.Unix(int64(out.Mtime), int64(out.Mtimensec)).Add(o.Flicker)
		out.SetTimes(nil, &m, nil)
	}
}

// find returns the path of a name below dir, in the spelling that it has there.
func (o *oddity) find(dir, name string) string {
	path := filepath.Join(dir, name)
	if o.Fold == nil || unix.Access(path, unix.F_OK) == nil {
		return path
	}
	for _, other := range names(dir) {
		if o.Fold(other) == o.Fold(name) {
			return filepath.Join(dir, other)
		}
	}
	return path
}

func names(dir string) []string {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	all, _ := d.Readdirnames(-1) // what cannot be listed has no other spelling
	return all
}
