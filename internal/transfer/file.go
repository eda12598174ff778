package transfer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"mscp/internal/bytepath"
	"mscp/internal/fsys"
	"mscp/internal/journal"
	"mscp/internal/plan"
)

// file is one source on its way.
type file struct {
	plan.Entry
	dst     string // path on the destination's side
	part    string // where its bytes go: the partial file, or dst
	inPlace bool
	device  bool // the destination is known to be no regular file
	single  bool // one block is all: see small.go

	key   journal.Key
	found *journal.File  // what an earlier run left of it, not looked at yet
	stale []journal.File // what earlier runs left of other states of the source
	kept  bool           // an earlier run says that it is in place
	had   int64          // bytes that an earlier run had copied, believed

	beyond  int64     // bytes that it holds beyond what its source states, less than 0 where it holds less
	toEnd   bool      // it is read to its end, wherever that is: see stream.go
	longer  bool      // it goes on behind the size that its source states
	grown   bool      // all of it is compared, because its source grows all the time: see change.go
	attrErr error     // why -p could not give it all attributes: it is put in place all the same
	opened  time.Time // modification time of the source when it was opened; zero: not known

	chunk int64    // size of its chunks
	todo  []extent // not handed out; the queue's. Empty while something is to be found out first
	known int64    // chunks of it that the queue has counted in all

	last      atomic.Int64   // the block that was acknowledged last: see latest
	left      atomic.Int64   // bytes not acknowledged yet, 1 for an empty file
	moved     atomic.Int64   // bytes that this run copied
	handles   sync.WaitGroup // remote handles that are open
	verifying bool           // its blocks are compared, not copied: changes only while none is handed out
	again     bool           // it is copied anew because the source changed
	inOrder   bool           // it is sent in order
	doubted   bool           // a lost lane may still do something to the partial file
	own       bool           // no other run has a partial file of that name
	fresh     bool           // the partial file was made by this run, so it is no longer than what is written
	proves    bool           // it shows what the server does with files: see proof.go
	sampled   bool           // it is compared only as the first of several blocks, in part
	shaken    atomic.Bool    // a lane was lost while it was open there
	shared    int            // times that its handle was another file's too

	opening sync.Mutex // held while local is opened and the partial file is made
	local   fsys.File  // shared by all lanes
	created bool       // the partial file is there, empty or being filled

	mu       sync.Mutex
	err      error // why it failed
	recommit bool  // a lane was lost while it committed
	short    bool  // the source ended before the size that it states
}

// size is how many bytes it holds: what its source states, until its end is found elsewhere.
func (f *file) size() int64 { return f.Info.Size + f.beyond }

// chunks is how many spans cut will make.
func (f *file) chunks() int64 {
	n := int64(0)
	for _, t := range f.todo {
		n += f.chunksIn(t.len)
	}
	return max(1, n)
}

func (f *file) chunksIn(n int64) int64 { return max(0, n-1)/f.chunk + 1 }

// cut takes the next size bytes off what is to be done, and tells by how many chunks that is less now. Where it is not known
// yet, finding out is all there is to do. Of a file that has failed nothing is to be done: its span is long, because a size may be a lie.
func (f *file) cut(size int64) (s span, chunks int64) {
	if len(f.todo) == 0 {
		return span{f: f, kind: begin}, 1
	}
	t := &f.todo[0]
	s = span{f: f, off: t.off, len: min(size, t.len)}
	if f.failed() != nil {
		s.len = t.len
	}
	chunks = f.chunksIn(t.len)
	t.off, t.len = t.off+s.len, t.len-s.len
	if t.len == 0 {
		f.todo = f.todo[1:]
		return s, chunks
	}
	return s, chunks - f.chunksIn(t.len)
}

// untouched tells whether all of a file of several blocks is still to be copied.
func (f *file) untouched() bool {
	return !f.single && !f.verifying && len(f.todo) == 1 && f.todo[0] == extent{0, f.size()}
}

// do sets what is to be done.
func (f *file) do(todo []extent) {
	f.todo = todo
	left := int64(0)
	for _, t := range todo {
		left += t.len
	}
	f.left.Store(max(1, left))
}

