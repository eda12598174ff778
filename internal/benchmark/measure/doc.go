// Package measure runs a command and says what it cost: wall time, the CPU time of all that it started, the memory of
// its largest process, and what its TCP connections to one port went through.
//
// # Processes
//
// scp, rsync, lftp and tar start ssh, and not all of them wait for it: what such a child used is then in nobody's account
// but init's. [Run] makes this process a child subreaper (prctl(2), Linux), so orphans of a command come here and are
// waited for one by one; os/exec's own children are left to it. An orphan is known by the session that it is in, by having been seen
// below the command, by a limit that means nothing to the kernel and that children inherit (RLIMIT_LOCKS), or by a variable in its environment; others, say of a server that this process runs, stay until this process ends. The command leads a session without a terminal, so that ssh cannot ask
// for a password. When [Run] returns, nothing of the command is left, nor any goroutine.
//
// The largest process is found in two ways, as Linux folds the memory of the process that forks, this one, into the account of the
// one that is forked (exec_mmap in fs/exec.c): a peak below our own says nothing, and is replaced by the highest VmHWM of
// /proc/PID/status that was seen while the command ran.
//
// # Connections
//
// Several times a second the sockets of the port are listed with their TCP_INFO (sock_diag(7), tcp(7)), on this machine or in the
// network namespaces that are named. Sockets that were there before the command are left out; so is the far end of a
// connection whose near end was not seen. The state that a socket had at its last look is what counts, so a run of less
// than a tenth of a second may show nothing.
//
// Looking is cheap by construction: after a look that took t there is none for 200 t.
//
// Elsewhere than on Linux there are no connections, and what the command does not wait for is not counted.
package measure
