package sshserver

import "strconv"

// Kind is the type of an SFTP packet (draft-ietf-secsh-filexfer-02, section 3).
type Kind byte

// The packet types of SFTP version 3.
const (
	Init          Kind = 1
	Version       Kind = 2
	Open          Kind = 3
	Close         Kind = 4
	Read          Kind = 5
	Write         Kind = 6
	Lstat         Kind = 7
	Fstat         Kind = 8
	Setstat       Kind = 9
	Fsetstat      Kind = 10
	Opendir       Kind = 11
	Readdir       Kind = 12
	Remove        Kind = 13
	Mkdir         Kind = 14
	Rmdir         Kind = 15
	Realpath      Kind = 16
	Stat          Kind = 17
	Rename        Kind = 18
	Readlink      Kind = 19
	Symlink       Kind = 20
	Status        Kind = 101
	Handle        Kind = 102
	Data          Kind = 103
	Name          Kind = 104
	Attrs         Kind = 105
	Extended      Kind = 200
	ExtendedReply Kind = 201
)

// String is the name in the draft without SSH_FXP_, such as "OPEN".
func (k Kind) String() string {
	names := map[Kind]string{
		Init: "INIT", Version: "VERSION", Open: "OPEN", Close: "CLOSE", Read: "READ", Write: "WRITE",
		Lstat: "LSTAT", Fstat: "FSTAT", Setstat: "SETSTAT", Fsetstat: "FSETSTAT", Opendir: "OPENDIR",
		Readdir: "READDIR", Remove: "REMOVE", Mkdir: "MKDIR", Rmdir: "RMDIR", Realpath: "REALPATH",
		Stat: "STAT", Rename: "RENAME", Readlink: "READLINK", Symlink: "SYMLINK", Status: "STATUS",
		Handle: "HANDLE", Data: "DATA", Name: "NAME", Attrs: "ATTRS", Extended: "EXTENDED",
		ExtendedReply: "EXTENDED_REPLY",
	}
	if name, ok := names[k]; ok {
		return name
	}
	return "type " + strconv.Itoa(int(k))
}

// Code is the code of a STATUS reply.
type Code uint32

// The status codes of SFTP version 3 that the server and its faults use.
const (
	OK               Code = 0
	EOF              Code = 1
	NoSuchFile       Code = 2
	PermissionDenied Code = 3
	Failure          Code = 4
	BadMessage       Code = 5
	OpUnsupported    Code = 8
)

// String is the text that OpenSSH's sftp-server sends with the code.
func (c Code) String() string {
	names := map[Code]string{
		OK: "Success", EOF: "End of file", NoSuchFile: "No such file", PermissionDenied: "Permission denied",
		Failure: "Failure", BadMessage: "Bad message", OpUnsupported: "Operation unsupported",
	}
	return names[c]
}

// The extensions that the server announces (OpenSSH PROTOCOL, section 4).
const (
	ExtLimits      = "limits@openssh.com"
	ExtFsync       = "fsync@openssh.com"
	ExtPosixRename = "posix-rename@openssh.com"
	ExtStatVFS     = "statvfs@openssh.com"
	ExtLSetstat    = "lsetstat@openssh.com"
	ExtHardlink    = "hardlink@openssh.com"
)
