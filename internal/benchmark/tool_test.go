package benchmark

import (
	"errors"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/benchmark/result"
)

// installed is a machine with these programs.
func installed(programs ...string) func(string) (string, error) {
	return func(program string) (string, error) {
		for _, p := range programs {
			if p == program {
				return "/bin/" + p, nil
			}
		}
		return "", &exec.Error{Name: program, Err: exec.ErrNotFound}
	}
}

func anything(program string) (string, error) { return "/bin/" + program, nil }

func TestCustom(t *testing.T) {
	for text, want := range map[string]string{
		"cat=cat {src} >{dst}":                      "cat /here/data >bench:/there/out",
		" my tool =x {local} {remote}":              "x /here/data /there/out",
		"a=b={src},{dst} {host} {port} {user}":      "b=/here/data,bench:/there/out bench 2222 me",
		"a=awk '{print}' {src} {dst} ${X} {A} {a,}": "",
		"a=x {ssh} {src} {dst} {direction}":         "x '-F' /mem/k/config '-o' Port=2222 '-c' c /here/data bench:/there/out up",
		"a={mscp} {src} {dst} # {hostname} {key} {known_hosts} {local_dir} {local_base} {remote_dir} {remote_base}": "/bin/mscp /here/data bench:/there/out # 192.0.2.7 /mem/k/key /mem/k/known /here data /there out",
	} {
		tool, err := Custom(text)
		if want == "" {
			require.ErrorAs(t, err, new(*SpecError), text)
			continue
		}
		require.NoError(t, err, text)
		got := tool.command(questionOf(result.Up, 1), "").fill(valuesOf(result.Up, "c"))
		require.Equal(t, []string{"sh", "-c", want}, got.args)
		require.Empty(t, tool.version)
	}
	tool, err := Custom(" my tool =x {local} {remote}")
	require.NoError(t, err)
	require.Equal(t, "my tool", tool.Name)
	require.True(t, tool.noCipher)
	tool, err = Custom("a={ssh} {src} {dst}")
	require.NoError(t, err)
	require.False(t, tool.noCipher)

	for _, bad := range []string{
		"", "=", "a", "a=", "a= ", "=x {src} {dst}", " =x {src} {dst}", // no name or no command
		"a=x", "a=x {src}", "a=x {dst}", "a=x {local}", "a=x {src} {remote}", // too few
		"a=x {src} {dst} {nothing}", "a=x {src} {dst} {sr}", "a=x {src} {dst} {local_}", // unknown
	} {
		_, err := Custom(bad)
		require.ErrorAs(t, err, new(*SpecError), bad)
	}
}

func TestNamed(t *testing.T) {
	tools, err := Named([]string{"tar", "scp"})
	require.NoError(t, err)
	require.Equal(t, []string{"tar", "scp"}, []string{tools[0].Name, tools[1].Name})
	require.Len(t, tools, 2)
	for _, p := range Peers() {
		_, err := Named([]string{p.Name})
		require.NoError(t, err)
	}
	for _, bad := range []string{"", "SCP", "cp", "scp "} {
		_, err := Named([]string{"scp", bad})
		require.ErrorAs(t, err, new(*SpecError), bad)
	}
}

func TestUnfit(t *testing.T) {
	embedded, jump := paper(), paper()
	embedded.Server, embedded.Shell = Embedded, false
	jump.Server, jump.Key = Host, ""
	null := questionOf(result.Up, 1)
	null.Sink = result.Null
	file := questionOf(result.Up, 1)
	for _, c := range []struct {
		peer   string
		target *Target
		q      result.Question
		look   func(string) (string, error)
		want   string
	}{
		{"scp", paper(), file, anything, ""},
		{"scp", embedded, file, anything, ""},
		{"scp", paper(), file, installed("sftp"), "scp is not installed"},
		{"tar", paper(), file, installed("tar"), "ssh is not installed"},
		{"tar", embedded, file, anything, "the embedded server runs no commands"},
		{"rsync", embedded, file, anything, "the embedded server runs no commands"},
		{"rsync", paper(), file, anything, ""},
		{"rsync", paper(), null, anything, "it writes into files only"},
		{"scp", paper(), null, anything, "it writes into files only"},
		{"rclone", jump, file, anything, "it reads no ssh configuration: give a key (-i), and no jump host"},
		{"rclone", embedded, file, anything, ""},
		{"lftp", jump, file, anything, ""},
	} {
		tools, err := Named([]string{c.peer})
		require.NoError(t, err)
		require.Equal(t, c.want, tools[0].unfit(c.target, c.q, c.look), "%s, %s", c.peer, c.target.Server)
	}
	custom, err := Custom("mine=x {src} {dst}")
	require.NoError(t, err)
	require.Empty(t, custom.unfit(embedded, file, anything))
}

func TestFirstLine(t *testing.T) {
	require.Equal(t, "OpenSSH_9.2", firstLine([]byte("\nOpenSSH_9.2\nmore\n"), nil))
	require.Equal(t, "usage", firstLine([]byte("usage"), errors.New("exit status 1"))) // ssh -V of old exits 255
	require.Empty(t, firstLine(nil, errors.New("x")))
}
