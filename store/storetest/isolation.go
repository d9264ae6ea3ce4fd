package storetest

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
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

// meanwhile runs a change beside a transaction of the caller's. It returns when
// the change has ended, or before that if it takes long: the store may have it
// wait until the caller's transaction has ended. ended waits for it then.
func meanwhile(change func() error) (ended func() error) {
	done := make(chan error, 1)
	go func() { done <- change() }()
	ended = func() error { return <-done }
	patience := time.NewTimer(20 * time.Millisecond)
	defer patience.Stop()
	select {
	case err := <-done:
		return func() error { return err }
	case <-patience.C:
		return ended
	}
}

// looks is how many Views look for something that changes meanwhile.
const looks = 20

// isolationSnapshot changes two counters whose sum is 0 between the reads of a
// View.
func isolationSnapshot(e *env) error {
	ids, err := e.counters(2)
	if err != nil {
		return err
	}
	move := func() error {
		return e.retry(func(tx store.Tx) error {
			return errors.Join(addTo(tx, ids[0], 1), addTo(tx, ids[1], -1))
		})
	}
	for range looks {
		moved := func() error { return nil }
		err := e.view(func(tx store.Tx) error {
			_, a, err := count(tx, ids[0])
			if err != nil {
				return err
			}
			moved = meanwhile(move)
			_, b, err := count(tx, ids[1])
			if err != nil {
				return err
			}
			if a+b != 0 {
				return fmt.Errorf("two records that always change together were read as %d and %d in one View", a, b)
			}
			_, again, err := count(tx, ids[0])
			if err == nil && again != a {
				err = fmt.Errorf("a record was read as %d and then as %d in one View", a, again)
			}
			return err
		})
		if err := errors.Join(err, doing("changing both beside a View", moved())); err != nil {
			return err
		}
	}
	return nil
}

// isolationLists adds messages to a conversation between the reads of a View.
func isolationLists(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	made, err := e.messagesIn(c, looks)
	if err != nil {
		return err
	}
	for _, m := range made {
		add := func() error {
			return e.retry(func(tx store.Tx) error {
				conv, err := store.One(tx.Conversations(c.ID))
				if err != nil {
					return err
				}
				conv.LastSeq = m.Seq
				return errors.Join(tx.PutMessages(m), tx.PutConversations(conv))
			})
		}
		added := func() error { return nil }
		err := e.view(func(tx store.Tx) error {
			listed, err := tx.ListMessages(store.MessageQuery{Conversation: c.ID, Limit: looks})
			if err != nil {
				return err
			}
			added = meanwhile(add)
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
		if err := errors.Join(err, doing("adding a message beside a View", added())); err != nil {
			return err
		}
	}
	return nil
}
