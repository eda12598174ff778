package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// VersionError says that a file was written by a later mscp, in a format that this one does not know.
type VersionError struct{ Version int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("benchmark result of format %d: this mscp knows formats up to %d", e.Version, Version)
}

// Write writes f as indented JSON with a newline at its end. Before it comes a member "warnings", for people: it follows from the
// rest, and [Read] skips it.
func Write(w io.Writer, f *File, warnings []string) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(struct {
		Warnings []string `json:"warnings"`
		*File
	}{warnings, f}); err != nil {
		return fmt.Errorf("benchmark result: %w", err)
	}
	return nil
}

// Read reads what [Write] wrote. Members that it does not know are skipped, but a file of a later version is a
// [*VersionError], and figures that no run can have (see [File.Check]) are an error that says which.
func Read(r io.Reader) (*File, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("benchmark result: %w", err)
	}
	var head struct {
		Version *int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("benchmark result: %w", place(err))
	}
	switch {
	case head.Version == nil || *head.Version < 1:
		return nil, errors.New("not a benchmark result: it has no version")
	case *head.Version > Version:
		return nil, &VersionError{*head.Version}
	}
	f := new(File)
	if err := json.Unmarshal(data, f); err != nil {
		return nil, fmt.Errorf("benchmark result: %w", place(err))
	}
	if err := f.Check(); err != nil {
		return nil, fmt.Errorf("benchmark result: %w", err)
	}
	return f, nil
}

// place adds where the JSON is broken, which a SyntaxError knows and does not say.
func place(err error) error {
	var broken *json.SyntaxError
	if errors.As(err, &broken) {
		return fmt.Errorf("after %d bytes: %w", broken.Offset, err)
	}
	return err
}
