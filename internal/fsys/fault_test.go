package fsys_test

import (
	"bytes"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/pkg/sftp"
	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/sftpwire"
	"mscp/internal/sshdtest"
	"mscp/internal/sshserver"
)

// The block is what the user wants within what the server takes; both directions work with it.
func TestBlock(t *testing.T) {
	limits := func(packet, read, write uint64) sshserver.Fault {
		return sshserver.WithLimits(sshserver.Limits{Packet: packet, Read: read, Write: write})
	}
	none := sshserver.Without(sshserver.ExtLimits)
	for name, tc := range map[string]struct {
		want   int
		faults []sshserver.Fault
		block  int
	}{
		"OpenSSH's":                 {0, nil, 255 << 10},
		"OpenSSH's, smaller wanted": {1000, nil, 1000},
		"OpenSSH's, larger wanted":  {1 << 20, nil, 255 << 10},
		"absent":                    {0, []sshserver.Fault{none}, 32 << 10},
		"absent, larger wanted":     {64 << 10, []sshserver.Fault{none}, 64 << 10},
		"absent, huge wanted":       {1 << 30, []sshserver.Fault{none}, 255 << 10},
		"absent, smaller wanted":    {16 << 10, []sshserver.Fault{none}, 16 << 10},
		"small":                     {0, []sshserver.Fault{limits(20000, 5000, 4000)}, 4000},
		"small, larger wanted":      {1 << 20, []sshserver.Fault{limits(20000, 5000, 4000)}, 4000},
		"small packet":              {0, []sshserver.Fault{limits(9000, 0, 0)}, 9000 - 1024},
		"none named":                {0, []sshserver.Fault{limits(0, 0, 0)}, 255 << 10},
		"huge":                      {0, []sshserver.Fault{limits(math.MaxUint64, math.MaxUint64, math.MaxUint64)}, 255 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			s := openFaulty(t, tc.want, tc.faults...)
			require.Equal(t, tc.block, s.sftp.Block())
			want := []byte(pattern(2*tc.block + 1))
			w, err := s.Create(s.at("f"), 0o600, true)
			require.NoError(t, err)
			for off := 0; off < len(want); off += tc.block {
				_, err = w.WriteAt(want[off:min(off+tc.block, len(want))], int64(off))
				require.NoError(t, err)
			}
			require.NoError(t, w.Close())
			got, err := os.ReadFile(filepath.Join(s.real, "f"))
			require.NoError(t, err)
			require.True(t, bytes.Equal(want, got))
			require.True(t, string(want) == s.read(t, "f", tc.block))
		})
	}
}

func TestHandles(t *testing.T) {
	require.Zero(t, openServer(t).sftp.Handles())
	s := openFaulty(t, 0, sshserver.WithLimits(sshserver.Limits{Handles: 100}))
	require.Equal(t, 100, s.sftp.Handles())
}

func TestShortReadsAreRepaired(t *testing.T) {
	s := openFaulty(t, 0, sshserver.Reorder(3), sshserver.ShortReads(1))
	want := pattern(200_001)
	s.write(t, "f", want)
	for _, piece := range []int{1000, 32 << 10, s.sftp.Block()} {
		require.True(t, want == s.read(t, "f", piece))
	}
}

// A read of nothing that is not the end of the file would be asked for ever.
func TestEmptyReadIsRefused(t *testing.T) {
	s := openFaulty(t, 0, sshserver.EmptyReads(1))
	s.write(t, "f", "xyz")
	f, err := s.Open(s.at("f"))
	require.NoError(t, err)
	_, err = f.ReadAt(make([]byte, 3), 0)
	var broken *sftpwire.ProtocolError
	require.ErrorAs(t, err, &broken)
	require.True(t, fsys.Lost(err))
	_, err = s.Stat(s.at("f"))
	require.True(t, fsys.Lost(err))
}

func TestReplacingWithoutPosixRename(t *testing.T) {
	for name, open := range map[string]func(*testing.T) *side{
		"sshserver": func(t *testing.T) *side { return openFaulty(t, 0, sshserver.Without(sshserver.ExtPosixRename)) },
		"sshd": func(t *testing.T) *side {
			s := dialSSHD(t, sshdtest.Start(t, sshdtest.WithConfig("Subsystem sftp internal-sftp -P posix-rename")))
			s.dir = tempDir(t)
			s.real = s.dir
			return s
		},
	} {
		t.Run(name, func(t *testing.T) { replaceWithoutPosixRename(t, open(t)) })
	}
}

