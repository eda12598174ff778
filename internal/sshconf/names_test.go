package sshconf

import (
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNames(t *testing.T) {
	files := map[string]string{
		"/h/.ssh/config": "Host node1 node2 *.cluster !bad web?\n  HostName 10.0.0.1\nInclude more.d/*\nHost \"quoted\n" +
			"Match host x\nhost=last\n",
		"/h/.ssh/more.d/a": "Host included\nInclude ~/.ssh/more.d/a\n",
		"/etc/ssh/x":       "Host system\n",
		"/h/.ssh/known_hosts": "known,10.1.2.3 ssh-ed25519 AAAA\n[ported]:2222 ssh-ed25519 AAAA\n|1|x|y ssh-rsa B\n@revoked gone ssh-rsa B\n" +
			"# comment\n::1 ssh-rsa B\n\nwild*,node1 ssh-rsa B",
	}
	env := Env{
		Home: "/h", System: "/etc/ssh/x",
		ReadFile: func(name string) ([]byte, error) {
			if text, ok := files[name]; ok {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		},
		Glob: func(pattern string) (found []string, err error) {
			for name := range files {
				if ok, _ := filepath.Match(pattern, name); ok {
					found = append(found, name)
				}
			}
			return found, nil
		},
	}
	known := []string{"10.1.2.3", "included", "known", "last", "node1", "node2", "ported", "system"}
	require.Equal(t, known, Names(env, ""))
	require.Equal(t, []string{"10.1.2.3", "known", "node1", "ported", "system"}, Names(env, "/etc/ssh/x"))
	require.Equal(t, []string{"10.1.2.3", "known", "node1", "ported"}, Names(env, "none"))
}
