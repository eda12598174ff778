package transfer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"

	"mscp/internal/fsys"
	"mscp/internal/quote"
)

// VerifyError is a file whose copy differs from its source although all of it was acknowledged, and still does after
// the differing part was sent again.
type VerifyError struct {
	Path string // of the source
	Off  int64  // of the first block that differs, in bytes; less than 0: not known
}

func (e *VerifyError) Error() string {
	if e.Off < 0 {
		return fmt.Sprintf("%s: the copy differs from the source", quote.Name(e.Path))
	}
	return fmt.Sprintf("%s: the copy differs from the source at byte %d", quote.Name(e.Path), e.Off)
}

// Digests makes digests of whole files on both sides, with one algorithm.
type Digests interface {
	Local(ctx context.Context, path string) ([]byte, error)
	// Remote has the server make it. Its error says nothing of the file.
	Remote(ctx context.Context, path string) ([]byte, error)
}

// Verify says how copies are compared with their sources before they get their names. Without Digests, and where they differ or
// cannot be made, the file is read back over SFTP block by block, by all lanes; a block that differs is sent again once.
type Verify struct {
	Digests   Digests // nil: read back
	LocalPath func(name string) string
}

// verify begins the comparison of a file whose blocks are all acknowledged. It returns false when there is nothing left to compare.
func (l *lane) verify(ctx context.Context, f *file) bool {
	_, dst := l.e.sides(l)
	if f.verifying || f.failed() != nil || f.size() == 0 || f.toEnd || f.special(dst) {
		return false
	}
	if l.e.Verify == nil {
		return l.sample(f)
	}
	if l.e.Verify.Digests != nil && l.e.sameDigests(ctx, f) {
		l.e.Counters.Verified.Add(f.size())
		return false
	}
	f.verifying = true
	f.do(f.all())
	l.e.queue.next(f)
	return true
}

// sameDigests is false too where a digest cannot be made.
func (e *engine) sameDigests(ctx context.Context, f *file) bool {
	local, remote := f.Src, f.part
	if !e.Upload {
		local, remote = e.Verify.LocalPath(f.part), f.Src
	}
	var theirs []byte
	var err error
	var wg sync.WaitGroup
	wg.Go(func() { theirs, err = e.Verify.Digests.Remote(ctx, remote) })
	ours, lerr := e.Verify.Digests.Local(ctx, local)
	wg.Wait()
	if err != nil && ctx.Err() == nil {
		e.noDigest.Do(func() {
			e.Observer.Notice(fmt.Sprintf("the server cannot make digests, so mscp reads files back: %v", err))
		})
	}
	return err == nil && lerr == nil && bytes.Equal(ours, theirs)
}

var compareBuffers = sync.Pool{New: func() any { return new([]byte) }}

// compareBlock compares a block of the copy with want, the source's, and sends it again where it differs. The copy is open for reading
// only: rclone's server empties whatever is opened for writing, and so a file that was sent in order is sent anew (order.go).
func (l *lane) compareBlock(f *file, dst fsys.File, want []byte, off int64) error {
	b := compareBuffers.Get().(*[]byte)
	defer compareBuffers.Put(b)
	if cap(*b) < len(want) {
		*b = make([]byte, len(want))
	}
	got := (*b)[:len(want)]
	for try := 0; ; try++ {
		n, err := dst.ReadAt(got, off)
		if err != nil && err != io.EOF {
			return err
		}
		if n == len(want) && bytes.Equal(got, want) {
			return nil
		}
		if f.grown {
			return l.e.sourceError(f.Src, ErrChanged)
		}
		if try > 0 || f.inOrder || careful(l.fs) {
			return &VerifyError{f.Src, off}
		}
		l.e.Observer.Notice(fmt.Sprintf("%s: the copy differs from the source at byte %d: mscp sends that block again", quote.Name(f.Src), off))
		if err := l.sendAgain(f, want, off); err != nil {
			return err
		}
	}
}

func (l *lane) sendAgain(f *file, block []byte, off int64) error {
	_, dst := l.e.sides(l)
	h, err := permitted(dst, f, func() (fsys.File, error) { return dst.Edit(f.part) })
	if err != nil {
		return err
	}
	_, err = h.WriteAt(block, off)
	if cerr := h.Close(); err == nil {
		err = cerr
	}
	return err
}

// verifySmall compares a file of one block, which buf holds.
func (l *lane) verifySmall(f *file, buf []byte) error {
	_, dst := l.e.sides(l)
	if l.e.Verify == nil || f.special(dst) {
		return nil
	}
	h, err := dst.Open(f.part)
	if err != nil {
		return err
	}
	err = l.compareBlock(f, h, buf, 0)
	if cerr := h.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		l.e.Counters.Verified.Add(f.size())
	}
	return err
}
