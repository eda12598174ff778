package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"mscp/internal/bytepath"
	"mscp/internal/quote"
	"mscp/internal/sshserver"
	"mscp/internal/testtree"
	"mscp/internal/units"
)

// copyFunc runs mscp's own copy command with those arguments.
type copyFunc func(ctx context.Context, args []string) error

// newDemoCommand returns "mscp demo": the main job on this machine alone, checked.
func newDemoCommand(copy copyFunc) *cobra.Command {
	d := &demo{copy: copy, size: 256 << 20}
	c := &cobra.Command{
		Use:   "demo",
		Short: "Copy a generated data set to a server in this process and back, and check it",
		Long: "demo starts an SSH server on 127.0.0.1 with keys that it throws away, generates a data set in a " +
			"temporary directory, copies it to the server and back, compares contents (SHA-256), modes and " +
			"times, prints the figures and removes everything.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("mscp demo takes no arguments: %s", quote.Name(args[0]))
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			d.out = c.OutOrStdout()
			return d.run(c.Context())
		},
	}
	c.Flags().StringVar(&d.parent, "dir", os.TempDir(), "directory for the data set and its two copies")
	c.Flags().Var(&d.size, "size", "size of the large file in bytes; k, m and g are powers of 1024")
	return c
}

// demo is one run. Everything it makes lies in one temporary directory, removed at the end however it ends.
type demo struct {
	copy   copyFunc
	out    io.Writer
	parent string
	size   byteSize

	dir          string
	server       *sshserver.Server
	files, bytes int64
}

func (d *demo) run(ctx context.Context) (err error) {
	if err := checkSpace(d.parent, 3*int64(d.size)+demoSpare); err != nil {
		return err
	}
	if d.dir, err = os.MkdirTemp(d.parent, "mscp-demo-"); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if real, err := filepath.EvalSymlinks(d.dir); err == nil {
		d.dir = real // what is below it may be cleaned
	}
	defer func() {
		if ctx.Err() != nil {
			err = &removed{context.Cause(ctx)} // the signal, whatever it made fail
		}
		err = errors.Join(err, testtree.Remove(d.dir))
	}()
	if err := d.serve(ctx); err != nil {
		return err
	}
	defer d.server.Close()
	if err := d.generate(ctx); err != nil {
		return err
	}
	return d.thereAndBack(ctx)
}

// serve starts the server and leaves the client's key and the server's host key in files.
func (d *demo) serve(ctx context.Context) error {
	key, err := sshserver.WriteKey(d.path("key"))
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	d.server, err = sshserver.New(sshserver.Options{Home: d.dir, Keys: []ssh.PublicKey{key.PublicKey()}})
	if err == nil {
		err = d.server.Start(context.WithoutCancel(ctx)) // an interrupted copy says goodbye first; then run closes it
	}
	if err == nil {
		err = os.WriteFile(d.path("known_hosts"), []byte(d.server.KnownHosts()), 0o600)
	}
	if err != nil {
		err = errors.Join(fmt.Errorf("demo: %w", err), d.server.Close())
	}
	return err
}

// demoSpare is what the small files take, in bytes, with the file system's own for all three trees.
const demoSpare = 256 << 20

// generate makes the data set: a large file, many small ones, a deep tree, and what careless programs stumble over.
func (d *demo) generate(ctx context.Context) (err error) {
	d.files, d.bytes, err = testtree.Generate(ctx, d.path("data"), testtree.Spec{
		Seed: 1, Large: []int64{int64(d.size)}, Small: 1000, SmallSize: 32 << 10, Depth: 40, Odd: true,
	})
	if err != nil {
		return fmt.Errorf("demo: data set: %w", err)
	}
	fmt.Fprintf(d.out, "data set: %d files, %s, in %s\n", d.files, units.Bytes(d.bytes), d.path("data"))
	return nil
}

// thereAndBack copies up and down, then compares both copies with the data set.
func (d *demo) thereAndBack(ctx context.Context) error {
	remote := "127.0.0.1:" + d.path("up")
	up, err := d.timed(ctx, d.path("data"), remote)
	if err != nil {
		return fmt.Errorf("demo: upload: %w", err)
	}
	down, err := d.timed(ctx, remote, d.path("down"))
	if err != nil {
		return fmt.Errorf("demo: download: %w", err)
	}
	if err := d.compare(ctx); err != nil {
		return err
	}
	fmt.Fprintln(d.out, "both copies are identical: contents (SHA-256), modes and times")
	d.report("upload", up)
	d.report("download", down)
	return nil
}

func (d *demo) timed(ctx context.Context, from, to string) (time.Duration, error) {
	begin := time.Now()
	err := d.copy(ctx, []string{
		"-P", strconv.Itoa(d.server.Port()), "-i", d.path("key"), "-F", "none", "-l", "demo",
		"-o", "UserKnownHostsFile=" + d.path("known_hosts"), "-o", "GlobalKnownHostsFile=none",
		"-p", from, to,
	})
	if err == nil {
		err = ctx.Err()
	}
	return time.Since(begin), err
}

func (d *demo) compare(ctx context.Context) error {
	want, err := testtree.Digest(ctx, d.path("data"))
	if err != nil {
		return fmt.Errorf("demo: data set: %w", err)
	}
	for _, name := range []string{"up", "down"} {
		got, err := testtree.Digest(ctx, d.path(name))
		if err == nil {
			err = want.Diff(got)
		}
		if err != nil {
			return fmt.Errorf("demo: the %sloaded copy: %w", name, err)
		}
	}
	return nil
}

func (d *demo) report(what string, took time.Duration) {
	s := took.Seconds()
	fmt.Fprintf(d.out, "%-9s %8.2f s  %8.2f Gbit/s  %8.0f files/s\n",
		what, s, float64(d.bytes)*8/s/1e9, float64(d.files)/s)
}

func (d *demo) path(name string) string { return bytepath.Join(d.dir, name) }
