package fsys

import (
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func localInfo(fi fs.FileInfo) Info {
	i := Info{Name: fi.Name(), Size: fi.Size(), Mode: fi.Mode(), ModTime: fi.ModTime()}
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		i.Dev, i.Ino, i.Access = st.Dev, st.Ino, time.Unix(st.Atim.Unix())
	}
	return i
}

// lstatAt asks for an entry of a directory that is open.
func lstatAt(d *os.File, name string) (Info, error) {
	var st unix.Stat_t
	err := unix.Fstatat(int(d.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW)
	for err == unix.EINTR { // a signal on a network's or a user's file system
		err = unix.Fstatat(int(d.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW)
	}
	if err != nil {
		return Info{}, err
	}
	return Info{
		Size: st.Size, Mode: fileMode(st.Mode), ModTime: time.Unix(st.Mtim.Unix()), Access: time.Unix(st.Atim.Unix()),
		Dev: st.Dev, Ino: st.Ino,
	}, nil
}

// Space implements FS.
func (l *Local) Space(name string) (Space, error) {
	var v unix.Statfs_t
	if err := unix.Statfs(l.shown(local(name)), &v); err != nil {
		return Space{}, l.failed("ask for the space of", name, err)
	}
	size := uint64(v.Frsize)
	return Space{Total: size * v.Blocks, Available: size * v.Bavail, ReadOnly: v.Flags&unix.ST_RDONLY != 0}, nil
}
