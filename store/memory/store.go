package memory

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// Store is a [store.Store] in memory. It may be used from many goroutines at
// once; the engines of several simulated processes may share it.
//
// View never waits. Updates run one after the other, in the order in which
// they got their turn; one that is called inside another's function waits for
// ever, or until its context ends.
type Store struct {
	now func() time.Time

	present atomic.Pointer[state]
	turn    chan struct{} // holds a value while an Update runs
	updates uint64        // how many have begun; for who has the turn

	mu    sync.Mutex
	wakes map[chan struct{}]struct{} // of those who wait in Notify
}

var _ store.Notifier = (*Store)(nil)

// Option changes what [New] makes.
type Option func(*Store)

// WithClock measures leases by a clock of the caller's, which may be called
// from many goroutines at once. Without it, they are measured by the system's.
func WithClock(now func() time.Time) Option {
	return func(s *Store) { s.now = now }
}

// New returns an empty Store.
func New(options ...Option) *Store {
	s := &Store{
		now:   time.Now, //nolint:forbidigo // leases run by the Store's own clock, and this is it
		turn:  make(chan struct{}, 1),
		wakes: make(map[chan struct{}]struct{}),
	}
	for _, o := range options {
		o(s)
	}
	s.present.Store(newState())
	return s
}

// View runs fn on what is committed at the moment of the call.
func (s *Store) View(ctx context.Context, fn func(store.Tx) error) error {
	t := &tx{ctx: ctx, state: s.present.Load(), now: s.now}
	defer t.end()
	if err := t.ready(); err != nil {
		return err
	}
	if err := fn(t); err != nil {
		return err
	}
	return t.ready()
}

// Update runs fn once, when its turn has come, and keeps what it has written
// if it returns nil and no write failed.
func (s *Store) Update(ctx context.Context, fn func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("memory: %w", err)
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("memory: waiting for another transaction: %w", ctx.Err())
	}
	defer func() { <-s.turn }()

	s.updates++
	next := *s.present.Load()
	t := &tx{ctx: ctx, state: &next, now: s.now, number: s.updates}
	defer t.end()
	if err := fn(t); err != nil {
		return err
	}
	if err := t.ready(); err != nil {
		return err
	}
	if t.wrote {
		s.present.Store(&next)
		s.wake()
	}
	return nil
}

// Notify calls wake after commits until the context ends. As all who share the
// Store are in one process, it does so after each of them, whoever made it.
func (s *Store) Notify(ctx context.Context, wake func()) error {
	woken := make(chan struct{}, 1)
	s.mu.Lock()
	s.wakes[woken] = struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.wakes, woken)
		s.mu.Unlock()
	}()
	for {
		select {
		case <-woken:
			wake()
		case <-ctx.Done():
			return fmt.Errorf("memory: %w", ctx.Err())
		}
	}
}

func (s *Store) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for woken := range s.wakes {
		select {
		case woken <- struct{}{}:
		default: // it has not yet seen the one before
		}
	}
}
