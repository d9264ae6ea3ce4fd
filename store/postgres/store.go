package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/teaminbox/teaminbox/internal/turns"
	"github.com/teaminbox/teaminbox/internal/upkeep"
	"github.com/teaminbox/teaminbox/store"
)

// Store keeps everything in one schema of a Postgres database. Its methods may
// be called from many goroutines at once, and any number of processes may have
// a Store on one schema. Open one with [Open] or [New] and close it with
// [Store.Close].
type Store struct {
	cfg    Config
	pool   *pgxpool.Pool
	owned  bool // the pool is the Store's own
	guards guards
	self   string // the schema's own id
	turns  turns.Last
	texts  texts
	blocks blockCount
	seen   seenVersion

	limits            limits
	synchronousCommit string

	announcer *announcer
	indexer   *upkeep.Worker
	unsorted  atomic.Int64 // messages whose tokens wait in the list of the index

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup // transactions, and what they leave behind
}

// limits are what a transaction sets for itself.
type limits struct{ lock, giveWay, statement, idle string }

func limitsOf(c Config) limits {
	milliseconds := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	return limits{milliseconds(c.LockTimeout), milliseconds(min(giveWay, c.LockTimeout)), milliseconds(c.StatementTimeout), milliseconds(c.IdleTimeout)}
}

var (
	_ store.Notifier = (*Store)(nil)
	_ store.Parallel = (*Store)(nil)
)

// Parallelism is how many Updates an engine should have under way: while one
// waits for the server, another keeps both of them busy. More than two make the
// batches smaller than they gain, the more so beside other processes, and so do
// fewer than 32 changes. It leaves half of the connections to Views.
func (s *Store) Parallelism() (updates, changes int) {
	return int(max(1, min(2, s.pool.Config().MaxConns/2))), 32
}

// View runs fn on a snapshot of the database. It neither waits for an Update
// nor holds one up. fn runs again when the connection was lost, and when the
// Directory has changed since the Store looked last.
func (s *Store) View(ctx context.Context, fn func(store.Tx) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.running.Done()
	var a again
	return s.retry(ctx, func() (*tx, error) { return s.attempt(ctx, true, &a, fn) })
}

// Update runs fn in a transaction. Updates that read or write the same keys
// run one after the other, others at once. fn runs again when another Update
// was in the way, and when the connection was lost before the commit.
//
// When the answer to a COMMIT gets lost, Update asks the database on another
// connection whether it happened, so that it fails with store.ErrUnknown only if
// the database can't be asked within Config.StatementTimeout, or can't be sure,
// as after a crash.
func (s *Store) Update(ctx context.Context, fn func(store.Tx) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.running.Done()
	var a again
	return s.retry(ctx, func() (*tx, error) {
		t, err := s.attempt(ctx, false, &a, fn)
		if t != nil {
			a.after(t)
		}
		return t, err
	})
}

// wanted returns every guard that a transaction had or needed.
func (t *tx) wanted() []guard {
	for key, shared := range t.held {
		t.needed.add(guard{key, shared})
	}
	return t.needed.sorted()
}

// How often a transaction is tried.
const (
	maxTries = 50 // when others were in the way
	maxLost  = 3  // when the connection was lost
)

// retry tries a transaction until it succeeds, or fails in a way that another
// try does not cure.
func (s *Store) retry(ctx context.Context, attempt func() (*tx, error)) error {
	lost := 0
	for try := 1; ; try++ {
		t, err := attempt()
		if err == nil {
			return nil
		}
		cause := err
		if t != nil && t.failed != nil {
			cause = t.failed // whatever the function made of it
		}
		switch {
		case errors.Is(cause, store.ErrUnknown):
			return err
		case errors.Is(cause, errLost):
			if lost++; lost == maxLost {
				return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
			}
		case !errors.Is(cause, errTaken) && !errors.Is(cause, errRetry):
			return err
		case try == maxTries:
			return fmt.Errorf("%w: %w", ErrBusy, err)
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

// pause waits a little before the next try: not at all at first, as the guards
// are waited for then.
func pause(ctx context.Context, try int) error {
	if try > 1 {
		longest := min(time.Millisecond<<min(try, 6), 50*time.Millisecond)
		timer := time.NewTimer(time.Duration(rand.Int64N(int64(longest)))) //nolint:forbidigo // spreads those who wait; nothing is decided by it
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}

// attempt runs fn in a transaction once.
func (s *Store) attempt(ctx context.Context, readOnly bool, a *again, fn func(store.Tx) error) (*tx, error) {
	conn, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	t := &tx{s: s, ctx: ctx, conn: conn, readOnly: readOnly, again: a}
	if !readOnly {
		t.held, t.needed = make(guardSet), make(guardSet)
	}
	committed := false
	// A function that panics, or ends its goroutine, comes by here too.
	//nolint:contextcheck // what failed is rolled back after the caller's context has ended, too
	defer func() {
		t.ended = true
		s.leave(t, conn, committed)
	}()
	err = fn(t)
	if readOnly {
		return t, t.verified(err)
	}
	if err != nil {
		return t, err
	}
	if err := t.ready(); err != nil {
		return t, err
	}
	if !t.wrote {
		return t, nil
	}
	if err := t.commit(); err != nil { //nolint:contextcheck // see there
		if t.id == "" || !t.inDoubt(err) {
			return t, err
		}
		if err := s.findOut(ctx, t, err); err != nil {
			return t, err
		}
	}
	committed = true
	s.blocks.committed(&t.ids)
	s.announcer.committed()
	s.tokenized(t.tokenized)
	return t, nil
}

// acquire takes a connection.
func (s *Store) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("postgres: %w", err)
		}
		return nil, fmt.Errorf("%w: postgres: %w", store.ErrUnavailable, err)
	}
	return conn, nil
}

// leave gives a connection back. What has not committed is rolled back, without
// anybody waiting for it.
func (s *Store) leave(t *tx, conn *pgxpool.Conn, committed bool) {
	if committed || !t.begun || conn.Conn().IsClosed() {
		conn.Release()
		return
	}
	if t.failed != nil || !t.readOnly { // its guards are free when the next try begins
		s.rollBack(conn)
		return
	}
	s.running.Go(func() { s.rollBack(conn) })
}

func (s *Store) rollBack(conn *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), rollbackTimeout)
	defer cancel()
	_, _ = conn.Exec(ctx, `ROLLBACK`) // if it fails, the pool closes the connection
	conn.Release()
}

const rollbackTimeout = 5 * time.Second

// enter begins a transaction, unless the Store is closed.
func (s *Store) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.running.Add(1)
	return nil
}

// Close waits for the transactions that run, lets no other begin, and closes
// the connections, but not a pool of the host's. Closing twice fails with
// [ErrClosed].
func (s *Store) Close() error {
	s.indexer.Close()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.closed = true
	s.mu.Unlock()
	s.running.Wait()
	s.announcer.close()
	if s.owned {
		s.pool.Close()
	}
	return nil
}
