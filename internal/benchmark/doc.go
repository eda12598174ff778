// Package benchmark measures ways to copy files between two machines over SSH: mscp with its settings, beside scp, sftp, rsync, rclone, lftp,
// tar and whatever else the user names. All of them run as commands, on the same data, against the same server, in turn, so that
// what disturbs the machine disturbs them alike.
//
// A [Spec] is what the user wants to know. [Cases] makes of it the cases for one [result.Question]: each a [result.Case] with the
// command line that will be run. [Runner] makes the data, runs the cases round by round (A B C, A B C, ...), looks after each run whether all
// of the data arrived, and fills a [result.File]. Package report draws it.
//
// A [Target] is a server. [Serve] starts one on this machine: [sshserver] in this process ("embedded") or the system's sshd, on
// loopback or behind an emulated link ([link]). The caller makes the Target of a server of the user's.
//
// Data lie in a [Store], a directory of our own on either side: nothing is written elsewhere. A local one is a [Workdir], which
// leaves a trace that the next run recognizes if it dies without cleaning up.
//
// What is measured: wall-clock time from the start of a command to its end, login included, since that is what a user waits for; CPU seconds
// of the command and all that it started; what TCP says of its connections ([measure]). What is not: the server's CPU.
package benchmark
