package link

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// setting is a file under /proc/sys and what it says.
type setting struct {
	path  string
	value []byte
}

// settings reads what a namespace has of its own and decides how TCP behaves. A new namespace starts with the kernel's defaults for most
// of it; the link is to behave as the machine does.
func settings() ([]setting, error) {
	var all []setting
	for _, pattern := range []string{"ipv4/tcp_*", "ipv4/ip_local_port_range", "core/somaxconn"} {
		paths, err := filepath.Glob("/proc/sys/net/" + pattern)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			if filepath.Base(path) == "tcp_fastopen_key" { // a secret, and none when it is not set
				continue
			}
			value, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			all = append(all, setting{path, value})
		}
	}
	return all, nil
}

// apply writes settings to the thread's namespace where they differ. What is not a namespace's own is not there, or read-only.
func apply(settings []setting) error {
	for _, s := range settings {
		fi, err := os.Stat(s.path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		value, err := os.ReadFile(s.path)
		if err != nil {
			return err
		}
		if fi.Mode()&0o200 == 0 || bytes.Equal(value, s.value) {
			continue
		}
		if err := os.WriteFile(s.path, s.value, 0); err != nil {
			return err
		}
	}
	return nil
}
