package main

import (
	"crypto/rand"
	"errors"
	"time"

	"mscp/internal/fsys"
	"mscp/internal/journal"
	"mscp/internal/plan"
)

// selfProbe stands for a source in a journal's record of a probe, which lies anywhere on the destination. No source has such a path.
const selfProbe = "\x00probe"

// refuseSelfCopy refuses a source that would be copied onto itself. It removes the probes that killed runs of the job have left.
func (c *copier) refuseSelfCopy(j *job) error {
	c.journal.removeProbes(j.dst)
	err := plan.SelfCopy(j.src, j.dst, j.meets, rand.Reader, c.journal.noteProbe)
	switch {
	case err == nil || c.journal == nil:
	case fsys.Lost(err): // it is opened again when all this is done again
		err = errors.Join(err, c.journal.Close())
		c.journal = nil
	case c.journal.state == nil && c.journal.left == nil:
		c.journal.begun = false // the job is none
	}
	return err
}

// noteProbe records a probe before it is made.
func (k *checkpoint) noteProbe(path string) {
	if k == nil {
		return
	}
	_ = k.File(journal.File{Key: journal.KeyOf("probe", path, 0, time.Time{}, 0, 0), Part: path, Src: selfProbe})
	_ = k.Flush()
}

func (k *checkpoint) removeProbes(dst fsys.FS) {
	if k == nil {
		return
	}
	for _, s := range []*journal.State{k.state, k.left} {
		if s == nil {
			continue
		}
		for f := range s.Files() {
			if f.Src == selfProbe {
				_ = plan.RemoveProbe(dst, f.Part)
			}
		}
	}
}
