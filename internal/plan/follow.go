package plan

import (
	"strings"
	"sync"

	"mscp/internal/fsys"
)

// origin begins a run of plain directories: an item, or a link to a directory that was followed. Below it a
// real path is that of the origin and the names since, so only origins cost a RealPath.
type origin struct {
	dst  string
	real func() (string, error)
	up   *origin // the run that the link lies in; nil for an item
}

// itemOrigin resolves the item only if a link below it asks.
func itemOrigin(src fsys.FS, item Item) *origin {
	if !item.Info.IsDir() {
		return nil
	}
	return &origin{dst: item.Dst, real: sync.OnceValues(func() (string, error) { return src.RealPath(item.Src) })}
}

// realOf returns the real path of the directory of this run that lands on dst.
func (o *origin) realOf(dst string) (string, error) {
	real, err := o.real()
	if err != nil {
		return "", err
	}
	return join(real, strings.TrimPrefix(dst[len(o.dst):], "/")), nil
}

// above reports whether real is a directory that the walk came through on its way to the one that lands on dst, itself
// included.
func (o *origin) above(real, dst string) (bool, error) {
	for ; o != nil; dst, o = dstParent(o.dst), o.up {
		top, err := o.real()
		if err != nil {
			return false, err
		}
		here, err := o.realOf(dst)
		if err != nil {
			return false, err
		}
		if within(here, real) && within(real, top) {
			return true, nil
		}
	}
	return false, nil
}

// dstParent is parentOf for paths relative to Root.
func dstParent(dst string) string {
	return dst[:max(0, strings.LastIndexByte(dst, '/'))]
}

// follow replaces a link by what it leads to, and refuses a directory that the walk is in already. Below a followed
// link that can be a plain directory too: with the link a -> .., a/x is the x that a lies in.
func (w *walker) follow(j *job) error {
	link := j.Info.IsLink()
	if link {
		info, err := w.src.Stat(j.Src)
		if err != nil {
			return err
		}
		info.Name = j.Info.Name
		j.Info = info
	}
	if !j.Info.IsDir() || !link && j.from.up == nil {
		return nil
	}
	real, err := w.realPath(j, link)
	if err != nil {
		return err
	}
	above, err := j.from.above(real, dstParent(j.Dst))
	if err != nil {
		return err
	}
	if above {
		return &CycleError{Path: j.Src, Real: real}
	}
	if link {
		j.from = &origin{dst: j.Dst, real: func() (string, error) { return real, nil }, up: j.from}
	}
	return nil
}

func (w *walker) realPath(j *job, link bool) (string, error) {
	if !link {
		return j.from.realOf(j.Dst)
	}
	real, err := w.src.RealPath(j.Src)
	if len(real) > maxPath { // each link on the way keeps one
		return "", ErrTooDeep
	}
	return real, err
}
