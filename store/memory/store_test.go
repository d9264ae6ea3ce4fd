package memory_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// contact makes a contact with one telephone number.
func contact(id store.ContactID, address channel.Address) store.Contact {
	return store.Contact{ID: id, Account: store.DefaultAccount, Addresses: []channel.Address{address}}
}

func putContacts(t *testing.T, s *memory.Store, cs ...store.Contact) {
	t.Helper()
	if err := s.Update(t.Context(), func(tx store.Tx) error { return tx.PutContacts(cs...) }); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, s *memory.Store, ids ...store.ContactID) []string {
	t.Helper()
	var out []string
	err := s.View(t.Context(), func(tx store.Tx) error {
		cs, err := tx.Contacts(ids...)
		for _, c := range cs {
			out = append(out, c.Name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAnUpdateWithAFailedWriteFails(t *testing.T) {
	s := memory.New()
	putContacts(t, s, contact(1, "+14155550101"))
	err := s.Update(t.Context(), func(tx store.Tx) error {
		_ = tx.PutContacts(contact(2, "+14155550102"), contact(3, "+14155550101"))
		return nil // careless
	})
	if !errors.Is(err, store.ErrDuplicate) {
		t.Errorf("Update returned %v, must return what the write failed with", err)
	}
	if got := names(t, s, 1, 2, 3); len(got) != 1 {
		t.Errorf("%d contacts are there, must be the first one alone", len(got))
	}
}

func TestATransactionIsOverWhenItsFunctionReturns(t *testing.T) {
	s := memory.New()
	var kept [2]store.Tx
	keep := func(i int) func(store.Tx) error {
		return func(tx store.Tx) error {
			kept[i] = tx
			return nil
		}
	}
	if err := errors.Join(s.View(t.Context(), keep(0)), s.Update(t.Context(), keep(1))); err != nil {
		t.Fatal(err)
	}
	for _, tx := range kept {
		if _, err := tx.Contacts(1); err == nil {
			t.Error("a read after the end succeeded")
		}
		if err := tx.PutContacts(contact(1, "+14155550101")); err == nil {
			t.Error("a write after the end succeeded")
		}
	}
	if got := names(t, s, 1); len(got) != 0 {
		t.Error("a write after the end was kept")
	}
}

func TestNewIDFailsInAView(t *testing.T) {
	err := memory.New().View(t.Context(), func(tx store.Tx) error {
		_, err := tx.NewID()
		return err
	})
	if !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("NewID in a View: %v, must be ErrReadOnly", err)
	}
}

// A View neither waits for an Update nor holds one up, and sees the moment at
// which it began however long it lasts.
func TestViewsAndUpdatesDoNotWaitForEachOther(t *testing.T) {
	s := memory.New()
	c := contact(1, "+14155550101")
	c.Name = "alice"
	putContacts(t, s, c)
	err := s.View(t.Context(), func(tx store.Tx) error {
		c.Name, c.Version = "carol", 1
		putContacts(t, s, c)
		err := s.Update(t.Context(), func(writing store.Tx) error {
			c.Name, c.Version = "dave", 2
			if err := writing.PutContacts(c); err != nil {
				return err
			}
			if diff := cmp.Diff([]string{"carol"}, names(t, s, 1)); diff != "" {
				t.Errorf("a View in an Update sees another state than the committed one:\n%s", diff)
			}
			return nil
		})
		if err != nil {
			return err
		}
		before, err := store.One(tx.Contacts(1))
		if err == nil && before.Name != "alice" {
			t.Errorf("a View sees %q, which was written after it had begun", before.Name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"dave"}, names(t, s, 1)); diff != "" {
		t.Errorf("after both Updates:\n%s", diff)
	}
}

func TestAnUpdateInAnUpdateEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		err := s.Update(t.Context(), func(store.Tx) error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			return s.Update(ctx, func(store.Tx) error { return nil })
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the inner Update returned %v, must return its context's error", err)
		}
	})
}

func TestLeasesRunByTheClockGiven(t *testing.T) {
	now := time.Date(2026, time.May, 4, 9, 30, 0, 0, time.UTC)
	s := memory.New(memory.WithClock(func() time.Time { return now }))
	var leases []store.Lease
	err := s.Update(t.Context(), func(tx store.Tx) (err error) {
		leases, err = tx.Lease("one", time.Minute, 7)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []store.Lease{{Conversation: 7, Owner: "one", Fence: 1, Until: now.Add(time.Minute)}}
	if diff := cmp.Diff(want, leases); diff != "" {
		t.Errorf("the lease (-want +got):\n%s", diff)
	}
}

func TestNotifyWakesOnlyAfterCommitsThatWrote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		ctx, cancel := context.WithCancel(t.Context())
		woken := 0
		ended := make(chan error, 1)
		go func() { ended <- s.Notify(ctx, func() { woken++ }) }()
		expect := func(what string, want int) {
			t.Helper()
			synctest.Wait()
			if woken != want {
				t.Errorf("after %s, wake was called %d times, must be %d", what, woken, want)
			}
		}
		run := func(fn func(store.Tx) error) {
			_ = s.Update(ctx, fn)
		}
		expect("nothing", 0)
		run(func(store.Tx) error { return nil })
		expect("an Update that wrote nothing", 0)
		run(func(tx store.Tx) error {
			_, err := tx.LeaseDue(store.LeaseQuery{Owner: "one", Now: time.Now(), TTL: time.Minute, Limit: 1})
			return err
		})
		expect("leasing where nothing is due", 0)
		run(func(tx store.Tx) error {
			return errors.Join(tx.PutContacts(contact(1, "+14155550101")), errors.New("no"))
		})
		expect("an Update that failed", 0)
		run(func(tx store.Tx) error { return tx.PutContacts(contact(1, "+14155550101")) })
		expect("an Update that wrote", 1)
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Notify returned %v, must return its context's error", err)
		}
	})
}
