//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"
)

// eventFields are the fields that each event must have, and those that it may have ("?"), as the documentation of package progress lists
// them; "event" and "time" are in each.
func eventFields() map[string]string {
	return map[string]string{
		"start":        "sources target sources_base64? target_base64?",
		"progress":     "elapsed_seconds bytes bytes_known files files_known dirs skipped failed kept_bytes verified_bytes walked connections lanes bits_per_second eta_seconds?",
		"file_failed":  "path path_base64? error",
		"file_skipped": "path path_base64? kind",
		"file_copied":  "path path_base64? bytes",
		"channel":      "connection cipher? block_bytes inflight",
		"notice":       "text",
		"summary":      "destination? destination_base64? made_directories? ok files dirs skipped failed differing bytes kept_bytes verified_bytes seconds bits_per_second connections interrupted error?",
	}
}

// cmdEvents is "events [EVENT]...". The last event is always the summary, and there is one.
func cmdEvents(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg)
	var seen []string
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		event, err := checkEvent(line)
		if err != nil {
			ts.Fatalf("%q: %v", line, err)
		}
		seen = append(seen, event)
	}
	for _, want := range args {
		if !slices.Contains(seen, want) {
			ts.Fatalf("no event %q among %q", want, seen)
		}
	}
	if len(seen) == 0 || slices.Index(seen, "summary") != len(seen)-1 {
		ts.Fatalf("the summary is not the one last event: %q", seen)
	}
}

func checkEvent(line string) (string, error) {
	var fields map[string]any
	if err := json.Unmarshal([]byte(line), &fields); err != nil {
		return "", err
	}
	event, _ := fields["event"].(string)
	text, _ := fields["time"].(string)
	if _, err := time.Parse("2006-01-02T15:04:05.000Z", text); err != nil {
		return "", err
	}
	known, ok := eventFields()[event]
	if !ok {
		return "", fmt.Errorf("unknown event")
	}
	delete(fields, "event")
	delete(fields, "time")
	for name := range strings.FieldsSeq(known) {
		name, optional := strings.CutSuffix(name, "?")
		if _, ok := fields[name]; !ok && !optional {
			return "", fmt.Errorf("no field %q", name)
		}
		delete(fields, name)
	}
	if len(fields) > 0 {
		return "", fmt.Errorf("undocumented fields: %v", fields)
	}
	return event, nil
}

// cmdNocontrol is "nocontrol": also characters that change the direction of writing, and bytes that are not UTF-8, are out.
func cmdNocontrol(ts *testscript.TestScript, neg bool, _ []string) {
	plain(ts, neg)
	for _, stream := range []string{"stdout", "stderr"} {
		text := ts.ReadFile(stream)
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }) {
				ts.Fatalf("%s: %q", stream, line)
			}
		}
	}
}
