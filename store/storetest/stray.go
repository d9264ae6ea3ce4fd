package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// waiting makes n strays that wait.
func (e *env) waiting(n int) ([]store.Stray, error) {
	return some(n, func() (store.Stray, error) {
		s, err := e.stray()
		s.ResolvedAt, s.ResolvedBy, s.Resolution = time.Time{}, "", ""
		return s, err
	})
}

func straysWaiting(e *env) error {
	ss, err := e.waiting(4)
	if err != nil {
		return err
	}
	if err := e.update(func(tx store.Tx) error { return tx.PutStrays(ss[2], ss[0], ss[3], ss[1]) }); err != nil {
		return err
	}
	for i := range ss {
		ss[i].Version = 1
	}
	for limit := 1; limit <= 5; limit++ {
		err := e.expect(ss[:min(limit, 4)], func(tx store.Tx) (any, error) { return tx.WaitingStrays(acme, limit) })
		if err != nil {
			return fmt.Errorf("limit %d: %w", limit, err)
		}
	}
	ss[1].ResolvedAt, ss[1].ResolvedBy, ss[1].Resolution = noon, bob, "a wrong number"
	if err := e.update(func(tx store.Tx) error { return tx.PutStrays(ss[1]) }); err != nil {
		return err
	}
	ss[1].Version = 2
	return errors.Join(
		e.expect([]store.Stray{ss[0], ss[2], ss[3]}, func(tx store.Tx) (any, error) { return tx.WaitingStrays(acme, 10) }),
		doing("what is resolved is still found", e.expect(ss[1:2], func(tx store.Tx) (any, error) {
			return tx.StraysFrom(store.ProviderRef{Channel: ss[1].Channel, ProviderID: ss[1].Inbound.ProviderID})
		})),
	)
}

func straysOwn(e *env) error {
	ss, err := e.waiting(3)
	if err != nil {
		return err
	}
	return e.update(func(tx store.Tx) error {
		if err := tx.PutStrays(ss...); err != nil {
			return err
		}
		for i := range ss {
			ss[i].Version = 1
		}
		ss[0].ResolvedAt = noon
		if err := tx.PutStrays(ss[0]); err != nil {
			return err
		}
		return expectIn(tx, ss[1:], func(tx store.Tx) (any, error) { return tx.WaitingStrays(acme, 10) })
	})
}
