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
// Names and messages come from other machines. Package quote keeps what they hold from acting on the terminal.
//
// docs/json.md describes the events.
package progress
