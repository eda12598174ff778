//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts in testdata/script run the real program, mostly against a real sshd, and are the documentation of how it
// behaves. The server's login directory is the script's own ($WORK), so "server:a/b" and "a/b" are the same
// file. Scripts in testdata/script/both run twice, with FROM and TO such that "mscp ${FROM}a ${TO}b" is an
// upload, then a download.
//
// Programs besides mscp itself, to be run as they are or by exec:
//
//	exits CODE PROGRAM...   runs a program, passes signals on to it, and succeeds if it exits with that code
//	pty DIALOG PROGRAM...   runs a program on a terminal of its own and holds the dialog in a file (script_pty_test.go)
//
// Commands:
//
//	sshd [-user] [LINE]...     starts sshd, with lines for its configuration, as the host "server" of ~/.ssh/config;
//	                           sets PORT, KEY, KNOWN_HOSTS. -user: logs in as a temporary user, REMOTE_USER, PASSWORD
//	sshserver [FAULT]...       starts internal/sshserver instead (script_server_test.go has the faults)
//	stopsshd, dropsshd         kills sshd with its sessions, or its sessions alone
//	mkfile SIZE NAME...        makes files; SIZE is 64k, 64k-1, ...
//	mkspecial KIND NAME        makes a "fifo" or a "socket"
//	mkodd DIR                  makes a file for each odd name that there is
//	mktree DIR                 makes a tree with all that internal/testtree knows
//	holds DIR [NAME]...        DIR holds those files and nothing else; NAME/ is an empty directory
//	same A B, [!] samemeta A B equal contents; equal modes and times too, of files or whole trees
//	mode MODE NAME...          the permission bits of each
//	waitfor PATTERN            waits until a file that is not empty matches
//	waitsize SIZE PATTERN      waits until a file of that size matches
//	tally KEPT COPIED [VERIFIED]  what the summary counts, in bytes (script_resume_test.go)
//	signal NAME                sends a signal to the programs in the background
//	events [EVENT]...          standard output is JSON events as documented, and each of those is among them
//	nocontrol                  neither output has anything that acts on a terminal
//	tmpfs DIR SIZE             mounts a file system of that size
//	oddfs DIR [HABIT]...       mounts a file system with oddities (script_oddfs_test.go)
//	needlink                   ends the script where no emulated link can be made (Linux, root)
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mscp": main, "exits": exitsMain, "pty": ptyMain})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, scripts("", "", ""))
}

func TestScriptsBothWays(t *testing.T) {
	t.Parallel()
	t.Run("up", func(t *testing.T) {
		t.Parallel()
		testscript.Run(t, scripts("both", "", "server:"))
	})
	t.Run("down", func(t *testing.T) {
		t.Parallel()
		testscript.Run(t, scripts("both", "server:", ""))
	})
}

func scripts(dir, from, to string) testscript.Params {
	return testscript.Params{
		Dir:                filepath.Join("..", "..", "testdata", "script", dir),
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("FROM", from)
			env.Setenv("TO", to)
			env.Setenv("HOME", filepath.Join(env.WorkDir, ".home"))
			env.Setenv("GORACE", "atexit_sleep_ms=0") // a program under the race detector would sleep a second at its end
			env.Values[envKey{}] = env
			return openForAll(env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sshd": cmdSSHD, "sshserver": cmdSSHServer, "stopsshd": cmdStopSSHD, "dropsshd": cmdDropSSHD, "freeport6": cmdFreePort6,
			"mkfile": cmdMkfile, "mkspecial": cmdMkspecial, "mkodd": cmdMkodd, "mktree": cmdMktree, "holds": cmdHolds, "same": cmdSame,
			"samemeta": cmdSameMeta, "mode": cmdMode, "tmpfs": cmdTmpfs, "oddfs": cmdOddfs,
			"waitsize": cmdWaitsize, "tally": cmdTally,
			"waitfor": cmdWaitfor, "signal": cmdSignal, "events": cmdEvents, "nocontrol": cmdNocontrol, "needlink": cmdNeedlink,
		},
	}
}

type envKey struct{}

// openForAll lets a temporary user reach the script's directory and the programs.
func openForAll(env *testscript.Env) error {
	program, err := exec.LookPath("mscp")
	if err != nil {
		return err
	}
	bin := filepath.Dir(program)
	for _, dir := range []string{bin, filepath.Dir(bin), env.WorkDir, filepath.Dir(env.WorkDir)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			return fmt.Errorf("setting up: %w", err)
		}
	}
	return os.MkdirAll(filepath.Join(env.Getenv("HOME"), ".ssh"), 0o755)
}

// testingTB is the script's test, for helpers that fail and clean up by themselves.
func testingTB(ts *testscript.TestScript) testing.TB {
	return ts.Value(envKey{}).(*testscript.Env).T().(testing.TB)
}
