package sshpool

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

var errAgentSilent = errors.New("does not answer")

// agentKeys lists the keys of the agent at socket, which must answer within limit: a forwarded agent whose connection is dead is silent.
// The keys' signers may take as long as a person does. They use the returned connection; ending the context closes it.
func agentKeys(ctx context.Context, socket string, limit time.Duration) ([]*identity, func(), error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, func() {}, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	done := func() { stop(); _ = conn.Close() }
	until := time.Now().Add(limit)
	_ = conn.SetDeadline(until) // a broken connection shows by itself
	signers, err := agent.NewClient(conn).Signers()
	_ = conn.SetDeadline(time.Time{})
	if err != nil {
		done()
		if !time.Now().Before(until) {
			err = errAgentSilent
		}
		return nil, func() {}, err
	}
	var ids []*identity
	for _, s := range signers {
		pub := s.PublicKey()
		ids = append(ids, &identity{name: fmt.Sprintf("agent's %s %s", pub.Type(), ssh.FingerprintSHA256(pub)), pub: pub, signer: s})
	}
	return ids, done, nil
}
