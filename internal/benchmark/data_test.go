package benchmark

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/benchmark/result"
)

// contents are the files below a path, by their names.
func contents(t *testing.T, dir string) map[string]string {
	all := make(map[string]string)
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		b, err := os.ReadFile(path)
		all[name] = string(b)
		return err
	}))
	return all
}

func TestGenerate(t *testing.T) {
	for _, w := range []result.Work{
		{Files: 1, Size: 0}, {Files: 1, Size: 1}, {Files: 1, Size: 1<<20 - 1}, {Files: 1, Size: 1 << 20}, {Files: 1, Size: 3<<20 + 7},
		{Files: 2, Size: 0}, {Files: 2, Size: 4097}, {Files: filesPerDir + 1, Size: 3},
	} {
		path := filepath.Join(t.TempDir(), dataName)
		require.NoError(t, generate(t.Context(), path, w, seed))
		all := contents(t, path)
		require.Len(t, all, int(w.Files))
		for name, content := range all {
			require.Len(t, content, int(w.Size))
			require.Equal(t, w.Files == 1, name == ".", "one file is the path itself")
		}
		again := filepath.Join(t.TempDir(), dataName)
		require.NoError(t, generate(t.Context(), again, w, seed))
		require.Equal(t, all, contents(t, again))
		if w.Size > 100 {
			require.NoError(t, os.RemoveAll(again))
			require.NoError(t, generate(t.Context(), again, w, seed+1))
			require.NotEqual(t, all, contents(t, again))
		}
		if w.Files > filesPerDir {
			inside, err := os.ReadDir(filepath.Join(path, "d0000"))
			require.NoError(t, err)
			require.Len(t, inside, filesPerDir)
		}
	}
}

// Two files of a data set are not alike: no tool may copy one of them only.
func TestGenerateMakesDifferentFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), dataName)
	require.NoError(t, generate(t.Context(), path, result.Work{Files: 9, Size: 64}, seed))
	seen := make(map[string]bool)
	for _, content := range contents(t, path) {
		require.False(t, seen[content])
		seen[content] = true
	}
}

func TestGenerateIsCancelled(t *testing.T) {
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	for _, w := range []result.Work{{Files: 1, Size: 1 << 40}, {Files: 1 << 40, Size: 1}, {Files: 1 << 40, Size: 0}} {
		require.ErrorIs(t, generate(ctx, filepath.Join(t.TempDir(), dataName), w, seed), why)
	}
}

func TestGenerateFails(t *testing.T) {
	require.ErrorIs(t, generate(t.Context(), filepath.Join(t.TempDir(), "none", dataName), result.Work{Files: 1, Size: 1}, seed), os.ErrNotExist)
}

func TestRoom(t *testing.T) {
	const mib = 1 << 20
	w := result.Work{Files: 1, Size: 100 * mib}
	need := w.Size + fileCost + spare
	for name, c := range map[string]struct {
		here, there int64 // free
		local       bool  // the server is on this machine
		shared      bool
		direction   result.Direction
		sink        string
		want        string // which is too small
	}{
		"enough, exactly":                     {need, need, false, false, result.Up, result.Memory, ""},
		"too little here":                     {need - 1, need, false, false, result.Up, result.Memory, "here"},
		"too little there":                    {need, need - 1, false, false, result.Up, result.Memory, "there"},
		"nobody knows there":                  {need, -1, false, false, result.Up, result.Memory, ""},
		"down: both hold the data, too":       {need - 1, need, false, false, result.Down, result.Memory, "here"},
		"one file system for both":            {need + w.Size + fileCost, 0, true, true, result.Up, result.Memory, ""},
		"one file system, not enough":         {need + w.Size + fileCost - 1, math.MaxInt64, true, true, result.Up, result.Memory, "here"},
		"null there takes nothing":            {need, 0, false, false, result.Up, result.Null, ""},
		"null here takes nothing":             {0, need, true, false, result.Down, result.Null, ""},
		"null here, but the data pass":        {0, need, false, false, result.Down, result.Null, "here"},
		"null, one file system for both, up":  {need, 0, true, true, result.Up, result.Null, ""},
		"null, one file system for both down": {need - 1, need, true, true, result.Down, result.Null, "here"},
	} {
		here, there := &fakeStore{path: "here", local: true, free: c.here}, &fakeStore{path: "there", local: c.local, free: c.there}
		err := room(here, there, result.Question{Direction: c.direction, Work: w, Sink: c.sink}, c.shared)
		if c.want == "" {
			require.NoError(t, err, name)
			continue
		}
		var space *SpaceError
		require.ErrorAs(t, err, &space, name)
		require.Equal(t, c.want, space.Dir, name)
		require.Equal(t, c.want == "here" || c.local, space.Local, name)
		require.Greater(t, space.Need, space.Free, name)
	}
}

// The most that Validate lets through does not wrap around.
func TestRoomForTheMost(t *testing.T) {
	s := &fakeStore{path: "here", local: true, free: 1 << 40}
	for _, w := range []result.Work{{Files: 1, Size: mostData}, {Files: mostFiles, Size: mostData / mostFiles}, {Files: mostFiles, Size: 0}} {
		require.ErrorAs(t, room(s, s, result.Question{Direction: result.Up, Work: w, Sink: result.Memory}, true), new(*SpaceError))
	}
}

func TestRoomThatCannotBeAsked(t *testing.T) {
	broken := errors.New("broken")
	s := &fakeStore{path: "here", local: true, freeErr: broken}
	require.ErrorIs(t, room(s, s, questionOf(result.Up, 1), true), broken)
}

func TestSpaceErrorNamesBoth(t *testing.T) {
	require.Equal(t, "/x has room for 1.00 MiB, the data sets need 2.00 GiB", (&SpaceError{Dir: "/x", Free: 1 << 20, Need: 2 << 30}).Error())
}
