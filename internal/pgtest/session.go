package pgtest

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// errLost ends a session of which a commit, or its answer, is lost.
var errLost = errors.New("a commit is lost")

// session is a client's connection to the proxy, and the proxy's to the server
// on its behalf.
type session struct {
	proxy *Proxy
	ctx   context.Context // ends with the session
	end   context.CancelFunc
	deaf  atomic.Bool // see swallows

	mu    sync.Mutex
	conns []net.Conn // the client's, then the server's
}

func newSession(p *Proxy, client net.Conn) *session {
	s := &session{proxy: p, conns: []net.Conn{client}}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

// run passes on what is sent until both sides have closed or the session is
// reset.
func (s *session) run() {
	client := s.conns[0]
	server, err := s.proxy.dial(s.ctx)
	if err != nil || !s.add(server) {
		s.reset()
		return
	}
	up, down := way{s, client, server}, way{s, server, client}
	cancels, err := greet(up, down)
	if cancels {
		// The server answers by closing.
		_, err = io.Copy(down, server)
	}
	if cancels || err != nil {
		s.over(down, err)
		s.close()
		return
	}
	prepared := newCommits()
	var both sync.WaitGroup
	both.Go(func() {
		s.over(up, relay(up, client, fromClient, func(kind byte, body []byte) error {
			return s.lose(prepared.asked(kind, body), s.proxy.before.Load())
		}))
	})
	both.Go(func() {
		s.over(down, relay(down, server, fromServer, func(_ byte, body []byte) error {
			return s.lose(answered(body), s.proxy.after.Load())
		}))
	})
	both.Wait()
	s.close()
}

// lose returns errLost if this is a commit and one is to be lost.
func (s *session) lose(commit bool, losses *Losses) error {
	if commit && !s.swallows() && losses.take() {
		return errLost
	}
	return nil
}

// over passes on that one way is over: closed by whoever sends there, or, with
// an error, broken.
func (s *session) over(w way, err error) {
	if s.swallows() {
		<-s.ctx.Done()
		return
	}
	if err != nil {
		s.reset()
		return
	}
	if half, ok := w.to.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil {
		s.reset()
	}
}

// swallows reports whether what is sent is lost: during a stall, and for ever
// in a session of which something was lost, as neither side would understand
// what follows.
func (s *session) swallows() bool {
	if s.proxy.stalled.Load() {
		s.deaf.Store(true)
	}
	return s.deaf.Load()
}

// add adds a connection, unless the session has ended.
func (s *session) add(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		conn.Close()
		return false
	}
	s.conns = append(s.conns, conn)
	return true
}

// close ends the session in good order.
func (s *session) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
	for _, conn := range s.conns {
		conn.Close()
	}
}

// reset ends the session with a reset of each connection (RST).
func (s *session) reset() {
	s.mu.Lock()
	for _, conn := range s.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			// It fails when it is closed already.
			_ = tcp.SetLinger(0)
		}
	}
	s.mu.Unlock()
	s.close()
}
