package progress

// Planned is an event of a dry run: what would be copied where.
type Planned struct {
	Event  string `json:"event"` // "file", "unchanged", "dir", "skipped"
	Source string `json:"source"`
	Target string `json:"target,omitempty"`
	Bytes  *int64 `json:"bytes,omitempty"`
	Kind   string `json:"kind,omitempty"`
}
