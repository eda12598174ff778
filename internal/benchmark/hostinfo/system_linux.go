package hostinfo

import (
	"slices"
	"strings"

	"github.com/vishvananda/netlink"

	"mscp/internal/benchmark/result"
)

// system adds what is in no file: nothing.
func system(*result.Host) {}

// queueing is the queueing discipline of an interface; of one with several queues (mq) those of the queues follow: "mq fq".
func queueing(index int) string {
	link, err := netlink.LinkByIndex(index)
	if err != nil {
		return ""
	}
	all, err := netlink.QdiscList(link)
	if err != nil {
		return ""
	}
	return disciplines(all)
}

func disciplines(all []netlink.Qdisc) string {
	var root, below []string
	for _, q := range all {
		switch a := q.Attrs(); {
		case a.Parent == netlink.HANDLE_ROOT:
			root = append(root, q.Type())
		case a.Parent != netlink.HANDLE_INGRESS:
			below = append(below, q.Type())
		}
	}
	slices.Sort(below)
	return strings.Join(append(root, slices.Compact(below)...), " ")
}
