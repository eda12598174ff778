package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// madeServer is a server of one make and set-up.
type madeServer struct {
	name    string // of its test
	title   string // in README.md's table
	version string // a Debian package, or a version after "="
	note    string // what its users should know
	start   func(testing.TB) *sftpServer
}

func servers() []madeServer {
	python := func(program string) func(testing.TB) *sftpServer { return startScript("/usr/bin/python3", program) }
	return []madeServer{
		{"OpenSSH", "OpenSSH", "openssh-server", "", startInstalledOpenSSH},
		{"OpenSSH10", "OpenSSH", "=10.0p2", "with PerSourcePenalties, its default, a wrong password is one failed login, whatever `-n` says", startOpenSSH10},
		{"dropbear", "dropbear, with OpenSSH's sftp-server", "dropbear-bin",
			"a window of 24 KiB unless it runs with `-W`: an upload over a long distance needs many channels (`-n`, `--sessions`)", startDropbear},
		{"tinysshd", "tinysshd, with OpenSSH's sftp-server", "tinysshd", "", startTinySSH},
		{"gesftpserver", "gesftpserver", "gesftpserver", "", subsystem("/usr/libexec/gesftpserver")},
		{"ProFTPD", "ProFTPD, mod_sftp", "proftpd-core", "", startProFTPD},
		{"asyncssh", "asyncssh", "python3-asyncssh", "", python("asyncssh_server.py")},
		{"paramiko", "paramiko, attributes set by its own helper", "python3-paramiko", "", python("paramiko_server.py")},
		{"Conch", "Twisted Conch", "python3-twisted", "", python("conch_server.py")},
		{"Perl", "Perl, Net::SFTP::SftpServer", "libnet-sftp-sftpserver-perl", "", startPerl},
		{"Erlang", "Erlang, ssh_sftpd", "erlang-ssh",
			"a directory whose name is not UTF-8 is not made: the server ends the connection at its name, which is told of; all others are copied", startErlang},
		{"ssh2_fs", "npm's ssh2 over node's fs", "=1.17.0", "", startSSH2("fs")},
		{"ssh2_memory", "npm's ssh2, files in memory", "=1.17.0", "", startSSH2("memory")},
		{"pkgsftp", "pkg/sftp, Server", "=1.13.12", "", startPkgSFTP},
		{"pkgsftp_memory", "pkg/sftp, RequestServer, files in memory", "=1.13.12",
			"a file whose download is cut off can be read by nobody afterwards", startPkgSFTPMemory},
		{"pkgsftp_few", "pkg/sftp, RequestServer with 20 open files at most, as SFTPGo has", "=1.13.12", "", startPkgSFTPFew},
		{"rclone", "rclone serve sftp, without a cache", "rclone",
			"empties a file each time it is opened for writing, and takes it only from its beginning to its end: one connection for each file", startRclone},
	}
}

// TestServers makes the same round trip with each server. Equal sizes and times in the trees let nothing but bytes tell. What it
// finds is the server's line in README.md; with MSCP_SERVERS=write it writes the line.
func TestServers(t *testing.T) {
	for _, s := range servers() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			server := s.start(t)
			t.Cleanup(func() {
				if t.Failed() && server.log != nil {
					log := server.log()
					t.Log(log[max(0, len(log)-2000):])
				}
			})
			ok := true
			for _, c := range tripChecks() {
				ok = t.Run(c.name, func(t *testing.T) { c.run(&roundTrip{t, server, t.TempDir(), c.name}) }) && ok
			}
			require.True(t, ok)
			requireRow(t, s, server.losses)
		})
	}
}
