package benchmark

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"mscp/internal/benchmark/measure"
	"mscp/internal/benchmark/result"
)

// rawServer measures what TCP alone carries between a client and a server that both are ours. A client sends a header: "u" or "d", and the
// number of bytes (uint64, big endian) that it will send, and that the server acknowledges by one byte, or that the server sends.
type rawServer struct {
	listener net.Listener
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	stop     context.CancelFunc
	wg       sync.WaitGroup
}

const rawBuffer = 256 << 10

func serveRaw(ctx context.Context, l net.Listener, dial func(context.Context, string, string) (net.Conn, error)) *rawServer {
	s := &rawServer{listener: l, dial: dial}
	ctx, s.stop = context.WithCancel(ctx)
	s.wg.Go(func() {
		<-ctx.Done()
		l.Close()
	})
	s.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.wg.Go(func() {
				defer c.Close()
				defer context.AfterFunc(ctx, func() { c.Close() })()
				_ = answerRaw(c) // the client sees it
			})
		}
	})
	return s
}

func (s *rawServer) Close() error {
	s.stop()
	s.wg.Wait()
	return nil
}

func answerRaw(c net.Conn) error {
	var head [9]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return err
	}
	n := int64(binary.BigEndian.Uint64(head[1:]))
	if head[0] == 'd' {
		return send(c, n)
	}
	if err := receive(c, n); err != nil {
		return err
	}
	_, err := c.Write([]byte{1})
	return err
}

func send(c net.Conn, n int64) error {
	buffer := make([]byte, rawBuffer)
	for n > 0 {
		m, err := c.Write(buffer[:min(n, rawBuffer)])
		if err != nil {
			return err
		}
		n -= int64(m)
	}
	return nil
}

func receive(c net.Conn, n int64) error {
	buffer := make([]byte, rawBuffer)
	for n > 0 {
		m, err := c.Read(buffer[:min(n, rawBuffer)])
		if n -= int64(m); err != nil && n > 0 {
			return err
		}
	}
	return nil
}

// measure moves the amount of a case over its connections. Both ends are in this process, so its CPU tells nothing. timeout is as in
// measure.Command.
func (s *rawServer) measure(ctx context.Context, c result.Case, timeout time.Duration) (sample result.Sample, err error) {
	if timeout > 0 {
		// Not a deadline: net.Dialer sees one by itself, before the context does, and its error tells nothing of whose time was over.
		timed, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		defer time.AfterFunc(timeout, func() { cancel(fmt.Errorf("%w after %s", measure.ErrTimeout, timeout)) }).Stop()
		ctx = timed
	}
	n := int64(max(1, c.Connections))
	total := c.Work.Bytes()
	begun := time.Now()
	group, groupCtx := errgroup.WithContext(ctx)
	for i := range n {
		group.Go(func() error { return s.move(groupCtx, c.Direction, total*(i+1)/n-total*i/n) })
	}
	err = group.Wait()
	sample = result.Sample{Seconds: time.Since(begun).Seconds(), Connections: int(n)}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx) // rather than that a connection was closed
	}
	if err != nil {
		return sample, fmt.Errorf("TCP alone: %w", err)
	}
	sample.Bytes, sample.Files = total, c.Work.Files
	return sample, nil
}

func (s *rawServer) move(ctx context.Context, d result.Direction, n int64) (err error) {
	c, err := s.dial(ctx, "tcp", s.listener.Addr().String())
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	head := binary.BigEndian.AppendUint64([]byte{d[0]}, uint64(n))
	if _, err := c.Write(head); err != nil {
		return err
	}
	if d == result.Down {
		return receive(c, n)
	}
	err = send(c, n)
	_, ackErr := io.ReadFull(c, head[:1])
	return errors.Join(err, ackErr)
}
