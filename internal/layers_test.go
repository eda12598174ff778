// Package internal holds the test that keeps the arrows between this module's packages pointing one way.
package internal

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "mscp/"

// arrows are the packages of ours that each package's own code may import; its tests may import any. A package that is not
// here must be added, with a reason.
func arrows() map[string][]string {
	return map[string][]string{
		// Pure, or the wire itself: nothing of ours.
		"internal/bytepath": {},
		"internal/endpoint": {"internal/quote"},
		"internal/chunker":  {},
		"internal/journal":  {"internal/quote", "internal/bytepath"},
		"internal/sftpwire": {},
		"internal/units":    {},
		"internal/quote":    {},

		"internal/sshconf":  {"internal/bytepath", "internal/endpoint"},
		"internal/sshpool":  {"internal/bytepath", "internal/sshconf"},
		"internal/fsys":     {"internal/quote", "internal/bytepath", "internal/sftpwire"},
		"internal/plan":     {"internal/quote", "internal/bytepath", "internal/fsys", "internal/journal"},
		"internal/transfer": {"internal/quote", "internal/bytepath", "internal/plan", "internal/chunker", "internal/journal", "internal/fsys"},
		"internal/progress": {"internal/quote", "internal/fsys", "internal/transfer", "internal/units"},

		// The benchmark runs mscp and its peers as commands, and knows nothing of what they are made of.
		"internal/benchmark/result":   {},
		"internal/benchmark/hostinfo": {"internal/benchmark/result"},
		"internal/benchmark/link":     {},
		"internal/benchmark/measure":  {},
		"internal/benchmark/report":   {"internal/benchmark/result", "internal/units"},
		"internal/benchmark": {
			"internal/bytepath",
			"internal/benchmark/link", "internal/benchmark/measure", "internal/benchmark/result",
			"internal/sshserver", "internal/units",
		},

		// For tests; the demo uses the first two as well.
		"internal/sshserver":  {"internal/bytepath"},
		"internal/testtree":   {},
		"internal/sshdtest":   {},
		"internal/faultproxy": {},
		"internal/oddfs":      {"internal/sshdtest"},
		"internal/fsys/memfs": {"internal/bytepath", "internal/fsys"},

		// The wiring: everything but what is for tests alone.
		"cmd/mscp": {
			"internal/quote",
			"internal/bytepath",
			"internal/benchmark", "internal/benchmark/hostinfo", "internal/benchmark/link", "internal/benchmark/report", "internal/benchmark/result",
			"internal/chunker", "internal/endpoint", "internal/fsys", "internal/journal", "internal/plan",
			"internal/progress", "internal/sshconf", "internal/sshpool", "internal/sshserver", "internal/testtree", "internal/transfer",
			"internal/units",
		},
	}
}

// foreign are libraries that only these packages may import by themselves: the engine and what it stands on know nothing of SSH.
func foreign() map[string][]string {
	return map[string][]string{
		"golang.org/x/crypto/ssh": {"internal/sshpool", "internal/sshconf", "internal/sshserver", "internal/sshdtest", "internal/benchmark", "cmd/mscp"},
		"github.com/pkg/sftp":     {"internal/fsys", "internal/sshserver"},
		"github.com/spf13/cobra":  {"cmd/mscp"},
		"github.com/stretchr":     {"internal/oddfs", "internal/sshdtest"},
		"testing":                 {"internal/oddfs", "internal/sshdtest"},
		"github.com/schollz":      {"internal/progress"},
		"golang.org/x/time":       {"internal/transfer"},
		"gonum.org/v1/plot":       {"internal/benchmark/report"},
		"github.com/vishvananda":  {"internal/benchmark/hostinfo", "internal/benchmark/link", "internal/benchmark/measure"},
		"github.com/skeema":       {"internal/sshpool"},
	}
}

type listed struct {
	ImportPath string
	Imports    []string
}

// look makes go test's cache know what the result depends on: it sees the files that a test looks at, not those that go list reads.
func look(t *testing.T) {
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") {
			_, err = os.Stat(path)
		}
		return err
	}))
}

// ours lists this module's packages with what their own code imports.
func ours(t *testing.T) (packages []listed) {
	look(t)
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports", "mscp/...")
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		t.Fatalf("go list: %s", failed.Stderr)
	}
	require.NoError(t, err)
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := d.Decode(&p)
		if err == io.EOF {
			return packages
		}
		require.NoError(t, err)
		if strings.HasPrefix(p.ImportPath, module) {
			p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
			packages = append(packages, p)
		}
	}
}

func TestLayers(t *testing.T) {
	packages := ours(t)
	require.Greater(t, len(packages), 10, "go list found the module")
	for _, p := range packages {
		if p.ImportPath == "internal" {
			continue // this test
		}
		allowed, known := arrows()[p.ImportPath]
		if !known {
			t.Errorf("%s is not in the table of arrows", p.ImportPath)
			continue
		}
		for _, i := range p.Imports {
			if to, own := strings.CutPrefix(i, module); own && !slices.Contains(allowed, to) {
				t.Errorf("%s must not import %s", p.ImportPath, to)
			}
		}
	}
}

func TestForeignLibrariesStayWhereTheyBelong(t *testing.T) {
	for _, p := range ours(t) {
		for _, i := range p.Imports {
			for library, users := range foreign() {
				if (i == library || strings.HasPrefix(i, library+"/")) && !slices.Contains(users, p.ImportPath) {
					t.Errorf("%s must not import %s", p.ImportPath, i)
				}
			}
		}
	}
}

// TestArrowsHaveNoCircle keeps the table itself honest.
func TestArrowsHaveNoCircle(t *testing.T) {
	table := arrows()
	var visit func(name string, path []string)
	visit = func(name string, path []string) {
		require.NotContains(t, path, name)
		for _, to := range table[name] {
			require.Contains(t, table, to)
			visit(to, append(slices.Clone(path), name))
		}
	}
	for name := range table {
		visit(name, nil)
	}
}
