package progress

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// documented reads docs/json.md: the fields of each event, with "?" behind those that may be absent.
func documented(t *testing.T) map[string][]string {
	text, err := os.ReadFile("../../docs/json.md")
	require.NoError(t, err)
	events := make(map[string][]string)
	var event string
	row := regexp.MustCompile(`^\| ([a-z_0-9]+) \| (.*)\|$`)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "## "); ok {
			event = name
			events[event] = nil
		}
		if m := row.FindStringSubmatch(line); m != nil && m[1] != "field" {
			name := m[1]
			if strings.HasPrefix(m[2], "optional") {
				name += "?"
			}
			events[event] = append(events[event], name)
		}
	}
	return events
}

// fieldsOf lists the fields of an event as they are written.
func fieldsOf(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			names = append(names, fieldsOf(f.Type)...)
			continue
		}
		name, optional := strings.CutSuffix(f.Tag.Get("json"), ",omitempty")
		if optional {
			name += "?"
		}
		if name != "event" && name != "time" {
			names = append(names, name)
		}
	}
	return names
}

// TestJSONIsDocumented holds docs/json.md to the events.
func TestJSONIsDocumented(t *testing.T) {
	docs := documented(t)
	events := map[string]any{
		"start": startEvent{}, "channel": channelEvent{}, "progress": progressEvent{}, "file_failed": failedEvent{}, "file_skipped": skippedEvent{},
		"file_copied": copiedEvent{}, "notice": noticeEvent{}, "summary": summaryEvent{},
	}
	for name, event := range events {
		require.Equal(t, fieldsOf(reflect.TypeOf(event)), docs[name], name)
	}
	planned := strings.Join(fieldsOf(reflect.TypeFor[Planned]()), " ")
	for _, name := range []string{"file", "unchanged", "dir", "skipped"} {
		require.NotEmpty(t, docs[name])
		for _, field := range docs[name] {
			require.Contains(t, planned, field)
		}
	}
	require.Len(t, docs, len(events)+4)

	// Each event that the code names is one of them.
	for _, file := range []string{"json.go", "display.go", "failures.go"} {
		code, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`\.head\("(\w+)"\)`).FindAllStringSubmatch(string(code), -1) {
			require.Contains(t, events, m[1])
		}
	}
}
