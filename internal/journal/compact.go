package journal

import (
	"bufio"
	"io"
	"os"
)

// compactAbove is how many bytes a journal may waste before it is written anew.
const compactAbove = 1 << 20

// compact replaces a journal of which more than half, and more than compactAbove, is out of date (mostly ranges
// of files that are committed by now) by one that holds only s. It returns the file to go on with: the old one if there is
// nothing to gain, or if it fails, since nothing is lost then.
func compact(f *os.File, size int64, s *State, o Options) *os.File {
	if s.job == nil || size <= compactAbove {
		return f
	}
	if waste := size - s.size(); waste <= compactAbove || waste <= size/2 {
		return f
	}
	renewed, err := rewrite(f.Name(), s, o)
	if err != nil {
		return f
	}
	// Whoever has opened the old file and waits for its lock will see that the path names another one.
	_ = f.Close()
	return renewed
}

// rewrite writes s beside path and renames it over path. The new file is locked before it has the name.
func rewrite(path string, s *State, o Options) (*os.File, error) {
	tmp := path + ".new"
	// A rest of a run that died here, or whatever else has the name, is never written through.
	_ = os.Remove(tmp)
	f, err := os.OpenFile(tmp, openFlags|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if err := install(f, path, s, o); err != nil {
		_ = f.Close()
		_ = os.Remove(tmp)
		return nil, err
	}
	return f, nil
}

func install(f *os.File, path string, s *State, o Options) error {
	if !o.NoLock {
		if err := tryLock(f); err != nil {
			return err
		}
	}
	if err := s.writeTo(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	syncDir(path)
	return nil
}

// size is the length in bytes of what writeTo writes.
func (s *State) size() int64 {
	var n counter
	_ = s.writeTo(&n)
	return int64(n)
}

type counter int64

func (n *counter) Write(p []byte) (int, error) {
	*n += counter(len(p))
	return len(p), nil
}

// writeTo writes a journal that holds this state and no more.
func (s *State) writeTo(w io.Writer) error {
	out := bufio.NewWriterSize(w, 64<<10)
	b := appendRecord([]byte(header), typeJob, s.job)
	_, _ = out.Write(b) // a bufio.Writer keeps its first error for Flush
	for _, k := range s.committed {
		b = appendCommit(b[:0], k)
		_, _ = out.Write(b)
	}
	for _, f := range s.files {
		b = appendFile(b[:0], f)
		_, _ = out.Write(b)
	}
	return out.Flush()
}
