package benchmark

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/benchmark/measure"
	"mscp/internal/benchmark/result"
)

const said = `{"event":"start","time":"x","sources":["a"],"target":"b"}
{"event":"channel","time":"x","connection":1,"cipher":"aes128-gcm@openssh.com","block_bytes":261120,"inflight":32}
{"event":"channel","time":"x","connection":2,"cipher":"aes128-gcm@openssh.com","block_bytes":261120,"inflight":16}
{"event":"summary","time":"x","ok":true,"files":3,"bytes":4096}
`

func TestRead(t *testing.T) {
	s := result.Sample{Seconds: 1}
	require.NoError(t, read([]byte(said), &s))
	require.Equal(t, result.Sample{Seconds: 1, Files: 3, Bytes: 4096, Channels: 2, Cipher: "aes128-gcm@openssh.com", Block: 261120, Inflight: 16}, s)

	for text, want := range map[string]string{
		"":                               "mscp wrote no summary",
		said[:100]:                       "an event of mscp: ",
		"usage: mscp\n":                  "an event of mscp: ",
		`{"event":"summary","ok":false}`: "mscp wrote no summary",
		`{"event":"start"}`:              "mscp wrote no summary",
		`[]`:                             "an event of mscp: ",
		"\n":                             "an event of mscp: ",
	} {
		require.ErrorContains(t, read([]byte(text), new(result.Sample)), want, "%q", text)
	}
}

// The reason, not the advice, is what a failed run is shown with.
func TestWithoutHint(t *testing.T) {
	exit := &measure.ExitError{Code: 3, Stderr: []byte("notice\nmscp: h: connection refused\nmscp: hint: is it on?\n")}
	require.EqualError(t, withoutHint(exit), "exit status 3: mscp: h: connection refused")
	require.EqualError(t, exit, "exit status 3: mscp: hint: is it on?", "it is left as it was")
	require.EqualError(t, withoutHint(&measure.ExitError{Code: 1}), "exit status 1")
	require.ErrorIs(t, withoutHint(measure.ErrTimeout), measure.ErrTimeout)
}

// Whatever mscp writes, nothing breaks, and only a summary of success is one.
func FuzzRead(f *testing.F) {
	f.Add([]byte(said))
	f.Add([]byte("null\n{}\n[1]"))
	f.Add([]byte(`{"event":"summary","ok":true}`))
	f.Add([]byte(`{"event":"channel","block_bytes":1e400}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var s result.Sample
		if read(text, &s) != nil {
			return
		}
		found := false
		for line := range bytes.Lines(text) {
			var e map[string]any
			require.NoError(t, json.Unmarshal(line, &e))
			found = found || len(e) >= 2
		}
		require.True(t, found)
		require.LessOrEqual(t, s.Channels, bytes.Count(text, []byte("\n"))+1)
	})
}
