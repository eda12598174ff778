package main

import (
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"mscp/internal/benchmark"
	"mscp/internal/benchmark/link"
	"mscp/internal/benchmark/result"
)

// benchFlags are the command line of "mscp bench" as it was given.
type benchFlags struct {
	flags // of these, those that say how to log in

	connections, sessions []int
	direction             string
	sizes, fileSizes      sizeList
	files                 []int
	runs, warmup          int
	ciphers               []string
	block                 byteSize
	inflight              int

	peers, peerSettings []string
	custom              []string
	limits              bool
	source, sink        string

	servers        []string
	link           string
	program        string
	dir            string
	timeout, whole time.Duration
	clean          bool

	outputs
}

// outputs are the files that a benchmark or its report writes.
type outputs struct {
	json, plot, bench, markdown string
	panel                       int
}

func (o *outputs) register(s *pflag.FlagSet) {
	s.StringVar(&o.plot, "plot", "", "draw the results to `FILE`, .svg, .pdf or .png")
	s.IntVar(&o.panel, "plot-panel", 0, "draw only panel `N` of the picture; 0: all")
	s.StringVar(&o.bench, "bench", "", "write every sample to `FILE` in Go's benchmark format, for benchstat")
	s.StringVar(&o.markdown, "markdown", "", "write the tables to `FILE`")
}

func (f *benchFlags) groups() []group {
	return []group{{"Work", f.workFlags()}, {"Peers", f.peerFlags()}, {"Places", f.placeFlags()},
		{"SSH", f.loginFlags()}, {"Results", f.outputFlags()}}
}

func (f *benchFlags) workFlags() *pflag.FlagSet {
	s := newFlagSet()
	s.IntSliceVar(&f.connections, "connections", nil, "connections of mscp, `LIST`; default: 1, 2, 4, ... up to the cores")
	s.IntSliceVar(&f.sessions, "sessions", []int{1}, "channels on each connection, `LIST`")
	s.StringVar(&f.direction, "direction", "both", "`WHICH` direction: up, down or both")
	s.Var(&f.sizes, "size", "size of a single file, `LIST` of bytes with k, m, g (powers of 1024); default: as large as --time allows")
	s.IntSliceVar(&f.files, "files", nil, "also trees with these numbers of files, `LIST`; without --size, only trees")
	s.Var(&f.fileSizes, "file-size", "size of the files in a tree, `LIST` with one for each of --files, or one for all; default 4k")
	s.IntVar(&f.runs, "runs", 3, "runs of each case")
	s.IntVar(&f.warmup, "warmup", 1, "warm-up runs of each case")
	f.whole, f.timeout = time.Minute, 10*time.Minute
	s.Var((*seconds)(&f.whole), "time", "`TIME` for all runs without --size; slow peers take longer")
	s.StringSliceVar(&f.ciphers, "ciphers", nil, "ciphers, `LIST`, one after the other; default: mscp's choice")
	s.Var(&f.block, "block", "`SIZE` of the block in a request of mscp; default: mscp's choice")
	s.IntVar(&f.inflight, "inflight", 0, "blocks in flight on each channel of mscp; default: mscp's choice")
	s.StringVar(&f.source, "source", result.Memory, "`WHERE` the data come from: memory, or disk (not the page cache)")
	s.StringVar(&f.sink, "sink", result.Memory, "`WHERE` the data go: memory, disk (a run ends when they are on the device) or null (/dev/null, mscp only)")
	s.BoolVar(&f.limits, "limits", true, "also measure the path alone: TCP, or SSH from zeros to /dev/null")
	s.Var((*seconds)(&f.timeout), "timeout", "a run that takes longer than `TIME` fails")
	return s
}

func (f *benchFlags) peerFlags() *pflag.FlagSet {
	s := newFlagSet()
	s.StringSliceVar(&f.peers, "peers", []string{"scp"}, "other tools, `LIST` of scp, sftp, rsync, rclone, lftp, tar; all; or none")
	s.StringSliceVar(&f.peerSettings, "peer-settings", nil, "settings of peers, `LIST` of cipher (the cipher that mscp uses) and default (their own); default: cipher, with --peers both")
	s.StringArrayVar(&f.custom, "peer", nil, "another tool, `NAME=COMMAND` with {src} and {dst} as for scp, or {local} and {remote}; {host} {port} {user} {ssh} {direction}; repeatable")
	s.StringVar(&f.program, "mscp", "", "measure `PROGRAM` instead of this mscp")
	return s
}

func (f *benchFlags) placeFlags() *pflag.FlagSet {
	s := newFlagSet()
	s.StringSliceVar(&f.servers, "server", nil, "servers to start on this machine, `LIST` of embedded (in this process) and sshd (the system's); default: both")
	s.StringVar(&f.link, "link", "", "emulate a long-distance `LINK` to them: rtt=100ms with any of rate=1gbit, loss=0.0002, queue=12m, separated by commas (Linux, root)")
	s.StringVar(&f.dir, "local-dir", ".", "`DIR` for data on this machine's disk; data in memory go to /dev/shm or the directory for temporary files")
	s.BoolVar(&f.clean, "clean", false, "first remove what killed benchmarks left")
	return s
}

