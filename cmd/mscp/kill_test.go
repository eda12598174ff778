//go:build linux

package main

import (
	"cmp"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/testtree"
)

// Promise 3: kill it at any instant, by any signal, on either side; run the same command again: it goes on where it stopped, and
// the result is identical. What was acknowledged and journalled is not sent again. MSCP_LONG=N kills N times as often.

func TestKilled(t *testing.T) {
	bothKilled(t, syscall.SIGKILL, 50, mixed())
}

// A large file that is killed late has much to lose.
func TestKilledLate(t *testing.T) {
	bothKilled(t, syscall.SIGKILL, 2, testtree.Spec{Large: []int64{8 * killRate}})
}

// As Slurm does it.
func TestTerminated(t *testing.T) {
	bothKilled(t, syscall.SIGTERM, 5, mixed())
}

func bothKilled(t *testing.T, sig syscall.Signal, times int, spec testtree.Spec) {
	t.Parallel()
	for _, upload := range []bool{true, false} {
		t.Run(map[bool]string{true: "up", false: "down"}[upload], func(t *testing.T) {
			t.Parallel()
			r := newKillRig(t, upload, spec)
			for left := times * long(t); left > 0; {
				left -= r.round(t, left, sig)
			}
		})
	}
}

// long is how many times as often all is done.
func long(t *testing.T) int {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("MSCP_LONG"), "1"))
	require.NoError(t, err)
	return n
}

// delay is how long a run lives: mostly a moment, now and then some intervals of the journal.
func (r *killRig) delay() time.Duration {
	if r.spec.Small == 0 {
		return 4*time.Second + time.Duration(r.random.Int64N(int64(time.Second)))
	}
	if r.random.IntN(10) < 7 {
		return time.Duration(r.random.Int64N(int64(1200 * time.Millisecond)))
	}
	return 1500*time.Millisecond + time.Duration(r.random.Int64N(int64(2*time.Second)))
}

// round copies one tree, killed up to so many times on its way; it returns how many times it was. All runs of it are the same command.
func (r *killRig) round(t *testing.T, most int, sig syscall.Signal) (kills int) {
	c := r.newCopy(t)
	var sent, again int64
	for {
		p := c.start(t)
		if kills == most {
			c.requireEnd(t, p.wait(), sent, again)
			return kills
		}
		if p.kill(r.delay(), sig) {
			c.requireEnd(t, p.outcome, sent, again)
			return kills
		}
		kills++
		c.requireKilled(t, p.outcome, sig)
		sent += p.outcome.bytes
		again += min(p.outcome.bytes, c.allowance(sig))
	}
}

// allowance is how much may have to be sent again after a kill: what was on its way, and after SIGKILL what was acknowledged since the
// journal was last written, a second ago. A machine that is busy gets a second one.
func (c *killCopy) allowance(sig syscall.Signal) int64 {
	if sig == syscall.SIGKILL {
		return killInflight + 2*killRate
	}
	return killInflight
}

// requireEnd checks the last run of a round and what it has left.
func (c *killCopy) requireEnd(t *testing.T, o ending, sent, again int64) {
	require.Zero(t, o.code, "%s", o.stderr)
	require.True(t, o.summary.OK)
	sent += o.bytes
	t.Logf("%d runs sent %d bytes of %d", c.runs, sent, c.size)
	require.LessOrEqual(t, sent, c.size+again, "sent again")
	if c.rig.upload && c.runs > 1 {
		removeLate(t, c.src, c.dst) // a dead run's server may still be at work, while one that was killed is not
	}
	c.requireSame(t)
	require.Empty(t, c.parts(t))
	journals, err := filepath.Glob(filepath.Join(c.rig.home, ".local/state/mscp/*"))
	require.NoError(t, err)
	require.Empty(t, journals)
}

// requireKilled checks a run that was killed: no final name holds a mixture.
func (c *killCopy) requireKilled(t *testing.T, o ending, sig syscall.Signal) {
	if sig == syscall.SIGTERM && o.code >= 0 { // else it had not begun to listen for signals
		require.Equal(t, 128+int(sig), o.code, "%s", o.stderr)
		require.Contains(t, o.stderr, "run the same command again")
	} else {
		require.Equal(t, -1, o.code, "%s", o.stderr)
	}
	c.requireNoMixture(t)
}

// The server's processes are killed under a running copy: it connects anew, and ends well.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	for _, upload := range []bool{true, false} {
		t.Run(map[bool]string{true: "up", false: "down"}[upload], func(t *testing.T) {
			t.Parallel()
			r := newKillRig(t, upload, mixed())
			for range 2 * long(t) {
				c := r.newCopy(t)
				p := c.start(t)
				p.waitBegun()
				for range 4 {
					if p.ends(time.Duration(r.random.Int64N(int64(1500 * time.Millisecond)))) {
						break
					}
					r.server.DropConnections()
				}
				c.requireEnd(t, p.wait(), 0, 0)
			}
		})
	}
}

// seed is logged, so that a failure can be had again, as far as the machine goes along.
func seed(t *testing.T) *rand.Rand {
	n := rand.Uint64()
	t.Logf("seed %d", n)
	return rand.New(rand.NewPCG(n, 0))
}
