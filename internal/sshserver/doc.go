// Package sshserver is an SSH and SFTP server on the loopback interface, inside the process: the benchmark's
// server where no sshd is at hand, and, with faults, the server that the tests run against.
//
// A [Server] serves the real file system with the rights of the process. Paths are absolute; relative ones start
// at [Options.Home], as a login directory. Nothing confines a client to that directory, just as with OpenSSH's
// sftp-server: the server is meant for throw-away keys and 127.0.0.1 only.
//
// SSH is golang.org/x/crypto/ssh. SFTP (draft-ietf-secsh-filexfer-02) is github.com/pkg/sftp, and between it and the
// SSH channel stands a filter that sees every packet. Requests pass through it as the SFTP server reads, replies
// as it writes, so a channel costs no goroutine or pipe more. WRITE and READ requests are not even looked
// into: a payload is copied at most once.
//
// The filter makes the server resemble OpenSSH's sftp-server where pkg/sftp differs (file "openssh.go"), and it
// carries the faults. A [Fault] is a small value that looks at each [Call], a request with its reply, and may
// change either, answer in the server's place, hold a reply back, or drop it. Several faults make a chain: requests run
// through it in order, replies in the reverse order, and the answer of a fault goes back through those before it. A fault is shared by all connections of a server, which is what lets it
// count over all of them ("the third WRITE fails").
//
// Faults of the line below SSH (a connection cut or gone silent after so many bytes) are [Options.Line].
package sshserver
