package journal

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"mscp/internal/bytepath"
)

// flushAbove is how many bytes of records are not waited with any longer.
const flushAbove = 1 << 20

// Journal appends to the checkpoint of a job. Its methods may be called by many goroutines at once.
type Journal struct {
	path string
	o    Options
	file *os.File

	wake  chan struct{} // there is something to write
	full  chan struct{} // there is too much to wait
	dirty chan struct{} // there is something to sync
	quit  chan struct{}
	loops sync.WaitGroup

	write sync.Mutex // held while records go to the file, one batch at a time; taken before mu
	spare []byte     // the batch that was written last, to be the next buf

	mu     sync.Mutex
	begun  bool
	closed bool
	buf    []byte          // records of begun and committed files, in order
	acks   map[Key]*Ranges // of each begun file, what was acknowledged since the last batch
	acked  int64           // the sum of it, in bytes
	err    error
}

func start(f *os.File, path string, s *State, o Options) *Journal {
	j := &Journal{
		path: path, o: o, file: f,
		wake: make(chan struct{}, 1), full: make(chan struct{}, 1), dirty: make(chan struct{}, 1),
		quit:  make(chan struct{}),
		begun: s.job != nil,
		acks:  make(map[Key]*Ranges),
	}
	for k := range s.files {
		j.acks[k] = new(Ranges)
	}
	j.loops.Go(j.writeLoop)
	j.loops.Go(j.syncLoop)
	return j
}

// Begin starts a job, which is described by at most MaxPayload bytes (else ErrTooLong), before anything is recorded.
// What the journal held before is forgotten: a run that resumes does not call it. When it returns nil the
// journal is on stable storage.
func (j *Journal) Begin(job []byte) error {
	if len(job) > MaxPayload {
		return fmt.Errorf("job of %d bytes: %w", len(job), ErrTooLong)
	}
	j.write.Lock()
	defer j.write.Unlock()
	if err := j.forget(); err != nil {
		return err
	}
	if err := j.restart(job); err != nil {
		return j.fail(err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.begun = true
	return nil
}

func (j *Journal) forget() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.begun = false
	j.discard()
	return j.state()
}

func (j *Journal) restart(job []byte) error {
	if err := j.file.Truncate(0); err != nil {
		return err
	}
	if _, err := j.file.Write(appendRecord([]byte(header), typeJob, job)); err != nil {
		return err
	}
	if err := syncData(j.file); err != nil {
		return err
	}
	syncDir(j.path)
	return nil
}

// File records that a large file is begun, or begun anew: only f.Ranges is acknowledged of it. ErrTooLong if its names
// have more than MaxPayload bytes.
func (j *Journal) File(f File) error {
	if len(f.Part)+len(f.Src)+maxKeyed > MaxPayload {
		return fmt.Errorf("names of %d bytes: %w", len(f.Part)+len(f.Src), ErrTooLong)
	}
	ranges := f.Ranges.Clone()
	return j.add(func() {
		j.buf = appendBegun(j.buf, &f)
		j.acks[f.Key] = &ranges
	})
}

// Acked records that the destination has acknowledged the n bytes at off of a begun file; of any other nothing is
// recorded. It only adds to memory.
func (j *Journal) Acked(k Key, off, n int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := j.acks[k]
	if r == nil || j.refuse() != nil || !valid(off, n) {
		return
	}
	r.Add(off, n)
	j.acked += n
	j.added()
}

// Commit records that a file is in place, whether it was begun or not. It only adds to memory.
func (j *Journal) Commit(k Key) {
	_ = j.add(func() {
		j.buf = appendCommit(j.buf, k)
		delete(j.acks, k)
	})
}

// add runs fn with mu held, unless nothing can be recorded any more.
func (j *Journal) add(fn func()) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.refuse(); err != nil {
		return err
	}
	fn()
	j.added()
	return nil
}

// refuse says why nothing can be recorded. mu is held.
func (j *Journal) refuse() error {
	if !j.begun && j.state() == nil {
		j.err = ErrNotBegun
	}
	return j.state()
}

// state is nil while the journal works. mu is held.
func (j *Journal) state() error {
	if j.err == nil && j.closed {
		return fmt.Errorf("journal: %w", os.ErrClosed)
	}
	return j.err
}

// added tells the goroutine that writes. mu is held.
func (j *Journal) added() {
	notify(j.wake)
	if j.acked >= j.o.SyncBytes || len(j.buf) >= flushAbove {
		notify(j.full)
	}
}

// Err is the first error of writing. From then on nothing is recorded.
func (j *Journal) Err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// Flush writes what was recorded: it survives the death of the process. That of the machine is [Journal.Sync]'s.
func (j *Journal) Flush() error {
	if err := j.working(); err != nil {
		return err
	}
	j.flush()
	return j.working()
}

// Sync puts all that was recorded on stable storage.
func (j *Journal) Sync() error {
	if err := j.working(); err != nil {
		return err
	}
	j.flush()
	j.sync()
	return j.working()
}

func (j *Journal) working() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.state()
}

// Close writes and syncs what is left, and unlocks the file. After the first Close or Remove both do nothing.
func (j *Journal) Close() error {
	if !j.end() {
		return nil
	}
	j.flush()
	j.sync()
	err := j.file.Close()
	if kept := j.Err(); kept != nil {
		return kept
	}
	return wrap(err)
}

// Remove removes the file and then unlocks it: the job is done. A file of another run at the same path is left alone.
func (j *Journal) Remove() error {
	if !j.end() {
		return nil
	}
	// Not unlocked first: the next run would begin on a file that is about to vanish.
	var err error
	if isAt(j.file, j.path) {
		err = os.Remove(j.path)
	}
	return wrap(errors.Join(err, j.file.Close()))
}

// end closes the journal to new records and waits for its goroutines; false if that was done before.
func (j *Journal) end() bool {
	j.mu.Lock()
	before := j.closed
	j.closed = true
	j.mu.Unlock()
	if before {
		return false
	}
	close(j.quit)
	j.loops.Wait()
	return true
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("journal: %w", err)
}

// syncDir makes a new name last. A file system that cannot, or a failure, costs at most the journal, after a power
// failure: then what it knew is copied again.
func syncDir(path string) {
	d, err := os.Open(bytepath.Dir(path))
	if err != nil {
		return
	}
	_ = d.Sync()
	_ = d.Close()
}
