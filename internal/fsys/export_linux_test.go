package fsys

import "golang.org/x/sys/unix"

// OpenUnread is OpenRoot of a directory that may not be read.
func OpenUnread(dir string) (*Root, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	b := &beneath{fd: fd}
	return &Root{Local{dir, b, NewLocal().gate, nil}, b}, nil
}
