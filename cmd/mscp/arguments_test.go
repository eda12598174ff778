package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

func testRoot() (*cobra.Command, *pflag.FlagSet) {
	c := newRootCommand(system{stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}, nil)
	return c, c.Flags()
}

func TestReadArgs(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("a", nil, 0o600))
	for given, want := range map[string]string{
		"-C a h:b":            "-Cyes a h:b",
		"-C yes a h:b":        "-C yes a h:b",
		"-C no a h:b":         "-C no a h:b",
		"-rC a h:b":           "-rCyes a h:b",
		"-Cr a h:b":           "-Cyes -r a h:b",
		"-rCpv a h:b":         "-rCyes -pv a h:b",
		"-Cno a h:b":          "-Cno a h:b",
		"-C=zlib a h:b":       "-C=zlib a h:b",
		"--compress a h:b":    "--compress=yes a h:b",
		"--compress=no a h:b": "--compress=no a h:b",
		"a h:b -C":            "a h:b -Cyes",
		"-- -C a h:b":         "-- -C a h:b",
		"-C fast a h:b":       "-C fast a h:b", // and then it is no value
		"-Cfast a h:b":        "-Cfast a h:b",
		"-C -r a h:b":         "-Cyes -r a h:b",
		"-Cn 4 a h:b":         "-Cyes -n 4 a h:b",
		"-i -C a h:b":         "-i -C a h:b", // the name of a key
		"-n 4 -C a h:b":       "-n 4 -Cyes a h:b",
	} {
		_, set := testRoot()
		out, operands, err := readArgs(set, strings.Fields(given))
		require.NoError(t, err, given)
		require.Equal(t, want, strings.Join(out, " "), given)
		if !strings.HasPrefix(given, "-- ") {
			require.Equal(t, []string{"a", "h:b"}, operands, given)
		}
	}
}

func TestValueOrSource(t *testing.T) {
	for _, given := range []string{
		"--verify command a h:x", "--verify auto a h:x", "--verify readback h:x", "-p true h:x", "-pv false h:x", "--json true a h:x", "--fsync false a h:x",
	} {
		_, set := testRoot()
		_, _, err := readArgs(set, strings.Fields(given))
		require.ErrorContains(t, err, "could be a value or a source", given)
		require.Contains(t, hint(err), "./", given)
	}
	for _, given := range []string{"--verify=command a h:x", "--verify ./command h:x", "--verify -- command h:x", "a --verify h:x"} {
		_, set := testRoot()
		_, _, err := readArgs(set, strings.Fields(given))
		require.NoError(t, err, given)
	}
}

// The name of every command is a source as soon as a target follows.
func TestCommandsAsSources(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("bench", nil, 0o600))
	root, _ := testRoot()
	names := []string{"help"}
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	require.Contains(t, names, "completion")
	for _, name := range names {
		for _, given := range []string{name + " a h:x", "-P 2222 " + name + " a h:x", name + " -P 2222 a h:x", "h:x " + name, "a " + name + " h:x"} {
			root, _ := testRoot()
			require.NoError(t, setArgs(root, strings.Fields(given)), given)
			require.Empty(t, root.Commands()[:len(root.Commands())*boolInt(strings.Contains(given, "a h:x"))], given)
		}
		root, _ := testRoot()
		err := setArgs(root, []string{name, "h:x"})
		if name == "bench" {
			require.ErrorContains(t, err, "there is a file of that name")
			continue
		}
		require.NoError(t, err)
		require.Empty(t, root.Commands(), name)
	}
	for _, given := range []string{"demo --size 1m", "bench --runs 2", "bench report x.json", "completion bash", "help demo", "demo", "--help"} {
		root, _ := testRoot()
		require.NoError(t, setArgs(root, strings.Fields(given)), given)
		require.NotEmpty(t, root.Commands(), given)
	}
	require.NoError(t, os.Remove("bench"))
	root, _ = testRoot()
	require.NoError(t, setArgs(root, []string{"bench", "h:x"}))
	require.NotEmpty(t, root.Commands())
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func flagMistake(t *testing.T, given string) error {
	root, set := testRoot()
	out, _, err := readArgs(set, strings.Fields(given))
	if err == nil {
		err = root.ParseFlags(out)
	}
	require.Error(t, err, given)
	return flagError(set, strings.Fields(given), err)
}

func TestFlagsOfOtherTools(t *testing.T) {
	for given, want := range map[string]string{
		"-av a h:b": "-p keeps times", "-avz a h:b": "-C yes", "-a a h:b": "-p keeps times", "-3 a h:b": "two remote hosts", "-e ssh a h:b": "mscp always uses SSH",
		"--progress a h:b": "mscp shows progress", "--bwlimit=10 a h:b": "--bwlimit is -L here", "--archive a h:b": "-p", "-z a h:b": "-C yes",
		"-n a h:b": "-D", "-P a h:b": "-P is the port", "-rz a h:b": "-C yes", "--delete a h:b": "deletes nothing",
		"--conections 3 a h:b": "did you mean --connections", "--conn 3": "--connections", "--verfy a": "--verify", "--stall-timout=3": "--stall-timeout",
		"-L 10MB a h:b": "mscp -h", "-n 4x a h:b": "mscp -h", "-L src a h:b": "-L limits the rate",
		"-json a h:b": "--json, with two dashes", "--no-such-thing-at-all a": "mscp -h",
	} {
		err := flagMistake(t, given)
		require.True(t, isUsage(err), given)
		require.Contains(t, hint(err), want, given)
	}
}

// No flag answers a wrong value with words of Go's packages.
func TestWordsOnWrongValues(t *testing.T) {
	_, set := testRoot()
	bench := newBenchCommand(system{}).Flags()
	words := regexp.MustCompile(`strconv|parsing|^time:|ParseInt|invalid argument|shorthand`)
	for _, set := range []*pflag.FlagSet{set, bench} {
		set.VisitAll(func(f *pflag.Flag) {
			for _, value := range []string{"v", "", "99999999999999999999", "-1x", "1,x"} {
				if err := set.Parse([]string{"--" + f.Name + "=" + value}); err != nil {
					text := flagError(set, nil, err).Error()
					require.NotRegexp(t, words, text)
					require.Regexp(t, "^--?[a-zA-Z46]", text)
				}
			}
		})
		for _, given := range []string{"--", "--=x", "-Z", "--zzz", "---x", "-n", "-i"} {
			if err := set.Parse([]string{given}); err != nil {
				require.NotRegexp(t, words, flagError(set, nil, err).Error(), given)
			}
		}
	}
}

func TestTimesWithoutUnits(t *testing.T) {
	root, set := testRoot()
	require.NoError(t, root.ParseFlags(strings.Fields("--retry-timeout 5 --stall-timeout 2min --progress-interval 0.5 -I 3")))
	for name, want := range map[string]string{"retry-timeout": "5s", "stall-timeout": "2m", "progress-interval": "500ms", "interval": "3s"} {
		require.Equal(t, want, set.Lookup(name).Value.String())
	}
}
