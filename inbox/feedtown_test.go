package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// town is an engine with many accounts, in each of which alice has a seat.
type town struct {
	t     *testing.T
	store *townStore
	in    *inbox.Inbox
	ids   []inbox.AccountID
}

// townStore is a Store that takes time. Those who are told to wait do until their
// context ends, an account may be broken, and all of it may be away.
type townStore struct {
	store.Store
	takes func() time.Duration

	mu     sync.Mutex
	views  int
	broken inbox.AccountID
	panics bool // what is broken
	away   bool
	failed int // how often what is broken was asked for
	hold   bool
	held   []*townListener // who wait
}

// townListener is one whose context, of which it is a value, can be ended.
type townListener struct {
	*listener
	account inbox.AccountID
	ctx     context.Context
	leave   context.CancelFunc
}

type listening struct{} // the key of a townListener

func (s *townStore) View(ctx context.Context, fn func(store.Tx) error) error {
	s.mu.Lock()
	s.views++
	hold, away := s.hold, s.away
	if hold {
		l, _ := ctx.Value(listening{}).(*townListener)
		s.held = append(s.held, l)
	}
	s.mu.Unlock()
	if hold {
		<-ctx.Done()
		return ctx.Err()
	}
	time.Sleep(s.takes()) // bubble time
	if away {
		return store.ErrUnavailable
	}
	return s.Store.View(ctx, func(tx store.Tx) error { return fn(townTx{tx, s}) })
}

type townTx struct {
	store.Tx
	s *townStore
}

func (t townTx) Events(q store.EventQuery) ([]store.Event, error) {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	if q.Account == t.s.broken {
		t.s.failed++
		if t.s.panics {
			panic(errBroken)
		}
		return nil, errBroken
	}
	return t.Tx.Events(q)
}

func (s *townStore) set(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

func (s *townStore) viewed() (n int) {
	s.set(func() { n, s.views = s.views, 0 })
	return n
}

func newTown(t *testing.T, accounts int) *town {
	s := &townStore{Store: memory.New(), takes: func() time.Duration { return time.Millisecond }}
	carrier, err := simulated.New(simulated.Config{})
	if err != nil {
		t.Fatal(err)
	}
	in, err := inbox.New(inbox.Config{Store: s, Channels: []channel.Channel{carrier}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, store: s, in: in}
	for i := range accounts {
		w.ids = append(w.ids, inbox.AccountID(fmt.Sprintf("company-%d", i)))
	}
	w.update(func(tx store.Tx) error {
		for _, id := range w.ids {
			err := errors.Join(tx.PutAccounts(store.Account{ID: id, Name: string(id)}), tx.PutUsers(store.User{Account: id, ID: "alice", Licensed: true}))
			if err != nil {
				return err
			}
		}
		return nil
	})
	return w
}

func (w *town) update(fn func(store.Tx) error) {
	w.t.Helper()
	if err := w.store.Update(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// come has an event happen in each of the accounts, of which another process
// would tell.
func (w *town) come(accounts ...inbox.AccountID) {
	w.t.Helper()
	w.update(func(tx store.Tx) error {
		var es []store.Event
		for _, id := range accounts {
			es = append(es, store.Event{Account: id, Type: store.StrayReceived})
		}
		return tx.AppendEvents(es...)
	})
}

// listen has alice listen in an account.
func (w *town) listen(ctx context.Context, account inbox.AccountID, after inbox.Cursor) *townListener {
	l := &townListener{listener: &listener{ended: make(chan struct{})}, account: account}
	l.ctx, l.leave = context.WithCancel(context.WithValue(ctx, listening{}, l))
	go func() {
		defer close(l.ended)
		for e, err := range w.in.Agent(account, "alice").Events(l.ctx, after) {
			if err != nil {
				l.err = err
				return
			}
			l.got = append(l.got, e.Cursor)
		}
	}()
	return l
}

// listenToAll has alice listen in each account, and returns when all is read.
func (w *town) listenToAll() map[inbox.AccountID]*townListener {
	all := make(map[inbox.AccountID]*townListener)
	for _, id := range w.ids {
		all[id] = w.listen(w.t.Context(), id, 0)
	}
	w.pass(1500 * time.Millisecond)
	w.store.viewed()
	return all
}

// pass lets time go by.
func (w *town) pass(d time.Duration) {
	time.Sleep(d) // bubble time
	synctest.Wait()
}

// othersGotOne fails unless each listener but that to one account got an event, and
// listens on.
func othersGotOne(t *testing.T, all map[inbox.AccountID]*townListener, hurt inbox.AccountID) {
	t.Helper()
	for id, l := range all {
		if id != hurt && (len(l.got) != 1 || l.hasEnded()) {
			t.Errorf("the listener to %s got %v, %v", id, l.got, l.err)
		}
	}
}
