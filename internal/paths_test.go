package internal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// cleaning are the functions of path and path/filepath whose result is cleaned by text: a/../b becomes b, which is another file where a
// is a symbolic link.
func cleaning() []string {
	return []string{"Abs", "Clean", "Dir", "Glob", "Join", "Rel", "Walk", "WalkDir"}
}

// mayClean are the files that may call them, and why no path of a user or a server comes there.
func mayClean() map[string]string {
	return map[string]string{
		"internal/benchmark/link/sysctl_linux.go":  "/proc",
		"internal/benchmark/measure/proc_linux.go": "/proc",
		"internal/benchmark/memory_linux.go":       "/proc and /sys",
		"internal/benchmark/sshd.go":               "where sshd is",
		"internal/benchmark/serve.go":              "below a Workdir, which is a real path",
		"internal/benchmark/sides.go":              "below a Workdir, which is a real path",
		"internal/benchmark/workdir.go":            "below a Workdir, which is a real path",
		"internal/fsys/limits.go":                  "/sys",
		"internal/fsys/memfs/memfs.go":             "paths of tests",
		"internal/sshconf/env.go":                  "home directories are compared; Include's patterns",
		"internal/sshserver/filter.go":             "pkg/sftp cleans relative paths too",
		"internal/oddfs":                           "paths of tests",
		"internal/sshdtest":                        "paths of tests",
		"internal/testtree":                        "paths of tests, and below demo's directory, which is a real path",
	}
}

func allowed(file string) bool {
	for place := range mayClean() {
		if file == place || strings.HasPrefix(file, place+"/") {
			return true
		}
	}
	return false
}

// TestPathsAreNotCleaned keeps the rule of package bytepath.
func TestPathsAreNotCleaned(t *testing.T) {
	used := make(map[string]bool)
	for _, file := range sources(t) {
		for _, call := range cleaningCalls(t, file) {
			name := strings.TrimPrefix(filepath.ToSlash(file), "../")
			used[name] = true
			if !allowed(name) {
				t.Errorf("%s: %s cleans a path by its text: use package bytepath", name, call)
			}
		}
	}
	for place := range mayClean() {
		met := slices.ContainsFunc(slices.Collect(keys(used)), func(f string) bool { return f == place || strings.HasPrefix(f, place+"/") })
		require.True(t, met, "%s needs no exception any more", place)
	}
}

func keys(m map[string]bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// sources are the files of this module's own code.
func sources(t *testing.T) (files []string) {
	for _, dir := range []string{"../cmd", "../internal"} {
		require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				files = append(files, path)
			}
			return err
		}))
	}
	require.Greater(t, len(files), 100)
	return files
}

// cleaningCalls are the uses, in one file, of a function that cleans.
func cleaningCalls(t *testing.T, file string) (calls []string) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	local := pathImports(t, parsed)
	ast.Inspect(parsed, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := s.X.(*ast.Ident); ok && slices.Contains(local, x.Name) && slices.Contains(cleaning(), s.Sel.Name) {
			calls = append(calls, strconv.Itoa(set.Position(n.Pos()).Line)+": "+x.Name+"."+s.Sel.Name)
		}
		return true
	})
	return calls
}

// pathImports are the names under which a file imports the two packages.
func pathImports(t *testing.T, f *ast.File) (names []string) {
	for _, i := range f.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		require.NoError(t, err)
		switch {
		case path != "path" && path != "path/filepath":
		case i.Name != nil:
			require.NotEqual(t, ".", i.Name.Name)
			names = append(names, i.Name.Name)
		default:
			names = append(names, filepath.Base(path))
		}
	}
	return names
}
