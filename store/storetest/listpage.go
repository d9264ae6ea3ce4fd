package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

func listLimit(e *env) error {
	cs, err := e.listed(3, func(int, *store.Conversation) {})
	if err != nil {
		return err
	}
	slices.Reverse(cs)
	for limit := 1; limit <= 4; limit++ {
		q := inSupport
		q.Limit = limit
		if err := e.expectList(fmt.Sprintf("limit %d", limit), q, cs[:min(limit, 3)]...); err != nil {
			return err
		}
	}
	return nil
}

func listPages(e *env) error {
	// Many of the same moment, so that pages end between them.
	cs, err := e.listed(23, func(i int, c *store.Conversation) { c.LastAt = noon.Add(time.Duration(i/6) * time.Second) })
	if err != nil {
		return err
	}
	slices.Reverse(cs)
	for _, limit := range []int{1, 2, 4, 7, 23} {
		q := inSupport
		q.Limit = limit
		for at := 0; at <= len(cs); at += limit {
			if err := e.expectList(fmt.Sprintf("page of %d from %d", limit, at), q, cs[at:min(at+limit, len(cs))]...); err != nil {
				return err
			}
			if at+limit <= len(cs) {
				q.Before = positionOf(cs[at+limit-1])
			}
		}
	}
	return nil
}

func listPlaceGone(e *env) error {
	cs, err := e.listed(4, func(int, *store.Conversation) {})
	if err != nil {
		return err
	}
	moved := cs[2]
	moved.LastAt = noon.Add(time.Hour)
	if err := e.update(func(tx store.Tx) error { return tx.PutConversations(moved) }); err != nil {
		return err
	}
	q := inSupport
	q.Before = positionOf(cs[2])
	if err := e.expectList("before where one was", q, cs[1], cs[0]); err != nil {
		return err
	}
	q.Before = store.Position{LastAt: noon.Add(90 * time.Second), ID: 1}
	if err := e.expectList("before where none ever was", q, cs[1], cs[0]); err != nil {
		return err
	}
	q.Before = store.Position{LastAt: noon.Add(-time.Hour), ID: 1}
	return e.expectList("before the oldest", q)
}

func listZeroTime(e *env) error {
	cs, err := e.listed(4, func(i int, c *store.Conversation) {
		if i < 3 {
			c.LastAt = time.Time{}
		}
	})
	if err != nil {
		return err
	}
	if err := e.expectList("all", inSupport, cs[3], cs[2], cs[1], cs[0]); err != nil {
		return err
	}
	q := inSupport
	q.Before = positionOf(cs[2])
	return e.expectList("after one", q, cs[1], cs[0])
}

func listWhileWriting(e *env) error {
	const still = 20
	cs, err := e.listed(2*still, func(int, *store.Conversation) {})
	if err != nil {
		return err
	}
	var d dice
	seen := make(map[store.ConversationID]int)
	q := inSupport
	q.Limit = 3
	for {
		var page []store.Conversation
		err := e.view(func(tx store.Tx) error {
			page, err = tx.ListConversations(q)
			return err
		})
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		for _, c := range page {
			seen[c.ID]++
		}
		q.Before = positionOf(page[len(page)-1])
		// Those with odd numbers move to the top, and new ones appear there.
		moving := 2*d.roll(still) + 1
		cs[moving].LastAt = noon.Add(time.Duration(10+len(seen)) * time.Hour)
		err = e.update(func(tx store.Tx) error { return tx.PutConversations(cs[moving]) })
		if err != nil {
			return err
		}
		cs[moving].Version++
		if _, err := e.listed(1, func(_ int, c *store.Conversation) { c.LastAt = noon.Add(100 * time.Hour) }); err != nil {
			return err
		}
	}
	for i, c := range cs {
		if n := seen[c.ID]; i%2 == 0 && n != 1 || n > 1 {
			return fmt.Errorf("conversation %d was seen %d times on the pages; those that do not move are seen once, others at most once", i, n)
		}
	}
	return nil
}
