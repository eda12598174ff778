//go:build linux

package transfer_test

import (
	"testing"

	"mscp/internal/oddfs"
	"mscp/internal/transfer"
)

// What holds for files that state their size holds for those that state none, or too much, with each habit of a server.
func TestHabitsWithSizesThatSayNothing(t *testing.T) {
	for _, h := range habits() {
		if h.ends != nil {
			continue // which file finds that out is another matter: see TestHabits
		}
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			for _, odd := range []oddfs.Habits{{ZeroSize: true}, {ExtraSize: 9 * habitBlock}} {
				for _, upload := range []bool{true, false} {
					c := newHabitCase(t, upload, h)
					c.small, c.large = 12, 2
					c.src = oddfs.Mount(t, t.TempDir(), odd) + "/src"
					if upload {
						c.opt.Verify = &transfer.Verify{}
					}
					c.check(t)
				}
			}
		})
	}
}
