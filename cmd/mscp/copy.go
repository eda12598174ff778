package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"mscp/internal/chunker"
	"mscp/internal/endpoint"
	"mscp/internal/fsys"
	"mscp/internal/plan"
	"mscp/internal/progress"
	"mscp/internal/transfer"
)

// copier is one run of the copy command.
type copier struct {
	*flags
	sys     system
	changed func(flag string) bool // given on the command line

	sources []endpoint.Endpoint
	target  endpoint.Endpoint
	display *progress.Display
}

func newCopy(sys system, f *flags, changed func(string) bool) *copier {
	return &copier{flags: f, sys: sys, changed: changed}
}

// partial is the error of a copy that came to its end with some files left out; they have been reported.
type partial struct{ failed int64 }

func (p *partial) Error() string { return fmt.Sprintf("%d files were not copied", p.failed) }

func (c *copier) run(ctx context.Context, args []string) error {
	if err := c.parse(args); err != nil {
		return err
	}
	if err := setAffinity(c.cpuMask); err != nil {
		return err
	}
	c.display = c.newDisplay(args)
	d, err := c.newDialer(ctx)
	if err != nil {
		return err
	}
	defer d.pool.Close()

	first, err := d.open(ctx)
	if err != nil {
		return err
	}
	j, err := c.plan(first.FS())
	if err != nil {
		first.Close()
		return err
	}
	if c.dryRun {
		defer first.Close()
		return c.printPlan(ctx, j)
	}
	return c.copy(ctx, d, first, j)
}

// parse ends all usage errors, before anything is dialled or touched.
func (c *copier) parse(args []string) (err error) {
	if c.sources, c.target, err = endpoint.Args(args); err != nil {
		return err
	}
	if err := c.policy().Validate(); err != nil {
		return &usageError{err: err}
	}
	switch {
	case c.ipv4 && c.ipv6:
		return usage("-4 and -6 exclude each other")
	case c.changed("connections") && c.connections < 1:
		return usage("-n %d: at least one connection is needed", c.connections)
	case c.sessions < 1:
		return usage("--sessions %d: at least one is needed", c.sessions)
	case c.maxStartups < 1:
		return usage("-u %d: at least one login is needed", c.maxStartups)
	case c.changed("inflight") && c.inflight < 1:
		return usage("-a %d: at least one block must be in flight", c.inflight)
	case c.changed("port") && (c.port < 1 || c.port > 65535):
		return usage("-P %d: ports are 1 to 65535", c.port)
	case c.compress != "none" && c.compress != "no":
		return usage("-C %s: compression is not available; leave it out", c.compress)
	}
	if c.connections == 0 {
		c.connections = defaultConnections()
	}
	return nil
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

// job is what is to be copied where.
type job struct {
	src, dst fsys.FS
	land     *plan.Landing
}

// plan decides what lands where. It writes nothing but, where source and destination may be the same, a probe.
func (c *copier) plan(remote fsys.FS) (*job, error) {
	j := &job{src: remote, dst: fsys.NewLocal()}
	if c.upload() {
		j.src, j.dst = j.dst, j.src
	}
	patterns := make([]string, len(c.sources))
	for i, s := range c.sources {
		patterns[i] = pathOf(s)
	}
	land, err := plan.Land(j.src, j.dst, expand(j.src, patterns), pathOf(c.target))
	if err != nil {
		return nil, err
	}
	j.land = land
	return j, j.look()
}

// look asks what is left to know before the first byte, both at once: over a long distance each costs a round trip.
func (j *job) look() error {
	var special map[string]bool
	var group errgroup.Group
	group.Go(func() error { return plan.SelfCopy(j.src, j.dst, j.land, rand.Reader) })
	group.Go(func() (err error) {
		special, err = plan.Special(j.dst, j.land)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	j.land.WriteInPlace(special)
	return nil
}

// expand replaces patterns by what they match. One that matches nothing stays as it is: it counts as a source, and is
// reported as one that is missing.
func expand(src fsys.FS, patterns []string) (sources []string) {
	for _, p := range patterns {
		found, err := plan.Expand(src, []string{p})
		if err != nil && len(found) == 0 {
			found = []string{p}
		}
		sources = append(sources, found...)
	}
	return sources
}

func pathOf(e endpoint.Endpoint) string {
	if e.Remote {
		return endpoint.Home(e.Path)
	}
	return e.Path
}

func (c *copier) copy(ctx context.Context, d *dialer, first *lane, j *job) error {
	counters := &transfer.Counters{}
	for _, f := range j.land.Failures {
		counters.Failed.Add(1)
		c.display.Failed(f.Path, f.Err)
	}
	if want := int(c.block); want > first.FS().Block() {
		c.display.Notice(fmt.Sprintf("-b: the server takes blocks of %s at most", progress.FormatBytes(int64(first.FS().Block()))))
	}
	opt := transfer.Options{
		Upload:   c.upload(),
		First:    first,
		OpenLane: func(ctx context.Context) (transfer.Lane, error) { return d.openLane(ctx) },
		MaxLanes: c.connections * c.sessions,
		Eager:    c.changed("connections") || c.changed("sessions"),
		Login:    d.login,
		Chunks:   c.policy(),
		Inflight: c.inflight,
		Limit:    int64(c.limit),
		Preserve: c.preserve,
		InPlace:  c.inPlace,
		Counters: counters,
		Observer: c.display,
	}
	cleanup, err := j.destination(&opt)
	if err != nil {
		first.Close()
		return err
	}
	defer cleanup()
	c.display.Start(counters)
	sum, err := transfer.Run(ctx, opt, func(ctx context.Context, src fsys.FS, sink plan.Sink) error {
		return plan.Walk(ctx, src, j.land.Items, c.listings(), sink)
	})
	if werr := c.display.Stop(sum, err); err == nil && werr != nil {
		err = fmt.Errorf("standard output: %w", werr)
	}
	if err == nil && sum.Failed > 0 {
		err = &partial{sum.Failed}
	}
	return err
}

// listings is how many directories are listed at once: as many as there may be lanes, and enough to fill a long round trip.
func (c *copier) listings() int { return max(16, c.connections*c.sessions) }

// destination makes the directory below which all lands, and opens it.
func (j *job) destination(opt *transfer.Options) (cleanup func(), err error) {
	if len(j.land.Items) > 0 && !j.land.RootExists {
		if err := plan.MakeRoot(j.dst, j.land.Root); err != nil {
			return nil, err
		}
	}
	if opt.Upload {
		opt.Local, opt.Root = j.src, j.land.Root
		return func() {}, nil
	}
	if len(j.land.Items) == 0 {
		opt.Local = j.dst
		return func() {}, nil
	}
	root, err := fsys.OpenRoot(j.land.Root)
	if err != nil {
		return nil, err
	}
	opt.Local = root
	return func() { root.Close() }, nil
}

// since is the time that a login took without the time that the user took to answer.
func since(begun time.Time, asked time.Duration) time.Duration {
	return max(0, time.Since(begun)-asked)
}
