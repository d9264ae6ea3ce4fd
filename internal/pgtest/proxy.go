package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Proxy stands between clients and a server, and does to their connections what
// networks do. Without a fault it passes on everything as it is, requests to
// cancel included. TLS would hide what it looks for: a connection that a server
// agrees to encrypt is reset.
//
// The faults can be combined, apply to all connections, those that are there
// and those to come, and last until they are taken back. All methods may be
// called from many goroutines.
type Proxy struct {
	t       testing.TB
	target  *pgconn.Config
	address string

	stalled atomic.Bool
	latency atomic.Int64
	after   atomic.Pointer[Losses] // the answers of commits
	before  atomic.Pointer[Losses] // the commits themselves

	mu       sync.Mutex
	listener net.Listener // nil while connections are refused
	sessions map[*session]bool
	running  sync.WaitGroup
}

// NewProxy starts a proxy for the server that a database's URL names, on a port
// of 127.0.0.1, and ends it with the test.
func NewProxy(t testing.TB, databaseURL string) *Proxy {
	t.Helper()
	target, err := pgconn.ParseConfig(databaseURL)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	p := &Proxy{t: t, target: target, sessions: make(map[*session]bool)}
	p.LoseCommit(0)
	p.LoseBeforeCommit(0)
	if err := p.listenSomewhere(); err != nil {
		t.Fatalf("pgtest: a port for the proxy: %v", err)
	}
	t.Cleanup(func() {
		p.Refuse(true)
		p.Cut()
		p.running.Wait()
	})
	return p
}

// URL returns the URL of the same database, for the same user, through the
// proxy. The database is one of the server behind it.
func (p *Proxy) URL(databaseURL string) string {
	p.t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		p.t.Fatalf("pgtest: not the URL of a database: %v", err)
	}
	query := u.Query()
	query.Del("host")
	query.Del("port")
	query.Set("sslmode", "disable")
	u.Host, u.RawQuery = p.address, query.Encode()
	return u.String()
}

// Cut resets all connections, on both sides, as a firewall does that forgets
// them, and returns how many there were. New ones are taken.
func (p *Proxy) Cut() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.sessions {
		s.reset()
	}
	return len(p.sessions)
}

// Refuse says whether new connections are refused, as they are by a machine on
// which no server runs. Those that there are go on.
func (p *Proxy) Refuse(refuse bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case refuse && p.listener != nil:
		p.listener.Close()
		p.listener = nil
	case !refuse && p.listener == nil:
		if err := p.listen(p.address); err != nil {
			p.t.Errorf("pgtest: the proxy takes connections again: %v", err)
		}
	}
}

// Latency delays by d whatever is passed on, so that an answer comes 2d later.
// A long answer is passed on in parts of 4 KB, each of which is delayed.
func (p *Proxy) Latency(d time.Duration) { p.latency.Store(int64(d)) }

// Stall says whether connections are half open: they stay up, but what is sent
// is swallowed, in both directions, and neither side hears that the other has
// closed. What was sent earlier may still arrive. A connection that has lost
// something stays so for ever, with the session and its locks in the server,
// until it is Cut; those on which nobody has said anything in the meantime, and
// new ones, recover when the stall ends.
func (p *Proxy) Stall(stall bool) { p.stalled.Store(stall) }

// LoseCommit lets the server execute the next n COMMITs, but resets their
// connections when it answers: everything up to that answer reaches the client,
// and the answer does not. It takes the place of an earlier LoseCommit, of
// which 0 loses no more.
//
// What counts is a COMMIT that succeeds, in a simple query or in a pipeline. A
// statement that commits by itself, outside of BEGIN and COMMIT, does not.
func (p *Proxy) LoseCommit(n int) *Losses {
	l := newLosses(n)
	p.after.Store(l)
	return l
}

// LoseBeforeCommit resets the connections of the next n COMMITs before the
// server sees them: everything before reaches it, which it then rolls back. It
// takes the place of an earlier LoseBeforeCommit, of which 0 loses no more.
//
// What counts is a simple query of which a statement is COMMIT, all of which is
// lost, or the Execute message of a prepared one.
func (p *Proxy) LoseBeforeCommit(n int) *Losses {
	l := newLosses(n)
	p.before.Store(l)
	return l
}

// listenSomewhere finds a port that is free. It is one that stays so while
// connections are refused.
func (p *Proxy) listenSomewhere() error {
	var err error
	for range 20 {
		p.address = net.JoinHostPort("127.0.0.1", strconv.Itoa(somePort()))
		if err = p.listen(p.address); err == nil {
			return nil
		}
	}
	return err
}

func (p *Proxy) listen(address string) error {
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", address)
	if err != nil {
		return err
	}
	p.listener = l
	p.running.Go(func() { p.accept(l) })
	return nil
}

func (p *Proxy) accept(l net.Listener) {
	for {
		client, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			p.t.Errorf("pgtest: the proxy takes no more connections: %v", err)
			return
		}
		s := newSession(p, client)
		p.mu.Lock()
		if p.listener == l {
			p.sessions[s] = true
			p.running.Go(func() {
				s.run()
				p.mu.Lock()
				delete(p.sessions, s)
				p.mu.Unlock()
			})
		} else {
			s.reset() // it came just before it would have been refused
		}
		p.mu.Unlock()
	}
}

// dial connects to the server.
func (p *Proxy) dial(ctx context.Context) (net.Conn, error) {
	network, address := pgconn.NetworkAddress(p.target.Host, p.target.Port)
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("the proxy's server: %w", err)
	}
	return conn, nil
}
