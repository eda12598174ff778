package testtree

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// OddNames are legal names that careless programs stumble over. A name is any bytes but '/' and NUL.
func OddNames() []string {
	return []string{
		"new\nline", "tab\tand\x1b[31mred", `quote"s'and\backslashes`, "-rf", "--", " leading and trailing ",
		"$(HOME)`x`;&|", "*", "?", "[a-z]", "{a,b}", "a:b", "~", "#x", "%s%n", "...", ".hidden",
		"\xff\xfe not UTF-8", "日本語", "e\u0301 combining", "\u202eright to left", strings.Repeat("n", 255),
	}
}

// odd adds empty directories, odd names, modes, and links.
func (g *generator) odd() {
	g.mkdir("odd/empty/emptier", 0o755)
	g.mkdir("odd/names", 0o755)
	for i, name := range OddNames() {
		g.file("odd/names/"+name, int64(i), 0o644)
	}
	g.mkdir("odd/dir\nwith \xff", 0o711)
	g.file("odd/dir\nwith \xff/file", 10, 0o644)
	g.mkdir("odd/modes", 0o750)
	for _, mode := range []fs.FileMode{0o400, 0o444, 0o600, 0o640, 0o755, 0o777} {
		g.file("odd/modes/"+mode.String(), 100, mode)
	}
	g.mkdir("odd/read-only", 0o755)
	g.file("odd/read-only/file", 100, 0o444)
	if i := len(g.dirs) - 1; g.err == nil {
		g.dirs[i].mode = 0o555
	}
	g.link("odd/link to a file", "modes/"+fs.FileMode(0o640).String())
	g.files, g.bytes = g.files+1, g.bytes+100
	g.link("odd/link to a directory", "empty")
}

// Remove removes a tree with everything in it, also what lies in directories that forbid it.
func Remove(dir string) error {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, _ error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	return os.RemoveAll(dir) // tells what is left
}
