package result

import (
	"fmt"
	"slices"
)

// Named is a file and what to call it where several are shown.
type Named struct {
	Name string
	*File
}

// Merge prepares files to be shown together: one File for each machine and path, in the order in which these first
// came. Each case carries the name of its file in From, so that tables name it and ratios stay within one file.
//
// Files stand side by side only where Host is the same to the last value and so are the path's kind and link: what
// was measured on another machine, or on this one with other buffers, gets a section of its own, because a number from there
// does not answer the same question. The path's round trip time, which is itself measured, may differ; the least is kept.
//
// A section begins when its earliest file did, is Interrupted if one of its files is (Skipped says which), and keeps Command only
// where all had the same.
func Merge(files ...Named) (sections []*File) {
	for _, f := range files {
		i := slices.IndexFunc(sections, func(s *File) bool { return sameGround(s, f.File) })
		if i < 0 {
			sections = append(sections, opened(f))
			continue
		}
		sections[i].add(f)
	}
	return sections
}

func sameGround(a, b *File) bool {
	return a.Host == b.Host && a.Path.Kind == b.Path.Kind && a.Path.Link == b.Path.Link
}

// opened is a section of one file; f itself stays as it is.
func opened(f Named) *File {
	s := *f.File
	s.Cases, s.Skipped = nil, nil
	s.Command = slices.Clone(f.Command)
	s.take(f)
	return &s
}

func (s *File) add(f Named) {
	if f.Started.Before(s.Started) {
		s.Started = f.Started
	}
	if !slices.Equal(s.Command, f.Command) {
		s.Command = nil
	}
	if f.Path.RTT > 0 && (s.Path.RTT == 0 || f.Path.RTT < s.Path.RTT) {
		s.Path.RTT = f.Path.RTT
	}
	s.Interrupted = s.Interrupted || f.Interrupted
	s.take(f)
}

// take copies cases and skipped tools, each with the name of its file.
func (s *File) take(f Named) {
	for _, c := range f.Cases {
		c.From = f.Name
		s.Cases = append(s.Cases, c)
	}
	for _, k := range f.Skipped {
		k.Reason = fmt.Sprintf("%s (%s)", k.Reason, f.Name)
		s.Skipped = append(s.Skipped, k)
	}
	if f.Interrupted {
		s.Skipped = append(s.Skipped, Skipped{Tool: "the rest", Reason: fmt.Sprintf("interrupted (%s)", f.Name)})
	}
}
