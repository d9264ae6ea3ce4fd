package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"time"

	modernc "modernc.org/sqlite"
)

// pool hands out connections, each to one user at a time, and opens them when
// they are needed for the first time. Whoever waits for one waits no longer
// than their context.
type pool struct {
	driver   driver.Connector
	patience time.Duration // for locks of other processes while a connection is opened
	inUse    chan struct{} // holds a value for each connection that is handed out
	closed   chan struct{}

	mu   sync.Mutex
	idle []*conn // the one used last is at the end, as its cache is the warmest
	over bool    // closed is closed
}

// newPool returns a pool of at most limit connections. It opens none.
func newPool(dsn string, limit int, patience time.Duration) (*pool, error) {
	connector, err := modernc.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	return &pool{driver: connector, patience: patience, inUse: make(chan struct{}, limit), closed: make(chan struct{})}, nil
}

func (p *pool) acquire(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	select {
	case p.inUse <- struct{}{}:
	case <-p.closed:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, fmt.Errorf("sqlite: waiting for other transactions: %w", ctx.Err())
	}
	select {
	case <-p.closed:
		<-p.inUse
		return nil, ErrClosed
	default:
	}
	if c := p.pop(); c != nil {
		return c, nil
	}
	// Nothing interrupts a connection but the end of its work, see conn.
	var opened direct
	err := retryBusy(ctx, p.patience, func() (err error) {
		if opened, err = connect(context.WithoutCancel(ctx), p.driver); err != nil {
			return openError(err)
		}
		return nil
	})
	if err != nil {
		<-p.inUse
		return nil, err
	}
	return newConn(opened), nil
}

func (p *pool) pop() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 {
		return nil
	}
	c := p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	return c
}

// release takes a connection back. One that is not sound is given up.
func (p *pool) release(c *conn, sound bool) {
	if sound {
		p.mu.Lock()
		p.idle = append(p.idle, c)
		p.mu.Unlock()
	} else {
		_ = c.close() // nothing was left to write
	}
	<-p.inUse
}

// shut lets no one have a connection any more, and waits for those who do. It
// reports whether it was the first to do so.
func (p *pool) shut() bool {
	p.mu.Lock()
	over := p.over
	p.over = true
	p.mu.Unlock()
	if over {
		return false
	}
	close(p.closed)
	for range cap(p.inUse) {
		p.inUse <- struct{}{}
	}
	return true
}

// close closes a pool that is shut.
func (p *pool) close() error {
	var errs []error
	for c := p.pop(); c != nil; c = p.pop() {
		errs = append(errs, c.close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return nil
}
