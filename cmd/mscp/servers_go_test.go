package main

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/pkg/sftp"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"mscp/internal/sshdtest"
)

// sftpLoop serves one SFTP channel to its end.
type sftpLoop interface {
	Serve() error
	Close() error
}

// startPkgSFTP runs the server that pkg/sftp has for this machine's files.
func startPkgSFTP(t testing.TB) *sftpServer {
	return startGo(t, func(c io.ReadWriteCloser) (sftpLoop, error) { return sftp.NewServer(c) })
}

// startPkgSFTPMemory runs the request server of pkg/sftp with its files in memory.
func startPkgSFTPMemory(t testing.TB) *sftpServer {
	files := sftp.InMemHandler()
	s := startGo(t, func(c io.ReadWriteCloser) (sftpLoop, error) { return sftp.NewRequestServer(c, files), nil })
	s.root, s.hides, s.spoilsCutOff = "/", true, true
	return s
}

// startPkgSFTPFew runs it with a bound on the files that all connections together have open; beyond it permission is denied. SFTPGo
// does so from 20 on.
func startPkgSFTPFew(t testing.TB) *sftpServer {
	files, open := sftp.InMemHandler(), new(atomic.Int32)
	files.FileGet, files.FilePut = fewReaders{files.FileGet, open}, fewWriters{files.FilePut, open}
	s := startGo(t, func(c io.ReadWriteCloser) (sftpLoop, error) { return sftp.NewRequestServer(c, files), nil })
	s.root, s.hides = "/", true
	return s
}

const fewOpen = 20

type fewReaders struct {
	sftp.FileReader
	open *atomic.Int32
}

type fewWriters struct {
	sftp.FileWriter
	open *atomic.Int32
}

// counted is an open file; pkg/sftp closes it.
type counted struct {
	io.ReaderAt
	io.WriterAt
	open *atomic.Int32
}

func (c *counted) Close() error { c.open.Add(-1); return nil }

func take(open *atomic.Int32) error {
	if open.Add(1) > fewOpen {
		open.Add(-1)
		return sftp.ErrSSHFxPermissionDenied
	}
	return nil
}

func (f fewReaders) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	if err := take(f.open); err != nil {
		return nil, err
	}
	file, err := f.FileReader.Fileread(r)
	if err != nil {
		f.open.Add(-1)
		return nil, err
	}
	return &counted{ReaderAt: file, open: f.open}, nil
}

func (f fewWriters) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	if err := take(f.open); err != nil {
		return nil, err
	}
	file, err := f.FileWriter.Filewrite(r)
	if err != nil {
		f.open.Add(-1)
		return nil, err
	}
	return &counted{WriterAt: file, open: f.open}, nil
}

// startGo runs an SSH server in this process whose SFTP is as serve makes it.
func startGo(t testing.TB, serve func(io.ReadWriteCloser) (sftpLoop, error)) *sftpServer {
	s, _ := newServer(t, false)
	config := goConfig(t, s)
	l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(s.port))
	require.NoError(t, err)
	serveConnections(t, l, func(c net.Conn) {
		conn, channels, requests, err := ssh.NewServerConn(c, config)
		if err != nil {
			return
		}
		defer conn.Close()
		go ssh.DiscardRequests(requests)
		for ch := range channels {
			go serveChannel(ch, serve)
		}
	})
	return s
}

// goConfig makes the host key, and lets the client's key in.
func goConfig(t testing.TB, s *sftpServer) *ssh.ServerConfig {
	hostKey := filepath.Join(filepath.Dir(s.key), "host")
	s.trust(t, sshdtest.NewKey(t, hostKey, "ed25519"))
	private, err := os.ReadFile(hostKey)
	require.NoError(t, err)
	signer, err := ssh.ParsePrivateKey(private)
	require.NoError(t, err)
	public, err := os.ReadFile(s.key + ".pub")
	require.NoError(t, err)
	allowed, _, _, _, err := ssh.ParseAuthorizedKey(public)
	require.NoError(t, err)
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) != string(allowed.Marshal()) {
			return nil, errors.New("another key")
		}
		return nil, nil
	}}
	config.AddHostKey(signer)
	return config
}

func serveChannel(asked ssh.NewChannel, serve func(io.ReadWriteCloser) (sftpLoop, error)) {
	ch, requests, err := asked.Accept()
	if err != nil {
		return
	}
	for r := range requests {
		isSFTP := r.Type == "subsystem" && string(r.Payload[4:]) == "sftp"
		_ = r.Reply(isSFTP, nil)
		if !isSFTP {
			continue
		}
		loop, err := serve(ch)
		if err != nil {
			return
		}
		go ssh.DiscardRequests(requests)
		_ = loop.Serve()
		_ = loop.Close()
		_ = ch.Close()
		return
	}
}
