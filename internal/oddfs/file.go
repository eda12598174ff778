//go:build linux && !386 && !arm

package oddfs

import (
	"context"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

var _ = (fs.NodeOpener)((*node)(nil))

func (n *node) Open(_ context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	n.o.enter()
	fd, err := syscall.Open(n.path(), int(flags)&^(syscall.O_APPEND|syscall.O_CREAT)|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, 0, fs.ToErrno(err)
	}
	return n.o.file(fd), n.o.openFlags(), 0
}

func (o *oddity) openFlags() uint32 {
	if o.uncached() {
		return fuse.FOPEN_DIRECT_IO
	}
	return 0
}

func (o *oddity) file(fd int) *file { return &file{o: o, fd: fd} }

// file is an open file. The kernel releases it once, after its last call.
type file struct {
	o  *oddity
	fd int
}

var _ = (fs.FileReader)((*file)(nil))
var _ = (fs.FileWriter)((*file)(nil))
var _ = (fs.FileFsyncer)((*file)(nil))
var _ = (fs.FileFlusher)((*file)(nil))
var _ = (fs.FileReleaser)((*file)(nil))

func (f *file) Read(_ context.Context, p []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	f.o.enter()
	if f.o.MaxRead > 0 && len(p) > f.o.MaxRead {
		p = p[:f.o.MaxRead]
	}
	if errno := f.o.Fails[Read]; errno != 0 {
		if off >= f.o.ReadUntil {
			return nil, errno
		}
		p = p[:min(int64(len(p)), f.o.ReadUntil-off)]
	}
	n, err := syscall.Pread(f.fd, p, off)
	return fuse.ReadResultData(p[:max(n, 0)]), fs.ToErrno(err)
}

func (f *file) Write(_ context.Context, p []byte, off int64) (uint32, syscall.Errno) {
	f.o.enter()
	if errno := f.o.Fails[Write]; errno != 0 && f.o.written.Add(int64(len(p))) > f.o.WriteRoom {
		return 0, errno
	}
	n, err := syscall.Pwrite(f.fd, p, off)
	return uint32(max(n, 0)), fs.ToErrno(err)
}

func (f *file) Fsync(context.Context, uint32) syscall.Errno {
	f.o.enter()
	if errno := f.o.Fails[Fsync]; errno != 0 {
		return errno
	}
	return fs.ToErrno(syscall.Fsync(f.fd))
}

func (f *file) Flush(context.Context) syscall.Errno {
	f.o.enter()
	return 0
}

func (f *file) Release(context.Context) syscall.Errno { return fs.ToErrno(syscall.Close(f.fd)) }
