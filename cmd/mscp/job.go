package main

import (
	"errors"
	"strings"

	"golang.org/x/sync/errgroup"

	"mscp/internal/fsys"
	"mscp/internal/plan"
	"mscp/internal/progress"
	"mscp/internal/transfer"
)

// job is what is to be copied where.
type job struct {
	src, dst fsys.FS
	local    *fsys.Local
	land     *plan.Landing
	sources  []string // as the side that has them is asked for them, patterns unexpanded
	target   string
	home     string         // the login directory, where a path on the server is relative to it
	there    plan.There     // files that the destination's root has already; nil: nobody asked
	meets    []plan.Meeting // sources that would be copied onto themselves if both sides were one machine
	made     []string       // directories that were made for the copy to land in
}

// plan decides what lands where. It writes nothing.
func (c *copier) plan(remote fsys.FS) (*job, error) {
	j := &job{local: fsys.NewLocal()}
	j.src, j.dst = j.local, j.local
	sources, target, err := c.paths(remote)
	if err != nil {
		return nil, err
	}
	j.sources, j.target = sources, target
	var early *plan.Early
	var many *plan.ManyError
	if c.upload() {
		sources, many, err = expand(j.src, sources)
		early = plan.EarlyTarget(remote, sources, target)
	} else {
		early = plan.EarlySources(remote, sources)
		sources, many, err = expand(early, sources)
	}
	defer early.Wait()
	if err != nil {
		return nil, err
	}
	j.use(early, c.upload())
	if many != nil {
		j.land, err = plan.LandMatches(j.src, j.dst, many, target)
	} else {
		j.land, err = plan.Land(j.src, j.dst, sources, target)
	}
	if err != nil {
		return nil, err
	}
	if err := j.look(c.skipUnchanged); err != nil {
		return nil, err
	}
	if j.home, err = early.Home(); fsys.Lost(err) {
		return nil, err
	}
	j.use(remote, c.upload())
	return j, nil
}

// use has the remote side go on over another channel.
func (j *job) use(remote fsys.FS, upload bool) {
	if upload {
		j.dst = remote
	} else {
		j.src = remote
	}
}

// look asks what is left to know before the first byte, all at once: over a long distance each costs a round trip.
func (j *job) look(present bool) error {
	var special map[string]bool
	var there bool
	var group errgroup.Group
	group.Go(func() (err error) {
		j.meets, err = plan.Meetings(j.src, j.dst, j.land)
		return err
	})
	group.Go(func() (err error) {
		special, err = plan.Special(j.dst, j.land)
		return err
	})
	group.Go(func() (err error) {
		if present {
			j.there, err = plan.Present(j.dst, j.land)
		}
		return err
	})
	group.Go(func() (err error) {
		there, err = plan.FindRoot(j.dst, j.land)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	j.land.RootExists = there
	j.land.WriteInPlace(special)
	return nil
}

const (
	walkedMatches = 1024    // of the only source: beyond, they are copied while they are listed
	heldMatches   = 200_000 // of all patterns else: some 100 MB
)

// expand replaces patterns by what they match. One that matches nothing stays as it is: it counts as a source, and is
// reported as one that is missing. Where the only source matches many names of one directory, these are left to LandMatches. The error
// is a usage error: what lands from several directories is compared before anything is copied, and must fit into memory for that.
func expand(src fsys.FS, patterns []string) (sources []string, walk *plan.ManyError, err error) {
	for _, p := range patterns {
		most := heldMatches - len(sources)
		if len(patterns) == 1 && plan.CanWalk(p) {
			most = walkedMatches
		}
		found, err := plan.Expand(src, p, most)
		switch many := (*plan.ManyError)(nil); {
		case errors.As(err, &many) && most == walkedMatches:
			return nil, many, nil
		case many != nil:
			return nil, nil, &usageError{err, "copy the directories themselves, or give each its own pattern in a command of its own. With all " +
				"wildcards in the last name, a single pattern may match any number of names"}
		case err != nil && len(found) == 0:
			found = []string{p}
		}
		sources = append(sources, found...)
	}
	return sources, nil, nil
}

// destination makes the directory below which all lands, and opens it.
func (j *job) destination(opt *transfer.Options) (cleanup func(), err error) {
	opt.There = j.there
	if len(j.land.Items) > 0 && !j.land.RootExists {
		if j.made, err = plan.MakeRoot(j.dst, j.land.Root, j.land.RootMode()); err != nil {
			return nil, err
		}
		opt.RootMade = len(j.made) > 0
	}
	if opt.Upload {
		opt.Local, opt.Root, opt.Where = j.src, j.land.Root, j.land.Root
		return func() {}, nil
	}
	if len(j.land.Items) == 0 {
		opt.Local = j.dst
		return func() {}, nil
	}
	opt.Where = j.land.Items[0].Src
	root, err := j.local.OpenRoot(j.land.Root)
	if err != nil {
		return nil, err
	}
	opt.Local = root
	return func() { root.Close() }, nil
}

// landing is where the job lands, for the summary: with the host's name on the remote side.
func (c *copier) landing(j *job) progress.Landing {
	name := func(p string) string { return p }
	if c.upload() {
		name = func(p string) string {
			if strings.HasPrefix(p, "~") { // as an argument it would be a user's home directory
				p = "./" + p
			}
			return c.target.Login() + ":" + p
		}
	}
	l := progress.Landing{Path: name(j.land.Where())}
	for _, dir := range j.land.NewParents(j.made) {
		l.Made = append(l.Made, name(dir))
	}
	return l
}
