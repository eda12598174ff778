package report

import (
	"io"

	"mscp/internal/benchmark/result"
)

// JSON writes f with what [Warnings] says of it. [result.Read] reads it.
func JSON(w io.Writer, f *result.File) error { return result.Write(w, f, Warnings(f)) }
