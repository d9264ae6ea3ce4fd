package sqlite

import (
	"fmt"
	"reflect"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

const eventColumns = `cursor, account, type, at, inbox, conversation, message, actor_kind, actor_user, detail`

func scanEvent(r row, e *store.Event) error {
	return r.Scan((*int64)(&e.Cursor), (*string)(&e.Account), (*string)(&e.Type), timeColumn{&e.At}, (*string)(&e.Inbox),
		(*int64)(&e.Conversation), (*int64)(&e.Message), (*string)(&e.Actor.Kind), (*string)(&e.Actor.User), jsonColumn{&e.Detail})
}

// AppendEvents adds events. As Updates run one after the other, in whatever
// process, the order of cursors is that of the commits.
func (t *tx) AppendEvents(es ...store.Event) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, e := range es {
		if err := t.count(func(c *counters) { c.lastCursor++ }); err != nil {
			return err
		}
		detail, err := encodeDetail(e.Detail)
		if err != nil {
			return t.fail(err)
		}
		if _, err := t.exec(`INSERT INTO events (`+eventColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			t.counters.lastCursor, string(e.Account), string(e.Type), stamp(e.At), string(e.Inbox), int64(e.Conversation), int64(e.Message),
			string(e.Actor.Kind), string(e.Actor.User), detail); err != nil {
			return err
		}
	}
	return nil
}

// Events returns events after a cursor.
func (t *tx) Events(q store.EventQuery) ([]store.Event, error) {
	deleted, err := t.deletedEvents(q.Account)
	if err != nil {
		return nil, err
	}
	if q.After < deleted {
		return nil, fmt.Errorf("sqlite: %w: it is %v, and events up to %v are deleted", store.ErrExpired, q.After, deleted)
	}
	if q.Conversation == 0 {
		return all(t, scanEvent, `SELECT `+eventColumns+` FROM events WHERE account = ? AND cursor > ? ORDER BY cursor LIMIT ?`,
			string(q.Account), int64(q.After), max(q.Limit, 0))
	}
	return all(t, scanEvent, `SELECT `+eventColumns+` FROM events WHERE conversation = ? AND conversation <> 0 AND +account = ? AND cursor > ? ORDER BY cursor LIMIT ?`,
		int64(q.Conversation), string(q.Account), int64(q.After), max(q.Limit, 0))
}

// EraseReasons takes the reasons out of events.
func (t *tx) EraseReasons(q store.EventQuery) (store.Cursor, error) {
	if err := t.writable(); err != nil {
		return 0, err
	}
	deleted, err := t.deletedEvents(q.Account)
	if err != nil {
		return 0, err
	}
	q.After = max(q.After, deleted)
	selected, err := t.Events(q)
	if err != nil || len(selected) == 0 {
		return 0, err
	}
	for _, e := range selected {
		changed := false
		if e.Detail, changed = record.EraseDetail(e.Detail); !changed {
			continue
		}
		detail, err := encodeDetail(e.Detail)
		if err != nil {
			return 0, t.fail(err)
		}
		if _, err := t.exec(`UPDATE events SET detail = ? WHERE cursor = ?`, detail, int64(e.Cursor)); err != nil {
			return 0, err
		}
	}
	return selected[len(selected)-1].Cursor, nil
}

// encodeDetail returns what only some events have, or nil.
func encodeDetail(d store.Detail) (any, error) {
	if reflect.ValueOf(d).IsZero() {
		return nil, nil
	}
	d.Until = record.Time(d.Until)
	detail, err := record.Encode(d)
	if err != nil {
		return nil, fmt.Errorf("sqlite: Event.Detail: %w", err)
	}
	return detail, nil
}

// LastEvent returns the cursor of the last event even if it has been deleted,
// so that a reader can go on from there.
func (t *tx) LastEvent(account store.AccountID) (store.Cursor, error) {
	last, err := t.number(`SELECT max(cursor) FROM events WHERE account = ?`, string(account))
	if err != nil {
		return 0, err
	}
	deleted, err := t.deletedEvents(account)
	return max(store.Cursor(last), deleted), err
}

// deletedEvents returns the cursor of an account's last event that was deleted.
func (t *tx) deletedEvents(account store.AccountID) (store.Cursor, error) {
	n, err := t.number(`SELECT through FROM deleted_events WHERE account = ?`, string(account))
	return store.Cursor(n), err
}

// DeleteEvents deletes events up to a cursor and notes the last of them.
func (t *tx) DeleteEvents(account store.AccountID, through store.Cursor) error {
	if err := t.writable(); err != nil {
		return err
	}
	last, err := t.number(`SELECT max(cursor) FROM events WHERE account = ? AND cursor <= ?`, string(account), int64(through))
	if err != nil || last == 0 {
		return err
	}
	if _, err := t.exec(`INSERT OR REPLACE INTO deleted_events (account, through) VALUES (?, ?)`, string(account), last); err != nil {
		return err
	}
	_, err = t.exec(`DELETE FROM events WHERE account = ? AND cursor <= ?`, string(account), last)
	return err
}
