package memory

import (
	"fmt"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

func (t *tx) AppendEvents(es ...store.Event) error { return write(t, es, (*tx).appendEvent) }

// appendEvent gives the next cursor. As Updates run one after the other, the
// order of cursors is that of the commits.
func (t *tx) appendEvent(e store.Event) error {
	t.lastCursor++
	e = record.CopyEvent(e)
	e.Cursor = t.lastCursor
	t.events.set(t.number, eventKey{account: e.Account, cursor: e.Cursor}, &e)
	if e.Conversation != 0 {
		t.events.set(t.number, eventKey{e.Account, e.Conversation, e.Cursor}, &e)
	}
	s, _ := t.streams.get(e.Account)
	s.last = e.Cursor
	t.streams.set(t.number, e.Account, s)
	return nil
}

func (t *tx) Events(q store.EventQuery) ([]store.Event, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	if s, _ := t.streams.get(q.Account); q.After < s.deleted {
		return nil, fmt.Errorf("memory: %w: it is %d, and events up to %d are deleted", store.ErrExpired, q.After, s.deleted)
	}
	var found []store.Event
	for k, e := range t.events.from(eventKey{q.Account, q.Conversation, q.After}) {
		if k == (eventKey{q.Account, q.Conversation, q.After}) {
			continue
		}
		if k.account != q.Account || k.conversation != q.Conversation || len(found) >= q.Limit {
			break
		}
		found = append(found, record.CopyEvent(*e))
	}
	return found, nil
}

// LastEvent returns the cursor of the last event even if it has been deleted,
// so that a reader can go on from there.
func (t *tx) LastEvent(account store.AccountID) (store.Cursor, error) {
	s, _ := t.streams.get(account)
	return s.last, t.ready()
}

func (t *tx) EraseReasons(q store.EventQuery) (store.Cursor, error) {
	if err := t.writable(); err != nil {
		return 0, err
	}
	s, _ := t.streams.get(q.Account)
	q.After = max(q.After, s.deleted)
	selected, err := t.Events(q)
	if err != nil || len(selected) == 0 {
		return 0, err
	}
	t.wrote = true
	for _, e := range selected {
		e.Detail, _ = record.EraseDetail(e.Detail)
		t.events.set(t.number, eventKey{account: e.Account, cursor: e.Cursor}, &e)
		if e.Conversation != 0 {
			t.events.set(t.number, eventKey{e.Account, e.Conversation, e.Cursor}, &e)
		}
	}
	return selected[len(selected)-1].Cursor, nil
}

func (t *tx) DeleteEvents(account store.AccountID, through store.Cursor) error {
	if err := t.writable(); err != nil {
		return err
	}
	var old []*store.Event
	for k, e := range t.events.from(eventKey{account: account}) {
		if k.account != account || k.conversation != 0 || k.cursor > through {
			break
		}
		old = append(old, e)
	}
	if len(old) == 0 {
		return nil
	}
	t.wrote = true
	for _, e := range old {
		t.events.delete(t.number, eventKey{account: account, cursor: e.Cursor})
		t.events.delete(t.number, eventKey{account, e.Conversation, e.Cursor})
	}
	s, _ := t.streams.get(account)
	s.deleted = old[len(old)-1].Cursor
	t.streams.set(t.number, account, s)
	return nil
}
