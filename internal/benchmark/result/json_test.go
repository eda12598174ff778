package result

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
)

func sampleFile() *File {
	q := Question{Server: "sshd", Direction: Up, Work: Work{Files: 1, Size: 4 << 30}, Source: Memory, Sink: Null}
	return &File{
		Version: Version, Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Command: []string{"mscp", "bench"},
		Host: Host{OS: "linux", Cores: 16, AES: true}, Path: Path{Kind: Emulated, Link: "rtt=100ms", RTT: 0.1},
		Cases: []Case{
			{Question: q, Tool: Mscp, Connections: 8, Samples: []Sample{{Seconds: 2.5, Bytes: 4 << 30, Files: 1, User: 1, System: 2, RTT: 0.1}}},
			{Question: q, Tool: Scp, Settings: Defaults, Samples: []Sample{{Error: "exit 1"}}},
		},
		Skipped: []Skipped{{Tool: "lftp", Reason: "not installed"}},
	}
}

func TestJSONThereAndBack(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, Write(&b, sampleFile(), nil))
	require.True(t, strings.HasSuffix(b.String(), "}\n"))
	require.Contains(t, b.String(), "\n  \"version\": 1,\n")
	f, err := Read(&b)
	require.NoError(t, err)
	require.Equal(t, sampleFile(), f)
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``:                 "benchmark result: after 0 bytes: unexpected end of JSON input",
		`{"version":1`:     "benchmark result: after 12 bytes: unexpected end of JSON input",
		`{"version":1} 7`:  "benchmark result: after 15 bytes: invalid character '7' after top-level value",
		`{"version":"1"}`:  "json: cannot unmarshal string into Go struct field .version of type int",
		`null`:             "not a benchmark result: it has no version",
		`[]`:               "json: cannot unmarshal array",
		`{"cases":[]}`:     "not a benchmark result: it has no version",
		`{"version":-1}`:   "not a benchmark result: it has no version",
		`{"version":1e99}`: "json: cannot unmarshal number 1e99",
		`{"version":2}`:    "benchmark result of format 2: this mscp knows formats up to 1",
		`{"version":1,"path":{"kind":"x\u001b"}}`:                                                                        `path: no such kind: "x\x1b"`,
		`{"version":1,"path":{"rtt_seconds":-1}}`:                                                                        "path: rtt_seconds: -1 is not a time in seconds",
		`{"version":1,"host":{"cores":-1}}`:                                                                              "host: cores: -1 is not between 0 and 1048576",
		`{"version":1,"cases":[{}]}`:                                                                                     `case 1 (""): no tool`,
		`{"version":1,"cases":[{"tool":"scp","direction":"left"}]}`:                                                      `case 1 ("scp"): no such direction: "left"`,
		`{"version":1,"cases":[{"tool":"scp","direction":"up","samples":[{"seconds":-1}]}]}`:                             `case 1 ("scp"): run 1: seconds: -1: no copy takes so little`,
		`{"version":1,"cases":[{"tool":"scp","direction":"up","samples":[{"seconds":1e300}]}]}`:                          "run 1: seconds: 1e+300 is not a time",
		`{"version":1,"cases":[{"tool":"scp","direction":"up","samples":[{"seconds":1e999}]}]}`:                          "cannot unmarshal number 1e999",
		`{"version":1,"cases":[{"tool":"scp","direction":"up","samples":[{"seconds":NaN}]}]}`:                            "invalid character 'N'",
		`{"version":1,"cases":[{"tool":"scp","direction":"up","samples":[{"seconds":1,"bytes":-1}]}]}`:                   "run 1: bytes: -1 is not between",
		`{"version":1,"cases":[{"tool":"scp","direction":"up","work":{"files":1099511627776,"file_bytes":1073741824}}]}`: "are more than can be",
	} {
		_, err := Read(strings.NewReader(text))
		require.ErrorContains(t, err, want, "%s", text)
	}
}

func TestReadTellsALaterVersionByType(t *testing.T) {
	_, err := Read(strings.NewReader(`{"version":3,"cases":"something else"}`))
	var later *VersionError
	require.ErrorAs(t, err, &later)
	require.Equal(t, 3, later.Version)
}

func TestReadSkipsUnknownMembers(t *testing.T) {
	f, err := Read(strings.NewReader(`{"warnings":["few runs"],"version":1,"host":{"moon":"full"}}`))
	require.NoError(t, err)
	require.Equal(t, &File{Version: 1}, f)
}

func TestReadAndWritePassErrorsOn(t *testing.T) {
	lost := errors.New("lost")
	_, err := Read(iotest.ErrReader(lost))
	require.ErrorIs(t, err, lost)
	f := sampleFile()
	f.Cases[0].Samples[0].Seconds = math.NaN()
	require.ErrorContains(t, Write(new(bytes.Buffer), f, nil), "NaN")
	require.ErrorContains(t, f.Check(), "seconds: NaN is not a time in seconds")
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	require.NoError(f, Write(&b, sampleFile(), nil))
	f.Add(b.Bytes())
	f.Add([]byte(`{"version":1,"cases":[{"tool":"scp","direction":"up","samples":[{"seconds":1e-9,"bytes":1}]}]}`))
	f.Add([]byte(`{"version":2}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := Read(bytes.NewReader(data))
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		var b bytes.Buffer
		require.NoError(t, Write(&b, first, nil))
		text := b.String()
		again, err := Read(&b)
		require.NoError(t, err)
		var c bytes.Buffer
		require.NoError(t, Write(&c, again, nil))
		require.Equal(t, text, c.String())
		for _, c := range again.Cases {
			for _, s := range []Summary{c.Stats().Throughput, c.Stats().Seconds, c.Stats().CPU} {
				require.False(t, math.IsNaN(s.Spread()) || math.IsInf(s.Spread(), 0))
			}
		}
	})
}
