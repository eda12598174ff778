package transfer

import (
	"crypto/rand"
	"fmt"

	"mscp/internal/fsys"
)

// Some servers take a file only from its beginning to its end, or begin it anew when it is opened again (rclone's). That is found out
// before the first file of several blocks is sent (keeps.go), or shows when a WRITE is refused: then that file is started over. This
// one and all that come after it, if they have more than one block, are sent by one goroutine each, with one handle and one block in
// flight, to a partial file that is opened once: another attempt has another one.

// restartInOrder queues a file again that was refused because of the order of its blocks. None of its requests is under way any
// more, and its partial file is removed.
func (l *lane) restartInOrder(f *file) bool {
	if !l.e.Upload || f.inOrder || f.single || f.special(l.fs) {
		return false
	}
	l.e.sendInOrder()
	l.startOver(f, f.again)
	return true
}

// restartDiffering queues a file again that was sent in order and differs, once: no block of it can be sent by itself.
func (l *lane) restartDiffering(f *file, differs *VerifyError) bool {
	if _, dst := l.e.sides(l); f.again || f.special(dst) {
		return false
	}
	l.e.Observer.Notice(fmt.Sprintf("%v: mscp sends it again", differs))
	l.startOver(f, true)
	return true
}

// restartShared queues a file again of which a handle was another file's as well.
func (l *lane) restartShared(f *file) bool {
	if !l.sharedAgain(f) || f.special(l.fs) {
		return false
	}
	l.startOver(f, f.again)
	return true
}

// restartElsewhere queues a file again, once, to get a partial file of another name: something is wrong with the one that it has.
func (l *lane) restartElsewhere(f *file) bool {
	if f.again || f.inPlace {
		return false
	}
	l.startOver(f, true)
	return true
}

// startOver queues a file anew. What the server still does to its partial file must not be done to the next one.
func (l *lane) startOver(f *file, again bool) {
	g := l.e.newFile(f.Entry)
	g.again, g.shared, g.doubted = again, f.shared, l.e.Upload && renews(l.fs)
	_, longer := f.misstated()
	g.toEnd, g.longer = f.toEnd, longer // what was found out about its source stays true
	l.e.replace(f, g)
}

// sendInOrder has all larger files sent in order from now on.
func (e *engine) sendInOrder() {
	e.queue.sendInOrder()
	e.ordered.Do(func() {
		e.Observer.Notice("the server takes a file only from its beginning to its end: mscp sends each over one connection, one block per round trip")
	})
}

// renew gives a file a partial file of its own, and removes the one of an attempt or a run before. The lost lane's server may carry out an OPEN
// or a CLOSE of that one at any time: it must not be the one that is written now, and takes its name.
func (l *lane) renew(f *file) error {
	if f.inPlace {
		return nil
	}
	if f.doubted {
		l.e.doubtful.add(late{f.part, f.Parent, f.own})
	}
	if f.doubted || f.found != nil {
		if err := l.fs.Remove(f.part); fsys.Lost(err) {
			return err
		}
	}
	f.part = l.e.target(l.e.partName(f.Entry, rand.Text()))
	f.doubted, f.own = false, true
	if f.single { // those of larger files are recorded when they are begun
		l.e.recordLeft(f.part)
	}
	return nil
}
