package fsys

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// localErr names operation and path, and gives the errno behind err the reason's type.
func localErr(op, name string, err error) error {
	return &Error{"local", op, name, localReason(err)}
}

// bare takes off what os says of operation and path.
func bare(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

func localReason(err error) error {
	err = bare(err)
	errno, ok := err.(syscall.Errno)
	if !ok {
		return err
	}
	switch errno {
	case syscall.ENOENT:
		return fs.ErrNotExist
	case syscall.EACCES, syscall.EPERM:
		return fs.ErrPermission
	case syscall.EEXIST:
		return fs.ErrExist
	case syscall.ENOSPC:
		return ErrNoSpace
	case syscall.EDQUOT:
		return ErrQuota
	case syscall.EROFS:
		return ErrReadOnly
	case syscall.EFBIG:
		return ErrTooLarge
	case syscall.EISDIR:
		return ErrIsDir
	case syscall.ENOTDIR:
		return ErrNotDir
	}
	return errno
}
