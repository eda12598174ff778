package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"mscp/internal/bytepath"
	"mscp/internal/endpoint"
	"mscp/internal/fsys"
	"mscp/internal/progress"
)

const (
	listingWithin = time.Second // somebody waits at a prompt
	listingFresh  = time.Minute // as long as a listing is used again
	listingMost   = 10_000      // names
)

var errEnough = errors.New("enough names")

// cachedListing lists a directory of a host, or takes what was listed there less than a minute ago. What cannot be listed is empty.
func (c *copier) cachedListing(ctx context.Context, dir endpoint.Endpoint) []string {
	cache := c.listingCache(dir)
	if names, ok := readListing(cache); ok {
		return names
	}
	names, err := c.listRemote(ctx, dir)
	if err == nil {
		writeListing(cache, names)
	}
	return names
}

// listingCache is the file that holds a directory's names; empty where there is no place for one.
func (c *copier) listingCache(dir endpoint.Endpoint) string {
	place, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	id := sha256.Sum256(fmt.Appendf(nil, "%q %q %d %q %q %q", dir.String(), c.flags.login, c.port, c.config, c.options, c.jump))
	return bytepath.Join(place, "mscp/complete-"+hex.EncodeToString(id[:8]))
}

func readListing(file string) (names []string, fresh bool) {
	info, err := os.Stat(file)
	if err != nil || time.Since(info.ModTime()) > listingFresh {
		return nil, false
	}
	text, err := os.ReadFile(file)
	return names, err == nil && json.Unmarshal(text, &names) == nil
}

// writeListing replaces the file as a whole, so that two shells at once spoil nothing. Without it a listing is only slower.
func writeListing(file string, names []string) {
	text, err := json.Marshal(names)
	if err != nil || file == "" || os.MkdirAll(bytepath.Dir(file), 0o700) != nil {
		return
	}
	removeStale(bytepath.Dir(file))
	f, err := os.CreateTemp(bytepath.Dir(file), "complete-*")
	if err != nil {
		return
	}
	_, err = f.Write(text)
	if cerr := f.Close(); err != nil || cerr != nil || os.Rename(f.Name(), file) != nil {
		_ = os.Remove(f.Name())
	}
}

// removeStale keeps the directory from growing.
func removeStale(dir string) {
	files, _ := os.ReadDir(dir)
	for _, file := range files {
		info, err := file.Info()
		if err == nil && strings.HasPrefix(file.Name(), "complete-") && time.Since(info.ModTime()) > listingFresh {
			_ = os.Remove(bytepath.Join(dir, file.Name()))
		}
	}
}

// listRemote logs in without asking anything, and lists one directory.
func (c *copier) listRemote(ctx context.Context, dir endpoint.Endpoint) ([]string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, listingWithin, os.ErrDeadlineExceeded)
	defer cancel()
	quiet := *c.flags
	quiet.options = append([]string{"BatchMode=yes", "StrictHostKeyChecking=yes"}, quiet.options...)
	quiet.connections, quiet.sessions, quiet.maxStartups, quiet.verbose, quiet.debug = 1, 1, 1, 0, false
	silent := newCopy(c.sys, &quiet, c.changed)
	silent.target = dir
	silent.display = progress.New(progress.Options{Mode: progress.Quiet, Out: io.Discard})
	d, err := silent.newDialer(ctx)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	first, err := d.open(ctx)
	if err != nil {
		return nil, err
	}
	defer first.Close()
	var names []string
	err = d.guarded(ctx, first, func(l *lane) error { return l.sftp.List(endpoint.Home(dir.Path), keep(&names)) })
	if errors.Is(err, errEnough) {
		err = nil
	}
	return names, err
}

// keep collects the names that can be completed, directories with a slash.
func keep(names *[]string) func(fsys.Info) error {
	return func(i fsys.Info) error {
		if len(*names) == listingMost {
			return errEnough
		}
		name := i.Name
		if !completable(name) {
			return nil
		}
		if i.IsDir() {
			name += "/"
		}
		*names = append(*names, name)
		return nil
	}
}
