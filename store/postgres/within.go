package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/store"
)

// Within returns the Store as it is in a transaction that belongs to the host,
// on the same database: what is written in it is there when the host commits,
// together with the host's own rows, and otherwise was never there. Give it to
// inbox.Inbox.Within.
//
//	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
//		if _, err := tx.Exec(ctx, `UPDATE orders SET state = 'sent' WHERE id = $1`, order); err != nil {
//			return err
//		}
//		_, err := in.Within(db.Within(tx)).Agent(account, "alice").Reply(ctx, conversation, inbox.Draft{
//			Text: "Your order is on its way.", RequestKey: "sent-" + order,
//		})
//		return err
//	})
//
// The transaction must be on the Store's database, and READ COMMITTED, which is
// what Postgres begins unless it is told otherwise; or Update fails. An Update
// that fails leaves nothing behind, and the host's transaction can go on, unless
// its context ended during a statement: pgx closes the connection then. The tx is
// used by one goroutine at a time, as pgx wants it. Durability is the host's: the
// Store does not set synchronous_commit.
//
// What an Update has read and written is kept from others until the host's
// transaction ends, so that what it found stays true. So let the inbox come
// last, and commit soon after: whoever has to do with the same customer or
// conversation waits for it, for ten seconds at the most, and then gets an error.
// A change of the Directory (inbox.Admin) is in everybody's way. And within the
// transaction use only what Within gives: the engine beside it would wait for it.
//
// Time-outs are the host's own; those of [Config] don't apply. If the host and
// somebody else have what the other needs, Update fails with [ErrBusy], after half
// a second if it is not the first of the transaction. Roll back, and run the whole
// transaction again. One that changes one conversation never meets that.
//
// View sees at each statement what has been committed by then, and what the
// transaction has written.
//
// Events of the transaction have their place among those of others when the
// host commits, by a deferred trigger, and every engine on the schema hears of
// it. SET CONSTRAINTS ALL IMMEDIATE would bring them there at once, and hold up
// all others of the account until the commit.
func (s *Store) Within(tx pgx.Tx) store.Store { return within{s, tx} }

// within is a Store in a transaction of the host's.
type within struct {
	s  *Store
	tx pgx.Tx
}

// View runs fn on what the host's transaction sees.
func (w within) View(ctx context.Context, fn func(store.Tx) error) error {
	if err := w.s.enter(); err != nil {
		return err
	}
	defer w.s.running.Done()
	t := w.newTx(ctx, true)
	defer func() { t.ended = true }()
	return w.translate(t, fn(t))
}