// all is the whole file.
func (f *file) all() []extent { return []extent{{0, f.size()}} }

// fail keeps the first error, or the one that says why there are others.
func (f *file) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil || errors.Is(err, fsys.ErrSequential) || errors.Is(err, fsys.ErrShared) {
		f.err = err
	}
}

func (f *file) failed() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func (f *file) endedEarly() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.short = true
}

func (f *file) foundLonger() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.longer = true
}

// misstated tells whether the source ended before the size that it states, or goes on behind it.
func (f *file) misstated() (short, longer bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.short, f.longer
}

// The latest block is kept in one number, so that nobody waits for a lock: its offset, and in the low bits how much of it to compare.
const (
	latestBits = 14
	latestMost = 1<<latestBits - 1
)

func (f *file) acknowledged(s span) {
	if s.off < 1<<(62-latestBits) {
		f.last.Store(s.off<<latestBits | min(s.len, latestMost))
	}
}

// latest is the beginning of the block that was acknowledged last.
func (f *file) latest() (off, n int64) {
	v := f.last.Load()
	return v >> latestBits, v & latestMost
}

// attrOf is what the copy is given of the source's attributes: always the permissions, with -p the rest.
func attrOf(i fsys.Info, preserve bool) fsys.Attr {
	mode := i.Mode.Perm()
	if !preserve {
		return fsys.Attr{Mode: &mode}
	}
	mode |= i.Mode & (fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky)
	access := i.Access
	if access.IsZero() {
		access = i.ModTime
	}
	return fsys.Attr{Mode: &mode, Times: &fsys.Times{Access: access, Mod: i.ModTime}}
}

// sourceID tells a source from all others, also when the next run names it in another way: within a job, its landing place does.
func (o *Options) sourceID(src, dst string) string {
	if o.Job == "" {
		return src
	}
	return o.Job + "\x00" + dst
}

const partSuffix = ".mscp-part"

// partNameMax is the longest name of a partial file, in bytes. Some file systems take only 143 (eCryptfs), and a name that fits there
// must not fail because of what is added to it.
const partNameMax = 100

// partName is the name of the partial file: the same for each run that copies the same source, another one for another source
// or another state of it, so that two of them never mix. The inode number is left out: it is another one whenever sshfs, vfat or CIFS
// are mounted anew. Each purpose has names of its own.
func (o *Options) partName(e plan.Entry, purpose ...string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00", o.sourceID(e.Src, e.Dst))
	for _, v := range []int64{e.Info.Size, e.Info.ModTime.UnixNano()} {
		binary.Write(h, binary.BigEndian, v)
	}
	for _, p := range purpose {
		fmt.Fprintf(h, "%s\x00", p)
	}
	base := bytepath.Base(e.Dst)
	if len(base) > partNameRoom { // what is cut off must not be lost for the name
		fmt.Fprintf(h, "%s\x00", base)
		base = cutName(base, partNameRoom)
	}
	tail := "." + hex.EncodeToString(h.Sum(nil)[:partHashLen]) + partSuffix
	return bytepath.Join(bytepath.Dir(e.Dst), "."+base+tail)
}

const (
	partHashLen  = 6 // bytes of the hash; two hex digits each in the name
	partNameRoom = partNameMax - len(".") - len(".") - 2*partHashLen - len(partSuffix)
)

// cutName shortens a name, but not inside a character: some file systems take only whole ones. In a name that is not UTF-8, only what
// follows an ASCII byte is known to begin one, whatever the encoding.
func cutName(name string, room int) string {
	utf := utf8.ValidString(name)
	for room > 0 && (utf && !utf8.RuneStart(name[room]) || !utf && name[room-1] >= utf8.RuneSelf) {
		room--
	}
	return name[:room]
}

// fatal tells whether an error of the destination would meet every other file as well.
func fatal(err error) bool {
	return errors.Is(err, fsys.ErrNoSpace) || errors.Is(err, fsys.ErrQuota) || errors.Is(err, fsys.ErrReadOnly)
}
