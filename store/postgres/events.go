package postgres

import (
	"fmt"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

const eventColumns = `cursor, account, type, at, inbox, conversation, message, actor_kind, actor_user, detail`

var eventFields = []column[store.Event]{
	textColumn("account", func(e *store.Event) string { return string(e.Account) }),
	textColumn("type", func(e *store.Event) string { return string(e.Type) }),
	timeColumn("at", func(e *store.Event) time.Time { return e.At }),
	textColumn("inbox", func(e *store.Event) string { return string(e.Inbox) }),
	numberColumn("conversation", func(e *store.Event) int64 { return int64(e.Conversation) }),
	numberColumn("message", func(e *store.Event) int64 { return int64(e.Message) }),
	textColumn("actor_kind", func(e *store.Event) string { return string(e.Actor.Kind) }),
	textColumn("actor_user", func(e *store.Event) string { return string(e.Actor.User) }),
	jsonColumn("detail", func(e *store.Event) any {
		if reflect.ValueOf(e.Detail).IsZero() {
			return nil
		}
		return e.Detail
	}),
}

func scanEvent(r scanner, e *store.Event) error {
	err := r.Scan((*int64)(&e.Cursor), (*string)(&e.Account), (*string)(&e.Type), moment{&e.At}, (*string)(&e.Inbox),
		(*int64)(&e.Conversation), (*int64)(&e.Message), (*string)(&e.Actor.Kind), (*string)(&e.Actor.User), structure{&e.Detail})
	unpackAll((*string)(&e.Account), (*string)(&e.Type), (*string)(&e.Inbox), (*string)(&e.Actor.Kind), (*string)(&e.Actor.User))
	return err
}

// AppendEvents adds events. They are written at the commit, see flushEvents.
func (t *tx) AppendEvents(es ...store.Event) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, e := range es {
		t.wrote = true
		t.events = append(t.events, record.CopyEvent(e))
	}
	return nil
}

// flushEvents returns the statements that add events. They are the last before
// the COMMIT, and whoever runs them has the guards of the accounts' events:
// whoever comes next gets a guard only when what was written before it can be
// seen, and so the order of an account's cursors is that of its commits. A
// reader that goes on from a cursor has nothing behind it that is still to
// come.
func (t *tx) flushEvents() ([]statement, error) {
	if len(t.events) == 0 {
		return nil, nil
	}
	gs := make(guardSet)
	for _, e := range t.events {
		if g := t.s.guards.events(e.Account); !t.holds(g) {
			gs.add(g)
		}
	}
	var statements []statement
	if len(gs) > 0 {
		statements = append(statements, guardStatement(waitForGuards, gs.sorted()))
	}
	args, err := params(eventFields, pointers(t.events))
	if err != nil {
		return nil, err
	}
	t.events = nil
	return append(statements, statement{text: `
		INSERT INTO @events (` + eventColumns + `)
		SELECT nextval('@cursors'), e.account, e.type, e.at, e.inbox, e.conversation, e.message, e.actor_kind, e.actor_user, e.detail::jsonb
		FROM (SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[])
			WITH ORDINALITY AS e(account, type, at, inbox, conversation, message, actor_kind, actor_user, detail, n) ORDER BY n) AS e`, args: args}), nil
}

// holds reports whether the transaction has a guard for itself.
func (t *tx) holds(g guard) bool {
	shared, held := t.held[g.key]
	return held && !shared
}

// Events returns events after a cursor.
func (t *tx) Events(q store.EventQuery) ([]store.Event, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	if s, ok := t.stretches.take(q); ok {
		return s.after(q)
	}
	var s stretch
	which, args := `account = $1`, []any{pack(string(q.Account)), int64(q.After), max(q.Limit, 0)}
	if q.Conversation != 0 {
		which, args = `conversation = $4 AND conversation <> 0 AND account = $1`, append(args, int64(q.Conversation))
	}
	err := t.readEvents(q.Account,
		statement{`SELECT through FROM @deleted_events WHERE account = $1`, []any{pack(string(q.Account))}, func(rows pgx.Rows) error { return rows.Scan(&s.deleted) }},
		statement{`SELECT ` + eventColumns + ` FROM @events WHERE ` + which + ` AND cursor > $2 ORDER BY cursor LIMIT $3`, args, collect(&s.events, scanEvent)})
	if err != nil {
		return nil, err
	}
	return s.after(q)
}

