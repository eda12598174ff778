package progress

import (
	"io"
	"sync"
	"time"

	"mscp/internal/quote"
	"mscp/internal/transfer"
	"mscp/internal/units"
)

// Mode is how a copy is shown.
type Mode int

const (
	Bar   Mode = iota // a line that is redrawn, for terminals
	Plain             // a line now and then, for log files
	JSON              // events, for programs
	Quiet             // failures only
)

// How often a mode shows the progress, unless Options.Interval says it.
const (
	barInterval   = 200 * time.Millisecond
	plainInterval = 10 * time.Second
	jsonInterval  = time.Second
)

// moment is how long a copy takes before a bar is drawn for it.
const moment = 300 * time.Millisecond

// Options say what to show, and where.
type Options struct {
	Mode     Mode
	Out      io.Writer        // people's lines: standard error
	JSONOut  io.Writer        // events in mode JSON: standard output
	Interval time.Duration    // between progress lines (10 s) and events (1 s) if above 0; a bar is redrawn every 200 ms
	Width    func() int       // columns of the terminal now; nil or a result below 1 means 80
	Visible  func() bool      // whether the bar may be drawn now, as in the foreground of a terminal; nil means always
	Lent     func() bool      // whether a line would stop this process (stty tostop): only failures are worth that; nil means never
	Now      func() time.Time // nil means time.Now
	Verbose  bool             // tell of every file that is in place
	Sources  []string         // for the start event, as the user wrote them
	Target   string
	DryRun   bool // the summary event says so

	// Explain gives the class of a file's failure and what helps, if anything does. Nil: all are "other".
	Explain func(err error) (class, hint string)
	// Outcome gives the exit code of a copy and the class of what it says. Nil: 0 and nothing.
	Outcome func(sum transfer.Summary, err error) (exit int, class string)
}

// Display shows one copy. It is a [transfer.Observer]; its events may come at any time, also before Start and after
// Stop.
type Display struct {
	opt    Options
	screen screen
	events *stream // nil unless Mode is JSON
	human  bool    // Bar or Plain
	copied bool    // somebody wants to know of each file

	mu       sync.Mutex
	failures failures
	landing  Landing

	looking  sync.Mutex // held for the following
	counters *transfer.Counters
	began    time.Time
	meter    meter

	quit   chan struct{}
	ticker sync.WaitGroup
}

var _ transfer.Observer = (*Display)(nil)

// New prepares a display; nothing is shown and nothing runs before Start, but events are written.
func New(opt Options) *Display {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Interval <= 0 || opt.Mode == Bar {
		opt.Interval = [...]time.Duration{Bar: barInterval, Plain: plainInterval, JSON: jsonInterval, Quiet: 0}[opt.Mode]
	}
	d := &Display{opt: opt, screen: screen{out: opt.Out, visible: opt.Visible}, human: opt.Mode == Bar || opt.Mode == Plain}
	if opt.Mode == JSON {
		d.events = &stream{out: opt.JSONOut, now: opt.Now}
	}
	d.copied = opt.Verbose && opt.Mode != Quiet
	d.meter.window = max(window, opt.Interval)
	return d
}

// Start begins to show what c counts. It is called once, and its goroutine runs until Stop.
func (d *Display) Start(c *transfer.Counters) {
	d.looking.Lock()
	d.counters, d.began, d.quit = c, d.opt.Now(), make(chan struct{})
	d.meter.rate(look(c))
	d.looking.Unlock()
	if d.events != nil {
		d.events.start(d.opt.Sources, d.opt.Target)
	}
	if d.opt.Mode != Quiet {
		d.ticker.Go(d.run)
	}
}

func (d *Display) run() {
	t := time.NewTicker(d.opt.Interval)
	defer t.Stop()
	for {
		select {
		case <-d.quit:
			return
		case <-t.C:
			d.tick()
		}
	}
}

// now is where the copy stands; false before Start.
func (d *Display) now() (status, bool) {
	d.looking.Lock()
	defer d.looking.Unlock()
	if d.counters == nil {
		return status{}, false
	}
	s := look(d.counters)
	s.elapsed = d.opt.Now().Sub(d.began)
	return d.meter.rate(s), true
}

