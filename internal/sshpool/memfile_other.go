//go:build !linux

package sshpool

import "errors"

// memFile is for systems with memfd_create(2).
func memFile([]byte) (name string, remove func(), err error) { return "", nil, errors.ErrUnsupported }
