package transfer

import (
	"errors"
	"sync"

	"mscp/internal/fsys"
)

// refusalsMost is how many files in a row may fail at a WRITE.
const refusalsMost = 3

// refusals count the files whose bytes the destination refused without saying why. SFTP version 3 has no code for a disk quota:
// OpenSSH's server says only "Failure", and statvfs shows the space of the file system.
type refusals struct {
	mu    sync.Mutex
	files int
	bytes int64 // acknowledged when the last of them failed
}

// full counts a failed file. It reports whether so many files failed that the destination is taken for full. A byte that was
// acknowledged meanwhile shows that it is not.
func (r *refusals) full(acknowledged int64, err error) bool {
	fe, ok := errors.AsType[*fsys.Error](err)
	if !ok || fe.Op != "write" || !errors.Is(err, fsys.ErrFailure) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if acknowledged != r.bytes {
		r.files, r.bytes = 0, acknowledged
	}
	r.files++
	return r.files >= refusalsMost
}
