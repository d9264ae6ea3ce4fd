package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/teaminbox/teaminbox/internal/turns"
	"github.com/teaminbox/teaminbox/store"
)

// tx is a transaction. Writes are statements that run at once, one a record,
// so reads see them and failures name what failed. Without a network between,
// statements of many rows would save little.
type tx struct {
	ctx      context.Context
	conn     *conn
	readOnly bool
	restores bool // records are put as they were, see port.Put
	clock    func() time.Time
	turns    *turns.Last

	counters  counters
	kept      map[store.ConversationID]store.Conversation // see tx.keep
	unindexed int                                         // messages that were added or erased, which the index does not know yet
	moment    time.Time                                   // see tx.now

	failed error // what a statement failed with, so that the transaction can't be committed
	ended  bool
}

var _ store.Tx = (*tx)(nil)

var errEnded = errors.New("sqlite: transaction is used after its function has returned")

// ready returns why the transaction can't go on, if it can't.
func (t *tx) ready() error {
	if t.ended {
		return errEnded
	}
	if t.failed != nil {
		return t.failed
	}
	if err := t.ctx.Err(); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return nil
}

// writable is ready for a write.
func (t *tx) writable() error {
	if err := t.ready(); err != nil {
		return err
	}
	if t.readOnly {
		return fmt.Errorf("sqlite: %w", store.ErrReadOnly)
	}
	return nil
}

// fail keeps the transaction from being committed: of what failed, a part may
// have been written.
func (t *tx) fail(err error) error {
	if t.failed == nil {
		t.failed = err
	}
	return err
}

// now returns the moment of the transaction by the Store's clock: that of its
// first look. Leases can't change hands during an Update, and a View shows one
// moment.
func (t *tx) now() time.Time {
	if t.moment.IsZero() {
		t.moment = t.clock().UTC().Truncate(time.Microsecond)
	}
	return t.moment
}

// exec runs a writing statement and returns how many rows it has changed.
func (t *tx) exec(text string, args ...any) (int64, error) {
	n, err := t.conn.exec(t.ctx, text, args...)
	if err != nil {
		return 0, t.fail(statementError(err))
	}
	return n, nil
}

// each hands the rows of an answer to take, until it returns false.
func (t *tx) each(take func(row) (more bool, err error), text string, args ...any) error {
	if err := t.ready(); err != nil {
		return err
	}
	rows, err := t.conn.query(t.ctx, text, args...)
	if err != nil {
		return t.fail(statementError(err))
	}
	defer rows.Close()
	for n := 1; rows.Next(); n++ {
		more, err := take(rows)
		if err != nil {
			return t.fail(fmt.Errorf("sqlite: %w", err))
		}
		if !more {
			return nil
		}
		if n%1000 == 0 && t.ctx.Err() != nil {
			return t.ready()
		}
	}
	if err := rows.Err(); err != nil {
		return t.fail(statementError(err))
	}
	return nil
}

// all reads the records of an answer.
func all[T any](t *tx, scan func(row, *T) error, text string, args ...any) ([]T, error) {
	var found []T
	err := t.each(func(r row) (bool, error) {
		found = append(found, *new(T))
		return true, scan(r, &found[len(found)-1])
	}, text, args...)
	if err != nil {
		return nil, err
	}
	return found, nil
}

// eachKey reads records key by key with one statement, which takes the key's
// parts. It is for keys of several parts, which SQLite compares no faster
// together.
func eachKey[K, T any](t *tx, scan func(row, *T) error, text string, parts func(K) []any, keys []K) ([]T, error) {
	var found []T
	for _, k := range keys {
		some, err := all(t, scan, text, parts(k)...)
		if err != nil {
			return nil, err
		}
		if found == nil {
			found = some
		} else {
			found = append(found, some...)
		}
	}
	return found, t.ready()
}

// rarely is eachKey for records of which most keys have none: it asks for their
// ids first. Each column of an answer has its price, even if the answer is empty.
func rarely[ID ~int64, K, T any](t *tx, read func(...ID) ([]T, error), text string, parts func(K) []any, keys []K) ([]T, error) {
	ids, err := eachKey(t, func(r row, id *ID) error {
		var n int64
		err := r.Scan(&n)
		*id = ID(n)
		return err
	}, text, parts, keys)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return read(ids...)
}

// number reads one number, or 0 if the answer is empty.
func (t *tx) number(text string, args ...any) (int64, error) {
	var n *int64
	err := t.each(func(r row) (bool, error) { return false, r.Scan(&n) }, text, args...)
	if n == nil {
		return 0, err
	}
	return *n, err
}

// put writes a record with a version. The values are the record's columns in
// the order of the table's, without the version.
func (t *tx) put(table versioned, what string, id any, version int64, values ...any) error {
	if t.restores {
		version-- // the stored one is one higher
	}
	if version == 0 || t.restores {
		_, err := t.conn.exec(t.ctx, table.insert, append(values, version)...)
		return t.inserted(err, what, id)
	}
	n, err := t.exec(table.update, slices.Concat(values[table.others:], values[:table.others], []any{version})...)
	if err == nil && n == 0 && table.replace != "" {
		n, err = t.exec(table.replace, append(values, version)...)
	}
	return t.changed(n, err, what, id, version)
}

// inserted returns why the insert of a record with a version has failed.
func (t *tx) inserted(err error, what string, id any) error {
	switch {
	case err == nil:
		return nil
	case codeOf(err) == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return t.fail(fmt.Errorf("sqlite: %w: %s %v is there already", store.ErrConflict, what, id))
	}
	return t.fail(fmt.Errorf("%w (%s %v)", statementError(err), what, id))
}

// changed returns why the update of a record with a version has failed.
func (t *tx) changed(n int64, err error, what string, id any, version int64) error {
	switch {
	case err != nil:
		return fmt.Errorf("%w (%s %v)", err, what, id)
	case n == 0:
		return t.fail(fmt.Errorf("sqlite: %w: %s %v does not have version %d; read it again", store.ErrConflict, what, id, version))
	}
	return nil
}
