package progress

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"mscp/internal/quote"
	"mscp/internal/transfer"
)

// The events; doc.go says what the fields mean.
type (
	head struct {
		Event string `json:"event"`
		Time  string `json:"time"`
	}
	pathFields struct {
		Path   string `json:"path"`
		Base64 string `json:"path_base64,omitempty"`
	}
	startEvent struct {
		head
		Sources       []string `json:"sources"`
		SourcesBase64 []string `json:"sources_base64,omitempty"`
		Target        string   `json:"target"`
		TargetBase64  string   `json:"target_base64,omitempty"`
	}
	progressEvent struct {
		head
		Elapsed       float64  `json:"elapsed_seconds"`
		Bytes         int64    `json:"bytes"`
		BytesKnown    int64    `json:"bytes_known"`
		Files         int64    `json:"files"`
		FilesKnown    int64    `json:"files_known"`
		Dirs          int64    `json:"dirs"`
		Skipped       int64    `json:"skipped"`
		Failed        int64    `json:"failed"`
		Unchanged     int64    `json:"unchanged"`
		Kept          int64    `json:"kept_bytes"`
		Verified      int64    `json:"verified_bytes"`
		Walked        bool     `json:"walked"`
		Connections   int64    `json:"connections"`
		Lanes         int64    `json:"lanes"`
		BitsPerSecond int64    `json:"bits_per_second"`
		ETA           *float64 `json:"eta_seconds,omitempty"`
	}
	failedEvent struct {
		head
		pathFields
		Error string `json:"error"`
		Class string `json:"error_class"`
	}
	skippedEvent struct {
		head
		pathFields
		Kind string `json:"kind"`
	}
	copiedEvent struct {
		head
		pathFields
		Bytes int64 `json:"bytes"`
	}
	channelEvent struct {
		head
		Connection int    `json:"connection"`
		Cipher     string `json:"cipher,omitempty"`
		Block      int    `json:"block_bytes"`
		Inflight   int    `json:"inflight"`
	}
	noticeEvent struct {
		head
		Text string `json:"text"`
	}
	landingFields struct {
		Destination string   `json:"destination,omitempty"`
		Base64      string   `json:"destination_base64,omitempty"`
		Made        []string `json:"made_directories,omitempty"`
	}
	summaryEvent struct {
		head
		landingFields
		OK            bool    `json:"ok"`
		Files         int64   `json:"files"`
		Dirs          int64   `json:"dirs"`
		Skipped       int64   `json:"skipped"`
		Failed        int64   `json:"failed"`
		Differing     int64   `json:"differing"`
		Bytes         int64   `json:"bytes"`
		Unchanged     int64   `json:"unchanged"`
		Kept          int64   `json:"kept_bytes"`
		Verified      int64   `json:"verified_bytes"`
		Seconds       float64 `json:"seconds"`
		BitsPerSecond int64   `json:"bits_per_second"`
		Connections   int64   `json:"connections"`
		Interrupted   bool    `json:"interrupted"`
		DryRun        bool    `json:"dry_run,omitempty"`
		Exit          int     `json:"exit"`
		Error         string  `json:"error,omitempty"`
		Class         string  `json:"error_class,omitempty"`
	}
)

// stream writes events as lines. After an error it stays silent: half a line followed by others would be read as
// something else.
type stream struct {
	mu  sync.Mutex
	out io.Writer
	now func() time.Time
	err error
}

// head is asked for under no lock: times of events that come at once may be a moment out of order.
func (s *stream) head(event string) head {
	return head{event, s.now().UTC().Format("2006-01-02T15:04:05.000Z")}
}

func (s *stream) emit(event any) {
	line := encode(event)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		_, s.err = s.out.Write(line)
	}
}

func (s *stream) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return fmt.Errorf("writing JSON: %w", s.err)
	}
	return nil
}

// encode gives one line. Standard output may be a terminal too, and encoding/json escapes only C0: what else is
// hidden occurs in strings only, where \u may stand for it.
func encode(event any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(event) // plain structures of numbers and strings: there is nothing to fail
	if !bytes.ContainsFunc(bytes.TrimSpace(b.Bytes()), quote.Hidden) {
		return b.Bytes()
	}
	var line []byte
	for _, r := range strings.TrimSpace(b.String()) {
		if !quote.Hidden(r) {
			line = utf8.AppendRune(line, r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			line = fmt.Appendf(line, `\u%04x`, unit)
		}
	}
	return append(line, '\n')
}

// nameFields gives a name as UTF-8, and in base64 where that is not the same.
func nameFields(name string) (text, encoded string) {
	if utf8.ValidString(name) {
		return name, ""
	}
	return strings.ToValidUTF8(name, "\uFFFD"), base64.StdEncoding.EncodeToString([]byte(name))
}

func pathOf(name string) pathFields {
	text, encoded := nameFields(name)
	return pathFields{text, encoded}
}

func (s *stream) start(sources []string, target string) {
	e := startEvent{head: s.head("start"), Sources: []string{}}
	exact := true
	for _, source := range sources {
		text, encoded := nameFields(source)
		exact = exact && encoded == ""
		e.Sources = append(e.Sources, text)
		e.SourcesBase64 = append(e.SourcesBase64, base64.StdEncoding.EncodeToString([]byte(source)))
	}
	if exact {
		e.SourcesBase64 = nil
	}
	e.Target, e.TargetBase64 = nameFields(target)
	s.emit(e)
}

func (s *stream) progress(st status) {
	e := progressEvent{head: s.head("progress"), Elapsed: seconds(st.elapsed), Bytes: st.bytes, BytesKnown: st.bytesKnown,
		Files: st.files, FilesKnown: st.filesKnown, Dirs: st.dirs, Skipped: st.skipped, Failed: st.failed, Walked: st.walked,
		Unchanged: st.unchanged, Kept: st.kept, Verified: st.verified,
		Connections: st.conns, Lanes: st.lanes, BitsPerSecond: int64(8 * st.rate)}
	if eta := st.eta(); eta != unknown {
		left := seconds(eta)
		e.ETA = &left
	}
	s.emit(e)
}

func (s *stream) summary(opt Options, sum transfer.Summary, to Landing, err error) {
	e := summaryEvent{head: s.head("summary"), landingFields: to.fields(), OK: err == nil && sum.Failed == 0, Files: sum.Files, Dirs: sum.Dirs,
		Skipped: sum.Skipped, Failed: sum.Failed, Differing: sum.Differing, Bytes: sum.Bytes,
		Unchanged: sum.Unchanged, Kept: sum.Kept, Verified: sum.Verified, Seconds: seconds(sum.Elapsed),
		BitsPerSecond: int64(8 * average(sum.Bytes, sum.Elapsed)), Connections: sum.Conns, DryRun: opt.DryRun}
	if err != nil {
		e.Interrupted, e.Error = interrupted(err), err.Error()
	}
	if opt.Outcome != nil {
		e.Exit, e.Class = opt.Outcome(sum, err)
	}
	s.emit(e)
}

// seconds has milliseconds: more digits would only be noise.
func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1000) / 1000 }
