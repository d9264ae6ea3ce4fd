package storetest

import (
	"fmt"
	"slices"

	"github.com/teaminbox/teaminbox/store"
)

func messageCases() []testCase {
	const query = "With After they come in order of Seq ascending, otherwise descending from Before."
	return []testCase{
		{"messages/newest first", query, messagesNewest},
		{"messages/after", query, messagesAfter},
		{"messages/before", "Before: only Seq below this.", messagesBefore},
		{"messages/between", "After: only Seq above this. Before: only Seq below this.", messagesBetween},
		{"messages/of one conversation", "A MessageQuery selects messages of one conversation.", messagesOfOne},
		{"messages/pages while others write", query, messagesWhileWriting},
		{"messages/in the same transaction", "A read sees what the same transaction has written.", messagesOwn},
		{"marks/set whatever was there", "PutReadMarks sets marks, whatever was there.", marksSet},
		{"marks/of one user", "ReadMarks returns the user's marks in the conversations.", marksOfOne},
		{"marks/how much is unread", "A mark's InboundCount is the conversation's at the message: the difference is unread.", marksUnread},
	}
}

// talk makes a conversation with n messages, beside two others that have some.
func talk(e *env, n int) (store.Conversation, []store.Message, error) {
	var talks [3]store.Conversation
	var messages [3][]store.Message
	for i := range talks {
		c, err := e.stored()
		if err != nil {
			return c, nil, err
		}
		ms, err := e.messagesIn(c, n+i)
		if err != nil {
			return c, nil, err
		}
		if i == 1 { // not in their order
			slices.Reverse(ms)
		}
		if err := e.update(func(tx store.Tx) error { return tx.PutMessages(ms...) }); err != nil {
			return c, nil, err
		}
		for j := range ms {
			ms[j].Version = 1
		}
		if i == 1 {
			slices.Reverse(ms)
		}
		talks[i], messages[i] = c, ms
	}
	return talks[1], messages[1], nil
}

// expectMessages compares the Seqs that a query selects, then the messages.
func (e *env) expectMessages(q store.MessageQuery, ms []store.Message, seqs ...int64) error {
	return e.view(func(tx store.Tx) error { return expectMessagesIn(tx, q, ms, seqs...) })
}

func expectMessagesIn(tx store.Tx, q store.MessageQuery, ms []store.Message, seqs ...int64) error {
	got, err := tx.ListMessages(q)
	if err != nil {
		return err
	}
	if err := same(seqs, mapped(got, func(m store.Message) int64 { return m.Seq })); err != nil {
		return fmt.Errorf("%+v selects others: %w", q, err)
	}
	want := mapped(seqs, func(seq int64) store.Message { return ms[seq-1] })
	return same(want, got)
}

// down returns the numbers from one to another.
func down(from, to int64) []int64 {
	var out []int64
	for n := from; n >= to; n-- {
		out = append(out, n)
	}
	return out
}

func up(from, to int64) []int64 {
	out := down(to, from)
	slices.Reverse(out)
	return out
}

func messagesNewest(e *env) error {
	c, ms, err := talk(e, 12)
	if err != nil {
		return err
	}
	last := int64(len(ms))
	for _, limit := range []int64{1, 5, last - 1, last, last + 5} {
		if err := e.expectMessages(store.MessageQuery{Conversation: c.ID, Limit: int(limit)}, ms, down(last, max(last-limit+1, 1))...); err != nil {
			return err
		}
	}
	return nil
}

func messagesAfter(e *env) error {
	c, ms, err := talk(e, 12)
	if err != nil {
		return err
	}
	last := int64(len(ms))
	for _, limit := range []int64{1, 4, 50} {
		for after := int64(1); after <= last+1; after++ {
			q := store.MessageQuery{Conversation: c.ID, After: after, Limit: int(limit)}
			if err := e.expectMessages(q, ms, up(after+1, min(after+limit, last))...); err != nil {
				return err
			}
		}
	}
	return nil
}

func messagesBefore(e *env) error {
	c, ms, err := talk(e, 12)
	if err != nil {
		return err
	}
	last := int64(len(ms))
	for _, limit := range []int64{1, 4, 50} {
		for before := int64(1); before <= last+2; before++ {
			q := store.MessageQuery{Conversation: c.ID, Before: before, Limit: int(limit)}
			newest := min(before-1, last)
			if err := e.expectMessages(q, ms, down(newest, max(newest-limit+1, 1))...); err != nil {
				return err
			}
		}
	}
	return nil
}

func messagesBetween(e *env) error {
	c, ms, err := talk(e, 12)
	if err != nil {
		return err
	}
	q := store.MessageQuery{Conversation: c.ID, After: 3, Before: 8, Limit: 50}
	if err := e.expectMessages(q, ms, 4, 5, 6, 7); err != nil {
		return err
	}
	q.Limit = 2
	return e.expectMessages(q, ms, 4, 5)
}

func messagesOfOne(e *env) error {
	if _, _, err := talk(e, 5); err != nil {
		return err
	}
	c, err := e.stored()
	if err != nil {
		return err
	}
	for _, q := range []store.MessageQuery{
		{Conversation: c.ID, Limit: 10},
		{Conversation: c.ID, After: 1, Limit: 10},
		{Conversation: c.ID, Before: 4, Limit: 10},
		{Conversation: noID, Limit: 10},
	} {
		if err := e.expectMessages(q, nil); err != nil {
			return err
		}
	}
	return nil
}

func messagesWhileWriting(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	ms, err := e.messagesIn(c, 60)
	if err != nil {
		return err
	}
	put := func(from, to int) error {
		return e.update(func(tx store.Tx) error { return tx.PutMessages(ms[from:to]...) })
	}
	if err := put(0, 20); err != nil {
		return err
	}
	var seen []int64
	q := store.MessageQuery{Conversation: c.ID, Limit: 3}
	for next := 20; next < len(ms); next += 4 {
		var page []store.Message
		err := e.view(func(tx store.Tx) (err error) {
			page, err = tx.ListMessages(q)
			return err
		})
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		for _, m := range page {
			seen = append(seen, m.Seq)
		}
		q.Before = page[len(page)-1].Seq
		if err := put(next, next+4); err != nil {
			return err
		}
	}
	return same(down(20, 1), seen)
}

func messagesOwn(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	ms, err := e.messagesIn(c, 3)
	if err != nil {
		return err
	}
	return e.update(func(tx store.Tx) error {
		for i := range ms {
			if err := tx.PutMessages(ms[i]); err != nil {
				return err
			}
			ms[i].Version = 1
			n := int64(i + 1)
			if err := expectMessagesIn(tx, store.MessageQuery{Conversation: c.ID, Limit: 10}, ms, down(n, 1)...); err != nil {
				return err
			}
		}
		ms[1].State = store.StateRead
		if err := tx.PutMessages(ms[1]); err != nil {
			return err
		}
		ms[1].Version = 2
		return expectMessagesIn(tx, store.MessageQuery{Conversation: c.ID, After: 1, Limit: 10}, ms, 2, 3)
	})
}
