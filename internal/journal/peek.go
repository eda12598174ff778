package journal

import (
	"bufio"
	"errors"
	"io"
	"os"
)

// Peek returns the job of the journal at path without opening it for this run: it may be another run's. It is nil where there is none.
// Errors are *ForeignError, *VersionError, or those of the file system.
func Peek(path string) (job []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &ForeignError{Path: path}
	}
	if err == nil {
		err = checkHeader(f, info.Size())
	}
	if err != nil {
		return nil, err
	}
	from := int64(len(header))
	if info.Size() <= from {
		return nil, nil
	}
	first := scanner{r: bufio.NewReader(io.NewSectionReader(f, from, info.Size()-from)), left: info.Size() - from}
	rec, err := first.next()
	if errors.Is(err, errTorn) || err == nil && rec.typ != typeJob {
		return nil, nil
	}
	return rec.job, err
}
