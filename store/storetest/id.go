package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/teaminbox/teaminbox/store"
)

func idCases() []testCase {
	const rule = "NewID returns a number that is larger than zero and than every number it has returned in a committed transaction that this process has seen end."
	return []testCase{
		{"ids/grow", rule, idsGrow},
		{"ids/unique", "No two committed transactions get the same id.", idsUnique},
	}
}

// newIDs draws n ids in one transaction of a store.
func newIDs(e *env, s store.Store, n int) (ids []int64, err error) {
	err = retryOn(e.ctx, s, func(tx store.Tx) error {
		ids = ids[:0]
		for range n {
			id, err := tx.NewID()
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	return ids, err
}

func idsGrow(e *env) error {
	last := int64(0)
	for round := range 20 {
		ids, err := newIDs(e, e.Store, 1+round%3)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if id <= last {
				return fmt.Errorf("the id %d follows %d", id, last)
			}
			last = id
		}
		err = e.update(func(tx store.Tx) error {
			_, err := tx.NewID()
			return errors.Join(err, errDeliberate)
		})
		if err := expectError(err, errDeliberate); err != nil {
			return err
		}
	}
	return nil
}

func idsUnique(e *env) error { return idsUniqueThrough(e, e.Store) }

func idsUniqueThrough(e *env, through ...store.Store) error {
	var mu sync.Mutex
	var drawn []int64
	err := all(8, func(i int) error {
		last := int64(0)
		for n := range 12 {
			ids, err := newIDs(e, through[i%len(through)], 1+n%5)
			if err != nil {
				return err
			}
			if ids[0] <= last {
				return fmt.Errorf("the id %d follows %d", ids[0], last)
			}
			last = ids[len(ids)-1]
			mu.Lock()
			drawn = append(drawn, ids...)
			mu.Unlock()
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(drawn)
	for i := 1; i < len(drawn); i++ {
		if drawn[i] == drawn[i-1] {
			return fmt.Errorf("the id %d was returned twice", drawn[i])
		}
	}
	return nil
}