// Status shows where the copy stands, in every mode: somebody has asked.
func (d *Display) Status() {
	s, begun := d.now()
	if !begun {
		d.screen.line(prefix + "progress: nothing is copied yet")
		return
	}
	d.screen.line(plainLine(s))
	if d.events != nil {
		d.events.progress(s)
	}
}

func (d *Display) tick() {
	s, _ := d.now()
	switch d.opt.Mode {
	case Bar:
		if s.elapsed >= moment {
			d.screen.draw(barLine(s, d.width()))
		}
	case Plain:
		if !d.lent() && !d.screen.away() {
			d.screen.line(plainLine(s))
		}
	case JSON:
		d.events.progress(s)
	}
}

func (d *Display) width() int {
	if d.opt.Width != nil {
		if w := d.opt.Width(); w > 0 {
			return w
		}
	}
	return 80
}

// Stop ends the drawing, waits for its goroutine and shows the summary. err is what ended the copy as a whole, nil if
// nothing did; Stop tells that the copy did not come to its end, and the JSON summary says why, but the message to people
// is the caller's. An err that wraps context.Canceled is an interruption. Stop is called once, with or
// without Start before. It returns the first error of writing to Options.JSONOut.
func (d *Display) Stop(sum transfer.Summary, err error) error {
	if d.quit != nil {
		close(d.quit)
		d.ticker.Wait()
	}
	d.screen.end(d.lastRow(sum))
	d.countFailures()
	if d.events != nil {
		d.events.summary(d.opt, sum, d.landed(), err)
		return d.events.failure()
	}
	if d.human && !d.lent() {
		d.screen.line(summaryLine(sum, d.landed(), err))
	}
	return nil
}

// lastRow is the bar as it stood at the end; it stays on the terminal if there was a bar before.
func (d *Display) lastRow(sum transfer.Summary) string {
	if d.counters == nil {
		return ""
	}
	s := look(d.counters)
	s.ended, s.elapsed, s.rate = true, sum.Elapsed, average(sum.Bytes, sum.Elapsed)
	return barLine(s, d.width())
}

// Pause takes the bar away and holds every line back, for a question on the same terminal, until resume is called (once or
// more often). Pauses may overlap.
func (d *Display) Pause() (resume func()) {
	d.screen.hold()
	return sync.OnceFunc(d.screen.release)
}

// Skipped shows a special file that is not copied.
func (d *Display) Skipped(path, what string) {
	d.tell("skipped: " + quote.Name(path) + ": " + quote.Text(what))
	if d.events != nil {
		d.events.emit(skippedEvent{d.events.head("file_skipped"), pathOf(path), what})
	}
}

// Notice shows something that costs speed or safety.
func (d *Display) Notice(text string) {
	d.tell("notice: " + quote.Text(text))
	if d.events != nil {
		d.events.emit(noticeEvent{d.events.head("notice"), text})
	}
}

// Channel is an SFTP channel that was opened.
type Channel struct {
	Connection int    // which of the SSH connections it runs on, from 1
	Cipher     string // of that connection, from the client to the server; empty: the system's ssh knows
	Block      int    // bytes that a request carries
	Inflight   int    // blocks in flight at most
}

// Opened shows a channel to those who ask for events.
func (d *Display) Opened(c Channel) {
	if d.events != nil {
		d.events.emit(channelEvent{d.events.head("channel"), c.Connection, c.Cipher, c.Block, c.Inflight})
	}
}

// Copied shows a file that is in place, if Options.Verbose asks for it.
func (d *Display) Copied(path string, size int64) {
	if !d.copied {
		return
	}
	d.tell("copied: " + quote.Name(path) + ", " + units.Bytes(size))
	if d.events != nil {
		d.events.emit(copiedEvent{d.events.head("file_copied"), pathOf(path), size})
	}
}

// lent reports whether the terminal is another program's, and writing to it would stop this one.
func (d *Display) lent() bool { return d.opt.Lent != nil && d.opt.Lent() }

func (d *Display) tell(text string) {
	if d.human && !d.lent() {
		d.screen.line(prefix + text)
	}
}
