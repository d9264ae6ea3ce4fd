package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/teaminbox/teaminbox/store"
)

// Within returns the Store as it is in a transaction that belongs to the host,
// on the same file: what is written in it is there when the host commits,
// together with the host's own rows, and otherwise was never there. Give it to
// inbox.Inbox.Within.
//
//	tx, err := db.BeginTx(ctx, nil)
//	if err != nil {
//		return err
//	}
//	defer tx.Rollback()
//	if _, err := tx.ExecContext(ctx, `UPDATE orders SET state = 'sent' WHERE id = ?`, order); err != nil {
//		return err
//	}
//	_, err = in.Within(s.Within(tx)).Agent(account, "alice").Reply(ctx, conversation, inbox.Draft{
//		Text: "Your order is on its way.", RequestKey: "sent-" + order,
//	})
//	if err != nil {
//		return err
//	}
//	return tx.Commit()
//
// The host's db is one of the driver modernc.org/sqlite, with a name like this,
// which makes transactions writers from their beginning, lets them wait for
// others, and makes commits durable:
//
//	file:/var/lib/helpdesk/inbox.db?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=synchronous(full)
//
// The host's tables are in the same file. Let [Open] make it: a file that the
// host has made is refused with [ErrForeign]. Open leaves tables that it does not
// know alone, and [Store.Backup] has them too, but store.Copy carries those of the
// Store only. PRAGMA user_version and application_id are the Store's.
//
// An Update that fails leaves nothing behind, and the host's transaction can go
// on, unless SQLite itself has rolled it back because the disk is full or fails;
// what comes after that fails too.
//
// In a file one transaction writes at a time: while the host's is open, whatever
// else wants to write waits, and fails with [ErrBusy] after Config.BusyTimeout.
// So be short, and within it use only what Within gives: the engine beside it
// would wait for it. Beside a busy engine the host's BEGIN, too, may wait for
// longer than its busy_timeout and fail; begin again. The engine hears of the
// commit through [Store.Notify].
func (s *Store) Within(tx *sql.Tx) store.Store {
	return &within{s: s, conn: newConn(hostTx{tx})}
}

// within is a Store in a transaction of the host's.
type within struct {
	s     *Store
	conn  *conn
	known bool // that the transaction is one on the Store's file
	busy  bool // an Update is under way
}

// View runs fn on what the host's transaction sees.
func (w *within) View(ctx context.Context, fn func(store.Tx) error) error {
	if err := w.check(ctx); err != nil {
		return err
	}
	t := w.newTx(ctx, true)
	defer func() { t.ended = true }()
	return fn(t)
}

// Update runs fn in a part of the host's transaction that can be rolled back by
// itself.
func (w *within) Update(ctx context.Context, fn func(store.Tx) error) error {
	if err := w.check(ctx); err != nil {
		return err
	}
	if w.busy {
		return errors.New("sqlite: Update is called inside of an Update of the same transaction")
	}
	if err := w.begin(ctx); err != nil {
		return err
	}
	w.busy = true
	t := w.newTx(ctx, false)
	kept := false
	// A function that panics, or ends its goroutine, comes by here too.
	defer func() {
		t.ended, w.busy = true, false
		if !kept {
			w.rollBack(ctx)
		}
	}()
	if err := fn(t); err != nil {
		return err
	}
	if err := t.ready(); err != nil {
		return err
	}
	if err := t.storeCounters(); err != nil {
		return err
	}
	if err := w.s.inPlace(); err != nil {
		return err
	}
	if _, err := w.conn.exec(ctx, `RELEASE teaminbox`); err != nil {
		return statementError(err)
	}
	kept = true
	return nil
}

func (w *within) newTx(ctx context.Context, readOnly bool) *tx {
	return &tx{ctx: ctx, conn: w.conn, readOnly: readOnly, clock: w.s.cfg.Now, turns: &w.s.turns}
}

// begin begins a part, and makes sure that the transaction is one that writes:
// if somebody else could write, what is read would not stay true.
func (w *within) begin(ctx context.Context) error {
	if _, err := w.conn.exec(ctx, `BEGIN`); err == nil { // a savepoint outside of a transaction would commit by itself
		_, _ = w.conn.exec(ctx, `ROLLBACK`)
		return errors.New("sqlite: the host's transaction is over: SQLite, or a statement of the host's, has rolled it back")
	}
	if _, err := w.conn.exec(ctx, `SAVEPOINT teaminbox`); err != nil {
		return statementError(err)
	}
	_, err := w.conn.exec(ctx, `UPDATE counters SET last_id = last_id`)
	if err == nil {
		return nil
	}
	w.rollBack(ctx)
	if primary(codeOf(err)) == sqlite3.SQLITE_BUSY {
		return fmt.Errorf("%w: the host's transaction can't write; begin it with _txlock=immediate in the name of the database, and run it again: %w", ErrBusy, err)
	}
	return statementError(err)
}

// rollBack ends a part. If that fails, SQLite has rolled back everything, and
// the host's COMMIT fails.
func (w *within) rollBack(ctx context.Context) {
	if _, err := w.conn.exec(ctx, `ROLLBACK TO teaminbox`); err == nil {
		_, _ = w.conn.exec(ctx, `RELEASE teaminbox`)
	}
}

// check finds out whether the transaction is one on the Store's file, which has
// to be there and open.
func (w *within) check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	select {
	case <-w.s.writer.closed:
		return ErrClosed
	default:
	}
	if err := w.s.inPlace(); err != nil || w.known {
		return err
	}
	name, err := one[string](ctx, w.conn, `SELECT file FROM pragma_database_list WHERE name = 'main'`)
	if err != nil {
		return statementError(err)
	}
	if info, err := os.Stat(name); err != nil || !os.SameFile(info, w.s.files[0]) {
		return errors.New("sqlite: the host's transaction is on another database than the Store, which has " + w.s.path)
	}
	w.known = true
	return nil
}
