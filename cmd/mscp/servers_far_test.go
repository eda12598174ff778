package main

import (
	"net"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkServersFar copies 500 small files to each server over a round trip of 20 ms. docs/design/figures.md has the result.
func BenchmarkServersFar(b *testing.B) {
	for _, s := range servers() {
		b.Run(s.name, func(b *testing.B) {
			server := s.start(b)
			src := filepath.Join(b.TempDir(), "alike")
			writeAlike(b, src, 500)
			server.port = delayed(b, server.port, 10*time.Millisecond)
			hosts := filepath.Join(b.TempDir(), "known_hosts")
			run := 0
			for b.Loop() {
				run++
				cmd := server.command(b.Context(), b.TempDir(), "-o", "UserKnownHostsFile="+hosts, "-o", "StrictHostKeyChecking=accept-new",
					src, server.url("far"+strconv.Itoa(run)))
				out, err := cmd.CombinedOutput()
				require.NoError(b, err, "%s", out)
			}
		})
	}
}

// delayed listens on a port and passes all on to another, each way later.
func delayed(t testing.TB, port int, later time.Duration) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	serveConnections(t, l, func(c net.Conn) {
		far, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return
		}
		defer far.Close()
		back := make(chan struct{})
		go func() {
			defer close(back)
			relayLater(c, far, later)
		}()
		relayLater(far, c, later)
		<-back
	})
	return l.Addr().(*net.TCPAddr).Port
}

// relayLater passes on what it reads until one side ends, and then ends both.
func relayLater(to, from net.Conn, later time.Duration) {
	type piece struct {
		at   time.Time
		data []byte
	}
	pieces := make(chan piece, 10000)
	go func() {
		defer close(pieces)
		for {
			data := make([]byte, 64<<10)
			n, err := from.Read(data)
			pieces <- piece{time.Now().Add(later), data[:n]}
			if err != nil {
				return
			}
		}
	}()
	for p := range pieces {
		time.Sleep(time.Until(p.at))
		if _, err := to.Write(p.data); err != nil {
			_ = from.Close()
		}
	}
	_ = to.Close()
	_ = from.Close()
}
