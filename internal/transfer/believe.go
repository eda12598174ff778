package transfer

import (
	"bytes"
	"slices"

	"golang.org/x/sync/errgroup"

	"mscp/internal/fsys"
)

// believeSamples is how many of the ranges that a journal tells of are looked at before it is believed.
const believeSamples = 16

// holds tells whether a partial file holds what the journal says. The run before may have written to one of the same name on another
// machine that the server's name leads to. A file that cannot be read is believed. Only a lost lane is an error.
func (l *lane) holds(f *file) (bool, error) {
	if l.e.elsewhere() {
		return false, nil
	}
	if !l.e.Upload {
		return true, nil
	}
	src, dst := l.e.sides(l)
	theirs, err := dst.Open(f.part)
	if err != nil {
		return true, onlyLost(err)
	}
	defer theirs.Close()
	ours, err := src.Open(f.Src)
	if err != nil {
		return true, nil
	}
	defer ours.Close()
	return holdsEnds(ours, theirs, ends(f, min(sightBlock, int64(l.block))))
}

// ends are the last bytes of some ranges that are said to be there, at most n of each.
func ends(f *file, n int64) (all []extent) {
	at := int64(0)
	end := func(to int64) {
		if to > at {
			all = append(all, extent{max(at, to-n), min(n, to-at)})
		}
	}
	for off, size := range f.found.Ranges.Missing(f.Info.Size) {
		end(off)
		at = off + size
	}
	end(f.Info.Size)
	for len(all) > believeSamples {
		all = slices.Delete(all, len(all)/2, len(all)/2+1)
	}
	return all
}

// holdsEnds compares all of them at once.
func holdsEnds(ours, theirs fsys.File, ends []extent) (bool, error) {
	var group errgroup.Group
	same := make([]bool, len(ends))
	for i, e := range ends {
		group.Go(func() error {
			want, err := readSome(ours, e.off, e.len)
			got, rerr := readSome(theirs, e.off, e.len)
			same[i] = err != nil || rerr != nil || bytes.Equal(got, want)
			return onlyLost(rerr)
		})
	}
	err := group.Wait()
	return !slices.Contains(same, false), err
}
