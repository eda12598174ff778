package fsys

// LastReader is a File that can read its last block, stat and close in one round trip. The file is closed whatever ReadLast
// returns. Like one READ, it may return fewer bytes than asked for: reading on needs a new Open.
type LastReader interface {
	ReadLast(p []byte, off int64) (int, Info, error)
}

// LastWriter is a File that can write its last block, set attributes and close in one round trip. The file is closed whatever
// WriteLast returns. attrErr is that of the attributes, where block and close are well.
type LastWriter interface {
	WriteLast(p []byte, off int64, a Attr) (attrErr, err error)
}
