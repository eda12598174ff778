//go:build linux

package oddfs

import (
	"syscall"
	"time"
)

// Habits are the oddities of a file system. The zero value has none.
type Habits struct {
	// ZeroSize makes each regular file state the size 0, whatever it holds, as /proc does. ExtraSize is added to each stated size, as
	// sysfs states 4096 for everything. Both let reads reach the file system uncached.
	ZeroSize  bool
	ExtraSize int64

	// LstatFails are the errors of looking at entries, by their base name. Listings still name them.
	LstatFails map[string]syscall.Errno

	// Fails are the errors of calls, for every file. WriteRoom is how many bytes all writes together put down before Write fails;
	// ReadUntil is the offset in each file from which Read fails.
	Fails     map[Call]syscall.Errno
	WriteRoom int64
	ReadUntil int64

	// MaxRead is the most that one read returns; 0: no limit.
	MaxRead int

	// NameMax is the longest name in bytes, 143 for eCryptfs; 0: that of the directory below.
	NameMax int

	// Inodes says how long an inode number holds.
	Inodes Inodes

	// Flicker is added to the modification time at every third question, as where replicas disagree.
	Flicker time.Duration

	// Fold makes names equal that it maps to the same; the first spelling stays. See [FoldCase] and [FoldForm].
	Fold func(name string) string

	// Latency is how long each call takes at least.
	Latency time.Duration
}

// Call is a kind of request that can fail.
type Call int

// The calls of [Habits.Fails].
const (
	Chmod Call = iota
	Utimens
	Fsync
	FsyncDir
	Read
	Write
)

// Inodes says how long an inode number holds.
type Inodes int

// Inode numbers are those of the directory below, or differ with each mount, or with each lookup. An open file keeps its number.
const (
	InodesStay Inodes = iota
	InodesOfMount
	InodesOfLookup
)
