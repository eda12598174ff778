package transfer

import (
	"strconv"
	"sync"
	"time"

	"mscp/internal/journal"
)

// fsNumber is the number of the file system on the server that is copied from or to. Journals keep it: a rerun that lands on another
// machine must not believe what they say of files that lie there under their final names.
type fsNumber struct {
	asked chan struct{} // closed when the number is known, or cannot be
	value uint64        // before asked is closed; 0: not known

	several sync.Once
	spread  bool // the journal tells of several file systems
}

// askNumber asks for the number over the first lane. Nobody waits for it but a run that goes on with a journal.
func (e *engine) askNumber() {
	defer close(e.same.number.asked)
	v, err := e.numberOf(e.First.FS())
	if err != nil || v == 0 {
		return
	}
	e.same.number.value = v
	if e.Journal != nil {
		if e.onOther(v) {
			e.Journal.Commit(numberKey("several"))
		}
		e.Journal.Commit(numberKey("one"))
		e.Journal.Commit(numberKey(strconv.FormatUint(v, 16)))
	}
}

// numberOf is what a lane says. Its error is a lost lane.
func (e *engine) numberOf(r Remote) (uint64, error) {
	if e.Where == "" {
		return 0, nil
	}
	s, err := r.Space(e.Where)
	if err != nil {
		return 0, onlyLost(err)
	}
	return s.Number, nil
}

// known is the number where it has been answered already.
func (n *fsNumber) known() uint64 {
	select {
	case <-n.asked:
		return n.value
	default:
		return 0
	}
}

// elsewhere tells whether the journal is of runs on another file system, wholly or in part.
func (e *engine) elsewhere() bool {
	n := &e.same.number
	n.several.Do(func() {
		<-n.asked
		other := e.onOther(n.value) || e.OtherPort
		if n.spread = other || e.said("several"); other && e.Journal != nil {
			e.Journal.Commit(numberKey("several"))
		}
	})
	return n.spread
}

// onOther tells whether the journal is of runs on file systems of which none has that number.
func (e *engine) onOther(number uint64) bool {
	return number != 0 && e.said("one") && !e.said(strconv.FormatUint(number, 16))
}

func (e *engine) said(what string) bool { return e.State != nil && e.State.Committed(numberKey(what)) }

func numberKey(what string) journal.Key {
	return journal.KeyOf("file system", what, 0, time.Time{}, 0, 0)
}

// differ tells whether two numbers are known and differ.
func differ(a, b uint64) bool { return a != 0 && b != 0 && a != b }
