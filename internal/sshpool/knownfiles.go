package sshpool

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"mscp/internal/bytepath"
)

var errMarker = errors.New("an unknown marker")

// knownHosts are the known_hosts files as they were read.
type knownHosts struct {
	*knownhosts.HostKeyDB
	origin map[string]string // the user's file, by the name of a copy that was read in its place
}

// loadKnownHosts reads the files that exist, for a host of these names. Like ssh it passes over a line that it cannot read (a key
// type of tomorrow, a slip of the editor), where the library gives up on the whole file.
func loadKnownHosts(files, names []string, log Log) (*knownHosts, error) {
	known := &knownHosts{origin: make(map[string]string)}
	var read []string
	for _, f := range files {
		name, remove, err := readable(f, names, log)
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ENOTDIR):
			continue
		case err != nil:
			return nil, err
		}
		defer remove()
		read, known.origin[name] = append(read, name), f
	}
	var err error
	known.HostKeyDB, err = knownhosts.NewDB(read...)
	return known, err
}

// readable names a file that the library reads as ssh reads this one: the file itself, or a copy.
func readable(file string, names []string, log Log) (name string, remove func(), err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", nil, err
	}
	plain := soundLines(plainHosts(text, names), func(line int, err error) { log(1, "%s:%d is passed over: %v", file, line, err) })
	if bytes.Equal(plain, text) {
		return file, func() {}, nil
	}
	return shortLivedFile(plain)
}

// shortLivedFile is a file in memory, or where there is none a temporary one.
func shortLivedFile(content []byte) (name string, remove func(), err error) {
	if name, remove, err = memFile(content); err == nil {
		return name, remove, nil
	}
	dir, err := scratchDir(1 << 10)
	if err != nil {
		return "", nil, err
	}
	name = bytepath.Join(dir, "known_hosts")
	return name, func() { os.RemoveAll(dir) }, os.WriteFile(name, content, 0o600)
}

// soundLines empties the lines that cannot be parsed, so that the others keep their numbers.
func soundLines(text []byte, bad func(line int, err error)) []byte {
	lines := bytes.Split(text, []byte("\n"))
	for i, line := range lines {
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' {
			continue
		}
		marker, _, _, _, rest, err := ssh.ParseKnownHosts(line)
		if err != nil || len(rest) > 0 || marker != "" && marker != "revoked" && marker != "cert-authority" {
			bad(i+1, cmp.Or(err, errMarker))
			lines[i] = nil
		}
	}
	return bytes.Join(lines, []byte("\n"))
}

// remember writes an accepted key to the first known_hosts file. Where that fails the user is asked again next time,
// which is no reason to stop.
func (k *hostKeys) remember(key ssh.PublicKey) {
	if len(k.host.UserKnownHostsFiles) == 0 {
		return
	}
	file := k.host.UserKnownHostsFiles[0]
	name := xknownhosts.Normalize(k.addr)
	if k.host.HashKnownHosts {
		name = xknownhosts.HashHostname(name)
	}
	if err := appendLine(file, name+" "+string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(key)))); err != nil {
		k.log(0, "mscp could not add the host key to known_hosts: %v", err)
	}
}

// appendLine writes line in one piece, after a newline if the file lacks its last one.
func appendLine(file, line string) error {
	if err := os.MkdirAll(bytepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	var last [1]byte
	if fi, err := f.Stat(); err == nil && fi.Size() > 0 {
		if _, err := f.ReadAt(last[:], fi.Size()-1); err == nil && last[0] != '\n' {
			line = "\n" + line
		}
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Close())
}