// readEvents sends statements that read an account's events, and first those
// that change them. Whoever reads what it has added itself keeps the others who
// add events waiting from then on.
func (t *tx) readEvents(account store.AccountID, statements ...statement) error {
	var gs []guard
	if !t.hosts { // which commits later than anybody should wait
		gs = t.only(t.s.guards.events(account))
	}
	var before []statement
	if len(t.deletions)+len(t.events) > 0 {
		added, err := t.flushEvents()
		if err != nil {
			return t.fail(err)
		}
		before = append(t.flushDeletions(), added...)
		gs = append(gs, t.needed.sorted()...)
	}
	return t.ask(t.ctx, gs, append(before, statements...)...)
}

// LastEvent returns the cursor of the last event even if it has been deleted,
// so that a reader can go on from there.
func (t *tx) LastEvent(account store.AccountID) (store.Cursor, error) {
	if err := t.ready(); err != nil {
		return 0, err
	}
	if last, ok := t.stretches.last[account]; ok {
		return last, nil
	}
	var last store.Cursor
	err := t.readEvents(account, statement{`
		SELECT greatest(0, (SELECT max(cursor) FROM @events WHERE account = $1), (SELECT through FROM @deleted_events WHERE account = $1))`,
		[]any{pack(string(account))}, func(rows pgx.Rows) error { return rows.Scan((*int64)(&last)) }})
	return last, err
}

// EraseReasons takes the reasons out of events, at once.
func (t *tx) EraseReasons(q store.EventQuery) (store.Cursor, error) {
	if err := t.writable(); err != nil {
		return 0, err
	}
	which, args := `account = $1`, []any{pack(string(q.Account)), int64(q.After), max(q.Limit, 0)}
	if q.Conversation != 0 {
		which, args = `conversation = $4 AND conversation <> 0 AND account = $1`, append(args, int64(q.Conversation))
	}
	var selected []store.Event
	t.need(t.s.guards.events(q.Account))
	err := t.readEvents(q.Account, statement{`SELECT ` + eventColumns + ` FROM @events WHERE ` + which + ` AND cursor > $2 ORDER BY cursor LIMIT $3`, args, collect(&selected, scanEvent)})
	if err != nil || len(selected) == 0 {
		return 0, err
	}
	var cursors []store.Cursor
	var details []*string
	for _, e := range selected {
		changed := false
		if e.Detail, changed = record.EraseDetail(e.Detail); !changed {
			continue
		}
		cursors, details = append(cursors, e.Cursor), append(details, nil)
		if reflect.ValueOf(e.Detail).IsZero() {
			continue
		}
		text, err := packJSON(e.Detail)
		if err != nil {
			return 0, t.fail(fmt.Errorf("postgres: detail: %w", err))
		}
		details[len(details)-1] = &text
	}
	last := selected[len(selected)-1].Cursor
	if len(cursors) == 0 {
		return last, nil
	}
	return last, t.ask(t.ctx, t.needed.sorted(), statement{text: `
		UPDATE @events e SET detail = u.detail::jsonb FROM unnest($1::bigint[], $2::text[]) AS u(cursor, detail) WHERE e.cursor = u.cursor`,
		args: []any{numbers(cursors), details}})
}

// deletion is what is to be deleted of an account's events.
type deletion struct {
	account store.AccountID
	through store.Cursor
}

// DeleteEvents deletes events up to a cursor and notes the last of them.
func (t *tx) DeleteEvents(account store.AccountID, through store.Cursor) error {
	if err := t.writable(); err != nil {
		return err
	}
	t.need(t.s.guards.events(account))
	t.deletions = append(t.deletions, deletion{account, through})
	return nil
}

// flushDeletions returns the statements that delete events.
func (t *tx) flushDeletions() []statement {
	var statements []statement
	for _, d := range t.deletions {
		statements = append(statements, statement{text: `
			WITH last AS (SELECT max(cursor) AS cursor FROM @events WHERE account = $1 AND cursor <= $2),
			noted AS (
				INSERT INTO @deleted_events (account, through) SELECT $1, cursor FROM last WHERE cursor IS NOT NULL
				ON CONFLICT (account) DO UPDATE SET through = excluded.through)
			DELETE FROM @events WHERE account = $1 AND cursor <= (SELECT cursor FROM last)`, args: []any{pack(string(d.account)), int64(d.through)}})
	}
	t.deletions = nil
	return statements
}
