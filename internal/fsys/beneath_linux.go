package fsys

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"mscp/internal/bytepath"
)

// beneath is an os.Root that also goes through directories which may be written to and searched, but not read (drop boxes). os.Root opens
// each directory for reading. Where that is refused, openat2(2) does the same with O_PATH: RESOLVE_BENEATH has the kernel refuse whatever
// leads outside. Without openat2 (before Linux 5.6, or forbidden) the first refusal stands.
type beneath struct {
	*os.Root     // nil where the directory itself may not be read
	fd       int // the same directory, by O_PATH
}

// openBeneath opens a directory. outside is what os.Root says of a path that leads out of it; nil without os.Root.
func openBeneath(dir string) (ops rootOperations, outside, err error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	r, err := os.OpenRoot(procPath(fd)) // the same directory, whatever is called dir by now
	if errors.Is(err, fs.ErrNotExist) { // no /proc
		r, err = os.OpenRoot(dir)
	}
	switch {
	case err == nil:
		_, outside = r.Lstat("..")
	case errors.Is(err, fs.ErrPermission):
		r = nil
	default:
		unix.Close(fd)
		return nil, nil, err
	}
	return &beneath{r, fd}, bare(outside), nil
}

func procPath(fd int) string { return fmt.Sprintf("/proc/self/fd/%d", fd) }

// Close closes the directory.
func (b *beneath) Close() error {
	err := unix.Close(b.fd)
	if b.Root != nil {
		err = errors.Join(err, b.Root.Close())
	}
	return err
}

// either does what os.Root does, and the other where that may not read a directory.
func (b *beneath) either(root func() error, other func() error) error {
	var err error = syscall.EACCES
	if b.Root != nil {
		err = root()
	}
	if !errors.Is(err, syscall.EACCES) {
		return err
	}
	if second := other(); !errors.Is(second, syscall.ENOSYS) && !errors.Is(second, syscall.EPERM) {
		return second
	}
	return err
}

// open opens a name below the directory.
func (b *beneath) open(name string, flag int, perm fs.FileMode) (int, error) {
	how := &unix.OpenHow{
		Flags: uint64(flag | unix.O_CLOEXEC | unix.O_LARGEFILE), Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS,
	}
	if flag&os.O_CREATE != 0 {
		how.Mode = uint64(perm.Perm())
	}
	for {
		fd, err := unix.Openat2(b.fd, name, how)
		switch err {
		case nil:
			return fd, nil
		case syscall.EINTR, syscall.EAGAIN: // something was renamed meanwhile: it does not know whether that led outside
			continue
		case syscall.EXDEV:
			return -1, &fs.PathError{Op: "open", Path: name, Err: ErrEscapes}
		}
		return -1, &fs.PathError{Op: "open", Path: name, Err: err}
	}
}

// in calls do with the directory that holds the last name of name.
func (b *beneath) in(name string, do func(dir int, base string) error) error {
	base := bytepath.Base(name)
	if base == ".." {
		return &fs.PathError{Op: "open", Path: name, Err: ErrEscapes}
	}
	dir, err := b.open(bytepath.Dir(name), unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	if err := do(dir, base); err != nil {
		return &fs.PathError{Op: "use", Path: name, Err: err}
	}
	return nil
}

// stat opens what name leads to without any right to it.
func (b *beneath) stat(name string, flag int) (fi fs.FileInfo, err error) {
	fd, err := b.open(name, unix.O_PATH|flag, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	return f.Stat()
}

// byPath calls do with a name for what name leads to.
func (b *beneath) byPath(name string, do func(path string) error) error {
	fd, err := b.open(name, unix.O_PATH, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return do(procPath(fd))
}

func (b *beneath) OpenFile(name string, flag int, perm fs.FileMode) (f *os.File, err error) {
	err = b.either(func() error { f, err = b.Root.OpenFile(name, flag, perm); return err }, func() error {
		fd, err := b.open(name, flag, perm)
		if err == nil {
			f = os.NewFile(uintptr(fd), name)
		}
		return err
	})
	return f, err
}

func (b *beneath) Stat(name string) (fi fs.FileInfo, err error) {
	err = b.either(func() error { fi, err = b.Root.Stat(name); return err },
		func() error { fi, err = b.stat(name, 0); return err })
	return fi, err
}

func (b *beneath) Lstat(name string) (fi fs.FileInfo, err error) {
	err = b.either(func() error { fi, err = b.Root.Lstat(name); return err },
		func() error { fi, err = b.stat(name, unix.O_NOFOLLOW); return err })
	return fi, err
}

func (b *beneath) Mkdir(name string, perm fs.FileMode) error {
	return b.either(func() error { return b.Root.Mkdir(name, perm) }, func() error {
		return b.in(name, func(dir int, base string) error { return unix.Mkdirat(dir, base, uint32(perm.Perm())) })
	})
}

func (b *beneath) Chmod(name string, mode fs.FileMode) error {
	return b.either(func() error { return b.Root.Chmod(name, mode) }, func() error {
		return b.byPath(name, func(path string) error { return os.Chmod(path, mode) })
	})
}

func (b *beneath) Chtimes(name string, access, mod time.Time) error {
	return b.either(func() error { return b.Root.Chtimes(name, access, mod) }, func() error {
		return b.byPath(name, func(path string) error { return os.Chtimes(path, access, mod) })
	})
}

func (b *beneath) Rename(oldname, newname string) error {
	return b.either(func() error { return b.Root.Rename(oldname, newname) }, func() error {
		return b.in(oldname, func(from int, old string) error {
			return b.in(newname, func(to int, base string) error { return unix.Renameat(from, old, to, base) })
		})
	})
}

func (b *beneath) Remove(name string) error {
	return b.either(func() error { return b.Root.Remove(name) }, func() error {
		return b.in(name, func(dir int, base string) error {
			err := unix.Unlinkat(dir, base, 0)
			if err == nil {
				return nil
			}
			if rmdir := unix.Unlinkat(dir, base, unix.AT_REMOVEDIR); rmdir != syscall.ENOTDIR {
				return rmdir
			}
			return err
		})
	})
}
