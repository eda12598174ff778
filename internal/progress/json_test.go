package progress

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mscp/internal/quote"
	"mscp/internal/transfer"
)

func TestJSONLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out, events buffer
		d := New(Options{Mode: JSON, Out: &out, JSONOut: &events, Interval: 8 * time.Second, Verbose: true,
			Sources: []string{"a", "b\xff"}, Target: "node:<x>"})
		var c transfer.Counters
		d.Start(&c)
		d.Failed("a/b\xff\u009b", errDenied)
		d.Skipped("q", "FIFO")
		d.Notice("n\u202e")
		d.Copied("c", 7)
		d.Opened(Channel{Connection: 2, Cipher: "aes128-gcm@openssh.com", Block: 261120, Inflight: 13})
		copySome(&c)
		require.NoError(t, d.Stop(done, fmt.Errorf("signal: %w", context.Canceled)))
		require.Equal(t, []string{
			`{"event":"start","time":"2000-01-01T00:00:00.000Z","sources":["a","b�"],"sources_base64":["YQ==","Yv8="],"target":"node:<x>"}`,
			`{"event":"file_failed","time":"2000-01-01T00:00:00.000Z","path":"a/b�\u009b","path_base64":"YS9i/8Kb","error":"local: open \"a/b\": permission denied","error_class":"other"}`,
			`{"event":"file_skipped","time":"2000-01-01T00:00:00.000Z","path":"q","kind":"FIFO"}`,
			`{"event":"notice","time":"2000-01-01T00:00:00.000Z","text":"n\u202e"}`,
			`{"event":"file_copied","time":"2000-01-01T00:00:00.000Z","path":"c","bytes":7}`,
			`{"event":"channel","time":"2000-01-01T00:00:00.000Z","connection":2,"cipher":"aes128-gcm@openssh.com","block_bytes":261120,"inflight":13}`,
			`{"event":"progress","time":"2000-01-01T00:00:08.000Z","elapsed_seconds":8,"bytes":83886080,"bytes_known":104857600,"files":80,"files_known":100,"dirs":0,"skipped":0,"failed":0,"unchanged":0,"kept_bytes":0,"verified_bytes":0,"walked":true,"connections":4,"lanes":4,"bits_per_second":83886080,"eta_seconds":2}`,
			`{"event":"summary","time":"2000-01-01T00:00:10.050Z","ok":false,"files":100,"dirs":1,"skipped":0,"failed":0,"differing":0,"bytes":104857600,"unchanged":0,"kept_bytes":0,"verified_bytes":0,"seconds":10,"bits_per_second":83886080,"connections":4,"interrupted":true,"exit":0,"error":"signal: context canceled"}`,
		}, events.lines())
		require.Equal(t, `mscp: failed: "a/b\xff\u009b": local: open "a/b": permission denied`+"\n", out.String(), "people see failures only")
	})
}

func TestJSONSummaryIsHonest(t *testing.T) {
	for name, c := range map[string]struct {
		sum  transfer.Summary
		err  error
		want string
	}{
		"ok":      {transfer.Summary{Files: 1}, nil, `"ok":true`},
		"failed":  {transfer.Summary{Files: 1, Failed: 1}, nil, `"ok":false`},
		"stopped": {transfer.Summary{Files: 1}, errDenied, `"ok":false`},
	} {
		var out, events buffer
		d := New(Options{Mode: JSON, Out: &out, JSONOut: &events})
		require.NoError(t, d.Stop(c.sum, c.err), name)
		require.Contains(t, events.String(), c.want, name)
		require.Contains(t, events.String(), `"interrupted":false`, name)
		require.Empty(t, out.String(), name)
	}
}

func TestJSONWhileTheWalkRunsHasNoETA(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events buffer
		d := New(Options{Mode: JSON, JSONOut: &events})
		var c transfer.Counters
		d.Start(&c)
		c.BytesKnown.Store(5)
		time.Sleep(1500 * time.Millisecond)
		require.NoError(t, d.Stop(transfer.Summary{}, nil))
		require.Len(t, events.lines(), 3, "start, one progress, summary")
		require.Contains(t, events.lines()[1], `"walked":false`)
		require.NotContains(t, events.lines()[1], "eta_seconds")
		require.Contains(t, events.lines()[0], `"sources":[]`)
	})
}

func TestJSONNamesCanBeTakenBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("a\x1b\u009b\u202e\u2028\u3000\"\\"))),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "name")
		line := encode(copiedEvent{pathFields: pathOf(name)})
		require.False(t, bytes.ContainsFunc(line[:len(line)-1], quote.Hidden), "%q", line)
		require.Equal(t, byte('\n'), line[len(line)-1])
		var got struct {
			Path   string
			Base64 *string `json:"path_base64"`
		}
		require.NoError(t, json.Unmarshal(line, &got))
		if got.Base64 != nil {
			exact, err := base64.StdEncoding.DecodeString(*got.Base64)
			require.NoError(t, err)
			require.NotEqual(t, name, got.Path)
			got.Path = string(exact)
		}
		require.Equal(t, name, got.Path)
	})
}
