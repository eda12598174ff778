//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package journal

import (
	"errors"
	"os"
)

var errLocked = errors.New("locked")

func tryLock(*os.File) error { return errors.ErrUnsupported }
