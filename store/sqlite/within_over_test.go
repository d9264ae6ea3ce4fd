package sqlite

import (
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/store"
)

// A transaction that a statement of the host's has rolled back is over: what is
// written in it must not be committed by itself.
func TestWithinAfterARollback(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path, Config{})
	db := host(t, path, immediate)
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE orders (id INTEGER PRIMARY KEY); INSERT INTO orders VALUES (1)`); err != nil {
		t.Fatal(err)
	}
	tx := begin(t, db)
	in := s.Within(tx)
	if err := in.Update(t.Context(), putContact(1, "Dave")); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), `INSERT OR ROLLBACK INTO orders VALUES (1)`); err == nil {
		t.Fatal("there are two orders with one id")
	}
	if err := in.Update(t.Context(), putContact(2, "Carol")); err == nil || !strings.Contains(err.Error(), "is over") {
		t.Errorf("the error is %v", err)
	}
	if err := tx.Commit(); err == nil {
		t.Error("it was committed")
	}
	if names := contacts(t, s, 1, 2); names != "" {
		t.Errorf("%q is there", names)
	}
}

// An Update inside of an Update would number what the other numbers.
func TestWithinNested(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path, Config{})
	in := s.Within(begin(t, host(t, path, immediate)))
	err := in.Update(t.Context(), func(store.Tx) error { return in.Update(t.Context(), putContact(1, "Dave")) })
	if err == nil || !strings.Contains(err.Error(), "inside of an Update") {
		t.Errorf("the error is %v", err)
	}
}
