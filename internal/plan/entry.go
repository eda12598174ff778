package plan

import "mscp/internal/fsys"

// Entry is one thing to copy and where it lands.
type Entry struct {
	Src  string    // path on the source side
	Dst  string    // path on the destination side, relative to Landing.Root
	Info fsys.Info // of the source, links followed
	// InPlace is set where the destination is known to exist and to be neither a regular file nor a directory
	// (/dev/null, a FIFO): it is written directly.
	InPlace bool
	Parent  *Dir // the directory that it lands in; nil directly under Landing.Root. Held until the Entry has ended
}
