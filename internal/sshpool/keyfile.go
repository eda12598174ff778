package sshpool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

// loadIdentity reads a key file. Of an encrypted one it takes the public half, which OpenSSH's format holds in
// the clear and other formats leave to a file NAME.pub; without either pub is nil until the key is unlocked.
func loadIdentity(file string) (*identity, error) {
	text, mode, err := readKeyFile(file)
	if err != nil {
		return nil, fileError("key", file, err)
	}
	block := privateBlock(text)
	switch {
	case block == nil:
		return nil, &formatError{file, otherFormat(text)}
	case mode != 0:
		return nil, &unprotectedError{file, mode}
	}
	id := &identity{name: file}
	signer, pub, err := openKey(block)
	switch {
	case err != nil:
		return nil, &formatError{file, err}
	case signer != nil:
		id.signer, id.pub = signer, signer.PublicKey()
		return id, nil
	}
	id.pem, id.pub = block, pub
	if id.pub == nil {
		id.pub = publicHalf(file + ".pub")
	}
	return id, nil
}

// readKeyFile also returns the file's permissions if they are too wide for a private key: as with ssh, those of a file of
// one's own that the group or others have any access to. Otherwise open is 0.
func readKeyFile(file string) (text []byte, open fs.FileMode, err error) {
	f, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe that nobody writes to is empty
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() && !info.IsDir() { // a pipe: bash's <(command)
		_ = f.SetReadDeadline(time.Now().Add(personPatience)) // it may ask somebody; devices know no deadlines, and do not wait
		text, err = io.ReadAll(io.LimitReader(f, maxKeyFile))
		return text, 0, err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) == os.Getuid() {
		open = info.Mode().Perm()
		if open&0o077 == 0 {
			open = 0
		}
	}
	text, err = io.ReadAll(io.LimitReader(f, maxKeyFile))
	return text, open, err
}

const maxKeyFile = 1 << 20 // OpenSSH's MAX_KEY_FILE_SIZE

// fileError leaves out what the library says it did with a file.
func fileError(what, file string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("%s %s is not used: %w", what, file, err)
}

// unprotectedError is a private key that others can read. It counts as lost, and ssh ignores it too.
type unprotectedError struct {
	file string
	mode fs.FileMode
}

func (e *unprotectedError) Error() string {
	return fmt.Sprintf("key %s is not used: its permissions %04o let others read it (ssh: UNPROTECTED PRIVATE KEY FILE); chmod 600 it",
		e.file, e.mode)
}

// publicError is a key of which there is the public half alone, here and in the agent.
type publicError struct{ file string }

func (e *publicError) Error() string {
	return fmt.Sprintf("key %s is not used: there is only its public half, and the agent does not have the private one either", e.file)
}

// formatError is a key file that cannot be read here.
type formatError struct {
	file string
	err  error
}

func (e *formatError) Error() string { return fmt.Sprintf("key %s is not used: %v", e.file, e.err) }
func (e *formatError) Unwrap() error { return e.err }

// otherFormat says what a file without a private key is.
func otherFormat(text []byte) error {
	switch {
	case bytes.HasPrefix(text, []byte("PuTTY-User-Key-File-")):
		return errors.New("it has PuTTY's format; puttygen FILE -O private-openssh -o NEW converts it")
	case bytes.Contains(text, []byte("BEGIN SSH2 ENCRYPTED PRIVATE KEY")):
		return errors.New("it has the format of ssh.com, which mscp and OpenSSH do not read")
	}
	if _, _, _, _, err := ssh.ParseAuthorizedKey(text); err == nil {
		return errors.New("it is a public key; give -i the private one")
	}
	return errors.New("it holds no private key")
}
