package progress

import (
	"strings"

	"mscp/internal/quote"
)

// Landing is where a copy lands, for its summary.
type Landing struct {
	Path string   // of the one source, or of the directory that holds several; empty where that is not known
	Made []string // directories that were made on the way there, the topmost first
}

// text is " to PATH (new: DIR, DIR)", or nothing.
func (l Landing) text() string {
	if l.Path == "" {
		return ""
	}
	text := " to " + quote.Name(l.Path)
	if len(l.Made) == 0 {
		return text
	}
	made := make([]string, len(l.Made))
	for i, dir := range l.Made {
		made[i] = quote.Name(dir)
	}
	return text + " (new: " + strings.Join(made, ", ") + ")"
}

// fields are those of the summary event.
func (l Landing) fields() landingFields {
	var f landingFields
	f.Destination, f.Base64 = nameFields(l.Path)
	for _, dir := range l.Made {
		text, _ := nameFields(dir)
		f.Made = append(f.Made, text)
	}
	return f
}

// Landed tells where the copy lands, once that is known.
func (d *Display) Landed(l Landing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.landing = l
}

func (d *Display) landed() Landing {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.landing
}
