package report

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/benchmark/result"
)

var update = flag.Bool("update", false, "write the golden files anew")

// outputs are all that is text, by the golden files' endings.
func outputs() map[string]func(io.Writer, *result.File) error {
	advice := []string{"net.ipv4.tcp_wmem allows 4.00 MiB of send buffer: one connection carries at most 335 Mbit/s over 100 ms; use -n 8, or raise its third value"}
	return map[string]func(io.Writer, *result.File) error{
		"table":       func(w io.Writer, f *result.File) error { return Table(w, f, Options{Width: 120, Advice: advice}) },
		"narrow":      func(w io.Writer, f *result.File) error { return Table(w, f, Options{Width: 80}) },
		"chart":       func(w io.Writer, f *result.File) error { return Chart(w, f, Options{Width: 100}) },
		"chart.ascii": func(w io.Writer, f *result.File) error { return Chart(w, f, Options{Width: 80, ASCII: true}) },
		"md":          Markdown,
		"bench":       GoBench,
		"json":        JSON,
	}
}

func TestGolden(t *testing.T) {
	for name, f := range files() {
		if name == "hard" { // to draw, not to write
			continue
		}
		for kind, write := range outputs() {
			var b bytes.Buffer
			require.NoError(t, write(&b, f))
			path := filepath.Join("testdata", name+"."+kind)
			if *update {
				require.NoError(t, os.WriteFile(path, b.Bytes(), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err, "go test -update writes it")
			require.Equal(t, string(want), b.String(), path)
		}
	}
}
