//go:build !linux

package benchmark

import "golang.org/x/sys/unix"

// dropCache does nothing: there is no call for it.
func dropCache(string) error { return nil }

// syncFS puts all file systems on their devices.
func syncFS(string) error { return unix.Sync() }
