// Package progress shows a copy to the person or the program that waits for it.
//
// The engine counts in [transfer.Counters] and tells single events to a [transfer.Observer], which [Display]
// is. One goroutine, between [Display.Start] and [Display.Stop], looks at the counters on a ticker and draws;
// events are written at once by whoever brings them. A reader that does not read (a stopped
// terminal, a full pipe) makes an event wait, as everywhere in Unix, but never the data path. A reader that
// has gone costs nothing: errors of writing to Options.Out are ignored, and the first error of Options.JSONOut is what
// Stop returns. (A Go process dies of SIGPIPE when it writes to a closed standard output or error,
// unless its main ignores that signal.)
//
// Four modes:
//
//   - [Bar], for a terminal: one line, redrawn in place, that drops parts where the terminal is narrow.
//     Everything else scrolls by above it. Nothing is drawn for a copy that takes only a moment.
//   - [Plain], for log files: a line now and then, without control codes.
//   - [JSON]: one JSON object per line on Options.JSONOut; only failures are also written to Options.Out.
//   - [Quiet]: failures, and nothing else.
//
// Every line on Options.Out but the bar begins with "mscp: " and a word that says what it is:
//
//	mscp: progress: 0:10 elapsed, 45%, 1.25/2.70 GiB, 120/2048 files, 3.21 Gbit/s (383 MiB/s), ETA 0:12, 8 connections
//	mscp: failed: "a/b": local: open "a/b": permission denied
//	mscp: skipped: "a/queue": FIFO
//	mscp: notice: the server cannot rename over a file
//	mscp: copied: "a/c", 1.25 GiB                                     (Options.Verbose)
//	mscp: copied 2047 files, 12 directories, 2.70 GiB in 7.31 s, 3.17 Gbit/s (378 MiB/s), 8 connections, 1 skipped, 1 failed
//
// While the walk of the sources runs, the totals known so far carry a "+", and neither percentage nor time left is
// given: the walk waits for the engine, so both would be wrong until it ends. Bytes are counted
// in powers of 1024 (IEC: KiB), bits per second in powers of 1000 (SI: kbit/s). The rate of a
// progress line is that of the last seconds, the rate of the summary is the average of the whole copy.
//
// Names and messages come from other machines. [Quote] and [Escape] keep what they hold from acting on the terminal.
//
// # JSON events
//
// Each event has "event", which names it, and "time" (RFC 3339, UTC, milliseconds). Names of files are byte strings:
// "path" is the name with U+FFFD for what is not UTF-8, and "path_base64" (RFC 4648, section 4)
// is added only then, and holds the exact bytes. Fields may be added in later versions. Characters that are not
// shown or that steer a terminal are written as \uNNNN.
//
//	start         sources, target: as given on the command line. sources_base64 (of all sources, in their order) and
//	              target_base64 as for path
//	channel       an SFTP channel was opened. connection: which of the SSH connections it runs on, from 1; cipher: absent if
//	              the system's ssh made the connection; block_bytes: of a request; inflight: blocks in flight at most
//	progress      elapsed_seconds; bytes: acknowledged by the destination; bytes_known: found by the walk; files: in place;
//	              files_known; dirs; skipped; failed; kept_bytes: copied by an earlier run; verified_bytes: compared; walked: true when the walk has ended and the known
//	              figures are totals; connections, lanes: open now; bits_per_second: over the last seconds;
//	              eta_seconds: absent while it is not known
//	file_failed   path; error: text for people
//	file_skipped  path; kind: "FIFO", "socket", "device"
//	file_copied   path; bytes: its size. Only with Options.Verbose
//	notice        text: something that costs speed or safety
//	summary       destination: where the one source lands, or the directory that holds several, as host:path on the remote side
//	              (destination_base64 as for path), absent if it was not found out; made_directories: new ones on the way
//	              there, absent if there are none;
//	              ok: everything was copied; files, dirs, skipped, failed; differing: of the failed, those that verification
//	              found different; bytes; kept_bytes, verified_bytes as above; seconds; bits_per_second: average;
//	              connections: the most open at once; interrupted: the copy was cancelled;
//	              error: why the copy as a whole stopped, absent if it did not
package progress
