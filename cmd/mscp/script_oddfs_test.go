//go:build linux

package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"mscp/internal/oddfs"
)

// cmdOddfs is "oddfs DIR [HABIT]...": DIR is a file system with oddities. It needs root. HABIT is one of
//
//	namemax=N   names have N bytes at most
//	zerosize    files state the size 0; extrasize=N: N bytes more than they have
//	lstat=NAME  entries of that name cannot be looked at (EIO)
//	flicker=N   times are N seconds later at every third look
//	inodes      numbers change with every look
//	fail=CALL:ERRNO  chmod, utimens, fsync or fsyncdir fail with EPERM, EINVAL, ENOSYS, EOPNOTSUPP or EIO
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
		case "zerosize":
			h.ZeroSize = true
		case "extrasize":
			n, err := strconv.ParseInt(value, 10, 64)
			ts.Check(err)
			h.ExtraSize = n
		case "lstat":
			h.LstatFails = map[string]syscall.Errno{value: syscall.EIO}
		case "flicker":
			d, err := time.ParseDuration(value + "s")
			ts.Check(err)
			h.Flicker = d
		case "inodes":
			h.Inodes = oddfs.InodesOfLookup
		case "fail":
			call, errno, ok := failing(value)
			if !ok {
				ts.Fatalf("oddfs: fail=%q", value)
			}
			if h.Fails == nil {
				h.Fails = map[oddfs.Call]syscall.Errno{}
			}
			h.Fails[call] = errno
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

func failing(value string) (oddfs.Call, syscall.Errno, bool) {
	name, reason, _ := strings.Cut(value, ":")
	call, known := map[string]oddfs.Call{
		"chmod": oddfs.Chmod, "utimens": oddfs.Utimens, "fsync": oddfs.Fsync, "fsyncdir": oddfs.FsyncDir,
	}[name]
	errno, named := map[string]syscall.Errno{
		"EPERM": syscall.EPERM, "EINVAL": syscall.EINVAL, "ENOSYS": syscall.ENOSYS, "EOPNOTSUPP": syscall.EOPNOTSUPP, "EIO": syscall.EIO,
	}[reason]
	return call, errno, known && named
}
