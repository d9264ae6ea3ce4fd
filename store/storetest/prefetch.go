package storetest

import (
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/store"
)

func prefetchCases() []testCase {
	const rule = "Prefetch changes no answer."
	return []testCase{
		{"prefetch/events", rule, prefetchEvents},
		{"prefetch/events of an Update", rule + " An Update reads what it has written.", prefetchOwnEvents},
	}
}

// prefetch prefetches, if the store gains from it. If it does not, there is
// nothing by which an answer could be changed.
func prefetch(tx store.Tx, k store.Keys) error {
	if p, ok := tx.(store.Prefetcher); ok {
		return p.Prefetch(k)
	}
	return nil
}

// heard is what a store says of events.
type heard struct {
	Expired bool
	Seqs    []int64
	Cursors []store.Cursor
	Last    store.Cursor
}

// hear asks for the events of queries. What it was given it spoils, as a caller may.
func hear(tx store.Tx, qs []store.EventQuery) (all []heard, err error) {
	for _, q := range qs {
		es, err := tx.Events(q)
		h := heard{Expired: errors.Is(err, store.ErrExpired)}
		if err != nil && !h.Expired {
			return nil, fmt.Errorf("%+v: %w", q, err)
		}
		for i := range es {
			h.Seqs, h.Cursors = append(h.Seqs, es[i].Detail.Seq), append(h.Cursors, es[i].Cursor)
			es[i] = store.Event{}
		}
		if h.Last, err = tx.LastEvent(q.Account); err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	return all, nil
}

// eventQueries puts events of several accounts, of which some are deleted, and
// returns queries for them of all kinds.
func (e *env) eventQueries() (store.Conversation, []store.EventQuery, error) {
	c, err := e.stored()
	if err != nil {
		return c, nil, err
	}
	other := c
	other.Account, other.ID = globex, 0
	for i := range 6 {
		stray := happened(store.Conversation{Account: acme}, 1)[0]
		stray.Detail.Seq = int64(101 + i)
		if err := e.appendEvents(happened(c, 6)[i], stray, happened(other, 6)[i]); err != nil {
			return c, nil, err
		}
	}
	ours, err1 := e.allEvents(acme)
	theirs, err2 := e.allEvents(globex)
	if err := errors.Join(err1, err2); err != nil {
		return c, nil, err
	}
	if len(ours) != 12 || len(theirs) != 6 {
		return c, nil, fmt.Errorf("appended 12 and 6 events, got %d and %d", len(ours), len(theirs))
	}
	if err := e.deleteEvents(globex, theirs[2].Cursor); err != nil {
		return c, nil, err
	}
	return c, []store.EventQuery{
		{Account: acme, Limit: 100},
		{Account: acme, After: ours[3].Cursor, Limit: 2},
		{Account: acme, After: ours[3].Cursor, Limit: 100},
		{Account: acme, After: ours[11].Cursor, Limit: 100},
		{Account: acme, Conversation: c.ID, After: ours[0].Cursor, Limit: 3},
		{Account: globex, Limit: 100},
		{Account: globex, After: theirs[1].Cursor, Limit: 100},
		{Account: globex, After: theirs[2].Cursor, Limit: 1},
		{Account: globex, After: theirs[5].Cursor, Limit: 100},
		{Account: globex, After: 1<<63 - 1, Limit: 100},
		{Account: "nobody", Limit: 100},
	}, nil
}

func prefetchEvents(e *env) error {
	_, qs, err := e.eventQueries()
	if err != nil {
		return err
	}
	var want []heard
	err = e.view(func(tx store.Tx) (err error) {
		want, err = hear(tx, qs)
		return err
	})
	if err != nil {
		return err
	}
	return e.view(func(tx store.Tx) error {
		for _, again := range []string{"prefetched", "once more", "prefetched again"} {
			if again != "once more" {
				if err := prefetch(tx, store.Keys{Events: append(qs, qs...)}); err != nil {
					return err
				}
			}
			got, err := hear(tx, qs)
			if err != nil {
				return doing(again, err)
			}
			for i := range qs {
				if err := same(want[i], got[i]); err != nil {
					return fmt.Errorf("%s, %+v: %w", again, qs[i], err)
				}
			}
		}
		return nil
	})
}

func prefetchOwnEvents(e *env) error {
	c, qs, err := e.eventQueries()
	if err != nil {
		return err
	}
	// Cursors are given by each Update anew.
	hearAnew := func(asks bool) (before, after []heard, err error) {
		err = e.retry(func(tx store.Tx) (err error) {
			if asks {
				if err := prefetch(tx, store.Keys{Events: qs}); err != nil {
					return err
				}
			}
			if before, err = hear(tx, qs[:1]); err != nil {
				return err
			}
			added := happened(c, 1)[0]
			added.Detail.Seq = 1000
			if err := errors.Join(tx.AppendEvents(added), tx.DeleteEvents(acme, qs[1].After)); err != nil {
				return err
			}
			if after, err = hear(tx, qs); err != nil {
				return err
			}
			return errDeliberate
		})
		return before, after, expectError(err, errDeliberate)
	}
	_, want, err := hearAnew(false)
	if err != nil {
		return err
	}
	before, got, err := hearAnew(true)
	if err != nil {
		return doing("prefetched", err)
	}
	for i, q := range qs {
		if q.Account == acme && got[i].Last <= before[0].Last {
			return fmt.Errorf("%+v, prefetched: LastEvent is %d after an event was added, and was %d before", q, got[i].Last, before[0].Last)
		}
		want[i].Cursors, got[i].Cursors, want[i].Last, got[i].Last = nil, nil, 0, 0
		if err := same(want[i], got[i]); err != nil {
			return fmt.Errorf("%+v, prefetched: %w", q, err)
		}
	}
	return nil
}
