package main

import (
	"math"
	"runtime"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flags are the command line as it was given. README.md says what each means.
type flags struct {
	connections int
	sessions    int
	maxStartups int
	interval    seconds
	cpuMask     cpuMask
	congestion  string
	nagle       bool

	minChunk, maxChunk byteSize
	inflight           int
	block              byteSize
	limit              bitRate
	preserve, inPlace  bool
	skipUnchanged      bool
	dryRun, recursive  bool

	checkpoint, resume string
	noResume           bool
	verify             verifyMode
	fsync              bool
	retries            int
	retryTimeout       time.Duration
	stallTimeout       time.Duration

	login      string
	port       int
	config     string
	options    []string
	identities []string
	jump       string
	ciphers    string
	macs       string
	compress   string
	transport  string
	ipv4, ipv6 bool

	verbose          int
	quiet, json      bool
	debug            bool
	progressInterval time.Duration
}

// group is a part of the help.
type group struct {
	title string
	flags *pflag.FlagSet
}

func (f *flags) register(c *cobra.Command) {
	groups := []group{
		{"Copy", f.copyFlags()},
		{"Reliability", f.reliabilityFlags()},
		{"Connections", f.connectionFlags()},
		{"SSH", f.sshFlags()},
		{"Display", f.displayFlags()},
	}
	for _, g := range groups {
		g.flags.SortFlags = false
		c.Flags().AddFlagSet(g.flags)
	}
	c.SetHelpFunc(func(c *cobra.Command, _ []string) {
		if c.HasParent() {
			writeHelp(c.OutOrStdout(), c, []group{{"Flags", c.LocalFlags()}})
			return
		}
		writeHelp(c.OutOrStdout(), c, groups)
	})
}

func newFlagSet() *pflag.FlagSet { return pflag.NewFlagSet("", pflag.ContinueOnError) }

func (f *flags) copyFlags() *pflag.FlagSet {
	s := newFlagSet()
	s.BoolVarP(&f.preserve, "preserve", "p", false, "keep times, set-id and sticky bits too (mscp always keeps mode bits)")
	s.BoolVarP(&f.skipUnchanged, "skip-unchanged", "k", false,
		"leave files whose copy has their size and time; sets times")
	s.BoolVar(&f.inPlace, "inplace", false, "write under the final name; an interrupted copy leaves a mixture there")
	s.BoolVarP(&f.dryRun, "dry-run", "D", false, "print what would be copied where, and copy nothing")
	s.VarP(&f.limit, "limit", "L", "limit the whole copy to `RATE` bit/s, with k, m, g (powers of 1000)")
	s.VarP(&f.minChunk, "min-chunk", "s", "smallest chunk, `SIZE` in bytes with k, m, g (powers of 1024); default 16m, at the end of the last file 2m")
	s.VarP(&f.maxChunk, "max-chunk", "S", "largest chunk, `SIZE`; default: file size / (connections * 4)")
	s.IntVarP(&f.inflight, "inflight", "a", 0, "blocks in flight per channel; default: enough to fill its window")
	s.VarP(&f.block, "block", "b", "`SIZE` of the block in a request; default: the largest that the server takes, up to 255k")
	s.BoolVarP(&f.recursive, "recursive", "r", false, "no effect: mscp always copies directories whole")
	return s
}

func (f *flags) reliabilityFlags() *pflag.FlagSet {
	s := newFlagSet()
	s.StringVarP(&f.checkpoint, "checkpoint", "W", "", "keep the journal of this job in `FILE`; default: below ~/.local/state/mscp")
	s.StringVarP(&f.resume, "resume", "R", "", "go on with the job whose journal is `FILE`; needs no other arguments")
	s.BoolVar(&f.noResume, "no-resume", false, "begin anew, and ignore what an earlier run left")
	s.Var(&f.verify, "verify", "compare each file with its source before it gets its name: auto, command or readback")
	s.Lookup("verify").NoOptDefVal = "auto"
	s.BoolVar(&f.fsync, "fsync", false, "put each file on stable storage before it gets its name")
	s.IntVar(&f.retries, "retries", 0, "tries to replace a lost connection; default: until --retry-timeout")
	f.retryTimeout, f.stallTimeout = 10*time.Minute, time.Minute
	s.Var((*seconds)(&f.retryTimeout), "retry-timeout", "give up after `TIME` without progress")
	s.Var((*seconds)(&f.stallTimeout), "stall-timeout", "replace a connection after `TIME` without sign of life; 0: never")
	return s
}

func (f *flags) connectionFlags() *pflag.FlagSet {
	s := newFlagSet()
	s.IntVarP(&f.connections, "connections", "n", 0, "maximum number of SSH connections; default: as many as help, up to max(4, 2*ln(cores)+1)")
	s.IntVar(&f.sessions, "sessions", 1, "SFTP channels per connection; sshd allows 10 (MaxSessions)")
	s.IntVarP(&f.maxStartups, "max-startups", "u", 8, "maximum number of logins at the same time")
	s.VarP(&f.interval, "interval", "I", "log in one by one, with `SECONDS` between; 3, 0.5s")
	s.BoolVarP(&f.ipv4, "ipv4", "4", false, "use IPv4 only")
	s.BoolVarP(&f.ipv6, "ipv6", "6", false, "use IPv6 only")
	s.StringVarP(&f.congestion, "congestion", "g", "", "TCP congestion control `NAME` (Linux)")
	s.BoolVarP(&f.nagle, "nagle", "N", false, "use Nagle's algorithm")
	s.VarP(&f.cpuMask, "cpu-mask", "m", "run on these CPUs: a `HEX` mask, 0x25 is 0, 2 and 5 (Linux)")
	return s
}

// loginFlags say who logs in where; every command that reaches a server has them.
func (f *flags) loginFlags() *pflag.FlagSet {
	s := newFlagSet()
	s.StringVarP(&f.login, "login", "l", "", "log in as `NAME`; beats user@")
	s.IntVarP(&f.port, "port", "P", 0, "`PORT` of the server")
	s.StringVarP(&f.config, "ssh-config", "F", "", "ssh configuration `FILE`; none for none")
	s.StringArrayVarP(&f.options, "ssh-option", "o", nil, "ssh option `KEYWORD=VALUE`; repeatable")
	s.StringArrayVarP(&f.identities, "identity", "i", nil, "private key `FILE`; repeatable")
	s.StringVarP(&f.jump, "jump", "J", "", "jump host `[USER@]HOST[:PORT]`, several with commas")
	return s
}

func (f *flags) sshFlags() *pflag.FlagSet {
	s := f.loginFlags()
	s.StringVarP(&f.ciphers, "ciphers", "c", "", "ciphers `LIST`, comma separated")
	s.StringVarP(&f.macs, "macs", "M", "", "MACs `LIST`, comma separated")
	s.StringVarP(&f.compress, "compress", "C", "none", "compression by the system's ssh: `yes` or no")
	s.StringVar(&f.transport, "transport", "", "`KIND` of connection: native, control (a running ControlMaster), openssh (the system's ssh); "+
		"default: native, or control if a login would ask something")
	return s
}

func (f *flags) displayFlags() *pflag.FlagSet {
	s := newFlagSet()
	s.CountVarP(&f.verbose, "verbose", "v", "show more; repeat for even more")
	s.BoolVarP(&f.quiet, "quiet", "q", false, "print errors only")
	s.BoolVar(&f.json, "json", false, "write events as JSON lines to standard output")
	s.Var((*seconds)(&f.progressInterval), "progress-interval", "`TIME` between progress lines (10s) or JSON events (1s)")
	s.BoolVarP(&f.debug, "ssh-debug", "d", false, "show what the SSH connections do")
	s.BoolP("help", "h", false, "this text")
	s.Bool("version", false, "the version")
	return s
}

// defaultConnections is mscp's formula, floor(ln(cores)*2)+1, but at least four: connections wait for the network, not
// only for cores.
func defaultConnections() int {
	return max(4, int(math.Log(float64(runtime.NumCPU()))*2)+1)
}