// Update runs fn in a part of the host's transaction that can be rolled back by
// itself. It runs it again when another has a guard that was not foreseen: what
// this part had taken is free in between.
//
// The first part waits for others. A later one, while what the earlier ones have
// is still held, looks again and again for a moment: two that wait for each other
// would find out after a second, and hold up everybody until then.
func (w within) Update(ctx context.Context, fn func(store.Tx) error) error {
	if err := w.s.enter(); err != nil {
		return err
	}
	defer w.s.running.Done()
	later := w.hasGuards()
	a := again{probe: later}
	moment := time.NewTimer(hostPatience)
	defer moment.Stop()
	for try := 1; ; try++ {
		t := w.newTx(ctx, false)
		t.again = &a
		err := w.attempt(t, fn) //nolint:contextcheck // see there
		inTheWay := errors.Is(t.failed, errTaken) || later && errors.Is(t.failed, ErrBusy)
		if err == nil || !inTheWay || try == maxTries {
			return w.translate(t, err)
		}
		a.after(t)
		select {
		case <-moment.C:
			return w.translate(t, err)
		default:
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

// hostPatience is how long a later part of the host's transaction looks for what
// others have.
const hostPatience = 500 * time.Millisecond

// withGuards is where a connection notes the transaction of a host's that has
// guards.
const withGuards = "teaminbox: with guards"

func (w within) hasGuards() bool {
	tx, _ := w.tx.Conn().PgConn().CustomData()[withGuards].(pgx.Tx)
	return tx == w.tx
}

func (w within) newTx(ctx context.Context, readOnly bool) *tx {
	t := &tx{s: w.s, ctx: ctx, conn: w.tx, hosts: true, readOnly: readOnly, again: &again{}}
	if !readOnly {
		t.held, t.needed = make(guardSet), make(guardSet)
	}
	return t
}

// attempt runs fn once. The savepoint is made by itself: preparing a statement
// could fail.
func (w within) attempt(t *tx, fn func(store.Tx) error) error {
	if _, err := w.tx.Exec(t.ctx, `SAVEPOINT teaminbox`); err != nil {
		return t.fail(t.s.statementError(t.ctx, w.tx.Conn(), err))
	}
	kept := false
	// A function that panics, or ends its goroutine, comes by here too.
	//nolint:contextcheck // what failed is rolled back after the caller's context has ended, too
	defer func() {
		t.ended = true
		if !kept {
			w.rollBack()
		}
	}()
	if err := fn(t); err != nil {
		return err
	}
	if err := t.ready(); err != nil {
		return err
	}
	if err := t.keep(); err != nil {
		return err
	}
	kept = true
	w.tx.Conn().PgConn().CustomData()[withGuards] = w.tx
	t.s.blocks.committed(&t.ids) // as if it were: ids only have to grow
	t.s.tokenized(t.tokenized)
	return nil
}

func (w within) rollBack() {
	ctx, cancel := context.WithTimeout(context.Background(), rollbackTimeout)
	defer cancel()
	// If it fails, nothing of the host's transaction can be committed.
	_, _ = w.tx.Exec(ctx, `ROLLBACK TO SAVEPOINT teaminbox; RELEASE SAVEPOINT teaminbox`, pgx.QueryExecModeSimpleProtocol)
}

// keep writes what was held back and ends the savepoint, in one go.
func (t *tx) keep() error {
	statements, err := t.flush()
	if err != nil {
		return err
	}
	events, err := t.deferEvents()
	if err != nil {
		return err
	}
	statements = append(statements, events...)
	if t.wrote {
		// It is heard when the host commits. To whoever made it, it is another's.
		statements = append(statements, statement{text: `SELECT pg_notify($1, '')`, args: []any{t.s.channel()}})
	}
	return t.ask(t.ctx, t.needed.sorted(), append(statements, statement{text: `RELEASE SAVEPOINT teaminbox`})...)
}

// deferEvents returns the statement that notes events, to be added by the
// COMMIT.
func (t *tx) deferEvents() ([]statement, error) {
	if len(t.events) == 0 {
		return nil, nil
	}
	args, err := params(eventFields, pointers(t.events))
	if err != nil {
		return nil, err
	}
	guards := make([]int64, len(t.events))
	for i, e := range t.events {
		guards[i] = t.s.guards.events(e.Account).key
	}
	t.events = nil
	return []statement{{text: `
		INSERT INTO @host_events (guard, account, type, at, inbox, conversation, message, actor_kind, actor_user, detail)
		SELECT e.guard, e.account, e.type, e.at, e.inbox, e.conversation, e.message, e.actor_kind, e.actor_user, e.detail::jsonb
		FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::bigint[])
			WITH ORDINALITY AS e(account, type, at, inbox, conversation, message, actor_kind, actor_user, detail, guard, n) ORDER BY e.n`,
		args: append(args, guards)}}, nil
}

// translate makes the failure of a part of the host's transaction one of the
// whole, where it is.
func (w within) translate(t *tx, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(t.failed, errLost):
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	case errors.Is(t.failed, errRetry), errors.Is(t.failed, errTaken), errors.Is(t.failed, ErrBusy):
		return fmt.Errorf("%w; roll the host's transaction back and run it again: %w", ErrBusy, err)
	}
	return err
}
