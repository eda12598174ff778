// Package result holds what a benchmark measured: the data between the runner, which fills it, and the report, which draws
// it, as well as the JSON that keeps it. It does no I/O but on the readers and writers that it is handed.
//
// A [File] is one call of mscp bench: the machine, the path to the server, and the cases. A [Case] is one tool with its
// settings, copying one [Work] in one direction; its samples are its runs. Cases that answer one question, and so stand in one table
// or chart, have the same [Question].
//
// Units are in the names of the fields: seconds, bytes, bit/s. Nothing here names the machine, its users or its paths: a
// file can be published as it is.
package result
