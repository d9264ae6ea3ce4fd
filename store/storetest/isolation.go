package storetest

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

func isolationCases() []testCase {
	const alone = "Update runs the function in one atomic transaction, isolated as if it were alone."
	return []testCase{
		{"isolation/no update is lost", alone, isolationIncrements},
		{"isolation/decisions on what others write", alone, isolationSkew},
		{"isolation/nothing uncommitted is seen", "View runs the function on one consistent snapshot: of what is committed.", isolationUncommitted},
		{"isolation/view is one moment", "View runs the function on one consistent snapshot.", isolationSnapshot},
		{"isolation/lists are of one moment", "View runs the function on one consistent snapshot.", isolationLists},
		{"isolation/one of many claims", "A version replaces exactly that version: of many who claim a conversation, one wins.", isolationClaim},
		{"isolation/one of many makes", "Unique keys: of many who make a conversation for one thread, one wins.", isolationMake},
	}
}

// counters makes contacts whose names count.
func (e *env) counters(n int) ([]store.ContactID, error) {
	ids := make([]store.ContactID, n)
	contacts := make([]store.Contact, n)
	for i := range contacts {
		c, err := e.contact()
		if err != nil {
			return nil, err
		}
		c.Name = "0"
		ids[i], contacts[i] = c.ID, c
	}
	return ids, e.update(func(tx store.Tx) error { return tx.PutContacts(contacts...) })
}

// count reads a counter.
func count(tx store.Tx, id store.ContactID) (store.Contact, int, error) {
	c, err := store.One(tx.Contacts(id))
	if err != nil {
		return c, 0, err
	}
	n, err := strconv.Atoi(c.Name)
	return c, n, err
}

// addTo changes a counter.
func addTo(tx store.Tx, id store.ContactID, d int) error {
	c, n, err := count(tx, id)
	if err != nil {
		return err
	}
	c.Name = strconv.Itoa(n + d)
	return tx.PutContacts(c)
}

func isolationUncommitted(e *env) error {
	return each(e, kinds(), func(k kind, a, _ any) error {
		written, seen := make(chan struct{}), make(chan error, 1)
		go func() {
			<-written
			// The View may have to wait for the end of the Update, which
			// fails: whenever it runs, there is nothing to see.
			seen <- e.expectNoKind(k, a)
		}()
		var once sync.Once
		err := e.update(func(tx store.Tx) error {
			err := k.put(tx, a)
			once.Do(func() { close(written) })
			for range 100 {
				runtime.Gosched()
			}
			return errors.Join(err, errDeliberate)
		})
		once.Do(func() { close(written) }) // if the function did not run
		return errors.Join(expectError(err, errDeliberate), <-seen)
	})
}

// whileMoving reads again and again while two counters whose sum is 0 change.
// moved gets a value after a change, if it has none.
func whileMoving(e *env, check func(ids []store.ContactID, moved <-chan struct{}) error) error {
	ids, err := e.counters(2)
	if err != nil {
		return err
	}
	moved := make(chan struct{}, 1)
	var done atomic.Bool
	return all(3, func(i int) error {
		if i > 0 {
			for !done.Load() {
				if err := check(ids, moved); err != nil {
					return err
				}
			}
			return nil
		}
		defer done.Store(true)
		for range 150 {
			err := e.retry(func(tx store.Tx) error {
				if err := addTo(tx, ids[0], 1); err != nil {
					return err
				}
				return addTo(tx, ids[1], -1)
			})
			if err != nil {
				return err
			}
			select {
			case moved <- struct{}{}:
			default:
			}
			runtime.Gosched()
		}
		return nil
	})
}

func isolationSnapshot(e *env) error {
	return whileMoving(e, func(ids []store.ContactID, moved <-chan struct{}) error {
		return e.view(func(tx store.Tx) error {
			select {
			case <-moved: // before the View
			default:
			}
			_, a, err := count(tx, ids[0])
			if err != nil {
				return err
			}
			// Until something has changed, unless the View keeps it from that.
			patience := time.NewTimer(5 * time.Millisecond)
			defer patience.Stop()
			select {
			case <-moved:
			case <-patience.C:
			}
			for range 5 {
				runtime.Gosched()
				_, b, err := count(tx, ids[1])
				if err != nil {
					return err
				}
				if a+b != 0 {
					return fmt.Errorf("two records that always change together were read as %d and %d in one View", a, b)
				}
			}
			_, again, err := count(tx, ids[0])
			if err == nil && again != a {
				err = fmt.Errorf("a record was read as %d and then as %d in one View", a, again)
			}
			return err
		})
	})
}

func isolationLists(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	const messages = 60
	made, err := e.messagesIn(c, messages)
	if err != nil {
		return err
	}
	var done atomic.Bool
	return all(3, func(i int) error {
		if i == 0 {
			defer done.Store(true)
			for _, m := range made {
				err := e.retry(func(tx store.Tx) error {
					conv, err := store.One(tx.Conversations(c.ID))
					if err != nil {
						return err
					}
					conv.LastSeq = m.Seq
					return errors.Join(tx.PutMessages(m), tx.PutConversations(conv))
				})
				if err != nil {
					return err
				}
			}
			return nil
		}
		for !done.Load() {
			err := e.view(func(tx store.Tx) error {
				listed, err := tx.ListMessages(store.MessageQuery{Conversation: c.ID, Limit: messages})
				if err != nil {
					return err
				}
				runtime.Gosched()
				conv, err := store.One(tx.Conversations(c.ID))
				if err != nil {
					return err
				}
				// The conversation is made with another LastSeq than 0.
				if n := int64(len(listed)); n > 0 && n != conv.LastSeq {
					return fmt.Errorf("a View lists %d messages and then reads that there are %d", n, conv.LastSeq)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
