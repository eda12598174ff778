// Package fsys gives the engine one view of both sides of a copy.
//
// An [FS] is a side: the local file system ([Local], or [Root] where nothing outside one directory may be
// touched) or an SFTP server ([SFTP]). A [File] moves one block per call; several calls may run at once on one
// File, and each returns when its block is read, or acknowledged by the other side. That is all the
// engine knows of either side, so the way bytes travel below File can change without it.
//
// Names are bytes: anything but '/' and NUL, not necessarily UTF-8. Paths use '/' on both sides.
//
// Calls take no context. A local call cannot be interrupted, and an SFTP request is given up by closing its
// channel, which makes every call on that channel return an error for which [Lost] is true.
//
// Every error is an [*Error]: it names the side, the operation and the path, and wraps the reason. The reasons
// that callers decide on are found with errors.Is: [fs.ErrNotExist], [fs.ErrPermission], [fs.ErrExist],
// [ErrNoSpace], [ErrQuota], [ErrReadOnly], [ErrTooLarge], [ErrUnsupported], [ErrIsDir], [ErrNotDir], [ErrSequential].
package fsys

import (
	"io"
	"io/fs"
	"time"
)

// FS is one side of a copy. Its methods may be called by many goroutines at once.
type FS interface {
	// Side names the side for messages: "local", or the remote host as the user wrote it.
	Side() string

	// Stat follows symbolic links, Lstat does not.
	Stat(name string) (Info, error)
	Lstat(name string) (Info, error)

	// List calls fn for each entry of a directory but "." and "..", in the server's order, without holding the
	// whole listing in memory. Attributes are those of the listing: links are not followed. An error of fn
	// ends the listing and is returned as it is. An entry of which nothing but the name can be learnt has Info.Err.
	List(name string, fn func(Info) error) error

	// RealPath returns the absolute path with all links resolved.
	RealPath(name string) (string, error)

	// Open opens a file for reading.
	Open(name string) (File, error)
	// Create opens a file for writing and makes it, with perm before the umask, where it does not exist.
	// What it held stays unless truncate is set.
	Create(name string, perm fs.FileMode, truncate bool) (File, error)
	// Edit opens a file that exists for reading and writing.
	Edit(name string) (File, error)

	// Mkdir makes one directory, with perm before the umask; an existing name is fs.ErrExist.
	Mkdir(name string, perm fs.FileMode) error
	// SetAttr changes the attributes that a has, following links.
	SetAttr(name string, a Attr) error
	// Rename moves a file over newname, replacing it. atomic is false where the server could only remove newname first.
	Rename(oldname, newname string) (atomic bool, err error)
	// Remove removes a file, a link or an empty directory.
	Remove(name string) error
	// Space reports the file system that holds name; ErrUnsupported where the server cannot tell.
	Space(name string) (Space, error)
}

// File is an open file. ReadAt and WriteAt take at most one block (see [SFTP.Block]) and may run at once.
type File interface {
	// ReadAt fills p unless the file ends: then it returns the bytes there are and io.EOF.
	io.ReaderAt
	// WriteAt returns when all of p is acknowledged.
	io.WriterAt
	Stat() (Info, error)
	Truncate(size int64) error
	SetAttr(a Attr) error
	// Sync puts the file's data on stable storage; ErrUnsupported where the server cannot.
	Sync() error
	// Close reports what the other side found wrong at the last moment: for a written file its error counts.
	io.Closer
}

// Info is what a listing or a stat tells of a file.
type Info struct {
	Name        string // base name, as bytes
	Size        int64  // bytes
	Mode        fs.FileMode
	ModTime     time.Time // SFTP version 3: whole seconds
	Access      time.Time // zero where unknown
	Dev         uint64    // 0 where unknown (SFTP)
	Ino         uint64    // 0 where unknown (SFTP)
	ModeUnknown bool      // the server does not tell it: Mode is a guess

	Err error // of an entry in a listing: why only its Name is known
}

// IsDir reports whether the entry is a directory.
func (i Info) IsDir() bool { return i.Mode.IsDir() }

// IsLink reports whether the entry is a symbolic link.
func (i Info) IsLink() bool { return i.Mode&fs.ModeSymlink != 0 }

// IsRegular reports whether the entry is known to be a regular file.
func (i Info) IsRegular() bool { return i.Err == nil && i.Mode.IsRegular() }

// Attr are attributes to set; a nil field is left alone. Access and modification time are set together.
type Attr struct {
	Mode  *fs.FileMode // permission bits, and set-id and sticky as fs.ModeSetuid, fs.ModeSetgid, fs.ModeSticky
	Times *Times
}

// Times are the times that -p keeps.
type Times struct{ Access, Mod time.Time }

// Space is the state of a file system, in bytes.
type Space struct {
	Total     uint64
	Available uint64 // to this user
	ReadOnly  bool
	Number    uint64 // tells file systems apart (statvfs's f_fsid); 0: not known
}
