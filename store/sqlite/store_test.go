package sqlite

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/teaminbox/teaminbox/store"
)

func putAccount(tx store.Tx, id store.AccountID) error {
	return tx.PutAccounts(store.Account{ID: id, Name: string(id)})
}

func accounts(t *testing.T, s *Store) string {
	t.Helper()
	var names []string
	view(t, s, func(tx store.Tx) error {
		all, err := tx.Accounts()
		for _, a := range all {
			names = append(names, string(a.ID))
		}
		return err
	})
	return strings.Join(names, " ")
}

// However a function ends, its transaction does too, and the next one runs.
func TestTransactionEndsWithItsFunction(t *testing.T) {
	s := openAt(t, newPath(t), Config{MaxReaders: 1})
	run := func(fn func(func(context.Context, func(store.Tx) error) error)) {
		fn(s.Update)
		fn(s.View)
	}
	run(func(begin func(context.Context, func(store.Tx) error) error) {
		defer func() {
			if p := recover(); p != "oops" {
				t.Errorf("the panic became %v", p)
			}
		}()
		_ = begin(context.Background(), func(tx store.Tx) error {
			_ = putAccount(tx, "panicked") // fails in a View
			panic("oops")
		})
	})
	run(func(begin func(context.Context, func(store.Tx) error) error) {
		var wg sync.WaitGroup
		wg.Go(func() {
			_ = begin(context.Background(), func(tx store.Tx) error {
				_ = putAccount(tx, "left") // fails in a View
				runtime.Goexit()
				return nil
			})
		})
		wg.Wait()
	})
	update(t, s, func(tx store.Tx) error { return putAccount(tx, "alice") })
	if got := accounts(t, s); got != "alice" {
		t.Errorf("accounts: %s", got)
	}
}

// What failed may be written in part, so it can't be committed.
func TestUpdateThatIgnoresAFailureIsNotCommitted(t *testing.T) {
	s := openAt(t, newPath(t), Config{})
	err := s.Update(context.Background(), func(tx store.Tx) error {
		if err := putAccount(tx, "alice"); err != nil {
			return err
		}
		if err := putAccount(tx, "alice"); !errors.Is(err, store.ErrConflict) {
			t.Errorf("put twice: %v", err)
		}
		return nil
	})
	if !errors.Is(err, store.ErrConflict) {
		t.Errorf("got %v, want what failed", err)
	}
	if got := accounts(t, s); got != "" {
		t.Errorf("accounts: %s", got)
	}
}

// A context that ends during the function ends the transaction, not the
// connection.
func TestContextThatEndsInTheFunction(t *testing.T) {
	s := openAt(t, newPath(t), Config{MaxReaders: 1})
	firstWriter, firstReader := connection(t, s.writer), connection(t, s.readers)
	for range 3 {
		ctx, cancel := context.WithCancel(context.Background())
		err := s.Update(ctx, func(tx store.Tx) error {
			err := putAccount(tx, "alice")
			cancel()
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Update: %v", err)
		}
		ctx, cancel = context.WithCancel(context.Background())
		err = s.View(ctx, func(tx store.Tx) error {
			cancel()
			_, err := tx.Accounts()
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("View: %v", err)
		}
	}
	if got := accounts(t, s); got != "" {
		t.Errorf("accounts: %s", got)
	}
	if connection(t, s.writer) != firstWriter || connection(t, s.readers) != firstReader {
		t.Error("there are other connections than at the beginning")
	}
}

// connection returns the one connection of a pool.
func connection(t *testing.T, p *pool) *conn {
	t.Helper()
	c, err := p.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.release(c, true)
	return c
}

func TestTransactionIsNotUsedAfterItsFunction(t *testing.T) {
	s := openAt(t, newPath(t), Config{})
	var kept store.Tx
	update(t, s, func(tx store.Tx) error { kept = tx; return nil })
	if _, err := kept.Accounts(); !errors.Is(err, errEnded) {
		t.Errorf("a read: %v", err)
	}
	if err := putAccount(kept, "alice"); !errors.Is(err, errEnded) {
		t.Errorf("a write: %v", err)
	}
}

func TestClose(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path, Config{})
	inside, end := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Update(context.Background(), func(tx store.Tx) error {
			close(inside)
			<-end
			return putAccount(tx, "alice")
		}); err != nil {
			t.Error(err)
		}
	})
	<-inside
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	<-s.writer.closed
	nothing := func(store.Tx) error { t.Error("ran while the Store closes"); return nil }
	if err := s.Update(context.Background(), nothing); !errors.Is(err, ErrClosed) {
		t.Errorf("Update: %v", err)
	}
	close(end)
	wg.Wait()
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if err := s.View(context.Background(), nothing); !errors.Is(err, ErrClosed) {
		t.Errorf("View: %v", err)
	}
	if err := s.Notify(context.Background(), func() {}); !errors.Is(err, ErrClosed) {
		t.Errorf("Notify: %v", err)
	}
	if err := s.Close(); !errors.Is(err, ErrClosed) {
		t.Errorf("Close again: %v", err)
	}
	if got := accounts(t, openAt(t, path, Config{})); got != "alice" {
		t.Errorf("accounts: %s", got)
	}
}
