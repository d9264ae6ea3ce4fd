package postgres

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
)

// A COMMIT whose answer gets lost has happened, and Update finds that out.
func TestLostAnswer(t *testing.T) {
	url := pgtest.Database(t)
	direct := openAt(t, url, Config{})
	proxy := pgtest.NewProxy(t, url)
	s := openAt(t, proxy.URL(url), Config{})

	losses := proxy.LoseCommit(1)
	var id store.ContactID
	tries := 0
	put := putContact(&id, "Dave")
	if err := s.Update(context.Background(), func(tx store.Tx) error { tries++; return put(tx) }); err != nil {
		t.Fatalf("Update: %v", err)
	}
	if tries != 1 {
		t.Errorf("the function ran %d times; what has happened needs no other try", tries)
	}
	if got := contactNames(t, direct, id); !slices.Equal(got, []string{"Dave"}) {
		t.Errorf("stored: %q", got)
	}
	if losses.Count() != 1 {
		t.Errorf("%d answers were lost, the test needs 1", losses.Count())
	}
}

// A COMMIT that never arrives has not happened, and Update tries again.
func TestLostCommit(t *testing.T) {
	url := pgtest.Database(t)
	direct := openAt(t, url, Config{})
	proxy := pgtest.NewProxy(t, url)
	s := openAt(t, proxy.URL(url), Config{})

	proxy.LoseBeforeCommit(1)
	var ids []store.ContactID
	if err := s.Update(context.Background(), func(tx store.Tx) error {
		var id store.ContactID
		err := putContact(&id, "Dave")(tx)
		ids = append(ids, id)
		return err
	}); err != nil {
		t.Fatalf("Update: %v", err)
	}
	if len(ids) != 2 {
		t.Fatalf("the function ran %d times", len(ids))
	}
	if got := contactNames(t, direct, ids...); !slices.Equal(got, []string{"Dave"}) {
		t.Errorf("stored: %q, must be the one of the second try", got)
	}
}

// If the database can't be asked, nobody knows.
func TestUnknown(t *testing.T) {
	url := pgtest.Database(t)
	proxy := pgtest.NewProxy(t, url)
	s := openAt(t, proxy.URL(url), Config{StatementTimeout: 200 * time.Millisecond})
	var id store.ContactID
	put := putContact(&id, "Dave")
	err := s.Update(context.Background(), func(tx store.Tx) error {
		err := put(tx)
		proxy.Stall(true)
		return err
	})
	if !errors.Is(err, store.ErrUnknown) {
		t.Errorf("Update: %v, must be ErrUnknown", err)
	}
	proxy.Stall(false)
}

// Connections that are cut while Updates run do no harm: each Update that
// succeeds has happened once.
func TestCuts(t *testing.T) {
	url := pgtest.Database(t)
	direct := openAt(t, url, Config{})
	proxy := pgtest.NewProxy(t, url)
	s := openAt(t, proxy.URL(url), Config{})

	const writers, each = 4, 40
	var mu sync.Mutex
	var ids []store.ContactID
	done := make(chan struct{})
	var all []*pgtest.Losses
	var cutting, writing sync.WaitGroup
	cutting.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			default:
			}
			switch n % 3 {
			case 0:
				proxy.Cut()
			case 1:
				all = append(all, proxy.LoseCommit(1))
			case 2:
				all = append(all, proxy.LoseBeforeCommit(1))
			}
			var id store.ContactID
			_ = s.Update(context.Background(), putContact(&id, "between")) // so that time passes
		}
	})
	for range writers {
		writing.Go(func() {
			for range each {
				var id store.ContactID
				err := s.Update(context.Background(), putContact(&id, "Dave"))
				for errors.Is(err, store.ErrUnavailable) { // cut three times in a row
					err = s.Update(context.Background(), putContact(&id, "Dave"))
				}
				if err != nil {
					t.Errorf("Update: %v", err)
					return
				}
				mu.Lock()
				ids = append(ids, id)
				mu.Unlock()
			}
		})
	}
	writing.Wait()
	close(done)
	cutting.Wait()
	if got := contactNames(t, direct, ids...); len(got) != writers*each {
		t.Errorf("%d of %d contacts are there", len(got), writers*each)
	}
	var made int
	if err := direct.pool.QueryRow(context.Background(), direct.text(`SELECT count(*) FROM @contacts WHERE name = 'Dave'`)).Scan(&made); err != nil || made != writers*each {
		t.Errorf("%d contacts were made (%v), must be %d: none twice", made, err, writers*each)
	}
	lost := 0
	for _, l := range all {
		lost += l.Count()
	}
	if lost == 0 {
		t.Error("no commit was lost; the test needs some")
	}
}

// A server that is down is ErrUnavailable, and the Store works again when it
// is back, without anything that was confirmed being gone.
func TestServerCrash(t *testing.T) {
	server := pgtest.Own(t, pgtest.Options{})
	s := openAt(t, server.URL("postgres"), Config{})
	var before, after store.ContactID
	update(t, s, putContact(&before, "before"))
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	var id store.ContactID
	if err := s.Update(context.Background(), putContact(&id, "lost")); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Update without a server: %v", err)
	}
	if err := s.View(context.Background(), func(tx store.Tx) error { _, err := tx.Contacts(before); return err }); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("View without a server: %v", err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	update(t, s, putContact(&after, "after"))
	if got := contactNames(t, s, before, after); !slices.Equal(got, []string{"before", "after"}) {
		t.Errorf("stored: %q", got)
	}
}

// While it can't listen, Notify wakes its caller all the same, and listens
// again as soon as it can.
func TestNotifyLostConnection(t *testing.T) {
	url := pgtest.Database(t)
	other := openAt(t, url, Config{NotifyInterval: time.Millisecond})
	proxy := pgtest.NewProxy(t, url)
	s := openAt(t, proxy.URL(url), Config{NotifyInterval: time.Millisecond})
	ctx, cancel := context.WithCancel(context.Background())
	woken := make(chan struct{}, 1)
	var notifying sync.WaitGroup
	notifying.Go(func() {
		_ = s.Notify(ctx, func() {
			select {
			case woken <- struct{}{}:
			default:
			}
		})
	})
	wait := func(what string) {
		t.Helper()
		limit := time.NewTimer(30 * time.Second)
		defer limit.Stop()
		select {
		case <-woken:
		case <-limit.C:
			t.Fatalf("not woken %s", what)
		}
	}
	defer func() { cancel(); notifying.Wait() }()
	wait("when it listens")
	proxy.Refuse(true)
	proxy.Cut()
	for range 3 {
		wait("while it can't listen")
	}
	proxy.Refuse(false)
	// It listens again when a commit wakes it for each of several.
	for range 3 {
		var id store.ContactID
		update(t, other, putContact(&id, "Dave"))
		wait("by a commit")
	}
}
