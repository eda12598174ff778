package report

import (
	"encoding/json"
	"fmt"
	"io"

	"mscp/internal/benchmark/result"
)

// JSON writes f as [result.Write] does, after a member "warnings" with what [Warnings] says. [result.Read] reads it, and skips the
// warnings, which follow from the rest.
func JSON(w io.Writer, f *result.File) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(struct {
		Warnings []string `json:"warnings"`
		*result.File
	}{Warnings(f), f}); err != nil {
		return fmt.Errorf("benchmark result: %w", err)
	}
	return nil
}
