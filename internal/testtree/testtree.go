// Package testtree makes trees of files to copy, and tells whether a copy is the same.
//
// [Generate] writes a tree whose names, contents, modes and times depend on its [Spec] only. [Digest] reads a tree
// into a value, [Compare] reads two and names each difference. Symbolic links are followed, as a copy
// follows them: a link to a file equals a copy of that file. Times are compared in whole seconds, which is all
// that SFTP version 3 carries.
package testtree

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Spec says what Generate makes.
type Spec struct {
	Seed      uint64
	Large     []int64 // sizes of the large files, in bytes
	Small     int     // number of small files, in directories of 100
	SmallSize int64   // small files have 0 to this many bytes
	Depth     int     // directories below one another, each with a file
	Odd       bool    // empty directories, odd names, read-only files and directories, links
}

// Generate makes the tree in dir, which it creates. It returns how many files and bytes a copy of the tree has.
func Generate(ctx context.Context, dir string, s Spec) (files, bytes int64, err error) {
	g := &generator{ctx: ctx, dir: dir, seed: s.Seed}
	g.mkdir(".", 0o755)
	for i, size := range s.Large {
		g.file(fmt.Sprintf("large-%d.bin", i), size, 0o644)
	}
	for i := range s.Small {
		if i%100 == 0 {
			g.mkdir(fmt.Sprintf("small/%d", i/100), 0o755)
		}
		name := fmt.Sprintf("small/%d/%d.dat", i/100, i)
		g.file(name, int64(g.hash(name)%uint64(s.SmallSize+1)), 0o644)
	}
	deep := "deep"
	for i := range s.Depth {
		g.mkdir(deep, 0o755)
		g.file(deep+"/leaf", int64(i), 0o644)
		deep += fmt.Sprintf("/%d", i)
	}
	if s.Odd {
		g.odd()
	}
	g.finish()
	return g.files, g.bytes, g.err
}

type generator struct {
	ctx   context.Context
	dir   string
	seed  uint64
	dirs  []made // in the order of making: parents first
	files int64
	bytes int64
	err   error // the first; after it nothing more is done
}

type made struct {
	name string
	mode fs.FileMode
}

// hash is a number that depends on the seed and the name only.
func (g *generator) hash(name string) uint64 {
	key := g.key(name)
	return binary.LittleEndian.Uint64(key[:])
}

func (g *generator) key(name string) [32]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%d %s", g.seed, name))
}

// modTime is in the past, with nanoseconds that SFTP version 3 drops.
func (g *generator) modTime(name string) time.Time {
	return time.Unix(1_000_000_000+int64(g.hash(name)%500_000_000), 123_456_789)
}

// mkdir makes a directory and those above it. Its mode is set at the end: it may forbid to make files in it.
func (g *generator) mkdir(name string, mode fs.FileMode) {
	path := g.dir
	for part := range strings.SplitSeq(name, "/") {
		path = filepath.Join(path, part)
		rel, _ := filepath.Rel(g.dir, path)
		known := slices.ContainsFunc(g.dirs, func(d made) bool { return d.name == rel })
		if g.err != nil || known {
			continue
		}
		g.err = os.MkdirAll(path, 0o755)
		g.dirs = append(g.dirs, made{rel, mode})
	}
}

// file writes size random bytes, the same for the same seed and name.
func (g *generator) file(name string, size int64, mode fs.FileMode) {
	if g.err != nil {
		return
	}
	g.files++
	g.bytes += size
	path := filepath.Join(g.dir, name)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		g.err = err
		return
	}
	g.err = g.fill(f, name, size)
	if err := f.Close(); g.err == nil {
		g.err = err
	}
	g.dress(path, name, mode)
}

func (g *generator) fill(w io.Writer, name string, size int64) error {
	random := rand.NewChaCha8(g.key(name))
	buf := make([]byte, min(size, 1<<20))
	for size > 0 {
		if err := g.ctx.Err(); err != nil {
			return err
		}
		n := min(size, int64(len(buf)))
		_, _ = random.Read(buf[:n]) // never fails
		if _, err := w.Write(buf[:n]); err != nil {
			return err
		}
		size -= n
	}
	return nil
}

// dress sets mode and times; the mode exactly, whatever the umask.
func (g *generator) dress(path, name string, mode fs.FileMode) {
	if g.err == nil {
		g.err = os.Chmod(path, mode)
	}
	if g.err == nil {
		t := g.modTime(name)
		g.err = os.Chtimes(path, t, t)
	}
}

func (g *generator) link(name, target string) {
	if g.err == nil {
		g.err = os.Symlink(target, filepath.Join(g.dir, name))
	}
}

// finish dresses the directories, the deepest first: what is made in a directory changes its time.
func (g *generator) finish() {
	for _, d := range slices.Backward(g.dirs) {
		g.dress(filepath.Join(g.dir, d.name), d.name, d.mode)
	}
}
