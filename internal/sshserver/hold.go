package sshserver

import (
	"slices"
	"time"
)

// hold keeps a reply back until release, at the latest until the idle time has passed.
func (f *filter) hold(p Packet) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held = append(f.held, slices.Clone(p))
	if f.timer != nil || f.closed {
		return
	}
	f.timing.Add(1)
	f.timer = time.AfterFunc(idle, func() {
		defer f.timing.Done()
		_ = f.release() // a channel that is gone shows in the next Read
	})
}

// release sends what is held, the newest first.
func (f *filter) release() error {
	f.mu.Lock()
	held := f.held
	f.held = nil
	f.stopTimer()
	f.mu.Unlock()
	for _, p := range slices.Backward(held) {
		if err := f.send(p); err != nil {
			return err
		}
	}
	return nil
}

// stopTimer forgets the timer; f.mu is held.
func (f *filter) stopTimer() {
	if f.timer != nil && f.timer.Stop() {
		f.timing.Done()
	}
	f.timer = nil
}

// Close closes the channel and waits for the timer. pkg/sftp closes it to end its own reading.
func (f *filter) Close() error {
	err := f.ch.Close()
	f.mu.Lock()
	f.closed, f.held = true, nil
	f.progress.Broadcast()
	f.stopTimer()
	f.mu.Unlock()
	f.timing.Wait()
	return err
}
