// Package transfer is the engine: it moves what plan finds from one side to the other over lanes.
//
// A [Lane] is one SFTP channel with goroutines of its own. A lane takes work from the queue, a span of a file at a
// time, and its goroutines move the span's blocks, each one block at a time: read the source, wait for the limiter, write the
// destination, count. While one waits for its acknowledgement the others use the channel, so the channel's
// window stays full across the ends of chunks and files. A file of one block goes the same way, with
// fewer round trips: its open, its block with attributes and close, its rename (see small.go).
//
// Bytes go to a partial file beside the destination. Whoever finishes the last block of a file commits it: all handles are closed,
// the source is still what was planned, mode and times are set, and the partial file takes the final name. What a lost lane's
// server makes after that is removed at the end (tidy.go). A server that is not known to take files in pieces is tried (keeps.go), and gets
// them in order where it does not (order.go).
//
// With a Journal a run goes on where an earlier one of the same job stopped (resume.go), and records what the next one needs
// (record.go). What is recorded is believed only where it can be true whenever the earlier run may have died: a partial file is
// recorded before it is made, a rename before it is asked for, and each is looked at before anything is left out.
//
// Errors are of three kinds. A lost lane ([fsys.Lost]) gives its spans back to the queue for the other lanes. A file's error fails
// that file, and the others go on. A destination that is full, over quota or read-only ends the copy.
//
// The engine knows nothing of SSH and prints nothing: [Options] hands it a function that opens lanes and
// an [Observer] that is told what happens.
package transfer
