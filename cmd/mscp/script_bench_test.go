//go:build linux

package main

import (
	"os"

	"github.com/rogpeppe/go-internal/testscript"

	"mscp/internal/sshdtest"
)

// cmdNeedlink is "needlink".
func cmdNeedlink(ts *testscript.TestScript, neg bool, _ []string) {
	plain(ts, neg)
	if os.Geteuid() != 0 {
		sshdtest.Unavailable(testingTB(ts), "an emulated link needs root")
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		sshdtest.Unavailable(testingTB(ts), err.Error())
	}
}
