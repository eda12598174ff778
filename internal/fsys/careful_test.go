package fsys_test

import (
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/sshserver"
)

// requests records the requests for files, and whether one came before another on the same handle was answered.
type requests struct {
	mu    sync.Mutex
	kinds []sshserver.Kind
	open  map[string]int
	early bool
	sized bool // a size was set
}

func (r *requests) Request(c *sshserver.Call) sshserver.Action {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch c.Kind {
	case sshserver.Init, sshserver.Extended:
		return sshserver.Pass
	case sshserver.Setstat, sshserver.Fsetstat:
		n := binary.BigEndian.Uint32(c.Request[9:])
		r.sized = r.sized || binary.BigEndian.Uint32(c.Request[13+n:])&1 != 0
	}
	r.kinds = append(r.kinds, c.Kind)
	if c.Handle != "" {
		r.early = r.early || c.Kind == sshserver.Close && r.open[c.Handle] > 0
		r.open[c.Handle]++
	}
	return sshserver.Pass
}

func (r *requests) Reply(c *sshserver.Call) sshserver.Action {
	time.Sleep(time.Millisecond) // what is sent without waiting comes first
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.Handle != "" {
		r.open[c.Handle]--
	}
	return sshserver.Pass
}

// take forgets the requests and returns them.
func (r *requests) take() []sshserver.Kind {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.kinds
	r.kinds = nil
	return all
}

// What a small file costs, with OpenSSH's server and with another make's: nothing comes there before what it depends on is answered.
func TestCarefulRequests(t *testing.T) {
	for name, tc := range map[string]struct {
		make     sshserver.Fault
		up, down []sshserver.Kind
	}{
		"OpenSSH": {
			sshserver.All(),
			[]sshserver.Kind{sshserver.Open, sshserver.Write, sshserver.Fsetstat, sshserver.Close},
			[]sshserver.Kind{sshserver.Open, sshserver.Read, sshserver.Fstat, sshserver.Close},
		},
		"another make": {
			sshserver.NotOpenSSH(),
			[]sshserver.Kind{sshserver.Open, sshserver.Write, sshserver.Close, sshserver.Setstat},
			[]sshserver.Kind{sshserver.Open, sshserver.Read, sshserver.Close, sshserver.Stat},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := &requests{open: map[string]int{}}
			s := openFaulty(t, 0, r, tc.make)
			s.make(t, "first", 0o644) // the modes that OPEN gives are known from then on
			r.take()
			s.make(t, "f", 0o640)
			require.Equal(t, tc.up, r.take())
			h, err := s.Open(s.at("f"))
			require.NoError(t, err)
			_, now, err := h.(fsys.LastReader).ReadLast(make([]byte, 5), 0)
			require.NoError(t, err)
			require.EqualValues(t, 5, now.Size)
			require.Equal(t, tc.down, r.take())
			require.Equal(t, name == "OpenSSH", r.early)
			require.False(t, r.sized)
			_, err = s.FS.(fsys.Maker).Make(s.at("f"), 0o640)
			require.ErrorIs(t, err, fs.ErrExist)
		})
	}
}

// make makes a small file as an upload does.
func (s *side) make(t *testing.T, name string, mode fs.FileMode) {
	h, err := s.FS.(fsys.Maker).Make(s.at(name), mode)
	require.NoError(t, err)
	attrErr, err := h.(fsys.LastWriter).WriteLast([]byte("hello"), 0, fsys.Attr{Mode: &mode})
	require.NoError(t, err)
	require.NoError(t, attrErr)
	i, err := os.Stat(filepath.Join(s.real, name))
	require.NoError(t, err)
	require.Equal(t, mode, i.Mode().Perm())
}
