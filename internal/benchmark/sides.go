package benchmark

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"mscp/internal/benchmark/measure"
	"mscp/internal/benchmark/result"
	"mscp/internal/bytepath"
)

// Names in a store.
const (
	dataName  = "data"  // the data set
	outName   = "out"   // a copy
	zerosName = "zeros" // a file that takes no room
	stateName = "state" // where tools may keep what they keep in a home directory
)

// sides are where the data of a question lie.
type sides struct {
	result.Question
	target        *Target
	local, remote Store
	state         string // a directory on this machine
}

// prepare makes the data.
func (r *Runner) prepare(ctx context.Context, q *question) (s *sides, err error) {
	from, to := q.Source, q.Sink
	if to == result.Null {
		to = result.Memory
	}
	if q.Direction == result.Down {
		from, to = to, from
	}
	s = &sides{Question: q.Question, target: q.target, local: r.Local[from], remote: q.target.Dirs[to]}
	s.state = r.state()
	if err := room(s.local, s.remote, q.Question, s.remote.Local() && from == to); err != nil {
		return nil, err
	}
	if err := s.makeData(ctx, r); err != nil {
		return nil, errors.Join(err, s.clear())
	}
	return s, nil
}

// seed of the data: any, but always the same.
const seed = 1

func (s *sides) makeData(ctx context.Context, r *Runner) error {
	source := s.source()
	if err := source.Zeros(zerosName, s.Work.Size); err != nil {
		return err
	}
	if source.Local() {
		return generate(ctx, bytepath.Join(source.Path(), dataName), s.Work, seed)
	}
	here := bytepath.Join(s.local.Path(), dataName)
	if err := generate(ctx, here, s.Work, seed); err != nil {
		return err
	}
	if err := r.upload(ctx, s, here, bytepath.Join(s.remote.Path(), dataName)); err != nil {
		return fmt.Errorf("copy the data set to the server: %w", err)
	}
	return s.local.Remove(dataName)
}

// upload copies by mscp.
func (r *Runner) upload(ctx context.Context, s *sides, from, to string) error {
	c := result.Case{Question: result.Question{Direction: result.Up, Work: s.Work}}
	v := values{mscp: r.Mscp, target: s.target, direction: result.Up, local: from, remote: to}
	run := ours(c).fill(v)
	_, err := r.Measure(ctx, measure.Command{Args: run.args, Env: append(os.Environ(), env(s.state)...), Start: s.target.Start})
	return err
}

func (s *sides) source() Store {
	if s.Direction == result.Up {
		return s.local
	}
	return s.remote
}

func (s *sides) sink() Store {
	if s.Direction == result.Up {
		return s.remote
	}
	return s.local
}

// nowhere reports whether a case writes to /dev/null.
func (s *sides) nowhere(c result.Case) bool { return c.Tool == result.SSH || s.Sink == result.Null }

func (s *sides) values(c result.Case) values {
	from, to := bytepath.Join(s.source().Path(), dataName), bytepath.Join(s.sink().Path(), outName)
	if c.Tool == result.SSH {
		from = bytepath.Join(s.source().Path(), zerosName)
	}
	if s.nowhere(c) {
		to = os.DevNull
	}
	v := values{target: s.target, direction: s.Direction, local: from, remote: to}
	if s.Direction == result.Down {
		v.local, v.remote = to, from
	}
	return v
}

// state is a directory on this machine, which tools make if they want it.
func (r *Runner) state() string { return bytepath.Join(r.Local[result.Memory].Path(), stateName) }

// env keeps tools from writing elsewhere.
func env(state string) []string {
	return []string{"XDG_STATE_HOME=" + state, "XDG_CACHE_HOME=" + state, "XDG_CONFIG_HOME=" + state, "XDG_DATA_HOME=" + state,
		"LFTP_HOME=" + state, "RCLONE_CONFIG=/dev/null"}
}

// cold takes the data set out of the page cache where it is to be read from disk. On a server of the user's nothing can do that.
func (s *sides) cold(c result.Case) error {
	if s.Source != result.Disk || !s.source().Local() || c.Tool == result.SSH {
		return nil
	}
	return filepath.WalkDir(bytepath.Join(s.source().Path(), dataName), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		return dropCache(path)
	})
}

// settle waits until what was copied is on the device, where it is to be, and adds the time.
func (s *sides) settle(c result.Case, sample *result.Sample) error {
	if s.Sink != result.Disk || !s.sink().Local() || c.Tool == result.SSH {
		return nil
	}
	begun := time.Now()
	err := syncFS(s.sink().Path())
	sample.Seconds += time.Since(begun).Seconds()
	return err
}

// check counts what arrived. A tool's word for it is taken only where nothing can be counted.
func (s *sides) check(c result.Case, sample *result.Sample) (err error) {
	if !s.nowhere(c) {
		sample.Files, sample.Bytes, err = s.sink().Usage(outName)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // nothing is too little, too
			return err
		}
	}
	if sample.Files != s.Work.Files || sample.Bytes != s.Work.Bytes() {
		return &ShortError{sample.Files, sample.Bytes, s.Work.Files, s.Work.Bytes()}
	}
	return nil
}

func (s *sides) clearOut() error { return s.sink().Remove(outName) }

// clear removes the data.
func (s *sides) clear() error {
	return errors.Join(s.clearOut(), s.local.Remove(dataName), s.remote.Remove(dataName), s.source().Remove(zerosName))
}
