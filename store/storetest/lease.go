package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

func leaseCases() []testCase {
	const (
		due       = "LeaseDue takes leases of conversations with a task that is due and not set aside, of each account those due longest first."
		turns     = "Accounts take turns: of each account with such conversations comes the one that is due longest, then the second of each, and so on, those of one turn by how long they are due."
		rotation  = "If the limit leaves some accounts out of a turn, the next call to this Store begins with those."
		exclusive = "LeaseDue leaves out every conversation with a living lease, whoever holds it."
		fence     = "Fence is larger than that of every earlier lease of the conversation."
		clock     = "Leases are measured by the Store's own clock."
		next      = "NextDue returns when the next task is due that is not set aside and whose conversation has no living lease, and whether there is one."
	)
	return []testCase{
		{"leases/longest due first", due, leaseOrder},
		{"leases/due to the microsecond", "Now: tasks due at or before this moment.", leaseMoment},
		{"leases/each conversation once", due, leaseOnce},
		{"leases/accounts take turns", turns, turnsOrder},
		{"leases/no account waits for the others' backlogs", rotation, turnsRotate},
		{"leases/turns among many accounts without work", turns, turnsSparse},
		{"leases/turns of many at once", turns, turnsAtOnce},
		{"leases/not what is set aside", due, leaseSetAside},
		{"leases/not what is held", exclusive, leaseHeld},
		{"leases/many at once", exclusive, leaseManyDue},
		{"leases/many want one", "Lease leaves out conversations that another owner holds.", leaseManyOne},
		{"leases/others' are left out", "Lease takes or prolongs leases of conversations, and leaves out those that another owner holds.", leaseOthers},
		{"leases/prolonged", "A lease that is prolonged keeps its fence.", leaseProlonged},
		{"leases/fences grow", fence, leaseFences},
		{"leases/released", "Release ends leases that still have the same fence.", leaseReleased},
		{"leases/stale release", "Release leaves alone leases that no longer have the same fence.", leaseStaleRelease},
		{"leases/run out", "A lease holds for its TTL. " + clock, leaseExpires},
		{"leases/run out and taken by another", fence + " Release leaves alone the leases of others.", leaseTakenOver},
		{"leases/run out and taken again", fence + " A lease that has run out is not prolonged.", leaseTakenAgain},
		{"leases/by the store's clock", clock, leaseClock},
		{"leases/time to live", "TTL: how long the lease holds.", leaseTTL},
		{"leases/read by keys", "Leases returns the living leases of conversations, in the order of the keys.", leaseRead},
		{"leases/rolled back", "Nothing that a failed Update wrote is kept.", leaseRollback},
		{"next due/the earliest", next, nextDueEarliest},
		{"next due/not set aside, not held", next, nextDueSkips},
	}
}

// lease takes leases of conversations.
func (e *env) lease(owner string, ttl time.Duration, cs ...store.ConversationID) (leases []store.Lease, err error) {
	err = e.retry(func(tx store.Tx) error {
		leases, err = tx.Lease(owner, ttl, cs...)
		return err
	})
	return leases, err
}

// leaseOne takes a lease that must be there to be taken.
func (e *env) leaseOne(owner string, ttl time.Duration, c store.ConversationID) (store.Lease, error) {
	ls, err := e.lease(owner, ttl, c)
	switch {
	case err != nil:
		return store.Lease{}, err
	case len(ls) != 1:
		return store.Lease{}, fmt.Errorf("%q asked for the lease of one conversation and got %d", owner, len(ls))
	case ls[0].Conversation != c || ls[0].Owner != owner || ls[0].Fence <= 0:
		return store.Lease{}, fmt.Errorf("%q asked for a lease of conversation %d and got %+v", owner, c, ls[0])
	}
	return ls[0], allUTC(ls)
}

func (e *env) release(ls ...store.Lease) error {
	return e.retry(func(tx store.Tx) error { return tx.Release(ls...) })
}

// expectLeased compares the conversations of leases.
func expectLeased(what string, ls []store.Lease, want ...store.ConversationID) error {
	return doing(what, same(want, mapped(ls, func(l store.Lease) store.ConversationID { return l.Conversation })))
}

func leaseManyOne(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var winners []string
	err = all(10, func(i int) error {
		owner := fmt.Sprint("worker ", i)
		ls, err := e.lease(owner, time.Hour, c.ID)
		if err == nil && len(ls) > 0 {
			mu.Lock()
			winners = append(winners, owner)
			mu.Unlock()
		}
		return err
	})
	if err == nil && len(winners) != 1 {
		err = fmt.Errorf("the lease was given to %d owners: %q", len(winners), winners)
	}
	return err
}

