package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// owed makes conversations with a task each, due offsets from noon.
func (e *env) owed(offsets ...time.Duration) ([]store.ConversationID, []store.Task, error) {
	ids := make([]store.ConversationID, len(offsets))
	ts := make([]store.Task, len(offsets))
	for i, d := range offsets {
		c, err := e.stored()
		if err != nil {
			return nil, nil, err
		}
		t, err := e.taskOf(c.ID)
		if err != nil {
			return nil, nil, err
		}
		t.DueAt = noon.Add(d)
		ids[i], ts[i] = c.ID, t
	}
	return ids, ts, e.putTasks(ts...)
}

// leaseDue takes leases of what is due at a moment.
func (e *env) leaseDue(owner string, now time.Time, ttl time.Duration, limit int) (leases []store.Lease, err error) {
	err = e.retry(func(tx store.Tx) error {
		leases, err = tx.LeaseDue(store.LeaseQuery{Owner: owner, Now: now, TTL: ttl, Limit: limit})
		return err
	})
	return leases, err
}

// expectDue takes leases of all that is due long after noon and compares.
func (e *env) expectDue(what string, want ...store.ConversationID) error {
	ls, err := e.leaseDue("whoever is next", noon.AddDate(1, 0, 0), time.Hour, 100)
	if err != nil {
		return err
	}
	return expectLeased(what, ls, want...)
}

func leaseOrder(e *env) error {
	ids, _, err := e.owed(3*time.Second, 2*time.Second, 4*time.Second, time.Second, 5*time.Second)
	if err != nil {
		return err
	}
	ls, err := e.leaseDue("one", noon.Add(4*time.Second), time.Hour, 2)
	if err != nil {
		return err
	}
	if err := expectLeased("the first two", ls, ids[3], ids[1]); err != nil {
		return err
	}
	for _, l := range ls {
		if l.Owner != "one" || l.Fence <= 0 || l.Until.IsZero() {
			return fmt.Errorf("the lease %+v lacks its owner, a fence or an end", l)
		}
	}
	if err := allUTC(ls); err != nil {
		return err
	}
	ls, err = e.leaseDue("two", noon.Add(4*time.Second), time.Hour, 100)
	if err != nil {
		return err
	}
	if err := expectLeased("the rest that is due", ls, ids[0], ids[2]); err != nil {
		return err
	}
	return e.expectDue("what is due later", ids[4])
}

func leaseMoment(e *env) error {
	ids, _, err := e.owed(0, time.Microsecond, -time.Microsecond)
	if err != nil {
		return err
	}
	ls, err := e.leaseDue("one", noon.Add(-time.Microsecond-1), time.Hour, 10)
	if err == nil {
		err = expectLeased("before", ls)
	}
	if err != nil {
		return err
	}
	if ls, err = e.leaseDue("one", noon.In(kolkata), time.Hour, 10); err == nil {
		err = expectLeased("at the moment", ls, ids[2], ids[0])
	}
	if err != nil {
		return err
	}
	return e.expectDue("after", ids[1])
}

func leaseOnce(e *env) error {
	cs, err := some(3, e.stored)
	if err != nil {
		return err
	}
	ts, err := e.tasksOf(4, cs...)
	if err != nil {
		return err
	}
	for j := range 4 {
		ts[0][j].DueAt = noon.Add(time.Duration(5+j) * time.Second)
		ts[1][j].DueAt = noon.Add(time.Duration(9-j) * time.Second)
		ts[2][j].DueAt = noon.Add(time.Duration(4*j) * time.Second)
	}
	// The earliest are at 5, 6 and 0 seconds.
	if err := e.putTasks(slices.Concat(ts...)...); err != nil {
		return err
	}
	ls, err := e.leaseDue("one", noon.Add(time.Minute), time.Hour, 3)
	if err != nil {
		return err
	}
	if err := expectLeased("all", ls, cs[2].ID, cs[0].ID, cs[1].ID); err != nil {
		return err
	}
	return e.expectDue("what is left")
}

func leaseSetAside(e *env) error {
	ids, ts, err := e.owed(0, time.Second)
	if err != nil {
		return err
	}
	ts[0].SetAside = true
	if err := e.putTasks(ts[0]); err != nil {
		return err
	}
	if err := e.expectDue("one is set aside", ids[1]); err != nil {
		return err
	}
	ts[0].SetAside = false
	if err := e.putTasks(ts[0]); err != nil {
		return err
	}
	return e.expectDue("requeued", ids[0])
}

