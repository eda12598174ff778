//go:build linux

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdWaitsize is "waitsize SIZE PATTERN": it waits until a file that matches has so many bytes.
func cmdWaitsize(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg)
	size, err := parseSize(args[0])
	ts.Check(err)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		found, err := filepath.Glob(ts.MkAbs(args[1]))
		ts.Check(err)
		for _, name := range found {
			if fi, err := os.Stat(name); err == nil && fi.Size() >= size {
				return
			}
		}
	}
	ts.Fatalf("%s did not grow to %s", args[1], args[0])
}

// tally is what the summary among JSON events counts.
type tally struct {
	OK       bool  `json:"ok"`
	Bytes    int64 `json:"bytes"`
	Kept     int64 `json:"kept_bytes"`
	Verified int64 `json:"verified_bytes"`
}

// readTally finds the summary; false where there is none.
func readTally(events string) (t tally, found bool) {
	for line := range strings.Lines(events) {
		if strings.Contains(line, `"event":"summary"`) {
			found = json.Unmarshal([]byte(line), &t) == nil
		}
	}
	return t, found
}

// cmdTally is "tally KEPT COPIED [VERIFIED]": by the summary among the JSON events, at least KEPT bytes were there, and together with what
// was copied they are COPIED bytes. VERIFIED bytes were compared.
func cmdTally(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg)
	var want [3]int64
	for i, arg := range args {
		var err error
		want[i], err = parseSize(arg)
		ts.Check(err)
	}
	t, found := readTally(ts.ReadFile("stdout"))
	if !found || !t.OK || t.Kept < want[0] || t.Bytes+t.Kept != want[1] || t.Verified != want[2] {
		ts.Fatalf("%+v (found: %t)", t, found)
	}
	if want[0] == 0 && t.Kept != 0 {
		ts.Fatalf("%d bytes were kept", t.Kept)
	}
}
