package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// brief is a TTL whose end the case can bring about.
func (e *env) brief() time.Duration {
	if e.h.Advance != nil {
		return time.Hour
	}
	return 20 * time.Millisecond
}

// runOut brings about the end of leases of conversations with a brief TTL.
func (e *env) runOut(cs ...store.ConversationID) error {
	if e.h.Advance != nil {
		e.h.Advance(e.Store, e.brief()-time.Microsecond)
		err := e.view(func(tx store.Tx) error {
			ls, err := tx.Leases(cs...)
			if err != nil {
				return err
			}
			return expectLeased("a microsecond before their end", ls, cs...)
		})
		if err != nil {
			return err
		}
		e.h.Advance(e.Store, time.Microsecond)
		return doing("leases at their end", e.expectNone(func(tx store.Tx) (any, error) { return tx.Leases(cs...) }))
	}
	return e.await("the end of the leases", func() (bool, error) {
		living := 0
		err := e.view(func(tx store.Tx) error {
			ls, err := tx.Leases(cs...)
			living = len(ls)
			return err
		})
		return living == 0, err
	})
}

// await looks again and again until something has come about.
func (e *env) await(what string, check func() (bool, error)) error {
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for {
		ok, err := check()
		if err != nil || ok {
			return err
		}
		select {
		case <-ticker.C:
		case <-e.ctx.Done():
			return fmt.Errorf("%s did not come within %v", what, e.patience)
		}
	}
}

func leaseReleased(e *env) error {
	ids, _, err := e.owed(0, 1)
	if err != nil {
		return err
	}
	ls, err := e.leaseDue("one", noon.Add(time.Second), time.Hour, 10)
	if err != nil {
		return err
	}
	if err := expectLeased("both", ls, ids...); err != nil {
		return err
	}
	if err := e.release(ls[0]); err != nil {
		return err
	}
	if err := e.expect(ls[1:], func(tx store.Tx) (any, error) { return tx.Leases(ids...) }); err != nil {
		return err
	}
	if _, err := e.leaseOne("two", time.Hour, ids[0]); err != nil {
		return err
	}
	return doing("a lease that was never taken", e.release(store.Lease{Conversation: noID, Fence: 1}))
}

func leaseStaleRelease(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	old, err := e.leaseOne("one", time.Hour, c.ID)
	if err != nil {
		return err
	}
	if err := e.release(old); err != nil {
		return err
	}
	// The same owner again: only the fence tells them apart.
	living, err := e.leaseOne("one", time.Hour, c.ID)
	if err != nil {
		return err
	}
	if err := e.release(old); err != nil {
		return fmt.Errorf("releasing with a stale fence: %w", err)
	}
	return e.expect([]store.Lease{living}, func(tx store.Tx) (any, error) { return tx.Leases(c.ID) })
}

func leaseExpires(e *env) error {
	ids, ts, err := e.owed(0, 1)
	if err != nil {
		return err
	}
	if _, err := e.leaseDue("one", noon.Add(time.Second), e.brief(), 10); err != nil {
		return err
	}
	if err := e.runOut(ids...); err != nil {
		return err
	}
	if err := e.expectNext("after the leases ran out", ts[0].DueAt, true); err != nil {
		return err
	}
	return e.expectDue("after the leases ran out", ids...)
}

func leaseTakenOver(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	old, err := e.leaseOne("one", e.brief(), c.ID)
	if err != nil {
		return err
	}
	if err := e.runOut(c.ID); err != nil {
		return err
	}
	living, err := e.leaseOne("two", time.Hour, c.ID)
	if err != nil {
		return err
	}
	if living.Fence <= old.Fence {
		return fmt.Errorf("a lease has the fence %d, the one before had %d", living.Fence, old.Fence)
	}
	ls, err := e.lease("one", time.Hour, c.ID)
	if err == nil {
		err = expectLeased("taken again by whoever lost it", ls)
	}
	if err != nil {
		return err
	}
	if err := e.release(old); err != nil {
		return err
	}
	return e.expect([]store.Lease{living}, func(tx store.Tx) (any, error) { return tx.Leases(c.ID) })
}

func leaseTakenAgain(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	old, err := e.leaseOne("one", e.brief(), c.ID)
	if err != nil {
		return err
	}
	if err := e.runOut(c.ID); err != nil {
		return err
	}
	living, err := e.leaseOne("one", time.Hour, c.ID)
	if err == nil && living.Fence <= old.Fence {
		err = fmt.Errorf("a lease that had run out was taken again with the fence %d, it had %d before", living.Fence, old.Fence)
	}
	return err
}

func leaseClock(e *env) error {
	ids, _, err := e.owed(0)
	if err != nil {
		return err
	}
	// Two processes, one a century behind and one ahead.
	ls, err := e.leaseDue("behind", noon, time.Hour, 10)
	if err == nil {
		err = expectLeased("taken by one whose clock is behind", ls, ids...)
	}
	if err != nil {
		return err
	}
	if ls, err = e.leaseDue("ahead", noon.AddDate(100, 0, 0), time.Hour, 10); err == nil {
		err = expectLeased("by one whose clock is ahead", ls)
	}
	if err != nil {
		return err
	}
	return e.view(func(tx store.Tx) error {
		living, err := tx.Leases(ids...)
		if err != nil {
			return err
		}
		return expectLeased("that live", living, ids...)
	})
}

func leaseRollback(e *env) error {
	ids, ts, err := e.owed(0, 1)
	if err != nil {
		return err
	}
	err = e.update(func(tx store.Tx) error {
		if _, err := tx.LeaseDue(store.LeaseQuery{Owner: "one", Now: noon, TTL: time.Hour, Limit: 10}); err != nil {
			return err
		}
		ls, err := tx.Lease("one", time.Hour, ids[1])
		if err != nil {
			return err
		}
		// Seen in the transaction that took them.
		living, err := tx.Leases(ids...)
		if err != nil {
			return err
		}
		if err := expectLeased("in the transaction", living, ids...); err != nil {
			return err
		}
		if _, any, err := tx.NextDue(); err != nil || any {
			return errors.Join(err, fmt.Errorf("NextDue says %t in the transaction that holds all leases", any))
		}
		return errors.Join(errDeliberate, tx.Release(ls...))
	})
	if err := expectError(err, errDeliberate); err != nil {
		return err
	}
	if err := e.expectNone(func(tx store.Tx) (any, error) { return tx.Leases(ids...) }); err != nil {
		return err
	}
	if err := e.expectNext("after the rollback", ts[0].DueAt, true); err != nil {
		return err
	}
	living, err := e.leaseOne("one", time.Hour, ids[0])
	if err != nil {
		return err
	}
	err = e.update(func(tx store.Tx) error { return errors.Join(tx.Release(living), errDeliberate) })
	if err := expectError(err, errDeliberate); err != nil {
		return err
	}
	return doing("a release that was rolled back", e.expect([]store.Lease{living}, func(tx store.Tx) (any, error) { return tx.Leases(ids...) }))
}
