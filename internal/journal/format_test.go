package journal

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// documented is a journal written by hand after the package's documentation, with another program's CRC-32C.
const documented = `
	89 6d 73 63 70 0d 0a 01
	4a 03 6a6f62 009a4313
	46 16 000102030405060708090a0b0c0d0e0f 03 2e70ff 01 73 04bab168
	52 15 000102030405060708090a0b0c0d0e0f 808040 ac02 4d5baa9e
	43 10 101112131415161718191a1b1c1d1e1f ce728505`

func documentedBytes(t testing.TB) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(documented), ""))
	require.NoError(t, err)
	return b
}

func documentedFile() (File, Key) {
	f, other := File{Part: ".p\xff", Src: "s"}, Key{}
	for i := range f.Key {
		f.Key[i], other[i] = byte(i), byte(i+16)
	}
	f.Ranges.Add(1<<20, 300)
	return f, other
}

func TestTheFormatIsTheDocumentedOne(t *testing.T) {
	f, other := documentedFile()
	path := filepath.Join(t.TempDir(), "journal")
	j, _ := opened(t, path, never)
	require.NoError(t, j.Begin([]byte("job")))
	require.NoError(t, j.File(File{Key: f.Key, Part: f.Part, Src: f.Src}))
	require.NoError(t, j.Sync())
	j.Acked(f.Key, 1<<20, 300)
	require.NoError(t, j.Sync())
	j.Commit(other)
	require.NoError(t, j.Close())
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, hex.EncodeToString(documentedBytes(t)), hex.EncodeToString(b))
}

func TestTheDocumentedJournalIsRead(t *testing.T) {
	f, other := documentedFile()
	path := filepath.Join(t.TempDir(), "journal")
	require.NoError(t, os.WriteFile(path, documentedBytes(t), 0o600))
	_, s := opened(t, path, never)
	require.Equal(t, content{Job: "job", Committed: []Key{other}, Files: map[Key]File{f.Key: f}}, contentOf(s))
	require.Zero(t, s.Dropped())
	require.True(t, s.Committed(other))
	require.False(t, s.Committed(f.Key))
	_, found := s.File(other)
	require.False(t, found)
}

// A CRC protects from accidents, not from a program that writes nonsense: what has a good CRC is checked as well.
func TestRecordsThatMeanNothingEndTheJournal(t *testing.T) {
	k := string(make([]byte, len(Key{})))
	good := documentedBytes(t)
	for name, bad := range map[string][]byte{
		"unknown type":            appendRecord(nil, 'X', nil),
		"zeros":                   make([]byte, 64),
		"second job":              appendRecord(nil, typeJob, []byte("job")),
		"commit without key":      appendRecord(nil, typeCommit, nil),
		"commit with short key":   appendRecord(nil, typeCommit, []byte(k[1:])),
		"commit with long key":    appendRecord(nil, typeCommit, []byte(k+"x")),
		"file without names":      appendRecord(nil, typeFile, []byte(k)),
		"file without source":     appendRecord(nil, typeFile, []byte(k+"\x01p")),
		"file with a cut name":    appendRecord(nil, typeFile, []byte(k+"\x01p\x09s")),
		"file with a huge name":   appendRecord(nil, typeFile, []byte(k+"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")),
		"file with more":          appendRecord(nil, typeFile, []byte(k+"\x01p\x01sx")),
		"range without length":    appendRecord(nil, typeRange, []byte(k+"\x01")),
		"range of nothing":        appendRecord(nil, typeRange, []byte(k+"\x01\x00")),
		"range with more":         appendRecord(nil, typeRange, []byte(k+"\x01\x01\x01")),
		"range beyond all":        appendRecord(nil, typeRange, []byte(k+"\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f")),
		"range at a negative":     appendRecord(nil, typeRange, []byte(k+"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01")),
		"range with a long digit": appendRecord(nil, typeRange, []byte(k+strings.Repeat("\x80", 12)+"\x01")),
		"length without an end":   []byte("C" + strings.Repeat("\x80", 40)),
		"length beyond the file":  []byte("C\x7f" + k),
		"length of 16 GiB":        []byte("J\xff\xff\xff\xff\x3f" + k),
	} {
		s, end, err := replay(strings.NewReader(string(good)+string(bad)), int64(len(good)+len(bad)))
		require.NoError(t, err, name)
		require.EqualValues(t, len(good), end, name)
		require.Equal(t, 1, s.Len(), name)
	}
}

func TestThePayloadIsLimited(t *testing.T) {
	b := appendRecord([]byte(header), typeJob, make([]byte, MaxPayload+1))
	_, end, err := replay(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	require.EqualValues(t, len(header), end)
}

func TestNothingCountsBeforeTheJob(t *testing.T) {
	b := appendCommit([]byte(header), key(1))
	s, end, err := replay(strings.NewReader(string(b)), int64(len(b)))
	require.NoError(t, err)
	require.EqualValues(t, len(header), end)
	require.Nil(t, s.Job())
	require.Zero(t, s.Len())
}

func TestALengthThatLiesAllocatesNothing(t *testing.T) {
	b := "J\xff\xff\xff\x07" + strings.Repeat("x", 100) // 16 MiB - 1
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, end, err := replay(strings.NewReader(header+b), int64(len(header)+len(b)))
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	require.EqualValues(t, len(header), end)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}
