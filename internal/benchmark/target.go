package benchmark

import (
	"os/exec"

	"mscp/internal/benchmark/result"
)

// Target is a server and how tools reach it.
type Target struct {
	Server string // "embedded", "sshd" or "host": result.Question
	Path   result.Path

	Host string   // what ssh, scp and mscp call it: a name of the ssh configuration
	SSH  []string // options that mscp, ssh, scp and sftp share: -F FILE, -o KEYWORD=VALUE

	// For tools with an SSH of their own. No Key: they cannot log in there.
	HostName, User  string
	Port            int
	Key, KnownHosts string

	Optional bool             // where mscp cannot copy to it, the others are measured
	Shell    bool             // the server runs commands
	Dirs     map[string]Store // by result.Memory and result.Disk; of a server of the user's, both the same

	// Of a server on this machine.
	Start func(*exec.Cmd) error      // starts a client where the server is reachable; nil: anywhere
	In    []func(func() error) error // run a function in each network namespace on the way; none: here
	raw   *rawServer                 // nil: none
	close []func() error             // the last one first
}

// RemoteTarget is a server that is not on this machine. Its keys and stores are the caller's to fill.
func RemoteTarget() *Target {
	return &Target{Server: Host, Path: result.Path{Kind: result.Network}, Shell: true, Dirs: map[string]Store{}}
}

// Close ends a server of ours.
func (t *Target) Close() (err error) {
	for i := len(t.close) - 1; i >= 0; i-- {
		if cerr := t.close[i](); err == nil {
			err = cerr
		}
	}
	t.close = nil
	return err
}

// Store is a directory of our own, on this machine or on a server. Names are relative to it.
type Store interface {
	// Path is absolute, or on a server relative to the login directory.
	Path() string
	// Local reports whether Path is of this machine.
	Local() bool
	// Usage counts the regular files below name, and their bytes.
	Usage(name string) (files, bytes int64, err error)
	// Zeros makes a file of size bytes that takes no room.
	Zeros(name string, size int64) error
	// Remove removes name and all below it. It is no error where there is none.
	Remove(name string) error
	// Free is how many bytes can be written; a negative number where nobody knows.
	Free() (int64, error)
	// Close removes the directory.
	Close() error
}
