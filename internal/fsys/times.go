package fsys

import "time"

// TimeBounds is an FS that does not carry every time that a file may have.
type TimeBounds interface {
	// TakesTime tells whether a file can be given the time.
	TakesTime(t time.Time) bool
	// TellsTime tells whether a file that is listed with the time surely has it.
	TellsTime(t time.Time) bool
}

// TakesTime implements TimeBounds: SFTP version 3 has unsigned seconds, from 1970 to 2106.
func (s *SFTP) TakesTime(t time.Time) bool { return int64(seconds(t)) == t.Unix() }

// TellsTime implements TimeBounds. Servers send the low 32 bits, so a time before 1970 looks like one between 2038 and 2106.
func (s *SFTP) TellsTime(t time.Time) bool { return t.Unix() < 1<<31 }