func replaceWithoutPosixRename(t *testing.T, s *side) {
	s.write(t, "new", "new")
	s.write(t, "old", "old")
	atomic, err := s.Rename(s.at("new"), s.at("fresh"))
	require.NoError(t, err)
	require.True(t, atomic, "nothing was there")

	atomic, err = s.Rename(s.at("fresh"), s.at("old"))
	require.NoError(t, err)
	require.False(t, atomic)
	require.Equal(t, "new", s.read(t, "old", 10))

	require.NoError(t, s.Mkdir(s.at("dir"), 0o700))
	_, err = s.Rename(s.at("old"), s.at("dir"))
	require.ErrorIs(t, err, fsys.ErrIsDir)
	require.DirExists(t, filepath.Join(s.real, "dir"))

	_, err = s.Rename(s.at("gone"), s.at("old"))
	require.Error(t, err)
	require.Equal(t, "new", s.read(t, "old", 10), "what is there is not removed for nothing")
}

// A rename that is refused for another reason removes nothing either.
func TestRefusedRenameKeepsTheTarget(t *testing.T) {
	for _, code := range []sshserver.Code{sshserver.PermissionDenied, sshserver.OpUnsupported} {
		s := openFaulty(t, 0, sshserver.Without(sshserver.ExtPosixRename), sshserver.Fail(sshserver.Rename, "", 0, code))
		s.write(t, "new", "new")
		s.write(t, "old", "old")
		_, err := s.Rename(s.at("new"), s.at("old"))
		require.Error(t, err)
		require.Equal(t, "old", s.read(t, "old", 10))
	}
}

func TestUnsupported(t *testing.T) {
	s := openFaulty(t, 0, sshserver.Without(sshserver.ExtFsync), sshserver.Without(sshserver.ExtStatVFS))
	_, err := s.Space(s.at("."))
	require.ErrorIs(t, err, fsys.ErrUnsupported)
	f, err := s.Create(s.at("f"), 0o600, true)
	require.NoError(t, err)
	require.ErrorIs(t, f.Sync(), fsys.ErrUnsupported)
	require.NoError(t, f.Close())
}

// What a status says is shown without the words of a library, and its text is kept.
func TestStatusText(t *testing.T) {
	for kind, call := range map[sshserver.Kind]func(s *side) error{
		sshserver.Open:   func(s *side) error { _, err := s.Open(s.at("x")); return err },
		sshserver.Stat:   func(s *side) error { _, err := s.Stat(s.at("x")); return err },
		sshserver.Remove: func(s *side) error { return s.Remove(s.at("file")) },
		sshserver.Mkdir:  func(s *side) error { return s.Mkdir(s.at("x"), 0o700) },
	} {
		s := openFaulty(t, 0, sshserver.Fail(kind, "", 0, sshserver.Failure), sshserver.Fail(sshserver.Rmdir, "", 0, sshserver.Failure))
		require.NoError(t, os.WriteFile(filepath.Join(s.real, "file"), nil, 0o600))
		err := call(s)
		require.ErrorIs(t, err, fsys.ErrFailure)
		require.Contains(t, err.Error(), fsys.ErrFailure.Error())
		requirePlainText(t, err)
		require.False(t, fsys.Lost(err))
	}
}

// OpenSSH's server says only "Failure" where the disk is full: statvfs tells.
func TestNoSpaceOnTheServer(t *testing.T) {
	s := openFaulty(t, 0, sshserver.NoSpace(5))
	f, err := s.Create(s.at("f"), 0o600, true)
	require.NoError(t, err)
	_, err = f.WriteAt([]byte("12345"), 0)
	require.NoError(t, err)
	_, err = f.WriteAt([]byte("6"), 5)
	require.ErrorIs(t, err, fsys.ErrNoSpace)
	_, err = f.(fsys.LastWriter).WriteLast([]byte("6"), 5, fsys.Attr{})
	require.ErrorIs(t, err, fsys.ErrNoSpace)
}

// When the connection breaks every call ends, those under way and later ones, and each says that it is lost.
func TestLost(t *testing.T) {
	for name, open := range map[string]func(*testing.T) *side{
		"sshserver": func(t *testing.T) *side { return openFaulty(t, 0, sshserver.Hang(sshserver.Read, "hangs")) },
		"sshd":      openSSHD,
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			s.write(t, "f", "x")
			s.write(t, "hangs", "x")
			f, err := s.Open(s.at("f"))
			require.NoError(t, err)
			hanging, err := s.Open(s.at("hangs"))
			require.NoError(t, err)
			var wg sync.WaitGroup
			wg.Go(func() {
				for err == nil {
					_, err = hanging.ReadAt(make([]byte, 1), 0)
				}
			})
			require.NoError(t, s.conn.Close())
			wg.Wait()
			require.True(t, fsys.Lost(err), "%v", err)
			for _, err := range lastCalls(s, f) {
				require.True(t, fsys.Lost(err), "%v", err)
				requirePlainText(t, err)
			}
		})
	}
}

