package storetest

import (
	"fmt"

	"github.com/teaminbox/teaminbox/store"
)

func marksSet(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	for _, seq := range []int64{5, 9, 2, 0} {
		mark := store.ReadMark{User: bob, Conversation: c.ID, Seq: seq, InboundCount: seq / 2}
		if err := e.update(func(tx store.Tx) error { return tx.PutReadMarks(acme, mark) }); err != nil {
			return err
		}
		if err := e.expect([]store.ReadMark{mark}, func(tx store.Tx) (any, error) { return tx.ReadMarks(acme, bob, c.ID) }); err != nil {
			return err
		}
	}
	return nil
}

func marksOfOne(e *env) error {
	cs, err := some(2, e.stored)
	if err != nil {
		return err
	}
	marks := []store.ReadMark{
		{User: alice, Conversation: cs[0].ID, Seq: 1, InboundCount: 1},
		{User: bob, Conversation: cs[0].ID, Seq: 2, InboundCount: 1},
		{User: bob, Conversation: cs[1].ID, Seq: 3, InboundCount: 2},
	}
	if err := e.update(func(tx store.Tx) error { return tx.PutReadMarks(acme, marks...) }); err != nil {
		return err
	}
	for user, want := range map[store.UserID][]store.ReadMark{alice: {marks[0]}, bob: {marks[2], marks[1]}, carol: nil} {
		err := e.expect(want, func(tx store.Tx) (any, error) { return tx.ReadMarks(acme, user, cs[1].ID, cs[0].ID) })
		if err != nil {
			return fmt.Errorf("%s: %w", user, err)
		}
	}
	return nil
}

func marksUnread(e *env) error {
	c, err := e.storedWith(func(c *store.Conversation) { c.LastSeq, c.InboundCount = 0, 0 })
	if err != nil {
		return err
	}
	// The customer writes three, a person answers, the customer writes two.
	directions := []store.Direction{store.Inbound, store.Inbound, store.Inbound, store.Outbound, store.Inbound, store.Inbound}
	for i, d := range directions {
		m, err := e.messageIn(c, int64(i+1))
		if err != nil {
			return err
		}
		err = e.update(func(tx store.Tx) error {
			conv, err := store.One(tx.Conversations(c.ID))
			if err != nil {
				return err
			}
			conv.LastSeq++
			if d == store.Inbound {
				conv.InboundCount++
			}
			m.Direction, m.InboundCount = d, conv.InboundCount
			if err := tx.PutConversations(conv); err != nil {
				return err
			}
			return tx.PutMessages(m)
		})
		if err != nil {
			return err
		}
	}
	for read, want := range map[int64]int64{1: 4, 3: 2, 4: 2, 5: 1, 6: 0} {
		err := e.update(func(tx store.Tx) error {
			m, err := store.One(tx.ListMessages(store.MessageQuery{Conversation: c.ID, Before: read + 1, Limit: 1}))
			if err != nil {
				return err
			}
			return tx.PutReadMarks(acme, store.ReadMark{User: bob, Conversation: c.ID, Seq: m.Seq, InboundCount: m.InboundCount})
		})
		if err != nil {
			return err
		}
		err = e.view(func(tx store.Tx) error {
			conv, err := store.One(tx.Conversations(c.ID))
			if err != nil {
				return err
			}
			mark, err := store.One(tx.ReadMarks(acme, bob, c.ID))
			if err != nil {
				return err
			}
			if got := conv.InboundCount - mark.InboundCount; mark.Seq != read || got != want {
				return fmt.Errorf("read up to %d: %d messages are unread up to %d, must be %d", read, got, mark.Seq, want)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
