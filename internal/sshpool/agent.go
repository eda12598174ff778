package sshpool

import (
	"context"
	"fmt"
	"net"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// agentKeys lists the keys of the agent at socket. Their signers use the returned connection; ending the context closes it.
func agentKeys(ctx context.Context, socket string) ([]*identity, func(), error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, func() {}, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	done := func() { stop(); _ = conn.Close() }
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		done()
		return nil, func() {}, err
	}
	var ids []*identity
	for _, s := range signers {
		pub := s.PublicKey()
		ids = append(ids, &identity{name: fmt.Sprintf("agent's %s %s", pub.Type(), ssh.FingerprintSHA256(pub)), pub: pub, signer: s})
	}
	return ids, done, nil
}
