package internal

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each row of docs/reliability.md names at least one test, and all that it names are there.
func TestReliabilityTableNamesTests(t *testing.T) {
	text, err := os.ReadFile("../docs/reliability.md")
	require.NoError(t, err)
	there := testNames(t)
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if !strings.HasPrefix(line, "| ") || cells[0] == "fault" || strings.HasPrefix(cells[0], "---") {
			continue
		}
		rows++
		require.Len(t, cells, 4, line)
		require.Regexp(t, `^[1-7]( [1-7])*$`, cells[1], line)
		names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[3], -1)
		require.NotEmpty(t, names, line)
		for _, name := range names {
			require.True(t, there[name[1]], "%s: no such test", name[1])
		}
	}
	require.Greater(t, rows, 30)
}

// testNames are the Go tests and the scripts of this module.
func testNames(t *testing.T) map[string]bool {
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	names := make(map[string]bool)
	for _, root := range []string{"../cmd", "../internal", "../testdata/script"} {
		require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil || d.IsDir():
				return err
			case strings.HasSuffix(path, ".txtar"):
				name, err := filepath.Rel("../testdata/script", path)
				names[filepath.ToSlash(name)] = true
				return err
			case !strings.HasSuffix(path, "_test.go"):
				return nil
			}
			b, err := os.ReadFile(path)
			for _, m := range declared.FindAllStringSubmatch(string(b), -1) {
				names[m[1]] = true
			}
			return err
		}))
	}
	return names
}
