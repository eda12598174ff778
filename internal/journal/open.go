package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"mscp/internal/bytepath"
	"mscp/internal/quote"
)

// Defaults of Options whose fields are zero.
const (
	DefaultSyncEvery = time.Second
	DefaultSyncBytes = 256 << 20
)

// Options say how a journal is opened and how far it may lag behind.
type Options struct {
	SyncEvery time.Duration // between two writes, while there is something to write; 0: DefaultSyncEvery
	SyncBytes int64         // acknowledged bytes that are not waited with any longer; 0: DefaultSyncBytes
	MustExist bool          // fs.ErrNotExist where there is no file
	NoLock    bool          // do not lock: two runs of one job then spoil each other's records

	opened func() // for tests: between the opening and the lock
}

const (
	// Without O_NONBLOCK, opening a FIFO or a terminal line might wait for ever.
	openFlags = os.O_RDWR | os.O_APPEND | syscall.O_NONBLOCK | syscall.O_NOCTTY

	// Each try means that another run has ended since the last; so many at once are not waited for.
	openTries = 100
)

// Open opens the journal at path, or makes it and its directories, for this run alone.
//
// Errors: *LockedError while another run has it open, *NoLocksError where files cannot be locked, *ForeignError for
// a file that is no journal, *VersionError for one of another format, else those of the file system.
func Open(path string, o Options) (*Journal, *State, error) {
	o = o.withDefaults()
	// Remove and compact are to work on the file, not on a link that leads to it.
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	f, err := openLocked(path, o)
	if err != nil {
		return nil, nil, err
	}
	s, size, err := load(f)
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return start(compact(f, size, s, o), path, s, o), s, nil
}

func (o Options) withDefaults() Options {
	if o.SyncEvery <= 0 {
		o.SyncEvery = DefaultSyncEvery
	}
	if o.SyncBytes <= 0 {
		o.SyncBytes = DefaultSyncBytes
	}
	if o.opened == nil {
		o.opened = func() {}
	}
	return o
}

// openLocked returns the file at path with its lock. The run that had the lock may have removed the file, or replaced it,
// after we opened it: then the lock is worth nothing, and the next file is tried.
func openLocked(path string, o Options) (*os.File, error) {
	for range openTries {
		f, err := openFile(path, o)
		if err != nil {
			return nil, err
		}
		o.opened()
		err = lockFile(f, o)
		if err == nil && isAt(f, path) {
			return f, nil
		}
		_ = f.Close()
		if err != nil {
			return nil, err
		}
	}
	return nil, &LockedError{Path: path}
}

func openFile(path string, o Options) (*os.File, error) {
	flags := openFlags
	if !o.MustExist {
		flags |= os.O_CREATE
		if err := os.MkdirAll(bytepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &ForeignError{Path: path}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func lockFile(f *os.File, o Options) error {
	if o.NoLock {
		return nil
	}
	err := tryLock(f)
	if errors.Is(err, errLocked) {
		return &LockedError{Path: f.Name(), PID: holder(f)}
	}
	return lockError(f.Name(), err)
}

func lockError(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK):
		return &NoLocksError{Path: path, Err: err}
	}
	return fmt.Errorf("journal: lock %s: %w", quote.Name(path), err)
}

// isAt reports whether path still names f.
func isAt(f *os.File, path string) bool {
	ours, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(ours, there)
}

// load replays f, cuts off what is not good, and returns the size that is left.
func load(f *os.File) (*State, int64, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, 0, fmt.Errorf("journal: %w", err)
	}
	size := info.Size()
	if err := checkHeader(f, size); err != nil {
		return nil, 0, err
	}
	s, end, err := replay(f, size)
	if err != nil {
		return nil, 0, fmt.Errorf("journal: %w", err)
	}
	if end < size {
		// What is cut off must not come back behind records that are written now.
		if err := errors.Join(f.Truncate(end), f.Sync()); err != nil {
			return nil, 0, fmt.Errorf("journal: %w", err)
		}
	}
	return s, end, nil
}

// checkHeader accepts our header, or as much of it as there is: a run may have died before its first write.
func checkHeader(f *os.File, size int64) error {
	b := make([]byte, min(size, int64(len(header))))
	if _, err := f.ReadAt(b, 0); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	switch {
	case strings.HasPrefix(header, string(b)):
		return nil
	case len(b) == len(header) && strings.HasPrefix(string(b), magic):
		return &VersionError{Path: f.Name(), Version: int(b[len(magic)])}
	}
	return &ForeignError{Path: f.Name()}
}
