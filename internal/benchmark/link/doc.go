// Package link emulates a long-distance link on one Linux machine: a round-trip time, a rate, a queue before it, and packets lost at
// random. It needs root and /dev/net/tun, but no netem, no ip(8) and no other module of the kernel.
//
// A [Link] is two network namespaces, the client's and the server's, and a forwarder between them. Each namespace has a loopback
// interface and one TUN device, and reaches the other's address and nothing else; what TCP does there is up to the kernel and to the
// machine's own settings (net.ipv4.tcp_*), which are copied. Programs are run in a namespace by [Namespace.Start], sockets made by
// [Namespace.Listen] and [Namespace.DialContext], anything else by [Namespace.Do]. A namespace has no name under /run/netns: it, its
// device and all packets go with their last file descriptor, also when the process is killed.
//
// # What a packet meets
//
// In each direction: the queue, which drops what it has no room for; the line, which takes size/[Config.Rate] for each packet, and
// loses some ([Config.Loss]) after that; half the round-trip time. Sizes are those of IP packets, as with an MTU of 1500 bytes: TCP with timestamps
// gets 1448/1500 of the rate. Ethernet's 38 bytes more for each packet are not counted. There is no reordering and no jitter.
//
// So that one machine can carry gigabits, TCP segments of up to 64 KiB pass whole, as they do between a kernel and its network card
// (TSO, GRO). They are still treated as the packets that they stand for: each takes its time, is dropped and is lost by itself, and what
// remains between two lost ones goes on as a smaller large segment. What differs from a wire: a large segment arrives when its
// last packet does, not one packet at a time. With TCP, which makes segments of about 1 ms of the rate, that adds at most as much to the time of the first ones.
//
// # How exact it is
//
// Time stamps are taken when the forwarder reads a packet, and it delivers at the first chance after the packet's time has come: under a
// millisecond late on a machine that has a core to spare, and never early. The rate is kept by arithmetic on these time stamps, so
// lateness does not add up. The forwarder's threads run before others (nice -20), so busy programs in processes of their own do no harm.
// But they are goroutines of this process: where others of it keep all of its cores busy, packets wait for the Go scheduler. On 2 cores, with
// four goroutines that never waited, a round trip of 20 ms became 60 ms (median). Servers in this process that took 0.8 of the 2 cores did no such harm.
//
// Of an AMD EPYC machine with 2 cores, one TCP stream: 9 to 12 Gbit/s at 1 ms without a rate, for which the two directions take 0.5 to 0.75 of a core, the kernel's
// receiving TCP included; at 1 Gbit/s and 20 ms 0.2 of a core. (go test -bench Stream)
package link

import "errors"

// ErrUnsupported is wrapped by what New returns where there can be no link.
var ErrUnsupported = errors.New("link: an emulated link needs Linux, root and /dev/net/tun")
