package storetest

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/teaminbox/teaminbox/store"
)

func isolationIncrements(e *env) error {
	ids, err := e.counters(1)
	if err != nil {
		return err
	}
	const workers, each = 8, 12
	err = all(workers, func(int) error {
		for range each {
			if err := e.retry(func(tx store.Tx) error { return addTo(tx, ids[0], 1) }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return e.view(func(tx store.Tx) error {
		_, n, err := count(tx, ids[0])
		if err == nil && n != workers*each {
			err = fmt.Errorf("%d Updates added 1 and returned nil, the sum is %d", workers*each, n)
		}
		return err
	})
}

// isolationSkew lets two transactions decide, each on what the other writes:
// whoever goes second must see the first.
func isolationSkew(e *env) error {
	for round := range 25 {
		ids, err := e.counters(2)
		if err != nil {
			return err
		}
		err = all(2, func(mine int) error {
			return e.retry(func(tx store.Tx) error {
				_, other, err := count(tx, ids[1-mine])
				if err != nil || other != 0 {
					return err
				}
				runtime.Gosched()
				return addTo(tx, ids[mine], 1)
			})
		})
		if err != nil {
			return err
		}
		err = e.view(func(tx store.Tx) error {
			_, a, err := count(tx, ids[0])
			if err != nil {
				return err
			}
			_, b, err := count(tx, ids[1])
			if err == nil && a+b != 1 {
				err = fmt.Errorf("round %d: each of two transactions was to write only if the other had not, and %d did", round, a+b)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func isolationClaim(e *env) error {
	c, err := e.storedWith(func(c *store.Conversation) { c.ClaimedBy = "" })
	if err != nil {
		return err
	}
	var wins atomic.Int32
	var winner atomic.Value
	err = all(12, func(i int) error {
		user := []store.UserID{alice, bob, carol, dave}[i%4]
		mine := c
		mine.ClaimedBy = user
		err := e.update(func(tx store.Tx) error { return tx.PutConversations(mine) })
		if err == nil {
			wins.Add(1)
			winner.Store(user)
			return nil
		}
		return expectError(err, store.ErrConflict)
	})
	if err != nil {
		return err
	}
	if n := wins.Load(); n != 1 {
		return fmt.Errorf("12 put the same version at once, and %d succeeded", n)
	}
	c.Version, c.ClaimedBy = 2, winner.Load().(store.UserID)
	return e.expect([]store.Conversation{c}, func(tx store.Tx) (any, error) { return tx.Conversations(c.ID) })
}

func isolationMake(e *env) error {
	first, err := e.conversation()
	if err != nil {
		return err
	}
	var wins atomic.Int32
	err = all(8, func(int) error {
		id, err := e.id()
		if err != nil {
			return err
		}
		mine := first
		mine.ID = store.ConversationID(id)
		err = e.update(func(tx store.Tx) error {
			found, err := tx.ConversationsIn(mine.Thread())
			if err != nil || len(found) > 0 {
				return errors.Join(err, errDeliberate)
			}
			return tx.PutConversations(mine)
		})
		switch {
		case err == nil:
			wins.Add(1)
		case !errors.Is(err, errDeliberate) && !errors.Is(err, store.ErrDuplicate) && !errors.Is(err, store.ErrConflict):
			return err
		}
		return nil
	})
	if n := wins.Load(); err == nil && n != 1 {
		err = fmt.Errorf("8 made a conversation for one thread at once, and %d succeeded", n)
	}
	return err
}
