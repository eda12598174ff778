//go:build linux && !386 && !arm

package oddfs

import (
	"context"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// node is a file or directory that the kernel knows.
type node struct {
	fs.Inode
	o    *oddity
	last atomic.Pointer[string] // path below the backing directory, for a node whose name has another node by now
}

var _ = (fs.NodeLookuper)((*node)(nil))
var _ = (fs.NodeCreater)((*node)(nil))
var _ = (fs.NodeMkdirer)((*node)(nil))
var _ = (fs.NodeSymlinker)((*node)(nil))
var _ = (fs.NodeReadlinker)((*node)(nil))
var _ = (fs.NodeRenamer)((*node)(nil))
var _ = (fs.NodeUnlinker)((*node)(nil))
var _ = (fs.NodeRmdirer)((*node)(nil))

// path is where the node lies in the backing file system.
func (n *node) path() string {
	if n.IsRoot() {
		return n.o.backing
	}
	name, parent := n.Parent()
	if parent == nil {
		return *n.last.Load()
	}
	return n.o.find(parent.Operations().(*node).path(), name)
}

// child is the path of a name in this directory.
func (n *node) child(name string) (string, syscall.Errno) {
	n.o.enter()
	return n.o.find(n.path(), name), n.o.named(name)
}

// known tells the kernel of the file at path.
func (n *node) known(ctx context.Context, path string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	id, errno := n.o.stat(path, &out.Attr)
	if errno != 0 {
		return nil, errno
	}
	c := &node{o: n.o}
	c.last.Store(&path)
	return n.NewInode(ctx, c, id), 0
}

// made gives a new file to the user who made it.
func (n *node) made(ctx context.Context, path string, err error, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if err != nil {
		return nil, fs.ToErrno(err)
	}
	if caller, ok := fuse.FromContext(ctx); ok && os.Geteuid() == 0 {
		if err := os.Lchown(path, int(caller.Uid), int(caller.Gid)); err != nil {
			return nil, fs.ToErrno(err)
		}
	}
	return n.known(ctx, path, out)
}

func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	path, errno := n.child(name)
	if errno != 0 {
		return nil, errno
	}
	return n.known(ctx, path, out)
}

func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (
	*fs.Inode, fs.FileHandle, uint32, syscall.Errno,
) {
	path, errno := n.child(name)
	if errno != 0 {
		return nil, nil, 0, errno
	}
	fd, err := syscall.Open(path, int(flags)&^syscall.O_APPEND|syscall.O_CREAT|syscall.O_CLOEXEC, mode&0o7777)
	inode, errno := n.made(ctx, path, err, out)
	if errno != 0 {
		syscall.Close(fd)
		return nil, nil, 0, errno
	}
	return inode, n.o.file(fd), n.o.openFlags(), 0
}

func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	path, errno := n.child(name)
	if errno != 0 {
		return nil, errno
	}
	return n.made(ctx, path, syscall.Mkdir(path, mode&0o7777), out)
}

func (n *node) Symlink(ctx context.Context, target, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	path, errno := n.child(name)
	if errno != 0 {
		return nil, errno
	}
	return n.made(ctx, path, syscall.Symlink(target, path), out)
}

func (n *node) Readlink(context.Context) ([]byte, syscall.Errno) {
	n.o.enter()
	to, err := os.Readlink(n.path())
	return []byte(to), fs.ToErrno(err)
}

func (n *node) Rename(_ context.Context, name string, newParent fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	if flags != 0 {
		return syscall.EINVAL
	}
	from, errno := n.child(name)
	if errno == 0 {
		errno = n.o.named(newName)
	}
	if errno != 0 {
		return errno
	}
	to := n.o.find(newParent.(*node).path(), newName)
	if err := syscall.Rename(from, to); err != nil {
		return fs.ToErrno(err)
	}
	if c := n.GetChild(name); c != nil {
		c.Operations().(*node).last.Store(&to)
	}
	return 0
}

func (n *node) Unlink(_ context.Context, name string) syscall.Errno {
	path, errno := n.child(name)
	if errno != 0 {
		return errno
	}
	return fs.ToErrno(syscall.Unlink(path))
}

func (n *node) Rmdir(_ context.Context, name string) syscall.Errno {
	path, errno := n.child(name)
	if errno != 0 {
		return errno
	}
	return fs.ToErrno(syscall.Rmdir(path))
}
