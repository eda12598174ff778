package plan

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

// landSource is the source side of the landing tests: paths are relative to /w.
func landSource() *memfs.FS {
	f := memfs.New("src", map[string]memfs.Node{
		"/w/f":         memfs.File("f"),
		"/w/g":         memfs.File("g"),
		"/w/x/f":       memfs.File("another f"),
		"/w/d/in/deep": memfs.File("deep"),
		"/w/e/deep":    memfs.File("e"),
		"/w/to-f":      memfs.Link("f"),
		"/w/to-d":      memfs.Link("d"),
		"/w/gone":      memfs.Link("nowhere"),
		"/w/fifo":      memfs.Special(fs.ModeNamedPipe),
		"/w/-r":        memfs.File("dash"),
		"/w/'\n\"\xff": memfs.File("bytes"),
	})
	f.Home = "/w"
	return f
}

// landTarget is the destination side: paths are relative to /t.
func landTarget() *memfs.FS {
	f := memfs.New("dst", map[string]memfs.Node{
		"/t/dir":     memfs.Dir(),
		"/t/file":    memfs.File("old"),
		"/t/to-file": memfs.Link("dir/../real"),
		"/t/real":    memfs.File("old"),
		"/t/to-dir":  memfs.Link("dir"),
		"/t/to-null": memfs.Link("/dev/null"),
		"/t/gone":    memfs.Link("nowhere"),
		"/t/fifo":    memfs.Special(fs.ModeNamedPipe),
		"/dev/null":  memfs.Special(fs.ModeDevice | fs.ModeCharDevice),
	})
	f.Home = "/t"
	return f
}

// lands is an Item without its Info.
type lands struct {
	src, dst          string
	contents, inPlace bool
}

