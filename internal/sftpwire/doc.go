// Package sftpwire moves the bytes of files over one SFTP channel, with many requests in flight.
//
// It speaks the part of SFTP version 3 (draft-ietf-secsh-filexfer-02) that decides the speed of a copy: OPEN, READ,
// WRITE, FSTAT, FSETSTAT, CLOSE, streamed directory listings, STAT, LSTAT, SETSTAT and MKDIR by path, and the extended requests
// limits@openssh.com and fsync@openssh.com of OpenSSH's PROTOCOL file. The rest (rename, remove, realpath, statvfs) is left to
// github.com/pkg/sftp, which shares the channel: a [Conn] is the reader and the writer of a pkg/sftp client. Requests of ours
// carry ids with the top bit set, so replies are told apart by their id, and a reply of ours never reaches
// pkg/sftp. Its receive loop is what drives the reading: the Conn reads whole packets of ours inside its Read.
//
// What this gains over pkg/sftp's own data path: the payload of a reply is read straight into the caller's buffer
// and that of a request is sent without a packet of its own for the header, nothing is allocated per block, a
// write, its FSETSTAT and its CLOSE can travel together, and a listing does not have to fit in memory.
//
// A request is waited for without a time limit; closing the Conn ends all of them. After a transport or protocol error every
// call returns an error that wraps [ErrClosed]; a [*StatusError] leaves the channel usable.
package sftpwire
