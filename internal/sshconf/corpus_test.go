package sshconf

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"mscp/internal/endpoint"
)

var update = flag.Bool("update", false, "write what came out into testdata/sshconf")

// Each file of testdata/sshconf has queries ("query: [-o OPTION] [-l NAME] [-p PORT] [-J LIST] [user@]host"), a configuration, and what both
// ssh and the reader make of it: the fields that differ from those of an empty configuration. $DIR is where the files lie.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("../../testdata/sshconf/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { testCorpus(t, file) })
	}
}

func testCorpus(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	require.NoError(t, err)
	dir := t.TempDir()
	var want *txtar.File
	for i, f := range archive.Files {
		if f.Name == "want" {
			want = &archive.Files[i]
			continue
		}
		text := strings.ReplaceAll(string(f.Data), "$DIR", dir)
		require.NoError(t, os.WriteFile(filepath.Join(dir, f.Name), []byte(text), 0o600))
	}
	queries, unread := header(string(archive.Comment))
	require.NotEmpty(t, queries)
	read, asked := corpusEnvs(t)
	got := ""
	for _, q := range queries {
		text, err := describe(t, q, dir, asked)
		if asked.SSH != nil {
			require.NotContains(t, text, "%!")
			got += "> " + q + "\n" + text
		}
		readText, readErr := describe(t, q, dir, read)
		if unread != "" {
			require.ErrorContains(t, readErr, unread)
			continue
		}
		if asked.SSH == nil {
			got += "> " + q + "\n" + readText
			continue
		}
		require.Equal(t, text, readText, "%s: ssh -G and the reader differ\n%v\n%v", q, err, readErr)
	}
	if *update {
		want.Data = []byte(got)
		require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o644))
	}
	if unread == "" || asked.SSH != nil {
		require.Equal(t, string(want.Data), got)
	}
}

func header(comment string) (queries []string, unread string) {
	for _, l := range strings.Split(comment, "\n") {
		if q, ok := strings.CutPrefix(l, "query: "); ok {
			queries = append(queries, q)
		}
		if u, ok := strings.CutPrefix(l, "unread: "); ok {
			unread = u
		}
	}
	return queries, unread
}

// corpusEnvs are the same world without and with ssh. The account's home is ssh's only one.
func corpusEnvs(t *testing.T) (read, asked Env) {
	u, err := user.Current()
	require.NoError(t, err)
	t.Setenv("HOME", u.HomeDir)
	t.Setenv("SHELL", "/bin/sh")
	t.Setenv("SOME_SOCKET", "/run/some.socket")
	t.Setenv("SSH_AUTH_SOCK", "/run/agent.socket")
	asked = SystemEnv()
	_, err = exec.LookPath("ssh")
	require.Equal(t, err == nil, asked.SSH != nil)
	asked.AES = true
	read = asked
	read.SSH = nil
	return read, asked
}

func describe(t *testing.T, query, dir string, env Env) (string, error) {
	f := Flags{ConfigFile: filepath.Join(dir, "config")}
	words := strings.Fields(query)
	for ; len(words) > 1; words = words[2:] {
		switch words[0] {
		case "-o":
			f.Options = append(f.Options, words[1])
		case "-l":
			f.Login = words[1]
		case "-J":
			f.Jump = words[1]
		case "-p":
			var err error
			f.Port, err = strconv.Atoi(words[1])
			require.NoError(t, err)
		default:
			t.Fatalf("query %q", query)
		}
	}
	name, host, ok := strings.Cut(words[0], "@")
	if !ok {
		name, host = "", words[0]
	}
	e := endpoint.Endpoint{Remote: true, User: name, Host: host}
	plain, _, err := Resolve(t.Context(), e, Flags{ConfigFile: "none"}, env)
	require.NoError(t, err)
	h, _, err := Resolve(t.Context(), e, f, env)
	if err != nil {
		return "  an error\n", err
	}
	replace := strings.NewReplacer(dir, "$DIR", env.Home+"/", "~/", env.LocalHost, "$HOST", "."+env.User+".", ".$USER.", env.User+"@", "$USER@",
		connectionHash((&resolver{env: env, host: h, s: settings{}}).tokens()), "%C")
	return replace.Replace(differences(t, "  ", h, plain, env)), nil
}

// differences lists the fields of a that are not b's.
func differences(t *testing.T, indent string, a, b *Host, env Env) string {
	var out strings.Builder
	x, y := reflect.ValueOf(*a), reflect.ValueOf(*b)
	for i := range x.NumField() {
		name := x.Type().Field(i).Name
		if name == "Jump" {
			if a.Jump != nil {
				empty, _, err := Resolve(t.Context(), endpoint.Endpoint{Remote: true, Host: a.Jump.Alias}, Flags{ConfigFile: "none"}, env)
				require.NoError(t, err)
				fmt.Fprintf(&out, "%sJump: %s\n%s", indent, a.Jump.Alias, differences(t, indent+"  ", a.Jump, empty, env))
			}
			continue
		}
		if !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			fmt.Fprintf(&out, "%s%s: %v\n", indent, name, x.Field(i).Interface())
		}
	}
	return out.String()
}