func TestLand(t *testing.T) {
	for name, c := range map[string]struct {
		sources []string
		target  string
		root    string
		exists  bool
		items   []lands
	}{
		"file on a directory":             {[]string{"f"}, "dir", "dir", true, []lands{{src: "f", dst: "f"}}},
		"file on a directory, slash":      {[]string{"f"}, "dir/", "dir", true, []lands{{src: "f", dst: "f"}}},
		"file on a link to a directory":   {[]string{"f"}, "to-dir", "to-dir", true, []lands{{src: "f", dst: "f"}}},
		"file in a directory":             {[]string{"x/f"}, "dir", "dir", true, []lands{{src: "x/f", dst: "f"}}},
		"file on the login directory":     {[]string{"/w/f"}, ".", ".", true, []lands{{src: "/w/f", dst: "f"}}},
		"file on an empty target":         {[]string{"f"}, "", ".", true, []lands{{src: "f", dst: "f"}}},
		"file on the root":                {[]string{"f"}, "/", "/", true, []lands{{src: "f", dst: "f"}}},
		"file on ..":                      {[]string{"f"}, "dir/..", "dir/..", true, []lands{{src: "f", dst: "f"}}},
		"file on a new name":              {[]string{"f"}, "new", ".", true, []lands{{src: "f", dst: "new"}}},
		"file on a new name in the root":  {[]string{"f"}, "/new", "/", true, []lands{{src: "f", dst: "new"}}},
		"file on a new name in new ones":  {[]string{"f"}, "n/m//new", "n/m", false, []lands{{src: "f", dst: "new"}}},
		"file on a new name, slash":       {[]string{"f"}, "new/", "new", false, []lands{{src: "f", dst: "f"}}},
		"file on a new name, dot":         {[]string{"f"}, "new/.", "new/.", false, []lands{{src: "f", dst: "f"}}},
		"file on a dangling link":         {[]string{"f"}, "gone", ".", true, []lands{{src: "f", dst: "gone"}}},
		"file on a file":                  {[]string{"f"}, "file", ".", true, []lands{{src: "f", dst: "file"}}},
		"file on a link to a file":        {[]string{"f"}, "to-file", "/t", true, []lands{{src: "f", dst: "real"}}},
		"file on a device":                {[]string{"f"}, "/dev/null", "/dev", true, []lands{{src: "f", dst: "null", inPlace: true}}},
		"file on a link to a device":      {[]string{"f"}, "to-null", ".", true, []lands{{src: "f", dst: "to-null", inPlace: true}}},
		"file on a FIFO":                  {[]string{"f"}, "fifo", ".", true, []lands{{src: "f", dst: "fifo", inPlace: true}}},
		"link to a file":                  {[]string{"to-f"}, "dir", "dir", true, []lands{{src: "to-f", dst: "to-f"}}},
		"link to a directory":             {[]string{"to-d/"}, "dir", "dir", true, []lands{{src: "to-d", dst: "to-d"}}},
		"directory on a directory":        {[]string{"d"}, "dir", "dir", true, []lands{{src: "d", dst: "d"}}},
		"directory on a directory, slash": {[]string{"d/"}, "dir/", "dir", true, []lands{{src: "d", dst: "d"}}},
		"directory on a new name":         {[]string{"d"}, "n/new", "n/new", false, []lands{{src: "d"}}},
		"directory on a new name, slash":  {[]string{"d/"}, "new/", "new", false, []lands{{src: "d", dst: "d"}}},
		"directory on a new name, dot":    {[]string{"d"}, "n/new/.", "n/new/.", false, []lands{{src: "d", dst: "d"}}},
		". on a new name, slash":          {[]string{"."}, "new/", "new", false, []lands{{src: ".", contents: true}}},
		"several on a directory":          {[]string{"f", "d"}, "dir", "dir", true, []lands{{src: "f", dst: "f"}, {src: "d", dst: "d"}}},
		"several on a new name":           {[]string{"f", "g"}, "n/new", "n/new", false, []lands{{src: "f", dst: "f"}, {src: "g", dst: "g"}}},
		"several directories on new":      {[]string{"d", "e"}, "new", "new", false, []lands{{src: "d", dst: "d"}, {src: "e", dst: "e"}}},
		"one named twice":                 {[]string{"f", "f", "g"}, "dir", "dir", true, []lands{{src: "f", dst: "f"}, {src: "g", dst: "g"}}},
		"one named in several ways":       {[]string{"f", "./f", ".//./f"}, "dir", "dir", true, []lands{{src: "f", dst: "f"}}},
		"a directory in several ways":     {[]string{"./d/", "d", "d//"}, "dir", "dir", true, []lands{{src: "./d", dst: "d"}}},
		"contents in several ways":        {[]string{"d/.", "./d/./"}, "dir", "dir", true, []lands{{src: "d/.", contents: true}}},
		"contents, and the directory":     {[]string{"d/.", "d"}, "dir", "dir", true, []lands{{src: "d/.", contents: true}, {src: "d", dst: "d"}}},
		"contents, and one of them":       {[]string{".", "f", "./g"}, "dir", "dir", true, []lands{{src: ".", contents: true}}},
		". on a directory":                {[]string{"."}, "dir", "dir", true, []lands{{src: ".", contents: true}}},
		"x/. on a directory":              {[]string{"d/./"}, "dir", "dir", true, []lands{{src: "d/.", contents: true}}},
		".. on a directory":               {[]string{".."}, "dir", "dir", true, []lands{{src: "..", contents: true}}},
		"x/.. on a directory":             {[]string{"d/.."}, "dir", "dir", true, []lands{{src: "d/..", contents: true}}},
		"/ on a directory":                {[]string{"/"}, "dir", "dir", true, []lands{{src: "/", contents: true}}},
		". on a new name":                 {[]string{"."}, "new", "new", false, []lands{{src: "."}}},
		". and another on a directory":    {[]string{"d/.", "f"}, "dir", "dir", true, []lands{{src: "d/.", contents: true}, {src: "f", dst: "f"}}},
		". and another on a new name":     {[]string{"d/.", "f"}, "new", "new", false, []lands{{src: "d/.", contents: true}, {src: "f", dst: "f"}}},
		"leading dash":                    {[]string{"-r"}, "dir", "dir", true, []lands{{src: "-r", dst: "-r"}}},
		"any bytes":                       {[]string{"'\n\"\xff"}, "dir", "dir", true, []lands{{src: "'\n\"\xff", dst: "'\n\"\xff"}}},
		"any bytes in the target":         {[]string{"f"}, "n/\xff\n", "n", false, []lands{{src: "f", dst: "\xff\n"}}},
	} {
		t.Run(name, func(t *testing.T) {
			src, dst := landSource(), landTarget()
			before := dst.Tree()
			l, err := Land(src, dst, c.sources, c.target)
			require.NoError(t, err)
			require.Empty(t, l.Failures)
			require.Equal(t, c.root, l.Root)
			require.Equal(t, c.exists, l.RootExists)
			var items []lands
			for _, i := range l.Items {
				items = append(items, lands{i.Src, i.Dst, i.Contents, i.InPlace})
				require.False(t, i.Info.IsLink(), "links are followed")
			}
			require.Equal(t, c.items, items)
			require.Equal(t, before, dst.Tree(), "nothing is written")
		})
	}
}

func TestLandRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		sources []string
		target  string
		want    error
	}{
		"file on file/":             {[]string{"f"}, "file/", fsys.ErrNotDir},
		"file on file/.":            {[]string{"f"}, "file/.", fsys.ErrNotDir},
		"file below a file":         {[]string{"f"}, "file/x", fsys.ErrNotDir},
		"file on a link to a file/": {[]string{"f"}, "to-file/", fsys.ErrNotDir},
		"directory on a file":       {[]string{"d"}, "file", fsys.ErrNotDir},
		"directory on a device":     {[]string{"d"}, "/dev/null", fsys.ErrNotDir},
		". on a file":               {[]string{"."}, "file", fsys.ErrNotDir},
		"several on a file":         {[]string{"f", "g"}, "file", fsys.ErrNotDir},
		"several on a device":       {[]string{"f", "g"}, "/dev/null", fsys.ErrNotDir},
		"several, one there":        {[]string{"f", "missing"}, "file", fsys.ErrNotDir},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Land(landSource(), landTarget(), c.sources, c.target)
			require.ErrorIs(t, err, c.want)
			var typed *fsys.Error
			require.ErrorAs(t, err, &typed)
			require.Equal(t, "dst", typed.Side)
		})
	}
}

func TestLandRefusesOneNameTwice(t *testing.T) {
	for name, c := range map[string]struct {
		sources []string
		want    CollisionError
	}{
		"files":                     {[]string{"f", "x/f"}, CollisionError{"f", "x/f", "dir/f"}},
		"among others":              {[]string{"g", "x/f", "d", "f"}, CollisionError{"x/f", "f", "dir/f"}},
		"directories":               {[]string{"d", "/w/d/"}, CollisionError{"d", "/w/d", "dir/d"}},
		"two without a name":        {[]string{"d/.", "e/."}, CollisionError{"d/.", "e/.", "dir"}},
		"a name among the contents": {[]string{"x/.", "f"}, CollisionError{"x/./f", "f", "dir/f"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Land(landSource(), landTarget(), c.sources, "dir")
			var collision *CollisionError
			require.ErrorAs(t, err, &collision)
			require.Equal(t, c.want, *collision)
		})
	}
}

func TestLandGoesOnWithoutTheMissing(t *testing.T) {
	l, err := Land(landSource(), landTarget(), []string{"missing", "f", "gone", "g/", "f/."}, "new")
	require.NoError(t, err)
	require.Equal(t, "new", l.Root)
	require.Len(t, l.Items, 1)
	require.Equal(t, "f", l.Items[0].Dst, "the missing ones count as sources")
	require.Len(t, l.Failures, 4)
	for i, want := range []struct {
		path string
		err  error
	}{{"missing", fs.ErrNotExist}, {"gone", fs.ErrNotExist}, {"g/", fsys.ErrNotDir}, {"f/.", fsys.ErrNotDir}} {
		require.Equal(t, want.path, l.Failures[i].Path)
		require.ErrorIs(t, l.Failures[i].Err, want.err)
	}

	for _, target := range []string{"new", "dir", "file"} {
		l, err = Land(landSource(), landTarget(), []string{"missing"}, target)
		require.NoError(t, err)
		require.Empty(t, l.Items)
		require.Len(t, l.Failures, 1)
	}
}

func TestLandStopsWhereItCannotLook(t *testing.T) {
	dst := landTarget()
	dst.Hook = func(c memfs.Call) error { return fs.ErrPermission }
	_, err := Land(landSource(), dst, []string{"f"}, "new")
	require.ErrorIs(t, err, fs.ErrPermission)

	src := landSource()
	src.Hook = func(c memfs.Call) error {
		if c.Path == "g" {
			return fsys.ErrLost
		}
		return nil
	}
	_, err = Land(src, landTarget(), []string{"f", "g"}, "dir")
	require.True(t, fsys.Lost(err))
}

// One request each to the target and to the source: over a long distance each costs a round trip.
func TestLandAsksOnce(t *testing.T) {
	for _, target := range []string{"dir", "new", "file"} {
		src, dst := landSource(), landTarget()
		var asked []string
		src.Hook = func(c memfs.Call) error { asked = append(asked, "src "+c.Op); return nil }
		dst.Hook = func(c memfs.Call) error { asked = append(asked, "dst "+c.Op); return nil }
		_, err := Land(src, dst, []string{"f"}, target)
		require.NoError(t, err)
		require.Equal(t, []string{"dst lstat", "src stat"}, asked)
	}
}

