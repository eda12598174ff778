package hostinfo

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vishvananda/netlink"
)

func TestDisciplines(t *testing.T) {
	q := func(kind string, parent uint32) netlink.Qdisc {
		return &netlink.GenericQdisc{QdiscAttrs: netlink.QdiscAttrs{Parent: parent}, QdiscType: kind}
	}
	require.Empty(t, disciplines(nil))
	require.Equal(t, "fq_codel", disciplines([]netlink.Qdisc{q("fq_codel", netlink.HANDLE_ROOT), q("ingress", netlink.HANDLE_INGRESS)}))
	require.Equal(t, "mq fq", disciplines([]netlink.Qdisc{q("fq", 1), q("fq", 2), q("mq", netlink.HANDLE_ROOT)}))
	require.Empty(t, queueing(1<<30))
}
