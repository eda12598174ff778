package journal

import "time"

// writeLoop writes what was added within SyncEvery, or as soon as it is too much. It sleeps while there is nothing.
func (j *Journal) writeLoop() {
	defer close(j.dirty)
	for {
		select {
		case <-j.wake:
		case <-j.quit:
			return
		}
		select {
		case <-time.After(j.o.SyncEvery):
		case <-j.full:
		case <-j.quit:
			return // Close writes the rest
		}
		if j.flush() {
			notify(j.dirty)
		}
	}
}

// syncLoop syncs what was written, one fdatasync at a time, however many writes it stands for.
func (j *Journal) syncLoop() {
	for range j.dirty {
		j.sync()
	}
}

// flush writes one batch; false if there was nothing to write, or it failed.
func (j *Journal) flush() bool {
	j.write.Lock()
	defer j.write.Unlock()
	batch := j.take()
	if len(batch) == 0 {
		return false
	}
	if _, err := j.file.Write(batch); err != nil {
		_ = j.fail(err)
		return false
	}
	return true
}

// take makes the records of what is acknowledged, behind those of the files, and takes them all. write is held: the batch is
// its holder's until the next call.
func (j *Journal) take() []byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	for k, r := range j.acks {
		for off, n := range r.All() {
			j.buf = appendRange(j.buf, k, off, n)
		}
		r.clear()
	}
	batch := j.buf
	j.buf, j.spare = j.spare[:0], batch
	j.acked = 0
	return batch
}

func (j *Journal) sync() {
	if j.Err() != nil {
		return
	}
	if err := syncData(j.file); err != nil {
		_ = j.fail(err)
	}
}

// fail keeps the first error, and drops what can no longer be recorded.
func (j *Journal) fail(err error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == nil {
		j.err = wrap(err)
	}
	j.discard()
	return j.err
}

// discard drops what was added and not written, and all begun files. mu is held.
func (j *Journal) discard() {
	clear(j.acks)
	j.buf, j.acked = j.buf[:0], 0
}

func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
