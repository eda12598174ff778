//go:build !linux

package sshpool

import "errors"

// CheckCongestion reports, as a *CongestionError, a congestion control that this kernel cannot use.
func CheckCongestion(name string) error { return setCongestion(0, name) }

func setCongestion(_ int, name string) error {
	return &CongestionError{Name: name, Err: errors.ErrUnsupported}
}
