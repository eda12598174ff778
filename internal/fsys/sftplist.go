package fsys

import (
	"errors"
	"sync"

	"mscp/internal/bytepath"
	"mscp/internal/sftpwire"
)

// askedAtOnce is how many entries without attributes are asked for at once.
const askedAtOnce = 64

// stream hands the entries over as they come. stopped is fn's error, or the reason why an entry could not be looked at.
func (s *SFTP) stream(name string, ahead sftpwire.Ahead, fn func(Info) error) (stopped, err error) {
	l := listing{s: s, dir: name, fn: fn}
	err = s.wire.List(remote(name), ahead, func(entry string, a sftpwire.Attrs) error {
		if entry == "." || entry == ".." {
			return nil
		}
		return l.entry(entry, a)
	})
	if err == nil && l.stopped == nil {
		err = l.ask()
	}
	return l.stopped, err
}

// listing is one listing of a directory. Every field of an entry's attributes is optional (draft-ietf-secsh-filexfer-02,
// section 5): an entry that comes without its type, its size or its times is asked for, several at a time.
type listing struct {
	s       *SFTP
	dir     string
	fn      func(Info) error
	bare    []string // entries that came without
	stopped error    // by fn, or by a connection that is lost
}

func (l *listing) entry(name string, a sftpwire.Attrs) error {
	const whole = sftpwire.AttrPermissions | sftpwire.AttrSize | sftpwire.AttrTimes
	if a.Flags&whole == whole {
		l.stopped = l.fn(infoOf(name, a))
		return l.stopped
	}
	l.bare = append(l.bare, name)
	if len(l.bare) < askedAtOnce {
		return nil
	}
	return l.ask()
}

// ask looks at the entries that came without attributes, and hands them over in their order. One that cannot be looked at is
// handed over with the reason; one that is gone is left out.
func (l *listing) ask() error {
	found := make([]Info, len(l.bare))
	var asking sync.WaitGroup
	for i, name := range l.bare {
		asking.Go(func() {
			info, err := l.s.Lstat(bytepath.Join(l.dir, name))
			if err != nil {
				info = Info{Err: err}
			}
			info.Name = name
			found[i] = info
		})
	}
	asking.Wait()
	l.bare = l.bare[:0]
	for _, info := range found {
		if Missing(info.Err) && !errors.Is(info.Err, ErrFailure) {
			continue
		}
		if Lost(info.Err) {
			l.stopped = info.Err
		} else {
			l.stopped = l.fn(info)
		}
		if l.stopped != nil {
			return l.stopped
		}
	}
	return nil
}
