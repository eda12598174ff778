//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"
)

// eventFields are the fields that each event must have, and those that it may have ("?"), as docs/json.md lists them; "event" and "time" are
// in each.
func eventFields() (map[string]string, error) {
	text, err := os.ReadFile("../../docs/json.md")
	fields := make(map[string]string)
	for _, section := range strings.Split(string(text), "\n## ")[1:] {
		name, rows, _ := strings.Cut(section, "\n")
		for _, m := range regexp.MustCompile(`(?m)^\| ([a-z_0-9]+) \| (optional)?`).FindAllStringSubmatch(rows, -1) {
			if m[1] != "field" {
				fields[name] += " " + m[1] + strings.Repeat("?", len(m[2])/len("optional"))
			}
		}
	}
	return fields, err
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
	all, err := eventFields()
	known, ok := all[event]
	if err != nil || !ok {
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
