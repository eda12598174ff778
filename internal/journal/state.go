package journal

import (
	"io"
	"iter"
	"slices"
)

// File is a large file that is begun and not committed.
type File struct {
	Key    Key
	Part   string // path of its partial file
	Src    string // path of its source
	Ranges Ranges // what the destination has acknowledged
}

// State is what a replay found. It does not change with the Journal. Its memory is 16 bytes for each committed key, and that
// of the begun files. It is for one goroutine at a time, or for many that only read.
type State struct {
	job       []byte
	committed []Key // sorted, each once, none of them in files
	files     map[Key]*File
	dropped   int64
}

// Job is what Begin was given; nil for a journal that is new.
func (s *State) Job() []byte { return s.job }

// Committed reports whether the file is in place, and was not begun again since.
func (s *State) Committed(k Key) bool {
	_, found := slices.BinarySearchFunc(s.committed, k, compareKeys)
	return found
}

// Len is the number of committed files.
func (s *State) Len() int { return len(s.committed) }

// File returns a begun file. Its Ranges are the caller's.
func (s *State) File(k Key) (File, bool) {
	f, ok := s.files[k]
	if !ok {
		return File{}, false
	}
	c := *f
	c.Ranges = f.Ranges.Clone()
	return c, true
}

// Files yields the begun files, in no order.
func (s *State) Files() iter.Seq[File] {
	return func(yield func(File) bool) {
		for k := range s.files {
			if f, _ := s.File(k); !yield(f) {
				return
			}
		}
	}
}

// Dropped is the number of bytes at the journal's end that were torn or corrupt, and have been cut off.
func (s *State) Dropped() int64 { return s.dropped }

// replay reads a journal whose header has been checked. It returns the offset where its good records end.
// It reads twice: once it knows the number of keys it can hold them in just the memory they need.
func replay(r io.ReaderAt, size int64) (*State, int64, error) {
	commits := 0
	end, err := scan(r, size, func(rec record) {
		if rec.typ == typeCommit {
			commits++
		}
	})
	if err != nil {
		return nil, 0, err
	}
	s := &State{committed: make([]Key, 0, commits), files: make(map[Key]*File), dropped: size - end}
	if end, err = scan(r, end, s.apply); err != nil {
		return nil, 0, err
	}
	s.finish()
	return s, end, nil
}

func (s *State) apply(rec record) {
	switch rec.typ {
	case typeJob:
		s.job = append([]byte{}, rec.job...) // an empty job is not nil
	case typeFile:
		s.files[rec.key] = &File{Key: rec.key, Part: string(rec.part), Src: string(rec.src)}
	case typeRange:
		if f := s.files[rec.key]; f != nil {
			f.Ranges.Add(rec.off, rec.n)
		}
	case typeCommit:
		delete(s.files, rec.key)
		s.committed = append(s.committed, rec.key)
	}
}

// finish sorts the keys. One that is in files was begun again after its last commit.
func (s *State) finish() {
	slices.SortFunc(s.committed, compareKeys)
	s.committed = slices.Compact(s.committed)
	s.committed = slices.DeleteFunc(s.committed, func(k Key) bool { return s.files[k] != nil })
}
