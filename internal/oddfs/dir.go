//go:build linux && !386 && !arm

package oddfs

import (
	"context"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
)

var _ = (fs.NodeOpendirHandler)((*node)(nil))

// OpendirHandle lists the backing directory as it is, also what cannot be looked at.
func (n *node) OpendirHandle(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	n.o.enter()
	entries, errno := fs.NewLoopbackDirStream(n.path())
	if errno != 0 {
		return nil, 0, errno
	}
	return &listing{entries.(listed), n.o}, 0, 0
}

// listed is what go-fuse's listing of a directory can.
type listed interface {
	fs.FileReaddirenter
	fs.FileSeekdirer
	fs.FileReleasedirer
}

// listing is an open directory.
type listing struct {
	listed
	o *oddity
}

// Fsyncdir is asked of the open directory.
func (l *listing) Fsyncdir(context.Context, uint32) syscall.Errno {
	l.o.enter()
	return l.o.Fails[FsyncDir]
}