func leaseOthers(e *env) error {
	cs, err := some(3, e.stored)
	if err != nil {
		return err
	}
	mine, err := e.leaseOne("one", time.Hour, cs[0].ID)
	if err != nil {
		return err
	}
	theirs, err := e.leaseOne("two", time.Hour, cs[1].ID)
	if err != nil {
		return err
	}
	ls, err := e.lease("one", time.Hour, cs[0].ID, cs[1].ID, cs[2].ID)
	if err != nil {
		return err
	}
	slices.SortFunc(ls, func(a, b store.Lease) int { return int(a.Conversation - b.Conversation) })
	if err := expectLeased("all three", ls, cs[0].ID, cs[2].ID); err != nil {
		return err
	}
	if ls[0].Fence != mine.Fence {
		return fmt.Errorf("the lease that it had got the fence %d, had %d", ls[0].Fence, mine.Fence)
	}
	return e.expect([]store.Lease{theirs}, func(tx store.Tx) (any, error) { return tx.Leases(cs[1].ID) })
}

func leaseProlonged(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	first, err := e.leaseOne("one", time.Hour, c.ID)
	if err != nil {
		return err
	}
	if e.h.Advance != nil {
		e.h.Advance(e.Store, 50*time.Minute)
	}
	again, err := e.leaseOne("one", 2*time.Hour, c.ID)
	if err != nil {
		return err
	}
	if again.Fence != first.Fence {
		return fmt.Errorf("a lease with fence %d was prolonged and has %d", first.Fence, again.Fence)
	}
	if d := again.Until.Sub(first.Until); d < 59*time.Minute {
		return fmt.Errorf("a lease of an hour was prolonged to two hours and ends %v later", d)
	}
	if err := e.expect([]store.Lease{again}, func(tx store.Tx) (any, error) { return tx.Leases(c.ID) }); err != nil {
		return err
	}
	if e.h.Advance != nil {
		e.h.Advance(e.Store, 70*time.Minute) // past the first end
		return e.expect([]store.Lease{again}, func(tx store.Tx) (any, error) { return tx.Leases(c.ID) })
	}
	return nil
}

func leaseFences(e *env) error {
	ids, _, err := e.owed(0)
	if err != nil {
		return err
	}
	last := int64(0)
	for i := range 6 {
		var l store.Lease
		if i%2 == 0 {
			l, err = e.leaseOne([]string{"one", "two"}[i/2%2], time.Hour, ids[0])
		} else {
			var ls []store.Lease
			if ls, err = e.leaseDue("one", noon, time.Hour, 1); err == nil {
				l, err = store.One(ls, nil)
			}
		}
		if err != nil {
			return fmt.Errorf("taking lease %d: %w", i, err)
		}
		if l.Fence <= last {
			return fmt.Errorf("a lease has the fence %d, the one before had %d", l.Fence, last)
		}
		last = l.Fence
		if err := e.release(l); err != nil {
			return err
		}
	}
	return nil
}

func leaseTTL(e *env) error {
	cs, err := some(2, e.stored)
	if err != nil {
		return err
	}
	var short, long []store.Lease
	err = e.update(func(tx store.Tx) error {
		if short, err = tx.Lease("one", time.Hour, cs[0].ID); err != nil {
			return err
		}
		long, err = tx.Lease("one", 3*time.Hour, cs[1].ID)
		return err
	})
	if err != nil {
		return err
	}
	if len(short) != 1 || len(long) != 1 {
		return fmt.Errorf("asked for two leases and got %d and %d", len(short), len(long))
	}
	if d := long[0].Until.Sub(short[0].Until); (d - 2*time.Hour).Abs() > e.patience {
		return fmt.Errorf("leases of 1 and of 3 hours end %v apart", d)
	}
	return e.expect(append(short, long...), func(tx store.Tx) (any, error) { return tx.Leases(cs[0].ID, cs[1].ID) })
}

func leaseRead(e *env) error {
	cs, err := some(4, e.stored)
	if err != nil {
		return err
	}
	ls := make([]store.Lease, len(cs))
	for _, i := range []int{2, 0, 3} {
		if ls[i], err = e.leaseOne(fmt.Sprint("worker ", i), time.Hour, cs[i].ID); err != nil {
			return err
		}
	}
	want := []store.Lease{ls[3], ls[0], ls[2]}
	read := func(tx store.Tx) (any, error) { return tx.Leases(cs[3].ID, cs[1].ID, cs[0].ID, noID, cs[2].ID) }
	return errors.Join(e.expect(want, read), e.expectNone(func(tx store.Tx) (any, error) { return tx.Leases() }))
}
