package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
)

func TestMain(m *testing.M) {
	code := pgtest.Main(m)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// openAt opens a Store and closes it at the end of the test.
func openAt(t testing.TB, url string, cfg Config) *Store {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := Open(context.Background(), url, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, ErrClosed) {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func update(t testing.TB, s store.Store, fn func(store.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// contactNames returns the names of contacts.
func contactNames(t testing.TB, s store.Store, ids ...store.ContactID) []string {
	t.Helper()
	var names []string
	if err := s.View(context.Background(), func(tx store.Tx) error {
		names = nil
		found, err := tx.Contacts(ids...)
		for _, c := range found {
			names = append(names, c.Name)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return names
}

// putContact makes a contact, whose id is new in each try.
func putContact(id *store.ContactID, name string) func(store.Tx) error {
	return func(tx store.Tx) error {
		n, err := tx.NewID()
		if err != nil {
			return err
		}
		*id = store.ContactID(n)
		return tx.PutContacts(store.Contact{ID: *id, Account: store.DefaultAccount, Name: name, CreatedAt: time.Unix(0, 0)})
	}
}
