package benchmark

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"

	"mscp/internal/benchmark/result"
	"mscp/internal/bytepath"
	"mscp/internal/units"
)

// filesPerDir bounds a directory of a tree.
const filesPerDir = 1000

// generate makes a data set of random bytes, which no tool can compress: a file, or a tree of directories with filesPerDir files each. The
// same seed makes the same bytes.
func generate(ctx context.Context, path string, w result.Work, seed uint64) error {
	random, buffer := rand.NewChaCha8(seed32(seed)), bufio.NewWriterSize(nil, 1<<20)
	if w.Files == 1 {
		return writeRandom(ctx, path, w.Size, random, buffer)
	}
	for i := range w.Files {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		dir := bytepath.Join(path, fmt.Sprintf("d%04d", i/filesPerDir))
		if i%filesPerDir == 0 {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
		}
		if err := writeRandom(ctx, bytepath.Join(dir, fmt.Sprintf("f%04d", i%filesPerDir)), w.Size, random, buffer); err != nil {
			return err
		}
	}
	return nil
}

func seed32(n uint64) (seed [32]byte) {
	for i := range 8 {
		seed[i] = byte(n >> (8 * i))
	}
	return seed
}

func writeRandom(ctx context.Context, path string, size int64, random io.Reader, buffered *bufio.Writer) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	buffered.Reset(f)
	for left := size; left > 0; left -= 1 << 20 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if _, err := io.CopyN(buffered, random, min(left, 1<<20)); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// room returns a *SpaceError where the data of a question do not fit: the data set on the source's side, one copy on the other. Both may be
// on one file system, which then must hold them together. What goes to a server that is not on this machine is first made here.
func room(local, remote Store, q result.Question, shared bool) error {
	w := q.Work.Bytes() + fileCost*q.Work.Files
	here, there := w, w
	switch {
	case q.Sink == result.Null && q.Direction == result.Up:
		there = 0
	case q.Sink == result.Null && remote.Local():
		here = 0
	}
	if shared {
		return fits(local, here+there)
	}
	if err := fits(local, here); err != nil {
		return err
	}
	return fits(remote, there)
}

func fits(s Store, bytes int64) error {
	free, err := s.Free()
	if err != nil || free < 0 || bytes == 0 || free >= bytes+spare {
		return err
	}
	return &SpaceError{Dir: s.Path(), Local: s.Local(), Free: free, Need: bytes + spare}
}

const (
	fileCost = 4 << 10  // of a small file beside its bytes, in a file system
	spare    = 64 << 20 // for what else happens meanwhile
)

// SpaceError is a file system, or a memory, that cannot hold the data. Sizes are in bytes.
type SpaceError struct {
	Dir        string
	Local      bool
	Free, Need int64
}

func (e *SpaceError) Error() string {
	return fmt.Sprintf("%s has room for %s, the data sets need %s", e.Dir, units.Bytes(e.Free), units.Bytes(e.Need))
}
