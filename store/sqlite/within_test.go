package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/storetest"
)

// hosted is a Store of which each transaction is a host's.
type hosted struct {
	*Store
	db *sql.DB // of the host
}

// host opens the file of a Store as a host does.
func host(t testing.TB, path, more string) *sql.DB {
	t.Helper()
	name := url.URL{Scheme: "file", Path: path, OmitHost: true, RawQuery: "_pragma=busy_timeout(10000)&_pragma=synchronous(full)" + more}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

const immediate = "&_txlock=immediate"

func (h hosted) View(ctx context.Context, fn func(store.Tx) error) error {
	return h.run(ctx, &sql.TxOptions{ReadOnly: true}, func(s store.Store) error { return s.View(ctx, fn) })
}

func (h hosted) Update(ctx context.Context, fn func(store.Tx) error) error {
	return h.run(ctx, nil, func(s store.Store) error { return s.Update(ctx, fn) })
}

func (h hosted) run(ctx context.Context, options *sql.TxOptions, fn func(store.Store) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx, err := h.db.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := fn(h.Within(tx)); err != nil {
		return err
	}
	return tx.Commit()
}

// Everything that a Store promises holds in transactions of the host's.
func TestConformanceWithin(t *testing.T) {
	if testing.Short() {
		t.Skip("it is no matter of races, and takes long; run without -short")
	}
	clocks := make(map[store.Store]*testClock)
	open := func(t testing.TB, path string, clock *testClock) store.Store {
		s := openAt(t, path, Config{Now: clock.Now, NotifyInterval: time.Millisecond})
		h := hosted{s, host(t, path, immediate)}
		clocks[h] = clock
		return h
	}
	storetest.Run(t, storetest.Harness{
		Open:    func(t testing.TB) store.Store { return open(t, newPath(t), newTestClock()) },
		Reopen:  func(t testing.TB, s store.Store) store.Store { return open(t, s.(hosted).path, clocks[s]) },
		Advance: func(s store.Store, d time.Duration) { clocks[s].Advance(d) },
	})
}

// contacts returns the names of contacts.
func contacts(t *testing.T, s store.Store, ids ...store.ContactID) string {
	t.Helper()
	var names []string
	if err := s.View(t.Context(), func(tx store.Tx) error {
		found, err := tx.Contacts(ids...)
		for _, c := range found {
			names = append(names, c.Name)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

func putContact(id store.ContactID, name string) func(store.Tx) error {
	return func(tx store.Tx) error {
		return tx.PutContacts(store.Contact{ID: id, Account: "acme", Name: name, CreatedAt: time.Unix(0, 0)})
	}
}

var errDeliberate = errors.New("deliberate")

func begin(t *testing.T, db *sql.DB) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

// What is written in the host's transaction comes and goes with the host's own
// rows, and an Update that fails takes nothing else with it.
func TestWithinCommitsWithTheHost(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path, Config{})
	db := host(t, path, immediate)
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE orders (id INTEGER PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	for _, rollBack := range []bool{true, false} {
		tx := begin(t, db)
		if _, err := tx.ExecContext(t.Context(), `INSERT INTO orders VALUES (1)`); err != nil {
			t.Fatal(err)
		}
		in := s.Within(tx)
		if err := in.Update(t.Context(), putContact(1, "Dave")); err != nil {
			t.Fatal(err)
		}
		failed := func(tx store.Tx) error { return errors.Join(putContact(2, "Carol")(tx), errDeliberate) }
		if err := in.Update(t.Context(), failed); !errors.Is(err, errDeliberate) {
			t.Errorf("the error is %v", err)
		}
		func() {
			defer func() { _ = recover() }()
			_ = in.Update(t.Context(), func(tx store.Tx) error { _ = putContact(2, "Carol")(tx); panic(errDeliberate) })
		}()
		if names, others := contacts(t, in, 1, 2), contacts(t, s, 1, 2); names != "Dave" || others != "" {
			t.Errorf("before the commit the host sees %q and others %q", names, others)
		}
		end := tx.Commit
		want := "Dave"
		if rollBack {
			end, want = tx.Rollback, ""
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if names := contacts(t, s, 1, 2); names != want {
			t.Errorf("at the end there is %q, want %q", names, want)
		}
	}
	// The Store opens a file in which the host has tables, and goes on.
	if again := openAt(t, path, Config{}); contacts(t, again, 1) != "Dave" {
		t.Error("the contact is gone")
	}
}

// A transaction that has read before somebody else has written can't write any
// more, and one on another file is not the Store's.
func TestWithinRefuses(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path, Config{})
	tx := begin(t, host(t, path, ""))
	in := s.Within(tx)
	_ = contacts(t, in, 1) // it has read
	if err := s.Update(t.Context(), putContact(1, "Dave")); err != nil {
		t.Fatal(err)
	}
	if err := in.Update(t.Context(), putContact(2, "Carol")); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "_txlock=immediate") {
		t.Errorf("the error is %v", err)
	}
	other := newPath(t)
	openAt(t, other, Config{})
	if err := s.Within(begin(t, host(t, other, ""))).View(t.Context(), func(store.Tx) error { return nil }); err == nil || !strings.Contains(err.Error(), "another database") {
		t.Errorf("the error is %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := in.View(t.Context(), func(store.Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("the error is %v, want ErrClosed", err)
	}
}

// The Store itself hears what a host has committed.
func TestWithinIsHeard(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path, Config{NotifyInterval: time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	woken, done := make(chan struct{}, 1), make(chan struct{})
	listening := make(chan struct{})
	go func() {
		defer close(done)
		close(listening)
		_ = s.Notify(ctx, func() {
			select {
			case woken <- struct{}{}:
			default:
			}
		})
	}()
	<-listening
	h := hosted{s, host(t, path, immediate)}
	for id := store.ContactID(1); ; id++ { // Notify may not have looked yet
		if err := h.Update(ctx, putContact(id, "Dave")); err != nil {
			t.Fatal(err)
		}
		select {
		case <-woken:
			cancel()
			<-done
			return
		case <-time.After(time.Second):
		}
	}
}
