//go:build linux && !386 && !arm

package oddfs

import (
	"context"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

var _ = (fs.NodeGetattrer)((*node)(nil))
var _ = (fs.NodeSetattrer)((*node)(nil))
var _ = (fs.NodeStatfser)((*node)(nil))

func (n *node) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	n.o.enter()
	return n.tell(out)
}

func (n *node) tell(out *fuse.AttrOut) syscall.Errno {
	_, errno := n.o.stat(n.path(), &out.Attr)
	out.Ino = n.StableAttr().Ino
	return errno
}

func (n *node) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	n.o.enter()
	for _, set := range []func(string, *fuse.SetAttrIn) syscall.Errno{n.o.chmod, n.o.chown, n.o.truncate, n.o.utimens} {
		if errno := set(n.path(), in); errno != 0 {
			return errno
		}
	}
	return n.tell(out)
}

func (o *oddity) chmod(path string, in *fuse.SetAttrIn) syscall.Errno {
	mode, ok := in.GetMode()
	if !ok {
		return 0
	}
	if errno := o.Fails[Chmod]; errno != 0 {
		return errno
	}
	return fs.ToErrno(syscall.Chmod(path, mode&0o7777))
}

func (o *oddity) chown(path string, in *fuse.SetAttrIn) syscall.Errno {
	uid, hasUID := in.GetUID()
	gid, hasGID := in.GetGID()
	if !hasUID && !hasGID {
		return 0
	}
	owner := func(id uint32, ok bool) int {
		if !ok {
			return -1
		}
		return int(id)
	}
	return fs.ToErrno(syscall.Lchown(path, owner(uid, hasUID), owner(gid, hasGID)))
}

func (o *oddity) truncate(path string, in *fuse.SetAttrIn) syscall.Errno {
	size, ok := in.GetSize()
	if !ok {
		return 0
	}
	return fs.ToErrno(syscall.Truncate(path, int64(size)))
}

func (o *oddity) utimens(path string, in *fuse.SetAttrIn) syscall.Errno {
	access, hasAccess := in.GetATime()
	mod, hasMod := in.GetMTime()
	if !hasAccess && !hasMod {
		return 0
	}
	if errno := o.Fails[Utimens]; errno != 0 {
		return errno
	}
	times := []unix.Timespec{spec(access, hasAccess), spec(mod, hasMod)}
	return fs.ToErrno(unix.UtimesNanoAt(unix.AT_FDCWD, path, times, unix.AT_SYMLINK_NOFOLLOW))
}

func spec(t time.Time, ok bool) unix.Timespec {
	if !ok {
		return unix.Timespec{Nsec: unix.UTIME_OMIT}
	}
	return unix.NsecToTimespec(t.UnixNano())
}

func (n *node) Statfs(_ context.Context, out *fuse.StatfsOut) syscall.Errno {
	n.o.enter()
	var st syscall.Statfs_t
	if err := syscall.Statfs(n.path(), &st); err != nil {
		return fs.ToErrno(err)
	}
	out.FromStatfsT(&st)
	if n.o.NameMax != 0 {
		out.NameLen = uint32(n.o.NameMax)
	}
	return 0
}
