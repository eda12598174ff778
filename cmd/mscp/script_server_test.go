//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"mscp/internal/sshdtest"
	"mscp/internal/sshserver"
)

type sshdKey struct{}

// cmdSSHD is "sshd [-user] [LINE]...".
func cmdSSHD(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg)
	t := testingTB(ts)
	var opts []sshdtest.Option
	asUser := len(args) > 0 && args[0] == "-user"
	if asUser {
		args, opts = args[1:], append(opts, sshdtest.WithTempUser())
	}
	if !strings.Contains(strings.Join(args, "\n"), "Subsystem") {
		args = append(args, "Subsystem sftp internal-sftp -d "+ts.Getenv("WORK"))
	}
	s := sshdtest.Start(t, append(opts, sshdtest.WithConfig(args...))...)
	ts.Value(envKey{}).(*testscript.Env).Values[sshdKey{}] = s
	c := client{host: s.Host, port: s.Port, user: s.User}
	var err error
	c.key, err = os.ReadFile(s.ClientKey)
	ts.Check(err)
	c.knownHosts, err = os.ReadFile(s.KnownHosts)
	ts.Check(err)
	c.write(ts)
	if asUser {
		ts.Setenv("REMOTE_USER", s.User)
		ts.Setenv("PASSWORD", s.Password)
		out, err := exec.Command("chown", "-R", s.User+":", ts.Getenv("HOME")).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
}

// client is how mscp reaches a server.
type client struct {
	host, user      string
	port            int
	key, knownHosts []byte
}

// write makes the server the host "server" of the script's ssh configuration.
func (c client) write(ts *testscript.TestScript) {
	dir := filepath.Join(ts.Getenv("HOME"), ".ssh")
	ts.Setenv("PORT", strconv.Itoa(c.port))
	ts.Setenv("KEY", filepath.Join(dir, "key"))
	ts.Setenv("KNOWN_HOSTS", filepath.Join(dir, "known_hosts"))
	config := fmt.Sprintf("Host server\n HostName %s\n Port %d\n User %s\n IdentityFile ~/.ssh/key\n"+
		"Host *\n GlobalKnownHostsFile none\n", c.host, c.port, c.user)
	ts.Check(os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o644))
	ts.Check(os.WriteFile(filepath.Join(dir, "key"), c.key, 0o600))
	ts.Check(os.WriteFile(filepath.Join(dir, "known_hosts"), c.knownHosts, 0o644))
}

func cmdStopSSHD(ts *testscript.TestScript, neg bool, _ []string) {
	plain(ts, neg)
	ts.Value(sshdKey{}).(*sshdtest.Server).Stop()
}

func cmdDropSSHD(ts *testscript.TestScript, neg bool, _ []string) {
	plain(ts, neg)
	ts.Value(sshdKey{}).(*sshdtest.Server).DropConnections()
}

// cmdFreePort6 is "freeport6 NAME": it sets a variable to a port that was free on [::1] a moment ago.
func cmdFreePort6(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg)
	l, err := net.Listen("tcp6", "[::1]:0")
	ts.Check(err)
	ts.Setenv(args[0], strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	ts.Check(l.Close())
}

// cmdSSHServer is "sshserver [FAULT]...":
//
//	limits=N           limits@openssh.com allows N bytes per READ and WRITE
//	without=EXTENSION  leaves an extension out
//	reorder=N          answers in another order, N at a time
//	short              READs are answered short
//	empty=N            every Nth READ is answered with nothing
//	nospace=SIZE       the disk is full after so many bytes
//	cut=SIZE, stall=SIZE  each connection ends, or falls silent, after so many bytes; cut2=SIZE: the second one only
//	fail=KIND,PATTERN,N,CODE  the Nth request of a kind (a number) for such a path fails with a code (a number)
//	names=PATTERN,NAME lists a name that is not there
//	code=C             lets a login in that answers "Verification code: " with C, once
//	noftp, password=P, maxstartups=N, maxsessions=N, maxconns=N
func cmdSSHServer(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg)
	t := testingTB(ts)
	keyFile := filepath.Join(t.TempDir(), "key")
	o := sshserver.Options{Home: ts.Getenv("WORK"), Keys: []ssh.PublicKey{sshdtest.NewKey(t, keyFile, "ed25519")}}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		if err := setFault(&o, name, value); err != nil {
			ts.Fatalf("sshserver: %s: %v", arg, err)
		}
	}
	s, err := sshserver.New(o)
	ts.Check(err)
	ts.Check(s.Start(t.Context()))
	ts.Defer(func() { ts.Check(s.Close()) })
	key, err := os.ReadFile(keyFile)
	ts.Check(err)
	client{"127.0.0.1", "me", s.Port(), key, []byte(s.KnownHosts())}.write(ts)
}

func setFault(o *sshserver.Options, name, value string) error {
	number := 0
	if value != "" && strings.Trim(value, "0123456789kmg") == "" {
		var size byteSize
		if err := size.Set(value); err != nil {
			return err
		}
		number = int(size)
	}
	add := func(f sshserver.Fault) { o.Faults = append(o.Faults, f) }
	switch name {
	case "limits":
		n := uint64(number)
		add(sshserver.WithLimits(sshserver.Limits{Packet: n + 1024, Read: n, Write: n}))
	case "without":
		add(sshserver.Without(value))
	case "reorder":
		add(sshserver.Reorder(number))
	case "short":
		add(sshserver.ShortReads(1))
	case "empty":
		add(sshserver.EmptyReads(number))
	case "nospace":
		add(sshserver.NoSpace(int64(number)))
	case "cut":
		o.Line = func(int) sshserver.Line { return sshserver.Line{CutAfter: int64(number)} }
	case "cut2":
		o.Line = func(n int) sshserver.Line {
			if n != 2 {
				return sshserver.Line{}
			}
			return sshserver.Line{CutAfter: int64(number)}
		}
	case "stall":
		o.Line = func(int) sshserver.Line { return sshserver.Line{StallAfter: int64(number)} }
	case "names":
		pattern, extra, _ := strings.Cut(value, ",")
		add(sshserver.ExtraNames(pattern, extra))
	case "fail":
		return setFail(o, value)
	case "noftp":
		o.NoSFTP = true
	case "password":
		o.Keys, o.Password = nil, value
	case "code":
		o.Keys = nil
		o.Questions = []sshserver.Question{{Prompt: "Verification code: ", Answers: []string{value}, Once: true}}
	case "maxstartups":
		o.MaxStartups = number
	case "maxsessions":
		o.MaxSessions = number
	case "maxconns":
		o.MaxConns = number
	default:
		return fmt.Errorf("no such fault")
	}
	return nil
}

func setFail(o *sshserver.Options, value string) error {
	var kind sshserver.Kind
	var code sshserver.Code
	var nth int
	var pattern string
	fields := strings.Split(value, ",")
	if len(fields) != 4 {
		return fmt.Errorf("want KIND,PATTERN,N,CODE")
	}
	pattern = fields[1]
	if _, err := fmt.Sscan(fields[0]+" "+fields[2]+" "+fields[3], &kind, &nth, &code); err != nil {
		return err
	}
	o.Faults = append(o.Faults, sshserver.Fail(kind, pattern, nth, code))
	return nil
}

// plain refuses "!" before a command that has no use for it.
func plain(ts *testscript.TestScript, neg bool) {
	if neg {
		ts.Fatalf("this command takes no !")
	}
}
