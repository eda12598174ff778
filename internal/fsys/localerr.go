package fsys

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Operations whose errors mean more than their names do.
const (
	opMode  = "set mode of"
	opTimes = "set times of"
	opSync  = "sync"
)

// localErr names operation and path, and gives the errno behind err the reason's type.
func localErr(op, name string, err error) error {
	return &Error{"local", op, name, localReason(op, err)}
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

// lacking tells what file systems answer that have no such call, or no such thing as a mode, a time or stable storage.
func lacking(op string, errno syscall.Errno) bool {
	switch errno {
	case syscall.ENOSYS, syscall.EOPNOTSUPP:
		return true
	case syscall.EINVAL:
		return op == opMode || op == opTimes || op == opSync
	}
	return false
}

func localReason(op string, err error) error {
	err = bare(err)
	errno, ok := err.(syscall.Errno)
	if !ok {
		return err
	}
	if lacking(op, errno) {
		return fmt.Errorf("%w (%w)", ErrUnsupported, errno)
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
