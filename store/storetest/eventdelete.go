package storetest

import (
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/store"
)

func (e *env) deleteEvents(account store.AccountID, through store.Cursor) error {
	return e.retry(func(tx store.Tx) error { return tx.DeleteEvents(account, through) })
}

// expectExpired checks that a query fails with ErrExpired.
func (e *env) expectExpired(q store.EventQuery) error {
	got, err := events(e.Store, e, q)
	if err := expectError(err, store.ErrExpired); err != nil {
		return fmt.Errorf("%+v gets %d events: %w", q, len(got), err)
	}
	return nil
}

func eventsDeleted(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	other := c
	other.Account, other.ID = globex, 0
	for i := range 6 {
		if err := e.appendEvents(happened(c, 6)[i], happened(other, 6)[i]); err != nil {
			return err
		}
	}
	all, err := e.allEvents(acme)
	if err != nil {
		return err
	}
	if len(all) != 6 {
		return fmt.Errorf("appended 6 events, got %d", len(all))
	}
	if err := e.deleteEvents(acme, all[2].Cursor); err != nil {
		return err
	}
	for _, after := range []store.Cursor{0, all[0].Cursor, all[1].Cursor, all[2].Cursor - 1} {
		err := errors.Join(
			e.expectExpired(store.EventQuery{Account: acme, After: after, Limit: 10}),
			e.expectExpired(store.EventQuery{Account: acme, Conversation: c.ID, After: after, Limit: 10}),
		)
		if err != nil {
			return err
		}
	}
	err = errors.Join(
		e.expectEvents(store.EventQuery{Account: acme, After: all[2].Cursor, Limit: 10}, 4, 5, 6),
		e.expectEvents(store.EventQuery{Account: acme, Conversation: c.ID, After: all[2].Cursor, Limit: 10}, 4, 5, 6),
		e.expectEvents(store.EventQuery{Account: acme, After: all[4].Cursor, Limit: 10}, 6),
		doing("another account's events", e.expectEvents(store.EventQuery{Account: globex, Limit: 10}, up(1, 6)...)),
	)
	if err != nil {
		return err
	}
	// What is deleted stays deleted, whatever is deleted later.
	if err := e.deleteEvents(acme, all[0].Cursor); err != nil {
		return err
	}
	return errors.Join(
		e.expectExpired(store.EventQuery{Account: acme, After: all[1].Cursor, Limit: 10}),
		e.expectEvents(store.EventQuery{Account: acme, After: all[2].Cursor, Limit: 10}, 4, 5, 6),
	)
}

func eventsAllDeleted(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	es := happened(c, 5)
	if err := e.appendEvents(es[:3]...); err != nil {
		return err
	}
	before, err := e.lastEvent(acme)
	if err != nil {
		return err
	}
	// Far past the end: events to come must not be deleted by it.
	if err := e.deleteEvents(acme, before+1_000_000); err != nil {
		return err
	}
	start, err := e.lastEvent(acme)
	if err != nil {
		return err
	}
	if err := e.expectEvents(store.EventQuery{Account: acme, After: start, Limit: 10}); err != nil {
		return fmt.Errorf("a reader that starts at LastEvent, %d: %w", start, err)
	}
	if err := e.expectExpired(store.EventQuery{Account: acme, Limit: 10}); err != nil {
		return err
	}
	if err := e.appendEvents(es[3:]...); err != nil {
		return err
	}
	return errors.Join(
		e.expectEvents(store.EventQuery{Account: acme, After: start, Limit: 10}, 4, 5),
		e.expectEvents(store.EventQuery{Account: acme, After: before, Limit: 10}, 4, 5),
	)
}

func eventsNoneDeleted(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	if err := e.deleteEvents(acme, 1_000); err != nil {
		return fmt.Errorf("deleting where there is nothing: %w", err)
	}
	if err := e.expectEvents(store.EventQuery{Account: acme, Limit: 10}); err != nil {
		return err
	}
	other := c
	other.Account, other.ID = globex, 0
	if err := e.appendEvents(happened(other, 2)...); err != nil {
		return err
	}
	if err := e.appendEvents(happened(c, 2)...); err != nil {
		return err
	}
	all, err := e.allEvents(acme)
	if err != nil || len(all) == 0 {
		return errors.Join(err, e.expectEvents(store.EventQuery{Account: acme, Limit: 10}, 1, 2))
	}
	if err := e.deleteEvents(acme, all[0].Cursor-1); err != nil {
		return err
	}
	return e.expectEvents(store.EventQuery{Account: acme, Limit: 10}, 1, 2)
}

func eventsDeleteRollback(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	if err := e.appendEvents(happened(c, 3)...); err != nil {
		return err
	}
	last, err := e.lastEvent(acme)
	if err != nil {
		return err
	}
	err = e.update(func(tx store.Tx) error { return errors.Join(tx.DeleteEvents(acme, last), errDeliberate) })
	if err := expectError(err, errDeliberate); err != nil {
		return err
	}
	return e.expectEvents(store.EventQuery{Account: acme, Limit: 10}, 1, 2, 3)
}
