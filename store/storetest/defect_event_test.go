package storetest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/teaminbox/teaminbox/store"
)

// The defects of events are in cursors and in what is deleted.

// serial gives cursors when events are written, as a column of serial numbers
// does, and shows the events when their transaction has committed. Every third
// transaction takes until after the next one for that.
type serial struct {
	mu        sync.Mutex
	next      store.Cursor
	commits   int
	held      []store.Event
	committed []store.Event
}

type serialTx struct {
	store.Tx
	s       *serial
	written *[]store.Event // nil in a View
}

func (t serialTx) AppendEvents(es ...store.Event) error {
	if t.written == nil {
		return store.ErrReadOnly
	}
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	for _, e := range es {
		t.s.next++
		e.Cursor = t.s.next
		*t.written = append(*t.written, e)
	}
	return nil
}

func (t serialTx) Events(q store.EventQuery) (found []store.Event, err error) {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	for _, e := range t.s.committed {
		if e.Account == q.Account && e.Cursor > q.After && len(found) < q.Limit {
			found = append(found, e)
		}
	}
	return found, nil
}

func (s *serial) commit(written []store.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.commits++; s.commits%3 == 0 && len(s.held) == 0 {
		s.held = written
		return
	}
	s.committed = append(append(s.committed, written...), s.held...)
	s.held = nil
	slices.SortFunc(s.committed, func(a, b store.Event) int { return cmp.Compare(a.Cursor, b.Cursor) })
}

// streamer overrides the methods of the event stream.
type streamer struct {
	store.Tx
	events func(tx store.Tx, q store.EventQuery) ([]store.Event, error)
	last   func(tx store.Tx, account store.AccountID) (store.Cursor, error)
	remove func(tx store.Tx, account store.AccountID, through store.Cursor) error
}

func (t streamer) Events(q store.EventQuery) ([]store.Event, error) {
	if t.events == nil {
		return t.Tx.Events(q)
	}
	return t.events(t.Tx, q)
}

func (t streamer) LastEvent(account store.AccountID) (store.Cursor, error) {
	if t.last == nil {
		return t.Tx.LastEvent(account)
	}
	return t.last(t.Tx, account)
}

func (t streamer) DeleteEvents(account store.AccountID, through store.Cursor) error {
	if t.remove == nil {
		return t.Tx.DeleteEvents(account, through)
	}
	return t.remove(t.Tx, account, through)
}

func streams(s streamer) func(*mutant) {
	return inTx(func(tx store.Tx) store.Tx {
		own := s
		own.Tx = tx
		return own
	})
}

func eventDefects() []defect {
	return []defect{
		{"cursors are given before the commit", []string{"events/slow writers", "processes/events"}, func(m *mutant) {
			var s serial
			m.view = func(ctx context.Context, fn func(store.Tx) error) error {
				return m.Store.View(ctx, func(tx store.Tx) error { return fn(serialTx{tx, &s, nil}) })
			}
			m.update = func(ctx context.Context, fn func(store.Tx) error) error {
				var written []store.Event
				err := m.Store.Update(ctx, func(tx store.Tx) error {
					written = nil
					return fn(serialTx{tx, &s, &written})
				})
				if err == nil && len(written) > 0 {
					s.commit(written)
				}
				return err
			}
		}},
		{"a cursor that is expired reads on", []string{"events/deleted", "events/all deleted"}, streams(streamer{
			events: func(tx store.Tx, q store.EventQuery) ([]store.Event, error) {
				es, err := tx.Events(q)
				for errors.Is(err, store.ErrExpired) {
					q.After++
					es, err = tx.Events(q)
				}
				return es, err
			},
		})},
		{"after a deletion every old cursor is expired", []string{"events/deleted"}, func(m *mutant) {
			deleted := false
			streams(streamer{
				events: func(tx store.Tx, q store.EventQuery) ([]store.Event, error) {
					if last, err := tx.LastEvent(q.Account); err != nil || deleted && q.After < last {
						return nil, errors.Join(err, store.ErrExpired)
					}
					return tx.Events(q)
				},
				remove: func(tx store.Tx, account store.AccountID, through store.Cursor) error {
					deleted = true
					return tx.DeleteEvents(account, through)
				},
			})(m)
		}},
		{"the last event is forgotten when it is deleted", []string{"events/all deleted"}, streams(streamer{
			last: func(tx store.Tx, account store.AccountID) (store.Cursor, error) {
				last, err := tx.LastEvent(account)
				if err != nil {
					return 0, err
				}
				if _, err := tx.Events(store.EventQuery{Account: account, After: last - 1, Limit: 1}); errors.Is(err, store.ErrExpired) {
					return 0, nil
				}
				return last, nil
			},
		})},
		{"all accounts' events are deleted", []string{"events/deleted"}, streams(streamer{
			remove: func(tx store.Tx, _ store.AccountID, through store.Cursor) error {
				return errors.Join(tx.DeleteEvents(acme, through), tx.DeleteEvents(globex, through))
			},
		})},
		{"After includes the event itself", []string{"events/from any cursor"}, streams(streamer{
			events: func(tx store.Tx, q store.EventQuery) ([]store.Event, error) {
				q.After = max(q.After-1, 0)
				return tx.Events(q)
			},
		})},
		{"a conversation's events are the account's", []string{"events/of a conversation"}, streams(streamer{
			events: func(tx store.Tx, q store.EventQuery) ([]store.Event, error) {
				q.Conversation = 0
				return tx.Events(q)
			},
		})},
		{"events are in order of time", []string{"events/in order"}, streams(streamer{
			events: func(tx store.Tx, q store.EventQuery) ([]store.Event, error) {
				es, err := tx.Events(q)
				slices.SortStableFunc(es, func(a, b store.Event) int { return a.At.Compare(b.At) })
				return es, err
			},
		})},
	}
}
