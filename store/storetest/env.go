package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// env is what a case works with: a fresh store with two companies in it.
type env struct {
	store.Store
	t        testing.TB
	h        Harness
	ctx      context.Context // ends with the case, or when patience does
	patience time.Duration

	filled int // counts the values that were made up

	mu  sync.Mutex
	ids []int64 // from the store, not used yet
}

// The companies. Both have the inbox, the team and the users.
const (
	acme   store.AccountID = "acme"
	globex store.AccountID = "globex"

	support store.InboxID = "support"
	sales   store.InboxID = "sales"
	crew    store.TeamID  = "crew"
	night   store.TeamID  = "night"

	alice store.UserID = "alice"
	bob   store.UserID = "bob"
	carol store.UserID = "carol"
	dave  store.UserID = "dave"
)

// The channels' names.
const (
	sms      = "sms"
	whatsapp = "whatsapp"
)

func newEnv(t testing.TB, h Harness) (*env, error) {
	if h.Open == nil {
		return nil, errors.New("harness: Open is nil")
	}
	e := &env{t: t, h: h, patience: h.Patience}
	if e.patience <= 0 {
		e.patience = defaultPatience
	}
	if e.Store = h.Open(t); e.Store == nil {
		return nil, errors.New("harness: Open returned nil")
	}
	ctx, cancel := context.WithTimeout(t.Context(), e.patience)
	t.Cleanup(cancel)
	e.ctx = ctx
	if err := e.update(seed); err != nil {
		return nil, fmt.Errorf("putting the companies into a fresh store: %w", err)
	}
	return e, nil
}

func seed(tx store.Tx) error {
	for _, account := range []store.AccountID{acme, globex} {
		var users []store.User
		for _, id := range []store.UserID{alice, bob, carol, dave} {
			users = append(users, store.User{Account: account, ID: id, Name: string(id), Licensed: true})
		}
		err := errors.Join(
			tx.PutAccounts(store.Account{ID: account, Name: string(account)}),
			tx.PutTeams(store.Team{Account: account, ID: crew, Members: []store.UserID{alice, bob}}, store.Team{Account: account, ID: night}),
			tx.PutUsers(users...),
			tx.PutInboxes(store.Inbox{Account: account, ID: support, Team: crew}, store.Inbox{Account: account, ID: sales, Team: night}),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// view runs a View until the case's patience ends.
func (e *env) view(fn func(store.Tx) error) error { return e.View(e.ctx, fn) }

// update runs an Update until the case's patience ends.
func (e *env) update(fn func(store.Tx) error) error { return e.Update(e.ctx, fn) }

// retry runs an Update again for as long as somebody else was faster.
func (e *env) retry(fn func(store.Tx) error) error { return retryOn(e.ctx, e.Store, fn) }

func retryOn(ctx context.Context, s store.Store, fn func(store.Tx) error) error {
	for {
		if err := s.Update(ctx, fn); !errors.Is(err, store.ErrConflict) || ctx.Err() != nil {
			return err
		}
	}
}

// idBatch is how many ids are taken from the store at once.
const idBatch = 64

// id returns a new id of the store's.
func (e *env) id() (int64, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.ids) == 0 {
		err := e.update(func(tx store.Tx) error {
			e.ids = e.ids[:0]
			for range idBatch {
				id, err := tx.NewID()
				if err != nil {
					return err
				}
				e.ids = append(e.ids, id)
			}
			return nil
		})
		if err != nil {
			return 0, fmt.Errorf("drawing ids with NewID: %w", err)
		}
	}
	id := e.ids[0]
	e.ids = e.ids[1:]
	return id, nil
}

// read is one read of a transaction.
type read func(tx store.Tx) (any, error)

// expect compares what a read in a View of its own returns.
func (e *env) expect(want any, r read) error {
	return e.view(func(tx store.Tx) error { return expectIn(tx, want, r) })
}

// expectIn compares what a read returns.
func expectIn(tx store.Tx, want any, r read) error {
	got, err := r(tx)
	if err != nil {
		return err
	}
	return same(want, got)
}

// expectNone fails if a read in a View of its own returns anything.
func (e *env) expectNone(r read) error {
	return e.view(func(tx store.Tx) error {
		got, err := r(tx)
		if err != nil {
			return err
		}
		if n := length(got); n != 0 {
			return fmt.Errorf("got %d records where there must be none: %+v", n, got)
		}
		return nil
	})
}

// expectError fails unless an error is, or wraps, the one that must come.
func expectError(got, want error) error {
	switch {
	case errors.Is(got, want):
		return nil
	case got == nil:
		return fmt.Errorf("succeeded, must fail with %q", want.Error())
	default:
		return fmt.Errorf("failed with %w, must fail with %q", got, want.Error())
	}
}

// doing adds to an error what was done, if there is one.
func doing(what string, err error) error {
	if err == nil || isSkip(err) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}

// within runs fn and fails if it has not returned when patience ends.
func (e *env) within(what string, fn func() error) error {
	done := make(chan error, 1)
	go func() { done <- fn() }()
	limit := time.NewTimer(e.patience)
	defer limit.Stop()
	select {
	case err := <-done:
		return doing(what, err)
	case <-limit.C:
		return fmt.Errorf("%s: did not return within %v", what, e.patience)
	}
}

// all runs functions at once and returns their errors.
func all(n int, fn func(i int) error) error {
	errs := make([]error, n)
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() { errs[i] = fn(i) })
	}
	running.Wait()
	return errors.Join(errs...)
}
