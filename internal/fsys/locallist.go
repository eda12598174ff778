package fsys

import (
	"io"
	"os"
	"syscall"

	"mscp/internal/bytepath"
)

// listBatch is how many entries of a directory are held at once. A walk of a deep tree may have thousands of listings open.
const listBatch = 128

// List implements FS. It reads names alone: os.File.ReadDir asks for the type of each entry where the file system does not
// tell it, and gives up at the first one that cannot be asked.
func (l *Local) List(name string, fn func(Info) error) error {
	defer l.gate.take(l.gate.listings)()
	d, err := l.ops.OpenFile(local(name), os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return l.failed("list", name, err)
	}
	defer d.Close()
	for {
		l.gate.calls.take()
		names, err := d.Readdirnames(listBatch)
		l.gate.calls.free()
		for _, entry := range names {
			if err := l.entry(d, name, entry, fn); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return l.failed("list", name, err)
		}
	}
}

// entry hands over one entry of the directory name, which d has open. One that was removed since it was listed is left out.
func (l *Local) entry(d *os.File, name, entry string, fn func(Info) error) error {
	l.gate.calls.take()
	i, err := lstatAt(d, entry)
	l.gate.calls.free()
	if err = l.failed("lstat", bytepath.Join(name, entry), err); Missing(err) {
		return nil
	}
	i.Name, i.Err = entry, err
	return fn(i)
}
