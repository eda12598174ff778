//go:build linux

package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"

	"mscp/internal/oddfs"
)

// cmdOddfs is "oddfs DIR [HABIT]...": DIR is a file system with oddities. It needs root. HABIT is one of
//
//	namemax=N   names have N bytes at most
//	fold=HOW    names fold: case, form (NFC and NFD), dots (at their end), lossy (what is not ASCII becomes ?)
func cmdOddfs(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg)
	var h oddfs.Habits
	for _, arg := range args[1:] {
		habit, value, _ := strings.Cut(arg, "=")
		switch habit {
		case "namemax":
			n, err := strconv.Atoi(value)
			ts.Check(err)
			h.NameMax = n
		case "fold":
			if h.Fold = folds()[value]; h.Fold == nil {
				ts.Fatalf("oddfs: fold=%q", value)
			}
		default:
			ts.Fatalf("oddfs: %q", arg)
		}
	}
	dir, backing := ts.MkAbs(args[0]), ts.MkAbs(args[0]+".backing")
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(os.MkdirAll(backing, 0o755))
	point := oddfs.Mount(testingTB(ts), backing, h)
	ts.Check(syscall.Mount(point, dir, "", syscall.MS_BIND, ""))
	ts.Defer(func() { ts.Check(syscall.Unmount(dir, syscall.MNT_DETACH)) })
}

func folds() map[string]func(string) string {
	return map[string]func(string) string{
		"case": oddfs.FoldCase, "form": oddfs.FoldForm,
		"dots": func(name string) string { return strings.TrimRight(name, ". ") },
		"lossy": func(name string) string {
			return strings.Map(func(r rune) rune {
				if r > 126 {
					return '?'
				}
				return r
			}, name)
		},
	}
}
