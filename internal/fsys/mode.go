package fsys

import "io/fs"

// POSIX st_mode, which SFTP carries whatever the systems at both ends.
const (
	sIFMT   = 0o170000
	sIFSOCK = 0o140000
	sIFLNK  = 0o120000
	sIFBLK  = 0o060000
	sIFDIR  = 0o040000
	sIFCHR  = 0o020000
	sIFIFO  = 0o010000
	sISUID  = 0o4000
	sISGID  = 0o2000
	sISVTX  = 0o1000
)

// fileMode translates st_mode.
func fileMode(st uint32) fs.FileMode {
	m := fs.FileMode(st & 0o777)
	switch st & sIFMT {
	case sIFSOCK:
		m |= fs.ModeSocket
	case sIFLNK:
		m |= fs.ModeSymlink
	case sIFBLK:
		m |= fs.ModeDevice
	case sIFDIR:
		m |= fs.ModeDir
	case sIFCHR:
		m |= fs.ModeDevice | fs.ModeCharDevice
	case sIFIFO:
		m |= fs.ModeNamedPipe
	}
	if st&sISUID != 0 {
		m |= fs.ModeSetuid
	}
	if st&sISGID != 0 {
		m |= fs.ModeSetgid
	}
	if st&sISVTX != 0 {
		m |= fs.ModeSticky
	}
	return m
}

// unixMode translates permissions, set-id and sticky bits to st_mode, without the type.
func unixMode(m fs.FileMode) uint32 {
	st := uint32(m.Perm())
	if m&fs.ModeSetuid != 0 {
		st |= sISUID
	}
	if m&fs.ModeSetgid != 0 {
		st |= sISGID
	}
	if m&fs.ModeSticky != 0 {
		st |= sISVTX
	}
	return st
}
