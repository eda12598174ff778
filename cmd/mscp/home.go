package main

import (
	"strings"

	"mscp/internal/endpoint"
	"mscp/internal/fsys"
)

// paths are the arguments' paths as each side is asked for them.
func (c *copier) paths(remote fsys.FS) (sources []string, target string, err error) {
	if target, err = pathOf(remote, c.target); err != nil {
		return nil, "", err
	}
	for _, s := range c.sources {
		path, err := pathOf(remote, s)
		if err != nil {
			return nil, "", err
		}
		sources = append(sources, path)
	}
	return sources, target, nil
}

// pathOf is an argument's path as its side is asked for it. A local one is as the shell left it: ~x is a file of that name.
func pathOf(remote fsys.FS, e endpoint.Endpoint) (string, error) {
	if !e.Remote {
		return e.Path, nil
	}
	user, rest, other := endpoint.OtherHome(e.Path)
	if !other {
		return endpoint.Home(e.Path), nil
	}
	homes, ok := remote.(fsys.HomeExpander)
	if !ok {
		return "", &fsys.Error{Side: remote.Side(), Op: "expand", Path: user, Err: fsys.ErrNoHomes}
	}
	home, err := homes.ExpandHome(user)
	if rest == "" || err != nil {
		return home, err
	}
	return strings.TrimRight(home, "/") + rest, nil
}
