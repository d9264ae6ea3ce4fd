package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/teaminbox/teaminbox/store"
)

// The defects of a Prefetcher are in what it makes of several questions at once,
// and in how long it believes the answers.

// foreseeing keeps what was prefetched of events. Those of a View that has no
// other defect are right.
type foreseeing struct {
	store.Tx
	ask    func(tx store.Tx, q store.EventQuery, all []store.EventQuery) ([]store.Event, error)
	lends  bool // what it keeps is the caller's, too
	always bool // in an Update, too
	known  map[store.EventQuery]foreseen
	last   map[store.AccountID]store.Cursor
}

type foreseen struct {
	events []store.Event
	err    error
}

func (t *foreseeing) Prefetch(k store.Keys) error {
	if _, err := t.NewID(); err == nil && !t.always {
		return nil
	}
	for _, q := range k.Events {
		var f foreseen
		if f.events, f.err = t.ask(t.Tx, q, k.Events); f.err != nil && !errors.Is(f.err, store.ErrExpired) {
			return f.err
		}
		last, err := t.LastEvent(q.Account)
		if err != nil {
			return err
		}
		t.known[q], t.last[q.Account] = f, last
	}
	return nil
}

func (t *foreseeing) Events(q store.EventQuery) ([]store.Event, error) {
	f, known := t.known[q]
	switch {
	case !known:
		return t.Tx.Events(q)
	case t.lends:
		return f.events, f.err
	}
	return slices.Clone(f.events), f.err
}

func (t *foreseeing) LastEvent(account store.AccountID) (store.Cursor, error) {
	if last, known := t.last[account]; known {
		return last, nil
	}
	return t.Tx.LastEvent(account)
}

func foresees(f foreseeing) func(*mutant) {
	return inTx(func(tx store.Tx) store.Tx {
		own := f
		own.Tx, own.known, own.last = tx, make(map[store.EventQuery]foreseen), make(map[store.AccountID]store.Cursor)
		if own.ask == nil {
			own.ask = func(tx store.Tx, q store.EventQuery, _ []store.EventQuery) ([]store.Event, error) {
				return tx.Events(q)
			}
		}
		return &own
	})
}

// instead asks for another query than the one that was prefetched.
func instead(of func(q store.EventQuery, all []store.EventQuery) store.EventQuery) func(*mutant) {
	return foresees(foreseeing{ask: func(tx store.Tx, q store.EventQuery, all []store.EventQuery) ([]store.Event, error) {
		return tx.Events(of(q, all))
	}})
}

func prefetchDefects() []defect {
	return []defect{
		{"all that is prefetched of events begins at one cursor", []string{"prefetch/events"},
			instead(func(q store.EventQuery, all []store.EventQuery) store.EventQuery { q.After = all[0].After; return q })},
		{"all that is prefetched of events has one limit", []string{"prefetch/events"},
			instead(func(q store.EventQuery, all []store.EventQuery) store.EventQuery { q.Limit = all[0].Limit; return q })},
		{"all that is prefetched of events is one account's", []string{"prefetch/events"},
			instead(func(q store.EventQuery, all []store.EventQuery) store.EventQuery {
				q.Account = all[0].Account
				return q
			})},
		{"a conversation's events are the account's if they are prefetched", []string{"prefetch/events"},
			instead(func(q store.EventQuery, _ []store.EventQuery) store.EventQuery { q.Conversation = 0; return q })},
		{"a cursor that is expired has no events if they are prefetched", []string{"prefetch/events"},
			foresees(foreseeing{ask: func(tx store.Tx, q store.EventQuery, _ []store.EventQuery) ([]store.Event, error) {
				es, err := tx.Events(q)
				if errors.Is(err, store.ErrExpired) {
					err = nil
				}
				return es, err
			}})},
		{"what was prefetched is the caller's and the store's", []string{"prefetch/events"}, foresees(foreseeing{lends: true})},
		{"what was prefetched hides what the Update adds", []string{"prefetch/events of an Update"}, foresees(foreseeing{always: true})},
	}
}

// A Prefetcher passes if it has no defect: the cases find no fault with
// prefetching itself.
func TestPrefetchingIsNoDefect(t *testing.T) {
	for _, c := range prefetchCases() {
		if err := catch(t, c.name, foresees(foreseeing{}), defaultPatience); err != nil {
			t.Errorf("the case %q fails: %v", c.name, err)
		}
	}
}
