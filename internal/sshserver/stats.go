package sshserver

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// Stats is what the clients have done so far.
type Stats struct {
	Conns    int // accepted, dropped ones left out
	Dropped  int // closed before a byte was sent
	Sessions int // SFTP channels opened
	Refused  int // channels refused past MaxSessions

	Logins    int      // authenticated connections
	Attempts  int      // authentication requests judged, "none" left out
	Users     []string // names seen, each once, in order of arrival
	Keys      int      // public keys offered or used to sign
	Passwords int      // passwords received
	Answers   int      // answers to Questions received

	// Requests counts SFTP requests by type ("OPEN", "READDIR"); EXTENDED ones also by name ("limits@openssh.com").
	Requests map[string]int
}

// Credentials is how many keys, passwords and answers clients have sent.
func (s Stats) Credentials() int { return s.Keys + s.Passwords + s.Answers }

type stats struct {
	kinds [256]atomic.Int64 // without a lock: every packet of the data path counts here
	mu    sync.Mutex
	Stats
	exts map[string]int
}

// note changes the figures under the lock.
func (s *stats) note(change func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.Stats)
}

func (s *stats) user(name string) {
	s.note(func(st *Stats) {
		if !slices.Contains(st.Users, name) {
			st.Users = append(st.Users, name)
		}
	})
}

func (s *stats) request(k Kind, ext string) {
	s.kinds[k].Add(1)
	if ext == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exts[ext]++
}

func (s *stats) snapshot() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.Stats
	st.Users = slices.Clone(s.Users)
	st.Requests = maps.Clone(s.exts)
	for k := range s.kinds {
		if n := s.kinds[k].Load(); n > 0 {
			st.Requests[Kind(k).String()] = int(n)
		}
	}
	return st
}
