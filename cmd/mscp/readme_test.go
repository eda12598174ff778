package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadmeBenchmarks keeps the README's tables those of docs/benchmarks.
func TestReadmeBenchmarks(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	tables := regexp.MustCompile(`(?ms)^<!-- ([a-z0-9]+)\.md -->\n(.*?)^<!-- end -->$`).FindAllStringSubmatch(string(readme), -1)
	require.Len(t, tables, 2)
	for _, found := range tables {
		want, err := os.ReadFile("../../docs/benchmarks/" + found[1] + ".md")
		require.NoError(t, err)
		require.Equal(t, string(want), found[2], "docs/benchmarks/readme.sh puts it there")
	}
}

// TestReadmeFlags keeps the README's list of flags the same as that of mscp -h.
func TestReadmeFlags(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)

	var help bytes.Buffer
	c := newRootCommand(system{stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}, nil)
	c.SetOut(&help)
	c.SetArgs([]string{"-h"})
	require.NoError(t, c.Execute())
	_, flags, found := strings.Cut(help.String(), "Copy:\n")
	require.True(t, found)
	flags, _, found = strings.Cut(flags, "\nOther commands:")
	require.True(t, found)

	require.Contains(t, string(readme), "```text\nCopy:\n"+flags+"```\n", "paste the flags of bin/mscp -h into the README")
}

// TestHelpFitsTheTerminal keeps the help of every command within 80 columns.
func TestHelpFitsTheTerminal(t *testing.T) {
	root := newRootCommand(system{stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}, nil)
	commands := [][]string{{"-h"}}
	for _, c := range root.Commands() {
		commands = append(commands, []string{c.Name(), "-h"})
	}
	commands = append(commands, []string{"bench", "report", "-h"})
	for _, args := range commands {
		var help bytes.Buffer
		c := newRootCommand(system{stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}, nil)
		c.SetOut(&help)
		c.SetErr(&help)
		c.SetArgs(args)
		require.NoError(t, c.Execute())
		require.NotEmpty(t, help.String())
		for line := range strings.Lines(help.String()) {
			require.LessOrEqual(t, len([]rune(strings.TrimRight(line, "\n"))), 80, "%v: %s", args, line)
		}
	}
}
