// Package hostinfo says what machine a benchmark ran on, and where one of the machine's settings caps what a path could carry.
//
// [Read] takes what it can from files that every user may read (proc(5)); the interface that leads to the server comes from
// the routing table, by the address that a UDP socket to there gets (no packet is sent), its queueing discipline from rtnetlink(7). What is not found stays empty.
// Settings of the network are those of the network namespace of the thread that reads.
//
// [Advice] is arithmetic: what is in flight on a path is at most window / round-trip time, and each window on the way has a setting.
// It changes nothing, and says nothing that it cannot show with numbers.
package hostinfo