func leaseHeld(e *env) error {
	ids, _, err := e.owed(0, 1, 2)
	if err != nil {
		return err
	}
	if _, err := e.leaseOne("one", time.Hour, ids[1]); err != nil {
		return err
	}
	ls, err := e.leaseDue("one", noon.Add(time.Second), time.Hour, 1)
	if err == nil {
		err = expectLeased("beside its own lease", ls, ids[0])
	}
	if err != nil {
		return err
	}
	if ls, err = e.leaseDue("two", noon.Add(time.Second), time.Hour, 10); err == nil {
		err = expectLeased("beside another's leases", ls, ids[2])
	}
	if err != nil {
		return err
	}
	ls, err = e.leaseDue("one", noon.Add(time.Second), time.Hour, 10)
	return errors.Join(err, expectLeased("all are held", ls))
}

func leaseManyDue(e *env) error {
	ids, _, err := e.owed(make([]time.Duration, 40)...)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	holders := make(map[store.ConversationID][]string)
	err = all(6, func(i int) error {
		owner := fmt.Sprint("worker ", i)
		for range len(ids) {
			ls, err := e.leaseDue(owner, noon, time.Hour, 3)
			if err != nil || len(ls) == 0 {
				return err
			}
			if len(ls) > 3 {
				return fmt.Errorf("asked for at most 3 leases and got %d", len(ls))
			}
			mu.Lock()
			for _, l := range ls {
				holders[l.Conversation] = append(holders[l.Conversation], owner)
			}
			mu.Unlock()
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if n := len(holders[id]); n != 1 {
			return fmt.Errorf("conversation %d is held by %d workers at once: %q", id, n, holders[id])
		}
	}
	return nil
}

// expectNext compares what NextDue returns.
func (e *env) expectNext(what string, want time.Time, exists bool) error {
	return doing(what, e.view(func(tx store.Tx) error { return expectNextIn(tx, want, exists) }))
}

func expectNextIn(tx store.Tx, want time.Time, exists bool) error {
	at, any, err := tx.NextDue()
	switch {
	case err != nil:
		return err
	case any != exists:
		return fmt.Errorf("NextDue says %t, must say %t", any, exists)
	case any:
		return doing("NextDue", same(want, at))
	}
	return nil
}

func nextDueEarliest(e *env) error {
	if err := e.expectNext("without tasks", time.Time{}, false); err != nil {
		return err
	}
	ids, ts, err := e.owed(2*time.Second, time.Microsecond, time.Second)
	if err != nil {
		return err
	}
	if err := e.expectNext("of three", ts[1].DueAt, true); err != nil {
		return err
	}
	earlier, err := e.taskOf(ids[0])
	if err != nil {
		return err
	}
	earlier.DueAt = noon.AddDate(-50, 0, 0)
	return e.update(func(tx store.Tx) error {
		if err := tx.PutTasks(earlier); err != nil {
			return err
		}
		if err := expectNextIn(tx, earlier.DueAt, true); err != nil {
			return fmt.Errorf("put in the same transaction: %w", err)
		}
		earlier.DueAt = noon.AddDate(50, 0, 0)
		if err := tx.PutTasks(earlier); err != nil {
			return err
		}
		if err := expectNextIn(tx, ts[1].DueAt, true); err != nil {
			return fmt.Errorf("postponed: %w", err)
		}
		if err := tx.DeleteTasks(ts[1].ID); err != nil {
			return err
		}
		return doing("deleted", expectNextIn(tx, ts[2].DueAt, true))
	})
}

func nextDueSkips(e *env) error {
	ids, ts, err := e.owed(0, time.Second, 2*time.Second)
	if err != nil {
		return err
	}
	held, err := e.leaseOne("one", time.Hour, ids[0])
	if err != nil {
		return err
	}
	if err := e.expectNext("one is held", ts[1].DueAt, true); err != nil {
		return err
	}
	ts[1].SetAside = true
	if err := e.putTasks(ts[1]); err != nil {
		return err
	}
	if err := e.expectNext("one is held, one set aside", ts[2].DueAt, true); err != nil {
		return err
	}
	if _, err := e.leaseOne("two", time.Hour, ids[2]); err != nil {
		return err
	}
	if err := e.expectNext("none is left", time.Time{}, false); err != nil {
		return err
	}
	if err := e.release(held); err != nil {
		return err
	}
	return e.expectNext("one is released", ts[0].DueAt, true)
}
