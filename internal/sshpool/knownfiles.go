package sshpool

import (
	"bytes"
	"errors"
	"io/fs"
	"os"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"mscp/internal/bytepath"
)

// knownHosts are the known_hosts files as they were read.
type knownHosts struct {
	*knownhosts.HostKeyDB
	origin map[string]string // the user's file, by the name of a copy that was read in its place
}

// loadKnownHosts reads the files that exist. Like ssh it passes over a line that it cannot read (a key type of
// tomorrow, a slip of the editor), where the library gives up on the whole file.
func loadKnownHosts(files []string, log Log) (*knownHosts, error) {
	var present []string
	for _, f := range files {
		switch _, err := os.Stat(f); {
		case err == nil:
			present = append(present, f)
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission):
			return nil, err
		}
	}
	db, err := knownhosts.NewDB(present...)
	if err == nil {
		return &knownHosts{HostKeyDB: db}, nil
	}
	log(1, "%v", err)
	return loadSound(present)
}

// loadSound loads copies of the files from which the unreadable lines are taken out.
func loadSound(files []string) (*knownHosts, error) {
	known := &knownHosts{origin: make(map[string]string)}
	var copies []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if errors.Is(err, fs.ErrPermission) {
			continue
		}
		if err != nil {
			return nil, err
		}
		name, remove, err := shortLivedFile(soundLines(text))
		if err != nil {
			return nil, err
		}
		defer remove()
		copies, known.origin[name] = append(copies, name), f
	}
	var err error
	known.HostKeyDB, err = knownhosts.NewDB(copies...)
	return known, err
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
func soundLines(text []byte) []byte {
	lines := bytes.Split(text, []byte("\n"))
	for i, line := range lines {
		if _, _, _, _, rest, err := ssh.ParseKnownHosts(line); err != nil || len(rest) > 0 {
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
		k.log(0, "the host key could not be added to known_hosts: %v", err)
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
