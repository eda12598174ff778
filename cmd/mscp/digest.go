package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"

	"lukechampine.com/blake3"

	"mscp/internal/fsys"
)

// runner runs a command by the login shell of the remote user.
type runner interface {
	Exec(ctx context.Context, command, stdin string) (string, error)
}

// digests are a transfer.Digests whose far side is a command on the server.
type digests struct {
	on   runner
	tool digestTool
}

// digestTool is a command that prints the digest of its standard input, and its algorithm.
type digestTool struct {
	command string
	hash    func() hash.Hash
}

func digestTools() []digestTool {
	return []digestTool{
		{"b3sum", func() hash.Hash { return blake3.New(32, nil) }},
		{"sha256sum", sha256.New},
		{"shasum -a 256", sha256.New},
	}
}

var errNoTool = errors.New("none of b3sum, sha256sum and shasum works on the server")

// findDigests tries the tools on the server with an empty input, whose digest is known.
func findDigests(ctx context.Context, on runner) (*digestTool, error) {
	last := errors.New("other commands run there")
	for _, tool := range digestTools() {
		out, err := on.Exec(ctx, tool.command, "")
		if fsys.Lost(err) {
			return nil, err
		}
		if err != nil {
			last = err
			continue
		}
		if sum, err := parseDigest(out); err == nil && string(sum) == string(tool.hash().Sum(nil)) {
			return &tool, nil
		}
	}
	return nil, fmt.Errorf("%w (%w)", errNoTool, last)
}

// tryDigests is findDigests over one lane. It gives the server as much time as it has for any answer. Whether it needs too long or is gone, only a request tells.
func (d *dialer) tryDigests(ctx context.Context, first *lane) (*digestTool, error) {
	if d.stall <= 0 {
		return findDigests(ctx, first)
	}
	within, cancel := context.WithTimeout(ctx, d.stall)
	defer cancel()
	tool, err := findDigests(within, first)
	if within.Err() != nil {
		if _, lost := first.sftp.Stat(""); fsys.Lost(lost) {
			return nil, lost
		}
	}
	return tool, err
}

// Local implements transfer.Digests.
func (d *digests) Local(ctx context.Context, path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := d.tool.hash()
	if _, err := io.CopyBuffer(h, &cancelReader{ctx, f}, make([]byte, 1<<20)); err != nil {
		return nil, err
	}
	return h.Sum(nil), nil
}

// Remote implements transfer.Digests. The name goes to xargs on standard input, ended by NUL, and from there to the shell as an argument:
// no shell ever parses it.
func (d *digests) Remote(ctx context.Context, path string) ([]byte, error) {
	out, err := d.on.Exec(ctx, `xargs -0 -n 1 sh -c '`+d.tool.command+` <"$1"' mscp`, path+"\x00")
	if err != nil {
		return nil, err
	}
	return parseDigest(out)
}

// parseDigest takes the first word of a line such as "e3b0c442...  -".
func parseDigest(out string) ([]byte, error) {
	word, _, _ := strings.Cut(strings.TrimSpace(out), " ")
	sum, err := hex.DecodeString(word)
	if err != nil || len(sum) != 32 {
		return nil, fmt.Errorf("the server's command printed no digest but %.80q", out)
	}
	return sum, nil
}

// cancelReader ends a long read with its context.
type cancelReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancelReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
