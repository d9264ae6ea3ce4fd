package storetest

import (
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/store"
)

func eventCases() []testCase {
	const (
		order   = "Events returns events after a cursor, in order."
		gapless = "A reader that goes on from the cursor of the last event it got misses none and gets none twice."
		expired = "Events fails with ErrExpired if events after the cursor have been deleted."
	)
	return []testCase{
		{"events/in order", order, eventsOrder},
		{"events/from any cursor", gapless, eventsResume},
		{"events/of a conversation", "EventQuery selects events of an account, or of one of its conversations.", eventsOfConversation},
		{"events/last", "LastEvent returns the cursor of the account's last event, or 0.", eventsLast},
		{"events/slow writers", gapless, eventsSlowWriters},
		{"events/beside a long View", "A reader is not held up by a transaction that writes no events.", eventsLongView},
		{"events/beside a long Update", "A reader is not held up by a transaction that writes no events.", eventsLongUpdate},
		{"events/deleted", "DeleteEvents deletes the account's events up to a cursor. " + expired, eventsDeleted},
		{"events/all deleted", expired + " The reader has to start again from the present state, so LastEvent must be a cursor that is not expired.", eventsAllDeleted},
		{"events/none deleted", expired + " Where nothing was deleted, no cursor is expired.", eventsNoneDeleted},
		{"events/deleted and rolled back", "Nothing that a failed Update wrote is kept.", eventsDeleteRollback},
	}
}

// happened makes n events of a conversation whose Detail.Seq counts.
func happened(c store.Conversation, n int) []store.Event {
	out := make([]store.Event, n)
	for i := range out {
		out[i] = store.Event{
			Account: c.Account, Type: store.MessageReceived, At: noon, Inbox: c.Inbox, Conversation: c.ID,
			Actor: store.Author{Kind: store.ByCustomer}, Detail: store.Detail{Seq: int64(i + 1)},
		}
	}
	return out
}

func (e *env) appendEvents(es ...store.Event) error {
	return e.retry(func(tx store.Tx) error { return tx.AppendEvents(es...) })
}

func events(s store.Store, e *env, q store.EventQuery) (es []store.Event, err error) {
	err = s.View(e.ctx, func(tx store.Tx) error {
		es, err = tx.Events(q)
		return err
	})
	return es, err
}

// expectEvents compares what a query selects with the Seqs of events.
func (e *env) expectEvents(q store.EventQuery, seqs ...int64) error {
	got, err := events(e.Store, e, q)
	if err != nil {
		return fmt.Errorf("%+v: %w", q, err)
	}
	if err := same(seqs, mapped(got, func(ev store.Event) int64 { return ev.Detail.Seq })); err != nil {
		return fmt.Errorf("%+v selects others: %w", q, err)
	}
	last := q.After
	for _, ev := range got {
		if ev.Cursor <= last {
			return fmt.Errorf("%+v: the cursor %d follows %d", q, ev.Cursor, last)
		}
		last = ev.Cursor
	}
	return nil
}

// allEvents returns all events of an account.
func (e *env) allEvents(account store.AccountID) ([]store.Event, error) {
	return events(e.Store, e, store.EventQuery{Account: account, Limit: 10_000})
}

func (e *env) lastEvent(account store.AccountID) (cursor store.Cursor, err error) {
	err = e.view(func(tx store.Tx) error {
		cursor, err = tx.LastEvent(account)
		return err
	})
	return cursor, err
}

func eventsOrder(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	es := happened(c, 9)
	// The cursor is the store's, whatever the caller says.
	es[4].Cursor, es[5].Cursor = 99, 3
	// The time orders nothing.
	es[7].At = noon.AddDate(-1, 0, 0)
	for _, n := range [][2]int{{0, 1}, {1, 6}, {6, 6}, {6, 9}} {
		if err := e.appendEvents(es[n[0]:n[1]]...); err != nil {
			return err
		}
	}
	return e.expectEvents(store.EventQuery{Account: acme, Limit: 100}, up(1, 9)...)
}

func eventsResume(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	const n = 12
	for i := range 4 {
		if err := e.appendEvents(happened(c, n)[3*i : 3*i+3]...); err != nil {
			return err
		}
	}
	got, err := e.allEvents(acme)
	if err != nil {
		return err
	}
	if len(got) != n {
		return fmt.Errorf("appended %d events, got %d", n, len(got))
	}
	for _, limit := range []int{1, 5, n, 2 * n} {
		if err := e.expectEvents(store.EventQuery{Account: acme, Limit: limit}, up(1, int64(min(limit, n)))...); err != nil {
			return err
		}
		for i, ev := range got {
			q := store.EventQuery{Account: acme, After: ev.Cursor, Limit: limit}
			if err := e.expectEvents(q, up(int64(i+2), int64(min(i+1+limit, n)))...); err != nil {
				return err
			}
		}
	}
	return doing("a cursor that will never be", e.expectEvents(store.EventQuery{Account: acme, After: 1<<63 - 1, Limit: 10}))
}

func eventsOfConversation(e *env) error {
	a, err1 := e.stored()
	b, err2 := e.stored()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	none := store.Conversation{Account: acme}
	of := map[store.ConversationID]store.Conversation{a.ID: a, b.ID: b, 0: none}
	turns := []store.ConversationID{a.ID, b.ID, 0, a.ID, a.ID, b.ID, 0, a.ID}
	want := make(map[store.ConversationID][]int64)
	for i, id := range turns {
		ev := happened(of[id], 1)[0]
		ev.Detail.Seq = int64(i + 1)
		want[id] = append(want[id], ev.Detail.Seq)
		if err := e.appendEvents(ev); err != nil {
			return err
		}
	}
	if err := e.expectEvents(store.EventQuery{Account: acme, Limit: 100}, up(1, int64(len(turns)))...); err != nil {
		return err
	}
	for _, c := range []store.Conversation{a, b} {
		q := store.EventQuery{Account: acme, Conversation: c.ID, Limit: 100}
		if err := e.expectEvents(q, want[c.ID]...); err != nil {
			return err
		}
		got, err := events(e.Store, e, q)
		if err != nil {
			return err
		}
		q.After, q.Limit = got[0].Cursor, 2
		if err := e.expectEvents(q, want[c.ID][1:min(3, len(want[c.ID]))]...); err != nil {
			return err
		}
	}
	return doing("another account's query for the conversation",
		e.expectEvents(store.EventQuery{Account: globex, Conversation: a.ID, Limit: 10}))
}

func eventsLast(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	expect := func(what string, account store.AccountID, want store.Cursor) error {
		got, err := e.lastEvent(account)
		if err == nil && got != want {
			err = fmt.Errorf("LastEvent is %d, must be %d", got, want)
		}
		return doing(what, err)
	}
	if err := expect("without events", acme, 0); err != nil {
		return err
	}
	for n := 1; n <= 3; n++ {
		if err := e.appendEvents(happened(c, 2)...); err != nil {
			return err
		}
		all, err := e.allEvents(acme)
		if err != nil {
			return err
		}
		if len(all) != 2*n {
			return fmt.Errorf("appended %d events, got %d", 2*n, len(all))
		}
		if err := expect("after some", acme, all[len(all)-1].Cursor); err != nil {
			return err
		}
		err = e.update(func(tx store.Tx) error { return errors.Join(tx.AppendEvents(happened(c, 3)...), errDeliberate) })
		if err := expectError(err, errDeliberate); err != nil {
			return err
		}
		if err := expect("after a rollback", acme, all[len(all)-1].Cursor); err != nil {
			return err
		}
	}
	return expect("of another account", globex, 0)
}
