package benchmark

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/benchmark/measure"
	"mscp/internal/benchmark/result"
)

type amount struct{ files, bytes int64 }

// fakeStore is a store that knows what lies in it. One on this machine has a directory, for the data sets are made there.
type fakeStore struct {
	path    string
	local   bool
	free    int64
	freeErr error
	held    map[string]amount
}

var _ Store = (*fakeStore)(nil)

func (s *fakeStore) Path() string { return s.path }
func (s *fakeStore) Local() bool  { return s.local }

func (s *fakeStore) Usage(name string) (files, bytes int64, err error) {
	a, ok := s.held[name]
	if !ok {
		return 0, 0, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return a.files, a.bytes, nil
}

func (s *fakeStore) Zeros(name string, size int64) error {
	s.held[name] = amount{1, size}
	return nil
}

func (s *fakeStore) Remove(name string) error {
	delete(s.held, name)
	return os.RemoveAll(filepath.Join(s.path, name))
}

func (s *fakeStore) Free() (int64, error) { return s.free, s.freeErr }
func (s *fakeStore) Close() error         { return nil }

// fake is a runner whose commands do nothing but to say that they copied.
type fake struct {
	*Runner
	t         *testing.T
	here, far *fakeStore
	log       []string // what was run, in short, and what the observer and Save were told
	versions  []string // what was asked for its version
	notes     []string
	commands  []measure.Command
	behave    func(run string, n int) error // what the nth run of this name comes to; a *ShortError: it copies so much and ends well
	count     map[string]int
}

func newFake(t *testing.T, s Spec) *fake {
	f := &fake{t: t, count: make(map[string]int),
		here: &fakeStore{path: t.TempDir(), local: true, free: 1 << 40, held: map[string]amount{}},
		far:  &fakeStore{path: "dir", free: 1 << 40, held: map[string]amount{}}}
	target := paper()
	target.Server, target.Dirs = Host, map[string]Store{result.Memory: f.far, result.Disk: f.far}
	f.Runner = NewRunner(s, f)
	f.Mscp, f.Targets, f.Local = "mscp", []*Target{target}, map[string]Store{result.Memory: f.here, result.Disk: f.here}
	f.Measure, f.Look = f.run, anything
	f.Output = func(env []string, args ...string) ([]byte, error) {
		require.Contains(t, env, "XDG_CONFIG_HOME="+f.here.path+"/state", "lftp --version makes directories")
		f.versions = append(f.versions, strings.Join(args, " "))
		return []byte(args[0] + " 1.0\nmore"), nil
	}
	f.Save = func(*result.File) error { f.log = append(f.log, "save"); return nil }
	return f
}

// named are tools that the fake knows.
func named(names ...string) (tools []Tool) {
	for _, name := range names {
		tools = append(tools, Tool{Name: name, Program: name, noCipher: true, noShell: true, version: []string{name, "--version"},
			command: func(result.Question, string) command { return command{args: []string{name, "{src}", "{dst}"}} }})
	}
	return tools
}

// Begin and the others implement Observer.
func (f *fake) Begin(runs int) { f.log = append(f.log, fmt.Sprintf("begin %d", runs)) }

func (f *fake) Running(_ result.Case, measured bool) {
	if !measured {
		f.log = append(f.log, "warm-up")
	}
}

func (f *fake) Left(result.Case) {}

func (f *fake) Ran(_ result.Case, s result.Sample) {
	if s.Error != "" {
		f.log = append(f.log, "failed")
	}
}

func (f *fake) Note(text string) { f.notes = append(f.notes, text) }

// run is Measure.
func (f *fake) run(ctx context.Context, c measure.Command) (measure.Usage, error) {
	f.commands = append(f.commands, c)
	src, dst := c.Args[len(c.Args)-2], c.Args[len(c.Args)-1]
	name := nameOf(c.Args)
	if path.Base(dst) == dataName {
		name = "bring"
	}
	f.log = append(f.log, name)
	f.count[name]++
	var err error
	if f.behave != nil {
		err = f.behave(name, f.count[name])
	}
	if ctx.Err() != nil {
		return measure.Usage{}, context.Cause(ctx)
	}
	done := f.amountOf(src)
	var short *ShortError
	switch {
	case errors.As(err, &short):
		done = amount{short.Files, short.Bytes}
	case err != nil:
		return measure.Usage{Seconds: 0.5}, err
	}
	if dst != os.DevNull && dst != f.Targets[0].Host+":"+os.DevNull {
		f.storeOf(dst).held[path.Base(dst)] = done
	}
	events := fmt.Sprintf(`{"event":"channel","cipher":"c-used","block_bytes":1,"inflight":2}`+"\n"+
		`{"event":"summary","ok":true,"files":%d,"bytes":%d}`, done.files, done.bytes)
	return measure.Usage{Seconds: 0.25, User: 0.1, PeakRSS: 7, Connections: 1, MinRTT: 0.01, Stdout: []byte(events)}, nil
}

// nameOf is "mscp 4" for four connections, "single", or the tool.
func nameOf(args []string) string {
	if args[0] != "mscp" {
		return args[0]
	}
	for i, a := range args {
		if a == "-s" {
			return "single"
		}
		if a == "-n" && args[i+2] != "--sessions" {
			return "trial"
		}
		if a == "-n" && args[i+4] != "-b" {
			return "mscp " + args[i+1]
		}
	}
	return "mscp"
}

func (f *fake) storeOf(p string) *fakeStore {
	if strings.HasPrefix(p, f.Targets[0].Host+":") {
		return f.far
	}
	return f.here
}

// amountOf is what lies at an end of a copy: data sets of this machine are real.
func (f *fake) amountOf(p string) (a amount) {
	s := f.storeOf(p)
	if held, ok := s.held[path.Base(p)]; ok {
		return held
	}
	err := filepath.WalkDir(p, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		a = amount{a.files + 1, a.bytes + info.Size()}
		return err
	})
	if err != nil {
		f.t.Errorf("%s: %v", p, err)
	}
	return a
}

// empty reports what is left in the stores.
func (f *fake) left() (names []string) {
	for _, s := range []*fakeStore{f.here, f.far} {
		for name := range s.held {
			names = append(names, name)
		}
	}
	entries, _ := os.ReadDir(f.here.path)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// newFile is what the command knows before.
func newFile() *result.File { return &result.File{Version: result.Version, Started: time.Unix(0, 0)} }
