package transfer

import (
	"fmt"

	"mscp/internal/fsys"
)

// noteTimes counts what was copied with -p and has a time that the server's side does not carry.
func (e *engine) noteTimes(i fsys.Info) {
	bounds, ok := e.First.FS().(fsys.TimeBounds)
	if !ok || !e.Preserve {
		return
	}
	times := attrOf(i, true).Times
	if e.Upload && !(bounds.TakesTime(times.Mod) && bounds.TakesTime(times.Access)) || !e.Upload && !bounds.TellsTime(times.Mod) {
		e.otherTimes.Add(1)
	}
}

// noticeTimes tells of them, once at the end.
func (e *engine) noticeTimes() {
	n := e.otherTimes.Load()
	switch {
	case n == 0:
	case e.Upload:
		e.Observer.Notice(fmt.Sprintf("%s got another time than the source: SFTP carries no times before 1970 or after 2106", things(n)))
	default:
		e.Observer.Notice(fmt.Sprintf("%s may have got another time than the source: SFTP does not distinguish times after 2038 from times before 1970", things(n)))
	}
}

func things(n int64) string {
	if n == 1 {
		return "1 file or directory"
	}
	return fmt.Sprintf("%d files or directories", n)
}