// Only where the parent of a new name is likely to be there is a request spent on it.
func TestFindRoot(t *testing.T) {
	for _, c := range []struct {
		source, target string
		there          bool
		asked          int
	}{
		{"f", "dir/new", true, 1}, {"f", "to-dir/new", true, 1}, {"f", "n/new", false, 1}, {"f", "new", true, 0},
		{"f", "dir", true, 0}, {"f", "new/", false, 0}, {"d", "dir/new", false, 0},
	} {
		dst := landTarget()
		l, err := Land(landSource(), dst, []string{c.source}, c.target)
		require.NoError(t, err)
		asked := 0
		dst.Hook = func(memfs.Call) error { asked++; return nil }
		there, err := FindRoot(dst, l)
		require.NoError(t, err)
		require.Equal(t, c.there, there, c.target)
		require.Equal(t, c.asked, asked, c.target)
	}
	dst := landTarget()
	l, err := Land(landSource(), dst, []string{"f"}, "dir/new")
	require.NoError(t, err)
	dst.Hook = failOn("stat", fsys.ErrLost)
	_, err = FindRoot(dst, l)
	require.True(t, fsys.Lost(err))
	dst.Hook = failOn("stat", fs.ErrPermission)
	there, err := FindRoot(dst, l)
	require.NoError(t, err)
	require.False(t, there)
}

func TestMakeRoot(t *testing.T) {
	dst := landTarget()
	calls := 0
	dst.Hook = func(memfs.Call) error { calls++; return nil }
	for _, c := range []struct {
		root  string
		calls int
		made  []string
	}{
		{"new", 1, []string{"new"}},
		{"new", 2, nil},
		{"new/a/b/c", 5, []string{"new/a", "new/a/b", "new/a/b/c"}},
		{"/abs/x", 3, []string{"/abs", "/abs/x"}},
		{"to-dir", 2, nil}, {".", 2, nil}, {"/", 2, nil}, {"dir/..", 2, nil},
	} {
		calls = 0
		made, err := MakeRoot(dst, c.root, 0o750)
		require.NoError(t, err, c.root)
		require.Equal(t, c.made, made, c.root)
		require.Equal(t, c.calls, calls, c.root)
		info, err := dst.Stat(c.root)
		require.NoError(t, err)
		require.True(t, info.IsDir())
		if len(made) > 0 {
			require.Equal(t, fs.FileMode(0o750), info.Mode.Perm())
		}
	}
	for root, want := range map[string]error{"file": fsys.ErrNotDir, "file/x": fsys.ErrNotDir, "gone": fs.ErrExist} {
		_, err := MakeRoot(dst, root, 0o777)
		require.ErrorIs(t, err, want, root)
	}
	dst.Hook = func(c memfs.Call) error {
		if c.Op == "mkdir" && c.Path == "p/q" {
			return fs.ErrPermission
		}
		return nil
	}
	_, err := MakeRoot(dst, "p/q", 0o777)
	require.ErrorIs(t, err, fs.ErrPermission)
}

// A run that goes on after another one finds a target that the first had made of its source directory.
func TestBecomeRoot(t *testing.T) {
	for _, source := range []string{"d", "d/", "d/."} {
		src, dst := landSource(), landTarget()
		first, err := Land(src, dst, []string{source}, "new")
		require.NoError(t, err)
		require.NoError(t, dst.Mkdir("new", 0o700))
		again, err := Land(src, dst, []string{source}, "new")
		require.NoError(t, err)
		again.BecomeRoot()
		require.Equal(t, first.Root, again.Root, source)
		require.Equal(t, first.Items, again.Items, source)
	}
	l, err := Land(landSource(), landTarget(), []string{"d", "e"}, "dir")
	require.NoError(t, err)
	items := append([]Item{}, l.Items...)
	l.BecomeRoot()
	require.Equal(t, items, l.Items, "several sources never do")
}

// TestSecondRunLandsInTheSamePlace: a target that ends in a slash, or several sources, name a directory whether it is there or not.
func TestSecondRunLandsInTheSamePlace(t *testing.T) {
	for _, sources := range [][]string{{"f"}, {"d"}, {"d/"}, {"."}, {"d/."}, {"to-d"}, {"f", "d"}, {"d", "e"}} {
		for _, target := range []string{"new/", "n/m/", "new//", "new/."} {
			t.Run(target, func(t *testing.T) {
				dst := landTarget()
				first, err := Land(landSource(), dst, sources, target)
				require.NoError(t, err)
				_, err = MakeRoot(dst, first.Root, 0o755)
				require.NoError(t, err)
				second, err := Land(landSource(), dst, sources, target)
				require.NoError(t, err)
				require.Equal(t, first.Root, second.Root)
				require.Equal(t, first.Items, second.Items)
			})
		}
	}
}

// A source that the user named is copied, or a failure: it is never passed over.
func TestLandSpecial(t *testing.T) {
	l, err := Land(landSource(), landTarget(), []string{"fifo", "f"}, "dir")
	require.NoError(t, err)
	require.Len(t, l.Items, 1)
	require.Len(t, l.Failures, 1)
	require.ErrorAs(t, l.Failures[0].Err, new(*SpecialError))
	require.ErrorContains(t, l.Failures[0].Err, `copy "fifo": is a FIFO`)
}
