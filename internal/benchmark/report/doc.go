// Package report turns what a benchmark measured into what people and programs read: a table and a bar chart for the terminal,
// Markdown for documents, a picture for papers, JSON, and Go's benchmark format for benchstat. Data goes in, text or a
// picture comes out; nothing is measured, looked up or judged here but by the figures of the [result.File] at hand.
//
// All outputs divide the cases by question, so that only what can be compared stands together, show the median of the good
// runs with the least and the greatest, and carry what [Warnings] has to say: a figure without its doubts is not shown
// anywhere. Where a question's whole amount is below 1 MiB, throughput says nothing, and seconds are shown and ranked instead.
//
// Ratios are of scp with the same cipher; where that was not measured, or never ended well, of scp as it comes, and else
// of the single stream. One kind is taken for a whole table, whose heading names it. A case is compared with the scp of
// its own cipher, and of its own file where [result.Merge] put several side by side.
//
// The SSH connections alone (tool "ssh") copy from zeros to /dev/null whatever the others do, which makes that another
// question. They are the others' limit, though, and stand in the table of the same server, direction and work.
//
// Names and errors come from other programs and other people's files: control characters are taken out, errors are quoted.
package report
