package testtree

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Node is what one path of a tree is.
type Node struct {
	Mode fs.FileMode
	Time int64 // modification time, seconds since 1970
	Size int64 // bytes; of a regular file
	Sum  [sha256.Size]byte
}

// Tree maps each path, relative and "." for the tree itself, to its node.
type Tree map[string]Node

// Digest reads a tree, links followed.
func Digest(ctx context.Context, dir string) (Tree, error) {
	t := make(Tree)
	return t, t.add(ctx, dir, ".")
}

func (t Tree) add(ctx context.Context, dir, name string) error {
	path := filepath.Join(dir, name)
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	n := Node{Mode: info.Mode(), Time: info.ModTime().Unix()}
	switch {
	case info.IsDir():
		err = t.addDir(ctx, dir, name)
	case info.Mode().IsRegular():
		n.Size = info.Size()
		n.Sum, err = sum(ctx, path)
	}
	t[name] = n
	return err
}

func (t Tree) addDir(ctx context.Context, dir, name string) error {
	entries, err := os.ReadDir(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := t.add(ctx, dir, filepath.Join(name, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func sum(ctx context.Context, path string) (s [sha256.Size]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer f.Close()
	h, buf := sha256.New(), make([]byte, 1<<18)
	for {
		n, err := f.Read(buf)
		h.Write(buf[:n])
		switch {
		case err == io.EOF:
			return [sha256.Size]byte(h.Sum(nil)), nil
		case err != nil:
			return s, err
		case ctx.Err() != nil:
			return s, ctx.Err()
		}
	}
}

// DiffError is the differences between two trees, one a line, sorted by path. Names are quoted, safe to print.
type DiffError struct{ Lines []string }

// shown is how many differences the message has: it is one line.
const shown = 3

func (e *DiffError) Error() string {
	text := strings.Join(e.Lines[:min(len(e.Lines), shown)], "; ")
	if n := len(e.Lines) - shown; n > 0 {
		text += fmt.Sprintf("; and %d differences more", n)
	}
	return text
}

// Diff returns nil where got is the same tree, or a *DiffError.
func (t Tree) Diff(got Tree) error {
	all := maps.Clone(t)
	maps.Copy(all, got)
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		want, here := t[name]
		is, there := got[name]
		switch {
		case !there:
			lines = append(lines, fmt.Sprintf("%q is missing", name))
		case !here:
			lines = append(lines, fmt.Sprintf("%q is one too many", name))
		default:
			lines = append(lines, want.diff(name, is)...)
		}
	}
	if len(lines) > 0 {
		return &DiffError{lines}
	}
	return nil
}

func (n Node) diff(name string, got Node) (lines []string) {
	if n.Mode != got.Mode {
		lines = append(lines, fmt.Sprintf("%q has mode %v, not %v", name, got.Mode, n.Mode))
	}
	if n.Time != got.Time {
		lines = append(lines, fmt.Sprintf("%q has time %d, not %d", name, got.Time, n.Time))
	}
	switch {
	case n.Size != got.Size:
		lines = append(lines, fmt.Sprintf("%q has %d bytes, not %d", name, got.Size, n.Size))
	case n.Sum != got.Sum:
		lines = append(lines, fmt.Sprintf("%q has another SHA-256", name))
	}
	return lines
}

// Compare reads two trees and returns nil where b is the same as a: contents, modes and times. Otherwise a *DiffError.
func Compare(ctx context.Context, a, b string) error {
	want, err := Digest(ctx, a)
	if err != nil {
		return err
	}
	got, err := Digest(ctx, b)
	if err != nil {
		return err
	}
	return want.Diff(got)
}
