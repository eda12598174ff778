package transfer

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"

	"mscp/internal/bytepath"
	"mscp/internal/fsys"
)

// Where nothing may be written, or no marker can be made, a lane shows that it sees the same files by what they look like.

// sight is what a lane sees.
type sight struct {
	number uint64   // of the file system; 0: not known
	files  []glance // of some files
}

// glance is what one file looks like. That of a file which tells nothing is empty.
type glance struct {
	name, head string // the head is a digest of the first block
	rest       string // attributes and the digest of the rest
}

const (
	sightBlock  = 4 << 10 // bytes of a file, at its beginning, its middle and its end
	sightFiles  = 3
	sightAgains = 8 // how often the first lane looks again before another one's sight is another one's
)

// look looks at the sources of a download that were found first, or at the directories that an upload goes to. Its error is a lost lane.
func (e *engine) look(r Remote) (s sight, err error) {
	if s.number, err = e.numberOf(r); err != nil {
		return s, err
	}
	for _, f := range e.same.traces.found() {
		var what glance
		if e.Upload {
			what, err = lookAtDir(r, bytepath.Dir(f.dst))
		} else {
			what, err = lookAtFile(r, f.Src)
		}
		if err != nil {
			return s, err
		}
		s.files = append(s.files, what)
	}
	return s, nil
}

// proves tells whether a sight shows anything: a directory looks alike on machines that were installed alike.
func (e *engine) proves(s sight) bool {
	if e.Upload && s.number == 0 {
		return false
	}
	return slices.ContainsFunc(s.files, func(g glance) bool { return g != glance{} })
}

// seesLook wants the same sight.
func (e *engine) seesLook(want sight) evidence {
	return func(r Remote) error {
		if !e.proves(want) {
			return &OtherFilesError{r.Side(), "mscp can make or compare nothing there to tell them apart"}
		}
		got, err := e.look(r)
		switch {
		case err != nil:
			return err
		case differ(got.number, want.number):
			return &OtherFilesError{r.Side(), "it is another file system"}
		case slices.Equal(got.files, want.files):
			return nil
		case slices.EqualFunc(got.files, want.files, glance.sameHead):
			if e.changes(want, got) {
				return nil
			}
		}
		return &OtherFilesError{r.Side(), "files of the same name differ"}
	}
}

func (g glance) sameHead(other glance) bool { return g.name == other.name && g.head == other.head }

// changes tells whether what differs does so on the first machine too: a log grows, and replicas take turns in telling the time.
func (e *engine) changes(want, got sight) bool {
	for range sightAgains {
		l := e.live()
		if l == nil {
			return false
		}
		now, err := e.look(l.fs)
		if err != nil {
			l.retire(err)
			return false
		}
		if slices.Equal(now.files, got.files) || !slices.Equal(now.files, want.files) {
			return true
		}
	}
	return false
}

func lookAtDir(r Remote, name string) (glance, error) {
	i, err := r.Stat(name)
	if err != nil {
		return glance{}, onlyLost(err)
	}
	return glance{name: name, rest: fmt.Sprint(i.Mode, i.ModTime.Unix())}, nil
}

// lookAtFile reads little: it must not cost a lane of a copy of small files more than another small file.
func lookAtFile(r Remote, name string) (g glance, err error) {
	h, err := r.Open(name)
	if errors.Is(err, fs.ErrPermission) {
		return lookAtDir(r, name)
	}
	if err != nil {
		return g, onlyLost(err)
	}
	defer h.Close()
	i, err := h.Stat()
	if err != nil {
		return g, onlyLost(err)
	}
	sum := sha256.New()
	g.name = name
	for _, off := range slices.Compact([]int64{0, max(0, i.Size/2-sightBlock), max(0, i.Size-sightBlock)}) {
		b, err := readSome(h, off, min(i.Size-off, sightBlock, int64(r.Block())))
		if fsys.Lost(err) {
			return g, err
		}
		sum.Write(b)
		if off == 0 {
			g.head = string(sum.Sum(nil))
		}
	}
	g.rest = fmt.Sprintf("%v %d %d %x", i.Mode, i.Size, i.ModTime.Unix(), sum.Sum(nil))
	return g, nil
}

func readSome(h fsys.File, off, n int64) ([]byte, error) {
	b := make([]byte, max(0, n))
	got, err := h.ReadAt(b, off)
	if err == io.EOF {
		err = nil
	}
	return b[:got], err
}

// onlyLost passes on the error of a lost lane.
func onlyLost(err error) error {
	if fsys.Lost(err) {
		return err
	}
	return nil
}

func quoted(name string) string { return strconv.Quote(name) }
