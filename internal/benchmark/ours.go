package benchmark

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"mscp/internal/benchmark/measure"
	"mscp/internal/benchmark/result"
)

// ours is mscp's command line for a case. The summary and the channels that were opened come as JSON.
func ours(c result.Case) command {
	args := []string{"{mscp}", "--json", "--progress-interval", "1h", "--no-resume", "{ssh}"}
	flag := func(name string, value int64) {
		if value > 0 {
			args = append(args, name, strconv.FormatInt(value, 10))
		}
	}
	flag("-n", int64(c.Connections))
	flag("--sessions", int64(c.Sessions))
	flag("-b", c.Block)
	flag("-a", int64(c.Inflight))
	if c.Tool == result.Single {
		flag("-s", max(1, c.Work.Size))
	}
	if c.Cipher != "" {
		args = append(args, "-c", c.Cipher)
	}
	return command{args: append(args, "{src}", "{dst}")}
}

// What OpenSSH's scp has in flight: 64 requests of 32 KiB (sftp-client.c of OpenSSH 9: DEFAULT_NUM_REQUESTS, DEFAULT_COPY_BUFLEN).
const (
	scpBlock    = 32 << 10
	scpInflight = 64
)

// single makes a case of ours do no more than scp does.
func single(c result.Case) result.Case {
	c.Tool, c.Connections, c.Sessions, c.Block, c.Inflight = result.Single, 1, 1, scpBlock, scpInflight
	return c
}

// event is what matters of mscp's events; package progress documents them.
type event struct {
	Event    string `json:"event"`
	OK       bool   `json:"ok"`
	Bytes    int64  `json:"bytes"`
	Files    int64  `json:"files"`
	Cipher   string `json:"cipher"`
	Block    int64  `json:"block_bytes"`
	Inflight int    `json:"inflight"`
}

var errNoSummary = errors.New("mscp wrote no summary")

// withoutHint keeps what mscp says helps from hiding what mscp says is wrong, which it says before.
func withoutHint(err error) error {
	exit, ok := errors.AsType[*measure.ExitError](err)
	if !ok {
		return err
	}
	short := *exit
	short.Stderr = nil
	for line := range bytes.Lines(exit.Stderr) {
		if !bytes.HasPrefix(line, []byte("mscp: hint: ")) {
			short.Stderr = append(short.Stderr, line...)
		}
	}
	return &short
}

// read fills a sample from what mscp wrote to standard output.
func read(stdout []byte, s *result.Sample) error {
	done := false
	for line := range bytes.Lines(stdout) {
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("an event of mscp: %w", err)
		}
		switch e.Event {
		case "channel":
			s.Channels++
			s.Cipher, s.Block, s.Inflight = e.Cipher, e.Block, e.Inflight
		case "summary":
			done, s.Bytes, s.Files = e.OK, e.Bytes, e.Files
		}
	}
	if !done {
		return errNoSummary
	}
	return nil
}
