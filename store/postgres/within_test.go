package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/storetest"
)

// hosted is a Store of which each transaction is a host's.
type hosted struct{ *Store }

func (h hosted) View(ctx context.Context, fn func(store.Tx) error) error {
	return h.run(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(s store.Store) error { return s.View(ctx, fn) })
}

func (h hosted) Update(ctx context.Context, fn func(store.Tx) error) error {
	for {
		err := h.run(ctx, pgx.TxOptions{}, func(s store.Store) error { return s.Update(ctx, fn) })
		if !errors.Is(err, ErrBusy) && !isDeadlock(err) {
			return err
		}
	}
}

func isDeadlock(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == codeDeadlock
}

func (h hosted) run(ctx context.Context, options pgx.TxOptions, fn func(store.Store) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx, err := h.pool.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := fn(h.Within(tx)); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// Everything that a Store promises holds in transactions of the host's.
func TestConformanceWithin(t *testing.T) {
	if testing.Short() {
		t.Skip("it is no matter of races, and takes long; run without -short")
	}
	urls := make(map[store.Store]string)
	open := func(t testing.TB, url string) store.Store {
		s := hosted{openAt(t, url, Config{NotifyInterval: time.Millisecond})}
		urls[s] = url
		return s
	}
	storetest.Run(t, storetest.Harness{
		Open: func(t testing.TB) store.Store {
			s := open(t, pgtest.Database(t))
			stopClock(t, s.(hosted).Store)
			return s
		},
		Reopen:  func(t testing.TB, s store.Store) store.Store { return open(t, urls[s]) },
		Advance: func(s store.Store, d time.Duration) { advance(s.(hosted).Store, d) },
	})
}

// begin begins a transaction of a host, which ends with the test.
func begin(t *testing.T, s *Store, options pgx.TxOptions) pgx.Tx {
	t.Helper()
	tx, err := s.pool.BeginTx(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx
}

func commit(t *testing.T, tx pgx.Tx) {
	t.Helper()
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// appendEvent adds an event of an account.
func appendEvent(account store.AccountID, kind store.EventType) func(store.Tx) error {
	return func(tx store.Tx) error {
		return tx.AppendEvents(store.Event{Account: account, Type: kind, At: time.Unix(0, 0)})
	}
}

func eventTypes(t *testing.T, s store.Store, account store.AccountID) string {
	t.Helper()
	var types []string
	if err := s.View(t.Context(), func(tx store.Tx) error {
		types = nil
		found, err := tx.Events(store.EventQuery{Account: account, Limit: 100})
		for i, e := range found {
			if types = append(types, string(e.Type)); i > 0 && e.Cursor <= found[i-1].Cursor {
				t.Errorf("the cursors are %v and %v", found[i-1].Cursor, e.Cursor)
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(types, " ")
}

// What is written in the host's transaction comes and goes with the host's own
// rows.
func TestWithinCommitsWithTheHost(t *testing.T) {
	s := openAt(t, pgtest.Database(t), Config{})
	ctx := t.Context()
	if _, err := s.pool.Exec(ctx, `CREATE TABLE orders (id int PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	var id store.ContactID
	for _, rollBack := range []bool{true, false} {
		tx := begin(t, s, pgx.TxOptions{})
		if _, err := tx.Exec(ctx, `INSERT INTO orders VALUES (1)`); err != nil {
			t.Fatal(err)
		}
		in := s.Within(tx)
		update(t, in, putContact(&id, "Dave"))
		update(t, in, appendEvent("acme", "first"))
		update(t, in, appendEvent("acme", "second"))
		if names := contactNames(t, in, id); len(names) != 1 {
			t.Errorf("the host does not see its own contact: %v", names)
		}
		if names := contactNames(t, s, id); len(names) != 0 {
			t.Errorf("others see %v before the commit", names)
		}
		if rollBack {
			if err := tx.Rollback(ctx); err != nil {
				t.Fatal(err)
			}
			if names, types := contactNames(t, s, id), eventTypes(t, s, "acme"); len(names) != 0 || types != "" {
				t.Errorf("%v and %q are left after a rollback", names, types)
			}
			continue
		}
		commit(t, tx)
		if names, types := contactNames(t, s, id), eventTypes(t, s, "acme"); len(names) != 1 || types != "first second" {
			t.Errorf("%v and %q are there after the commit", names, types)
		}
	}
	var left int
	if err := s.pool.QueryRow(ctx, s.text(`SELECT count(*) FROM @host_events`)).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d events are left behind, %v", left, err)
	}
}

// An Update that fails leaves the host's transaction as it was, whatever it
// failed with.
func TestWithinFails(t *testing.T) {
	s := openAt(t, pgtest.Database(t), Config{})
	tx := begin(t, s, pgx.TxOptions{})
	in := s.Within(tx)
	var kept, lost store.ContactID
	update(t, in, putContact(&kept, "Carol"))
	failing := map[string]func(store.Tx) error{
		"by the function": func(x store.Tx) error {
			return errors.Join(putContact(&lost, "Dave")(x), appendEvent("acme", "lost")(x), errDeliberate)
		},
		"by a statement": func(x store.Tx) error {
			return errors.Join(putContact(&lost, "Dave")(x), x.PutContacts(store.Contact{ID: kept, Account: "acme", Version: 7}))
		},
		"by a panic": func(x store.Tx) error {
			_ = putContact(&lost, "Dave")(x)
			panic(errDeliberate)
		},
	}
	for how, fn := range failing {
		func() {
			defer func() { _ = recover() }()
			if err := in.Update(t.Context(), fn); err == nil {
				t.Errorf("%s: there is no error", how)
			}
		}()
		if names := contactNames(t, in, lost, kept); len(names) != 1 {
			t.Errorf("%s: the host sees %v", how, names)
		}
	}
	commit(t, tx)
	if names, types := contactNames(t, s, lost, kept), eventTypes(t, s, "acme"); len(names) != 1 || names[0] != "Carol" || types != "" {
		t.Errorf("%v and %q have been kept", names, types)
	}
}

// A transaction of the host's that takes long keeps nobody from adding events,
// and its own come when it commits.
func TestWithinDoesNotHoldUpEvents(t *testing.T) {
	s := openAt(t, pgtest.Database(t), Config{LockTimeout: time.Second})
	tx := begin(t, s, pgx.TxOptions{})
	update(t, s.Within(tx), appendEvent("acme", "early"))
	update(t, s, appendEvent("acme", "meanwhile"))
	if types := eventTypes(t, s, "acme"); types != "meanwhile" {
		t.Errorf("before the commit there are %q", types)
	}
	commit(t, tx)
	update(t, s, appendEvent("acme", "afterwards"))
	if types := eventTypes(t, s, "acme"); types != "meanwhile early afterwards" {
		t.Errorf("the events are %q", types)
	}
}

// Of two transactions that wait for each other one fails at least, soon, and says
// what to do.
func TestWithinDeadlock(t *testing.T) {
	s := openAt(t, pgtest.Database(t), Config{})
	one, two := begin(t, s, pgx.TxOptions{}), begin(t, s, pgx.TxOptions{})
	read := func(id store.ContactID) func(store.Tx) error {
		return func(tx store.Tx) error { _, err := tx.Contacts(id); return err }
	}
	update(t, s.Within(one), read(1))
	update(t, s.Within(two), read(2))
	other := make(chan error, 1)
	go func() {
		err := s.Within(one).Update(context.Background(), read(2))
		if err != nil {
			_ = one.Rollback(context.Background())
		}
		other <- err
	}()
	err := s.Within(two).Update(t.Context(), read(1))
	if err != nil {
		_ = two.Rollback(t.Context()) // and the other can go on
	}
	otherErr := <-other
	if err == nil && otherErr == nil {
		t.Fatal("both have what the other has")
	}
	for _, err := range []error{err, otherErr} {
		if err != nil && (!errors.Is(err, ErrBusy) || !errors.Is(err, store.ErrBusy) || !strings.Contains(err.Error(), "run it again")) {
			t.Errorf("the error is %v", err)
		}
	}
}

// With snapshots that are older than the guards, what was read would not be
// true.
func TestWithinNeedsReadCommitted(t *testing.T) {
	s := openAt(t, pgtest.Database(t), Config{})
	for _, level := range []pgx.TxIsoLevel{pgx.RepeatableRead, pgx.Serializable} {
		in := s.Within(begin(t, s, pgx.TxOptions{IsoLevel: level}))
		err := in.Update(t.Context(), func(tx store.Tx) error { _, err := tx.NewID(); return err })
		if err == nil || !strings.Contains(err.Error(), "pgx.ReadCommitted") {
			t.Errorf("%s: the error is %v", level, err)
		}
		if names := contactNames(t, in, 1); len(names) != 0 {
			t.Error(names)
		}
	}
}

// The Store itself hears what a host has committed: nobody else tells its
// engine.
func TestWithinIsHeard(t *testing.T) {
	s := openAt(t, pgtest.Database(t), Config{})
	ctx, cancel := context.WithCancel(t.Context())
	woken, done := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Notify(ctx, func() {
			select {
			case woken <- struct{}{}:
			default:
			}
		})
	}()
	<-woken // it listens
	tx := begin(t, s, pgx.TxOptions{})
	update(t, s.Within(tx), appendEvent("acme", "heard"))
	commit(t, tx)
	select {
	case <-woken:
	case <-time.After(time.Minute):
		t.Error("nobody was woken")
	}
	cancel()
	<-done
}

// A transaction on another database with such a schema is refused.
func TestWithinAnotherDatabase(t *testing.T) {
	s, other := openAt(t, pgtest.Database(t), Config{}), openAt(t, pgtest.Database(t), Config{})
	var id store.ContactID
	err := s.Within(begin(t, other, pgx.TxOptions{})).Update(t.Context(), putContact(&id, "Dave"))
	if err == nil || !strings.Contains(err.Error(), "another database") {
		t.Errorf("the error is %v", err)
	}
}

// Events of several accounts are added by two COMMITs at once, whatever their
// order, and whatever a host has set.
func TestWithinEventsOfManyAccounts(t *testing.T) {
	s := openAt(t, pgtest.Database(t), Config{})
	const accounts = 30
	ended := make(chan error, 2)
	for host := range 2 {
		go func() {
			ended <- func() error {
				for range 20 {
					err := pgx.BeginFunc(t.Context(), s.pool, func(tx pgx.Tx) error {
						if _, err := tx.Exec(t.Context(), `SET LOCAL session_replication_role = replica`); err != nil {
							return err
						}
						return s.Within(tx).Update(t.Context(), func(tx store.Tx) error {
							for i := range accounts {
								if host == 1 {
									i = accounts - 1 - i
								}
								if err := appendEvent(store.AccountID(fmt.Sprint("account ", i)), "e")(tx); err != nil {
									return err
								}
							}
							return nil
						})
					})
					if err != nil {
						return err
					}
				}
				return nil
			}()
		}()
	}
	if err := errors.Join(<-ended, <-ended); err != nil {
		t.Fatal(err)
	}
	if n := len(strings.Fields(eventTypes(t, s, "account 7"))); n != 40 {
		t.Errorf("%d events, want 40", n)
	}
}

func TestWithinLostConnection(t *testing.T) {
	s := openAt(t, pgtest.Database(t), Config{})
	tx := begin(t, s, pgx.TxOptions{})
	err := s.Within(tx).Update(t.Context(), func(x store.Tx) error {
		if err := tx.Conn().Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := x.Contacts(1)
		return err
	})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("the error is %v, want store.ErrUnavailable", err)
	}
	if err := s.Within(tx).View(t.Context(), func(x store.Tx) error { _, err := x.Contacts(1); return err }); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("the error of a View is %v, want store.ErrUnavailable", err)
	}
}
