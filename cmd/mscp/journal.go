package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"mscp/internal/journal"
	"mscp/internal/plan"
)

// record is what a journal says of its job, as JSON.
type record struct {
	Args [][]byte // the command line, for -R
	Cwd  []byte   // where relative paths begin
	// Fresh is set where the target did not exist and the one source directory became it. By the second run it exists, and the
	// source would land below it.
	Fresh bool
}

// checkpoint is the journal of this run.
type checkpoint struct {
	*journal.Journal
	state *journal.State // nil: nothing to go on with
	rec   record
	begun bool // by this run or an earlier one
}

// openJournal opens the journal of this job. nil without an error means that there is none: that costs only what an
// interrupted run would save.
func (c *copier) openJournal() (*checkpoint, error) {
	path, err := c.journalPath()
	if err != nil {
		c.display.Notice(fmt.Sprintf("no journal, an interrupted copy begins anew: %v", err))
		return nil, nil
	}
	j, state, err := journal.Open(path, journal.Options{})
	if errors.As(err, new(*journal.NoLocksError)) {
		j, state, err = journal.Open(path, journal.Options{NoLock: true})
	}
	switch {
	case err == nil:
	case c.checkpoint != "" || errors.As(err, new(*journal.LockedError)):
		return nil, err
	default:
		c.display.Notice(fmt.Sprintf("no journal, an interrupted copy begins anew: %v", err))
		return nil, nil
	}
	k := &checkpoint{Journal: j, begun: state.Job() != nil}
	if state.Job() != nil && !c.noResume && json.Unmarshal(state.Job(), &k.rec) == nil {
		k.state = state
	}
	return k, nil
}

// journalPath is -W's file, or one named by what is copied where with which options that matter.
func (c *copier) journalPath() (string, error) {
	if c.checkpoint != "" {
		return filepath.Abs(c.checkpoint)
	}
	dir := c.sys.getenv("XDG_STATE_HOME")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(home, ".local", "state")
	}
	cwd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %d %t %t", cwd, c.login, c.config, c.port, c.preserve, c.inPlace)
	for _, s := range append(c.sources, c.target) {
		fmt.Fprintf(h, " %q", s.String())
	}
	return filepath.Join(dir, "mscp", hex.EncodeToString(h.Sum(nil)[:12])+".journal"), nil
}

// begin settles where things land: as the first run decided, if there was one.
func (k *checkpoint) begin(args []string, land *plan.Landing) error {
	if k.state != nil {
		if k.rec.Fresh {
			land.BecomeRoot()
		}
		return nil
	}
	k.rec = record{Fresh: len(land.Items) == 1 && land.Items[0].Dst == "" && !land.Items[0].Contents}
	for _, a := range args {
		k.rec.Args = append(k.rec.Args, []byte(a))
	}
	cwd, err := os.Getwd()
	if err != nil {
		return err
	}
	k.rec.Cwd = []byte(cwd)
	job, err := json.Marshal(k.rec)
	if err != nil {
		return err
	}
	k.begun = true
	return k.Begin(job)
}

// end removes the journal of a job that is done or never began, and keeps that of any other.
func (k *checkpoint) end(done bool) error {
	if k == nil {
		return nil
	}
	if done || !k.begun {
		return k.Remove()
	}
	return k.Close()
}

// resumed are the arguments and the directory of the job whose journal is file.
func resumed(file string) (args []string, err error) {
	j, state, err := journal.Open(file, journal.Options{MustExist: true})
	if err != nil {
		return nil, err
	}
	defer j.Close()
	var rec record
	if err := json.Unmarshal(state.Job(), &rec); err != nil {
		return nil, &usageError{err: fmt.Errorf("-R: %s describes no job: %w", file, err)}
	}
	if err := os.Chdir(string(rec.Cwd)); err != nil {
		return nil, fmt.Errorf("-R: the directory of the job: %w", err)
	}
	for _, a := range rec.Args {
		args = append(args, string(a))
	}
	return args, nil
}

// resume runs the job of a journal.
func resume(ctx context.Context, sys system, file string, args []string) error {
	if len(args) > 0 {
		return usage("-R goes without sources and target: the journal has them")
	}
	file, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	args, err = resumed(file)
	if err != nil {
		return err
	}
	return runCopy(ctx, sys, append([]string{"-W", file}, args...))
}
