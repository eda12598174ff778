package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/plan"
	"mscp/internal/sshpool"
	"mscp/internal/transfer"
)

func TestClassesOfFiles(t *testing.T) {
	failed := func(op string, err error) error { return &fsys.Error{Side: "node", Op: op, Path: "f", Err: err} }
	for _, c := range []struct {
		err         error
		class, hint string
	}{
		{failed("open", fs.ErrNotExist), "missing", "check the path"},
		{failed("open", fs.ErrPermission), "permission", "directories above"},
		{failed("create", fs.ErrPermission), "permission", "--inplace"},
		{failed("rename to", fs.ErrPermission), "permission", "--inplace"},
		{failed("make directory", fs.ErrPermission), "permission", "directory above"},
		{failed("rename to", syscall.EBUSY), "other", "--inplace"},
		{failed("rename to", syscall.EXDEV), "other", "--inplace"},
		{failed("rename to", &fsys.Refusal{Code: 4}), "other", "--inplace"},
		{failed("write", &fsys.Refusal{Code: 4}), "other", ""},
		{failed("write", fsys.ErrNoSpace), "space", "make room"},
		{failed("write", fsys.ErrQuota), "space", "make room"},
		{failed("write", fsys.ErrTooLarge), "space", "of that size"},
		{failed("create", syscall.ETXTBSY), "other", "without --inplace"},
		{failed("create", fsys.ErrReadOnly), "permission", "another target"},
		{failed("stat", syscall.ENAMETOOLONG), "name", "server or file system"},
		{failed("write", fsys.ErrSequential), "other", "-n 1 -a 1"},
		{failed("write", syscall.ESPIPE), "other", "-n 1 -a 1"},
		{failed("create", syscall.ENAMETOOLONG), "name", "shorter"},
		{fmt.Errorf("f: %w", transfer.ErrChanged), "changed", "same command again"},
		{plan.ErrName, "name", ""},
		{&plan.CollisionError{}, "name", "different directories"},
		{errors.New("odd"), "other", ""},
	} {
		class, hint := explainFile(c.err)
		require.Equal(t, c.class, class, "%v", c.err)
		require.Contains(t, hint, c.hint, "%v", c.err)
		require.Equal(t, c.hint == "", hint == "", "%v: %s", c.err, hint)
	}
}

func TestClassesOfEnds(t *testing.T) {
	for class, err := range map[string]error{
		"": nil, "usage": usage("x"), "signal": &signalled{syscall.SIGTERM}, "files": &partial{failed: 1}, "differs": &partial{1, 1},
		"no_host": &sshpool.DialError{Kind: sshpool.NoSuchHost}, "refused": &sshpool.DialError{Kind: sshpool.Refused},
		"login": &sshpool.AuthError{}, "host_key": &sshpool.HostKeyError{}, "space": fmt.Errorf("x: %w", transfer.ErrFull),
		"connection": transfer.ErrNoLane, "missing": fs.ErrNotExist, "other": context.DeadlineExceeded,
	} {
		require.Equal(t, class, errorClass(err))
	}
}

// docs/json.md lists every class.
func TestClassesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/json.md")
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(text), "## file_failed")
	section, _, _ = strings.Cut(section, "## file_skipped")
	for _, row := range fileClasses() {
		require.Contains(t, section, "`"+row.class+"`")
	}
	code, err := os.ReadFile("classes.go")
	require.NoError(t, err)
	_, body, _ := strings.Cut(string(code), "func errorClass(")
	body, _, _ = strings.Cut(body, "\n}\n")
	_, summary, _ := strings.Cut(string(text), "## summary")
	for _, m := range regexp.MustCompile(`return "(\w+)"`).FindAllStringSubmatch(body, -1) {
		require.Contains(t, summary, "`"+m[1]+"`")
	}
}
