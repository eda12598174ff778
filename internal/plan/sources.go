package plan

import (
	"golang.org/x/sync/errgroup"

	"mscp/internal/bytepath"
	"mscp/internal/fsys"
)

// atOnce is how many requests about single sources are in flight, so that a thousand sources do not cost a thousand
// round trips one after the other.
const atOnce = 32

// source is one source that is there.
type source struct {
	path string // trimmed
	info fsys.Info
}

// stat looks at each source, and keeps those that are not there as failures. Its error means that the connection is
// lost.
func (l *Landing) stat(src fsys.FS, paths []string) ([]source, error) {
	sources := make([]source, len(paths))
	errs := make([]error, len(paths))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, p := range paths {
		group.Go(func() error {
			sources[i], errs[i] = statSource(src, p)
			if fsys.Lost(errs[i]) {
				return errs[i]
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	found := sources[:0]
	for i, s := range sources {
		if errs[i] != nil {
			l.Failures = append(l.Failures, Failure{Path: paths[i], Err: errs[i]})
			continue
		}
		found = append(found, s)
	}
	return found, nil
}

func statSource(src fsys.FS, p string) (source, error) {
	trimmed, mustBeDir := trim(p)
	info, err := src.Stat(trimmed)
	if err == nil && mustBeDir && !info.IsDir() {
		err = &fsys.Error{Side: src.Side(), Op: "stat", Path: p, Err: fsys.ErrNotDir}
	}
	if err == nil && !info.IsDir() && !info.IsRegular() {
		err = &fsys.Error{Side: src.Side(), Op: "copy", Path: p, Err: &SpecialError{kind(info.Mode)}}
	}
	return source{path: trimmed, info: info}, err
}

// sameSource tells whether two sources are one, spelled in two ways: a, ./a and a/. What links and the working directory make of
// other spellings is not asked.
func sameSource(a, b string) bool { return bytepath.Plain(a) == bytepath.Plain(b) }
