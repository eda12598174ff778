package progress

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mscp/internal/fsys"
	"mscp/internal/quote"
)

const (
	alikeShown = 20  // lines for failures of one kind; the others are counted
	kindsKnown = 100 // kinds that are counted by themselves: a server's words could make any number of them
)

// ClassSpace is the class of files that a full destination did not take. One of them stands for all: none can be copied.
const ClassSpace = "space"

// failures are the files that could not be copied, by kinds.
type failures struct {
	kinds map[string]*alike
	hints map[string]bool // given already
}

// alike are failures with the same words.
type alike struct{ shown, hidden int64 }

// add counts a failure, and reports whether its line and its hint are to be shown.
func (f *failures) add(kind, class, hint string, all bool) (line, hinted bool) {
	if f.kinds == nil {
		f.kinds, f.hints = make(map[string]*alike), make(map[string]bool)
	}
	k := f.kinds[kind]
	if k == nil {
		if len(f.kinds) >= kindsKnown {
			kind = "other reasons"
		}
		k = cmp.Or(f.kinds[kind], &alike{})
		f.kinds[kind] = k
	}
	most := int64(alikeShown)
	if class == ClassSpace {
		most = 1
	}
	if !all && k.shown >= most {
		k.hidden++
		return false, false
	}
	k.shown++
	hinted = hint != "" && !f.hints[hint]
	f.hints[hint] = true
	return true, hinted
}

// counted are lines for the failures that had none of their own, the most frequent kind first.
func (f *failures) counted() (lines []string) {
	type count struct {
		kind string
		n    int64
	}
	var counts []count
	for kind, k := range f.kinds {
		if k.hidden > 0 {
			counts = append(counts, count{kind, k.hidden})
		}
	}
	slices.SortFunc(counts, func(a, b count) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.kind, b.kind)) })
	for _, c := range counts {
		lines = append(lines, fmt.Sprintf("%sfailed: %d more: %s (-v names each)", prefix, c.n, quote.Text(c.kind)))
	}
	return lines
}

// kindOf is what a failure has in common with others: everything but the path.
func kindOf(path string, err error) string {
	if fe, ok := errors.AsType[*fsys.Error](err); ok {
		return fmt.Sprintf("%s: %s: %v", fe.Side, fe.Op, fe.Err)
	}
	return strings.ReplaceAll(err.Error(), path, "...")
}

// explain is what Options.Explain says.
func (d *Display) explain(err error) (class, hint string) {
	if d.opt.Explain == nil {
		return "other", ""
	}
	return d.opt.Explain(err)
}

// Failed shows a source that could not be copied, in every mode. Of many that failed alike the first ones are named, the others are
// counted at the end; events name each.
func (d *Display) Failed(path string, err error) {
	class, hint := d.explain(err)
	d.mu.Lock()
	line, hinted := d.failures.add(kindOf(path, err), class, hint, d.opt.Verbose)
	d.mu.Unlock()
	if line {
		d.screen.line(failedLine(path, err))
	}
	if hinted {
		d.screen.line(prefix + "hint: " + quote.Text(hint))
	}
	if d.events != nil {
		d.events.emit(failedEvent{d.events.head("file_failed"), pathOf(path), err.Error(), class})
	}
}

// countFailures shows how many more failed.
func (d *Display) countFailures() {
	d.mu.Lock()
	lines := d.failures.counted()
	d.mu.Unlock()
	for _, line := range lines {
		d.screen.line(line)
	}
}