// lastCalls makes every call there is.
func lastCalls(s *side, f fsys.File) (errs []error) {
	add := func(err error) { errs = append(errs, err) }
	b := make([]byte, 1)
	_, err := f.ReadAt(b, 0)
	add(err)
	_, err = f.WriteAt(b, 0)
	add(err)
	_, err = f.Stat()
	add(err)
	add(f.Truncate(0))
	add(f.SetAttr(fsys.Attr{}))
	add(f.Sync())
	add(f.Close())
	_, err = s.Stat("f")
	add(err)
	_, err = s.Lstat("f")
	add(err)
	add(s.List("d", func(fsys.Info) error { return nil }))
	_, err = s.RealPath("f")
	add(err)
	_, err = s.Open("f")
	add(err)
	_, err = s.Create("f", 0o600, true)
	add(err)
	add(s.Mkdir("d", 0o700))
	add(s.SetAttr("f", fsys.Attr{}))
	_, err = s.Rename("f", "g")
	add(err)
	add(s.Remove("f"))
	_, err = s.Space("f")
	add(err)
	return errs
}

// stuck is a server that reads nothing after the session has begun: its window is full.
type stuck struct {
	net.Conn
	mu   sync.Mutex
	full bool
	end  chan struct{}
}

func (s *stuck) Write(p []byte) (int, error) {
	s.mu.Lock()
	full := s.full
	s.mu.Unlock()
	if full {
		<-s.end
		return 0, io.ErrClosedPipe
	}
	return s.Conn.Write(p)
}

func (s *stuck) Close() error {
	defer func() { recover() }() // closed twice
	close(s.end)
	return s.Conn.Close()
}

// Close ends calls that wait for room in the window, ours and pkg/sftp's.
func TestCloseWithAFullWindow(t *testing.T) {
	near, far := net.Pipe()
	server, err := sftp.NewServer(far)
	require.NoError(t, err)
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve() })
	ch := &stuck{Conn: near, end: make(chan struct{})}
	s, err := fsys.NewSFTP(ch, "host", 0)
	require.NoError(t, err)
	ch.mu.Lock()
	ch.full = true
	ch.mu.Unlock()
	errs := make(chan error, 2)
	began := make(chan struct{}, 2)
	for _, call := range []func() error{
		func() error { return s.Remove("x") },
		func() error { _, err := s.Stat("x"); return err },
	} {
		go func() { began <- struct{}{}; errs <- call() }()
		<-began
	}
	require.NoError(t, s.Close())
	require.True(t, fsys.Lost(<-errs))
	require.True(t, fsys.Lost(<-errs))
	require.NoError(t, far.Close())
	wg.Wait()
}

func TestNoSFTP(t *testing.T) {
	near, far := net.Pipe()
	require.NoError(t, far.Close())
	_, err := fsys.NewSFTP(near, "host", 0)
	require.True(t, fsys.Lost(err))
	var typed *fsys.Error
	require.ErrorAs(t, err, &typed)
}

// inOrder refuses each WRITE that does not begin where the last one of its file ended, in rclone's words.
type inOrder struct {
	says string
	next uint64
}

func (o *inOrder) Request(c *sshserver.Call) sshserver.Action {
	switch {
	case c.Kind != sshserver.Write:
		return sshserver.Pass
	case c.Offset != o.next:
		c.Reply = sshserver.NewPacket(sshserver.Status, c.ID).AddUint32(uint32(sshserver.Failure)).AddString(o.says).AddString("")
		return sshserver.Answer
	}
	o.next += uint64(c.Length)
	return sshserver.Pass
}

func (o *inOrder) Reply(*sshserver.Call) sshserver.Action { return sshserver.Pass }

func TestSequential(t *testing.T) {
	for says, want := range map[string]error{"Illegal seek": fsys.ErrSequential, "illegal seek": fsys.ErrSequential, "Failure": fsys.ErrFailure} {
		s := openFaulty(t, 0, &inOrder{says: says})
		w, err := s.Create(s.at("f"), 0o600, false)
		require.NoError(t, err)
		_, err = w.WriteAt([]byte("a"), 0)
		require.NoError(t, err)
		_, err = w.WriteAt([]byte("c"), 2)
		require.ErrorIs(t, err, want)
		_, err = w.WriteAt([]byte("b"), 1)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		require.True(t, s.sftp.CanSync())
	}
	require.False(t, openFaulty(t, 0, sshserver.Without(sshserver.ExtFsync)).sftp.CanSync())
}
