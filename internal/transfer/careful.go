package transfer

import (
	"errors"

	"mscp/internal/fsys"
)

// careful tells whether a side is a server that is not known to be OpenSSH's: nothing depends on the order in which it answers, and what it
// does with files is tried before it is relied on (docs/design/careful-servers.md).
func careful(f fsys.FS) bool {
	s, ok := f.(interface{ Careful() bool })
	return ok && s.Careful()
}

// canReplace tells whether a server is sure to have a rename. Only one that leaves out posix-rename@openssh.com may have none.
func canReplace(f fsys.FS) bool {
	s, ok := f.(interface{ CanReplace() bool })
	return !ok || s.CanReplace()
}

// oneFileAtATime has a server asked for one open file per channel from now on.
func oneFileAtATime(f fsys.FS) {
	if s, ok := f.(interface{ OneFileAtATime() }); ok {
		s.OneFileAtATime()
	}
}

// keepsModes tells whether the destination has kept the modes of directories so far.
func (e *engine) keepsModes() bool {
	s, ok := e.First.FS().(interface{ KeepsModes() bool })
	return !e.Upload || !ok || s.KeepsModes()
}

// renews tells whether a file that another lane may have begun gets a partial file of another name.
func renews(f fsys.FS) bool { return !keepsFiles(f) || careful(f) }

// mostShared is how often a file is copied again because its handle was another file's as well: files that were open before the server was
// known to do that may meet several times.
const mostShared = 20

// sharedAgain reports whether a file is to be copied again whose handle was another file's as well. From then on the server has one
// file open at a time on each channel.
func (l *lane) sharedAgain(f *file) bool {
	l.e.shared.Do(func() {
		l.e.Observer.Notice("the server gives one handle to several open files: mscp opens one file at a time on each connection, " +
			"and copies the open ones again")
	})
	f.shared++
	return f.shared < mostShared
}

// ErrNoRename means that the server has no rename, so no partial file can get its name.
var ErrNoRename = errors.New("the server cannot rename files")
