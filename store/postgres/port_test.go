package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
)

// openImpatient opens a Store that waits for no lock.
func openImpatient(t *testing.T, url string) *Store {
	t.Helper()
	return openAt(t, url, Config{LockTimeout: 10 * time.Millisecond, MaxConns: 1})
}

var errDeliberate = errors.New("deliberate")

func putAccount(tx store.Tx) error {
	if err := tx.PutAccounts(store.Account{ID: "acme"}); err != nil {
		return err
	}
	_, err := tx.Accounts() // what was put is written
	return err
}

func TestImportIsRefusedWhileSomebodyWrites(t *testing.T) {
	url := pgtest.Database(t)
	s, other := openAt(t, url, Config{}), openImpatient(t, url)
	err := s.Update(t.Context(), func(tx store.Tx) error {
		if err := putAccount(tx); err != nil {
			return err
		}
		err := other.Import(t.Context(), func(store.Target) error { return errors.New("an Import began beside an Update") })
		if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "stop the engines") {
			t.Errorf("the Import failed with %v, want ErrBusy and what to do", err)
		}
		return errDeliberate
	})
	if !errors.Is(err, errDeliberate) {
		t.Fatal(err)
	}
	if err := other.Import(t.Context(), func(store.Target) error { return nil }); err != nil {
		t.Errorf("when nobody writes: %v", err)
	}
}

func TestNobodyWritesDuringAnImport(t *testing.T) {
	url := pgtest.Database(t)
	s, other := openAt(t, url, Config{}), openImpatient(t, url)
	err := s.Import(t.Context(), func(to store.Target) error {
		if err := other.Update(t.Context(), putAccount); !errors.Is(err, ErrBusy) {
			t.Errorf("an Update beside an Import: %v, want ErrBusy", err)
		}
		again := func(store.Target) error { return errors.New("a second Import began") }
		if err := other.Import(t.Context(), again); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "already") {
			t.Errorf("an Import beside an Import: %v, want ErrBusy", err)
		}
		return to.Put(store.Batch{Accounts: []store.Account{{ID: "acme", Version: 7}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Update(t.Context(), func(tx store.Tx) error { return tx.PutAccounts(store.Account{ID: "acme", Version: 7}) }); err != nil {
		t.Errorf("an Update after an Import: %v", err)
	}
}

// Ids go on above those of the source, in blocks that begin where blocks do.
func TestIDsAfterAnImport(t *testing.T) {
	s := openAt(t, pgtest.Database(t), Config{})
	for _, last := range []int64{0, 1, 15, 16, 17, 1000, 1 << 53} {
		var before, after store.Numbers
		err := s.Import(t.Context(), func(to store.Target) (err error) {
			if before, err = to.Numbers(); err != nil {
				return err
			}
			return to.SetNumbers(store.Numbers{LastID: last, LastCursor: store.Cursor(last)})
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Export(t.Context(), func(from store.Source) (err error) { after, err = from.Numbers(); return err }); err != nil {
			t.Fatal(err)
		}
		if after.LastID < max(before.LastID, last) || after.LastID > max(before.LastID, last+blockSize) || after.LastCursor != store.Cursor(last) {
			t.Errorf("after %d the numbers are %+v", last, after)
		}
		var id int64
		if err := s.Update(t.Context(), func(tx store.Tx) (err error) { id, err = tx.NewID(); return err }); err != nil {
			t.Fatal(err)
		}
		if id <= last || id <= before.LastID || id > after.LastID+blockSize || (id-1)%blockSize != 0 {
			t.Errorf("the id after %d is %d", last, id)
		}
	}
}

// An export may take longer than the limits of other transactions.
func TestExportHasNoLimits(t *testing.T) {
	s := openAt(t, pgtest.Database(t), Config{IdleTimeout: time.Millisecond, StatementTimeout: time.Second})
	if err := s.Export(t.Context(), func(from store.Source) error {
		p := from.(port)
		var idle, statement string
		err := p.conn.Conn().QueryRow(t.Context(), `SELECT current_setting('idle_in_transaction_session_timeout'), current_setting('statement_timeout')`).Scan(&idle, &statement)
		if idle != "0" || statement != "0" {
			t.Errorf("the limits are %q and %q", idle, statement)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

// A source whose server is gone says so.
func TestExportFromALostConnection(t *testing.T) {
	s := openAt(t, pgtest.Database(t), Config{})
	err := s.Export(t.Context(), func(from store.Source) error {
		if err := from.(port).conn.Conn().Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		_, err := from.Counts()
		return err
	})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("the error is %v, want store.ErrUnavailable", err)
	}
}
