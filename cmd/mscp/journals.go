package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"mscp/internal/bytepath"
	"mscp/internal/fsys"
	"mscp/internal/journal"
	"mscp/internal/plan"
)

const (
	journalAge   = 30 * 24 * time.Hour // from then on, a journal whose partial files are gone is removed
	journalsRead = 200                 // of other jobs, at most
	partsLooked  = 64                  // of another job's partial files, at most
)

// otherJob is the journal of a job that is not done, and not this one.
type otherJob struct {
	path string
	when time.Time // when it was last written to
	rec  record
	*journal.Journal
	parts []string // its partial files, as the destination's side names them
}

// lookAtOthers tells of interrupted jobs whose partial files lie where this one lands, and removes journals that have become useless. Nothing
// of it is worth an error: it is only about other jobs.
func (c *copier) lookAtOthers(j *job, id *identity) error {
	dir, err := c.stateDir()
	if err != nil {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries[:min(len(entries), journalsRead)] {
		name, isJournal := strings.CutSuffix(e.Name(), ".journal")
		if !isJournal || name == id.job {
			continue
		}
		if o := openOther(bytepath.Join(dir, e.Name()), e, id); o != nil {
			if err := c.lookAt(o, j, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// openOther is nil for a journal that is in use or has nothing to do with this job's destination.
func openOther(path string, e fs.DirEntry, id *identity) *otherJob {
	text, err := journal.Peek(path)
	if err != nil || text == nil {
		return nil
	}
	o := &otherJob{path: path}
	if json.Unmarshal(text, &o.rec) != nil || len(o.rec.Root) == 0 || o.rec.Up != id.up || id.up && o.rec.Host != id.host {
		return nil
	}
	info, err := e.Info()
	if err != nil {
		return nil
	}
	log, state, err := journal.Open(path, journal.Options{MustExist: true})
	if err != nil {
		return nil
	}
	o.Journal, o.when = log, info.ModTime()
	for f := range state.Files() {
		if o.parts = append(o.parts, bytepath.Join(string(o.rec.Root), f.Part)); len(o.parts) == partsLooked {
			break
		}
	}
	return o
}

// lookAt closes the journal, or removes it. Its error means that the connection is lost.
func (c *copier) lookAt(o *otherJob, j *job, id *identity) error {
	old := time.Since(o.when) > journalAge
	there := ""
	for _, part := range o.parts {
		if !old && !id.near(j.land, part) {
			continue
		}
		if _, err := j.dst.Lstat(part); err == nil {
			there = part
			break
		} else if fsys.Lost(err) {
			_ = o.Close()
			return err
		}
	}
	if there == "" && old {
		_ = o.Remove()
		return nil
	}
	if there != "" && id.near(j.land, there) {
		c.display.Notice(fmt.Sprintf("another job left the partial file %q here: %q, interrupted %s; mscp -R %s goes on with it",
			there, o.rec.command(), o.when.Format(time.DateOnly), o.path))
	}
	_ = o.Close()
	return nil
}

// near tells whether a partial file lies where this job lands: beside the file that is copied, or below the directory.
func (id *identity) near(land *plan.Landing, part string) bool {
	for _, item := range land.Items {
		to := bytepath.Join(id.root, item.Dst)
		if strings.HasPrefix(part, to+"/") {
			return true
		}
		name := bytepath.Base(to) // a long one is cut in the partial file's name
		if bytepath.Dir(part) == bytepath.Dir(to) && strings.HasPrefix(bytepath.Base(part), "."+name[:min(len(name), 60)]) {
			return true
		}
	}
	return false
}

// command is the command line of the job's first run.
func (r *record) command() string {
	var b strings.Builder
	b.WriteString("mscp")
	for _, a := range r.Args {
		b.WriteByte(' ')
		b.Write(a)
	}
	return b.String()
}