func (f *benchFlags) outputFlags() *pflag.FlagSet {
	s := newFlagSet()
	s.StringVar(&f.outputs.json, "json", "", "write every sample to `FILE`, for mscp bench report")
	f.outputs.register(s)
	return s
}

// spec makes what is measured of the flags; its errors are usage errors.
func (f *benchFlags) spec(changed func(string) bool) (s benchmark.Spec, err error) {
	s = benchmark.Spec{Connections: f.connections, Sessions: f.sessions, Ciphers: f.ciphers, Block: int64(f.block), Inflight: f.inflight,
		Limits: f.limits, Source: f.source, Sink: f.sink, Runs: f.runs, Warmup: f.warmup, Timeout: f.timeout, Time: f.whole}
	s.Connections, s.Sessions, s.Ciphers = once(s.Connections), once(s.Sessions), once(s.Ciphers)
	if len(s.Connections) == 0 {
		s.Connections = powers(runtime.NumCPU())
	}
	if len(s.Ciphers) == 0 {
		s.Ciphers = []string{""}
	}
	if s.Directions, err = directions(f.direction); err != nil {
		return s, err
	}
	if s.Works, err = f.works(changed); err != nil {
		return s, err
	}
	if s.Peers, err = f.tools(); err != nil {
		return s, err
	}
	if s.Settings, err = f.settings(changed("peers") || changed("peer")); err != nil {
		return s, err
	}
	return s, s.Validate()
}

// once leaves out what was there before.
func once[T comparable](all []T) (some []T) {
	for _, x := range all {
		if !slices.Contains(some, x) {
			some = append(some, x)
		}
	}
	return some
}

// powers are 1, 2, 4, ... up to most, and most itself.
func powers(most int) (all []int) {
	for n := 1; n < most; n *= 2 {
		all = append(all, n)
	}
	return append(all, most)
}

func directions(name string) ([]result.Direction, error) {
	switch name {
	case "both":
		return []result.Direction{result.Up, result.Down}, nil
	case "up", "down":
		return []result.Direction{result.Direction(name)}, nil
	}
	return nil, usage("--direction %s: want up, down or both", name)
}

func (f *benchFlags) works(changed func(string) bool) (works []result.Work, err error) {
	for _, size := range f.sizes {
		if size == 0 {
			return nil, usage("--size 0: an empty file measures only the login; give at least 1")
		}
		works = append(works, result.Work{Files: 1, Size: int64(size)})
	}
	if len(f.files) == 0 {
		if changed("file-size") {
			return nil, usage("--file-size needs --files")
		}
		if len(works) == 0 {
			works = []result.Work{{Files: 1}} // of a size that is found by a trial
		}
		return works, nil
	}
	sizes := f.fileSizes
	if len(sizes) == 0 {
		sizes = sizeList{4 << 10}
	}
	if len(sizes) == 1 {
		sizes = slices.Repeat(sizes, len(f.files))
	}
	if len(sizes) != len(f.files) {
		return nil, usage("--file-size has %d sizes, --files %d numbers", len(sizes), len(f.files))
	}
	for i, n := range f.files {
		if n < 2 {
			return nil, usage("--files %d: a tree has at least two files; --size is for one file", n)
		}
		works = append(works, result.Work{Files: int64(n), Size: int64(sizes[i])})
	}
	return works, nil
}

func (f *benchFlags) tools() (tools []benchmark.Tool, err error) {
	switch names := strings.Join(f.peers, ","); names {
	case "all":
		tools = benchmark.Peers()
	case "none", "":
	default:
		if tools, err = benchmark.Named(once(f.peers)); err != nil {
			return nil, err
		}
	}
	for _, text := range f.custom {
		t, err := benchmark.Custom(text)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(tools, func(x benchmark.Tool) bool { return x.Name == t.Name }) {
			return nil, usage("--peer %s: another peer has that name", t.Name)
		}
		tools = append(tools, t)
	}
	return tools, nil
}

// settings: a first look compares like with like.
func (f *benchFlags) settings(peersGiven bool) (all []string, err error) {
	if len(f.peerSettings) == 0 {
		if peersGiven {
			return []string{result.SameCipher, result.Defaults}, nil
		}
		return []string{result.SameCipher}, nil
	}
	for _, name := range f.peerSettings {
		switch name {
		case "cipher":
			all = append(all, result.SameCipher)
		case "default":
			all = append(all, result.Defaults)
		default:
			return nil, usage("--peer-settings %s: want cipher or default", name)
		}
	}
	return all, nil
}

// emulated reads --link; nil: there is none.
func (f *benchFlags) emulated() (*link.Config, error) {
	if f.link == "" {
		return nil, nil
	}
	c, err := link.Parse(f.link)
	if err != nil {
		return nil, &usageError{err: err, hint: "for example --link rtt=100ms,rate=1gbit,loss=0.0002"}
	}
	return &c, nil
}
