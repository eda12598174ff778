package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"mscp/internal/bytepath"
	"mscp/internal/journal"
	"mscp/internal/plan"
	"mscp/internal/quote"
	"mscp/internal/sshconf"
)

// record is what a journal says of its job, as JSON.
type record struct {
	Job  string // what is copied where: see identity
	Host string // of the remote side, as identity has it; with Up, uploads
	Up   bool
	Root []byte   // below which all lands; partial files too
	Args [][]byte // the command line, for -R
	Cwd  []byte   // where relative paths begin
	// Fresh is set where the target did not exist and the one source directory became it. By the second run it exists, and the
	// source would land below it.
	Fresh bool
	// Planned is set where a dry run wrote it: it stays when its job is done, so that it can be run again.
	Planned bool
}

// checkpoint is the journal of this run.
type checkpoint struct {
	*journal.Journal
	state *journal.State // nil: nothing to go on with
	left  *journal.State // of a job that is begun anew (--no-resume)
	rec   record         // of the earlier run, if there was one
	job   []byte         // rec as it was written
	id    *identity
	begun bool // by this run or an earlier one
}

// otherJobError is a -W whose file holds another job.
type otherJobError struct{ path string }

func (e *otherJobError) Error() string {
	return fmt.Sprintf("%s is the journal of another job, which is unfinished", quote.Name(e.path))
}

// openJournal opens the journal of this job. nil without an error means that there is none: that costs only what an
// interrupted run would save.
func (c *copier) openJournal(id *identity) (*checkpoint, error) {
	k, err := c.tryJournal(id)
	switch {
	case err == nil:
		return k, nil
	case c.checkpoint != "" || errors.As(err, new(*journal.LockedError)):
		return nil, err
	}
	c.noJournal(err)
	return nil, nil
}

// useJournal opens the job's journal, unless it is open: a lost connection has the job planned again. Where that one's server is another
// machine, it may be another job.
func (c *copier) useJournal(id *identity) (err error) {
	if k := c.journal; k != nil {
		if k.id.job == id.job {
			k.id = id
			return nil
		}
		c.journal = nil
		if err := k.end(k.state == nil && k.left == nil); err != nil {
			return err
		}
	}
	c.journal, err = c.openJournal(id)
	return err
}

func (c *copier) noJournal(err error) {
	c.display.Notice(fmt.Sprintf("there is no journal, so an interrupted copy begins anew: %v", err))
}

func (c *copier) tryJournal(id *identity) (*checkpoint, error) {
	path, err := c.journalPath(id.job)
	if err != nil {
		return nil, err
	}
	j, state, err := journal.Open(path, journal.Options{})
	if errors.As(err, new(*journal.NoLocksError)) {
		j, state, err = journal.Open(path, journal.Options{NoLock: true})
	}
	if err != nil {
		return nil, err
	}
	if n := state.Dropped(); n > 0 {
		c.display.Notice(fmt.Sprintf("the journal's last %d bytes are damaged: mscp copies again what they recorded", n))
	}
	k := &checkpoint{Journal: j, id: id, begun: state.Job() != nil, job: state.Job()}
	if !k.begun || json.Unmarshal(state.Job(), &k.rec) != nil {
		return k, nil
	}
	if k.rec.Job != id.job {
		_ = j.Close()
		return nil, &otherJobError{path}
	}
	if c.noResume {
		k.left = state
	} else {
		k.state = state
	}
	return k, nil
}

// journalPath is -W's file, or one in the place that the XDG Base Directory Specification gives to what programs keep between runs.
func (c *copier) journalPath(id string) (string, error) {
	if c.checkpoint != "" {
		return bytepath.Abs(c.checkpoint)
	}
	dir, err := c.stateDir()
	if err != nil {
		return "", err
	}
	return bytepath.Join(dir, id+".journal"), nil
}

// stateDir is what this program keeps between runs.
func (c *copier) stateDir() (string, error) {
	dir := c.sys.getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) {
		home := sshconf.HomeDir()
		if home == "" {
			return "", errors.New("the home directory is not known: set HOME or XDG_STATE_HOME, or give -W FILE")
		}
		dir = bytepath.Join(home, ".local/state")
	}
	return bytepath.Join(dir, "mscp"), nil
}

// begin settles where things land: as the first run decided, if there was one.
func (k *checkpoint) begin(args []string, land *plan.Landing, planned bool) error {
	if k.rec.Fresh {
		land.BecomeRoot()
	}
	if k.state != nil {
		return nil
	}
	cwd, err := os.Getwd()
	if err != nil {
		return err
	}
	fresh := len(land.Items) == 1 && land.Items[0].Dst == "" && !land.Items[0].Contents
	rec := record{Job: k.id.job, Host: k.id.host, Up: k.id.up, Root: []byte(k.id.root), Cwd: []byte(cwd), Fresh: fresh, Planned: planned || k.rec.Planned}
	for _, a := range args {
		rec.Args = append(rec.Args, []byte(a))
	}
	job, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	if err := k.Begin(job); err != nil {
		return err
	}
	k.begun = true
	return nil
}

// end removes the journal of a job that is done or never began, keeps that of any other, and makes a plan new again.
func (k *checkpoint) end(done bool) error {
	switch {
	case k == nil:
		return nil
	case done && k.rec.Planned:
		return errors.Join(k.Begin(k.job), k.Close())
	case done || !k.begun:
		return k.Remove()
	}
	return k.Close()
}
