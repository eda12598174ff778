package main

import (
	"context"
	"fmt"
	"strings"

	"mscp/internal/chunker"
	"mscp/internal/endpoint"
	"mscp/internal/fsys"
	"mscp/internal/plan"
	"mscp/internal/progress"
	"mscp/internal/transfer"
	"mscp/internal/units"
)

// copier is one run of the copy command.
type copier struct {
	*flags
	sys     system
	changed func(flag string) bool // given on the command line

	sources []endpoint.Endpoint
	target  endpoint.Endpoint
	display *progress.Display
	journal *checkpoint // of the job, once it is known what is copied where; nil: none
}

func newCopy(sys system, f *flags, changed func(string) bool) *copier {
	return &copier{flags: f, sys: sys, changed: changed}
}

// partial is the error of a copy that came to its end with some files left out; they have been reported.
type partial struct {
	failed    int64
	differing int64 // of them, those that verification found different
}

func (p *partial) Error() string { return fmt.Sprintf("%d files were not copied", p.failed) }

func (c *copier) run(ctx context.Context, args []string) error {
	c.sys.last.wanted = c.json
	if err := c.parse(args); err != nil {
		return err
	}
	if err := setAffinity(c.cpuMask); err != nil {
		return err
	}
	c.display = c.newDisplay(args)
	defer tellStatus(c.display)()
	c.warnLimit()
	d, err := c.newDialer(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	if c.dryRun {
		return c.dry(ctx, d)
	}
	j, opt, cleanup, err := c.prepare(ctx, d)
	if err == nil {
		err = c.copy(ctx, j, opt)
		cleanup()
	}
	if kerr := c.journal.end(err == nil); kerr != nil {
		c.display.Notice(fmt.Sprintf("the journal: %v", kerr))
	}
	return err
}

// dry plans, and with -W leaves the plan as a journal that -R goes on with.
func (c *copier) dry(ctx context.Context, d *dialer) (err error) {
	if c.checkpoint != "" {
		defer func() { err = c.leavePlan(err) }()
	}
	var j *job
	first, err := c.open(ctx, d, func(first *lane) (err error) {
		j, err = c.decide(d, first, &transfer.Options{})
		return err
	})
	if err != nil {
		return err
	}
	defer first.Close()
	return d.guarded(ctx, first, func(*lane) error { return c.printPlan(ctx, j) })
}

// leavePlan closes the journal of a dry run.
func (c *copier) leavePlan(err error) error {
	if kerr := c.journal.end(false); err == nil && kerr != nil {
		return kerr
	}
	if err == nil {
		c.display.Notice(fmt.Sprintf("the plan is in %s: mscp -R %[1]s copies it", c.checkpoint))
	}
	return err
}

// parse ends all usage errors, before anything is dialled or touched.
func (c *copier) parse(args []string) (err error) {
	if c.sources, c.target, err = endpoint.Args(args); err != nil {
		return err
	}
	if err := c.readHabits(); err != nil {
		return err
	}
	if err := c.policy().Validate(); err != nil {
		return &usageError{err: err}
	}
	switch {
	case c.ipv4 && c.ipv6:
		return usage("-4 and -6 exclude each other")
	case c.changed("connections") && c.connections < 1:
		return usage("-n %d: mscp needs at least one connection", c.connections)
	case c.sessions < 1:
		return usage("--sessions %d: mscp needs at least one", c.sessions)
	case c.maxStartups < 1:
		return usage("-u %d: mscp needs at least one login", c.maxStartups)
	case c.changed("inflight") && c.inflight < 1:
		return usage("-a %d: mscp needs at least one block in flight", c.inflight)
	case c.changed("port") && (c.port < 1 || c.port > 65535):
		return usage("-P %d: ports are 1 to 65535", c.port)
	}
	if _, err := c.transportKind(); err != nil {
		return err
	}
	if c.connections == 0 {
		c.connections = defaultConnections()
	}
	return nil
}

// readHabits settles what the arguments say in two ways.
func (c *copier) readHabits() error {
	if c.quiet {
		c.verbose, c.debug = 0, false
	}
	if c.login != "" && strings.Trim(c.login, "0123456789") == "" {
		return &usageError{
			err:  fmt.Errorf("-l %s: -l is the login name here", c.login),
			hint: fmt.Sprintf("scp's limit of %s kbit/s is -L %sk", c.login, c.login),
		}
	}
	port := c.host().Port
	if port != 0 && c.changed("port") && port != c.port {
		return usage("-P %d and the URL's port %d differ", c.port, port)
	}
	if port != 0 {
		c.port = port
	}
	return nil
}

// slowLimit, in bit/s, is less than anybody means: a kilobyte each second.
const slowLimit = 8000

// warnLimit tells of a limit whose unit was forgotten.
func (c *copier) warnLimit() {
	if c.limit > 0 && c.limit < slowLimit {
		c.display.Notice(fmt.Sprintf("-L %d is %s, less than a kilobyte each second; -L %dm is %d Mbit/s",
			c.limit, units.Bits(float64(c.limit)), c.limit, c.limit))
	}
}

func (c *copier) policy() chunker.Policy {
	return chunker.Policy{Min: int64(c.minChunk), Max: int64(c.maxChunk), Connections: max(1, c.connections*c.sessions)}
}

func (c *copier) upload() bool { return c.target.Remote }

// host is the remote argument whose login part all remote arguments share.
func (c *copier) host() endpoint.Endpoint {
	if c.upload() {
		return c.target
	}
	return c.sources[0]
}

func (c *copier) copy(ctx context.Context, j *job, opt transfer.Options) error {
	for _, f := range j.land.Failures {
		opt.Counters.Failed.Add(1)
		c.display.Failed(f.Path, f.Err)
	}
	if most := opt.First.FS().Block(); int(c.block) > most {
		c.display.Notice(fmt.Sprintf("-b: the server takes blocks of %s at most", units.Bytes(int64(most))))
	}
	if len(j.land.Items) > 0 {
		c.display.Landed(c.landing(j))
	}
	c.display.Start(opt.Counters)
	sum, err := transfer.Run(ctx, opt, func(ctx context.Context, src fsys.FS, sink plan.Sink) error {
		return plan.Walk(ctx, src, j.land.Items, c.listings(), sink)
	})
	c.sys.last.told = c.json
	if werr := c.display.Stop(sum, err); err == nil && werr != nil {
		err = fmt.Errorf("standard output: %w", werr)
	}
	if err == nil && sum.Failed > 0 {
		err = &partial{sum.Failed, sum.Differing}
	}
	return err
}

// listings is how many directories are listed at once: as many as there may be lanes, and enough to fill a long round trip.
func (c *copier) listings() int { return max(16, c.connections*c.sessions) }
