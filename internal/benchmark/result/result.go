package result

import "time"

// Version is the format of File. A reader refuses a later one.
const Version = 1

// File is one call of mscp bench.
type File struct {
	Version     int       `json:"version"`
	Started     time.Time `json:"started"`
	Command     []string  `json:"command"` // how mscp bench was called, for the reader to call it again
	Host        Host      `json:"host"`
	Path        Path      `json:"path"`
	Cases       []Case    `json:"cases"`
	Skipped     []Skipped `json:"skipped,omitempty"`
	Interrupted bool      `json:"interrupted,omitempty"` // the samples are those up to then
}

// Kinds of Path.
const (
	Loopback = "loopback" // the server is on this machine
	Network  = "network"  // a server of the user's
	Emulated = "emulated" // the server is behind an emulated link on this machine
)

// Path is what lies between client and server.
type Path struct {
	Kind string  `json:"kind"`
	Link string  `json:"link,omitempty"`        // of an emulated one: rtt=100ms,rate=1gbit,...
	RTT  float64 `json:"rtt_seconds,omitempty"` // the least that was seen; 0: unknown
	// Overrun is how many writes of up to 64 KiB an emulated path lost because the machine could not keep up with it.
	Overrun int64 `json:"overrun,omitempty"`
}

// Direction is seen from the client.
type Direction string

// The directions.
const (
	Up   Direction = "up"
	Down Direction = "down"
)

// Work is what one run copies: Files files of Size bytes each.
type Work struct {
	Files int64 `json:"files"`
	Size  int64 `json:"file_bytes"`
}

// Bytes is the whole amount.
func (w Work) Bytes() int64 { return w.Files * w.Size }

// Kinds of source and sink.
const (
	Memory = "memory" // a file system in memory, or the page cache
	Disk   = "disk"   // a file system on a device; of a source, not in the page cache
	Null   = "null"   // /dev/null
)

// Question is what the cases of one table have in common.
type Question struct {
	Server    string    `json:"server"` // "embedded", "sshd", or "host": the user's
	Direction Direction `json:"direction"`
	Work      Work      `json:"work"`
	Source    string    `json:"source"`
	Sink      string    `json:"sink"`
}

// Tools that are not peers.
const (
	Mscp   = "mscp"   // ours
	Single = "single" // ours, held to what scp does: one connection, one channel, one chunk, blocks of 32 KiB, 64 in flight
	SSH    = "ssh"    // the SSH connections alone: from zeros, to /dev/null
	TCP    = "tcp"    // the path alone: the same number of TCP connections without SSH
	Scp    = "scp"    // the peer that ratios are of
)

// Settings of a peer.
const (
	SameCipher = "same cipher" // as ours
	Defaults   = "defaults"    // as it comes
)

// Case is one tool with its settings at one question.
type Case struct {
	Question
	From        string   `json:"from,omitempty"` // the name of the file that it came from, after Merge
	Tool        string   `json:"tool"`
	Version     string   `json:"version,omitempty"`
	Settings    string   `json:"settings,omitempty"`
	Connections int      `json:"connections,omitempty"` // asked for; 0: the tool's own choice
	Sessions    int      `json:"sessions,omitempty"`    // channels for each connection, asked for; 0: the tool's own choice
	Cipher      string   `json:"cipher,omitempty"`      // asked for
	Block       int64    `json:"block_bytes,omitempty"` // asked for; 0: the tool's own choice
	Inflight    int      `json:"inflight,omitempty"`    // asked for, blocks on each channel; 0: the tool's own choice
	Command     string   `json:"command,omitempty"`     // with {src}, {dst} and the like
	Samples     []Sample `json:"samples"`
}

// Sample is one run.
type Sample struct {
	Seconds     float64 `json:"seconds"` // from the start of the command to its end
	Bytes       int64   `json:"bytes"`
	Files       int64   `json:"files"`
	User        float64 `json:"user_seconds"`               // CPU of the command and of what it started
	System      float64 `json:"system_seconds"`             // likewise
	PeakRSS     int64   `json:"peak_rss_bytes,omitempty"`   // of its largest process
	Connections int     `json:"connections_used,omitempty"` // to the server, seen while it ran; 0: not seen
	Channels    int     `json:"channels_used,omitempty"`    // as mscp says; 0: unknown
	Cipher      string  `json:"cipher_used,omitempty"`      // as mscp says
	Block       int64   `json:"block_bytes_used,omitempty"` // as mscp says
	Inflight    int     `json:"inflight_used,omitempty"`    // as mscp says, blocks on each channel
	Retransmits int64   `json:"retransmits"`                // TCP segments, of both ends where both are on this machine
	RTT         float64 `json:"rtt_seconds,omitempty"`      // smoothed, the median of what was seen
	MinRTT      float64 `json:"min_rtt_seconds,omitempty"`
	Error       string  `json:"error,omitempty"` // why it failed; its other figures are then those up to there
}

// BitsPerSecond is the throughput; 0 for a run that failed.
func (s Sample) BitsPerSecond() float64 {
	if s.Error != "" || s.Seconds <= 0 {
		return 0
	}
	return 8 * float64(s.Bytes) / s.Seconds
}

// CPU is user and system time together, in seconds.
func (s Sample) CPU() float64 { return s.User + s.System }

// Skipped is a tool that was asked for and not run.
type Skipped struct {
	Tool   string `json:"tool"`
	Reason string `json:"reason"`
}

// Host is the machine that the client runs on. Strings are as the system gives them; empty, or 0: not found.
type Host struct {
	OS         string `json:"os"` // "linux"
	Kernel     string `json:"kernel,omitempty"`
	CPU        string `json:"cpu,omitempty"`
	Cores      int    `json:"cores"`
	AES        bool   `json:"aes"` // instructions for AES and its GCM mode
	Memory     int64  `json:"memory_bytes,omitempty"`
	Congestion string `json:"congestion,omitempty"`
	TCPRmem    string `json:"tcp_rmem,omitempty"` // min default max, bytes
	TCPWmem    string `json:"tcp_wmem,omitempty"`
	RmemMax    int64  `json:"rmem_max_bytes,omitempty"`
	WmemMax    int64  `json:"wmem_max_bytes,omitempty"`
	Qdisc      string `json:"qdisc,omitempty"` // of the interface that leads to the server
	MTU        int    `json:"mtu_bytes,omitempty"`
}
