package storetest

import (
	"fmt"

	"github.com/teaminbox/teaminbox/store"
)

func aliasingIn(e *env) error {
	return each(e, kinds(), func(k kind, a, b any) error {
		want := keptAs(cloned(a), cloned(b))
		err := e.update(func(tx store.Tx) error {
			if err := k.put(tx, a, b); err != nil {
				return err
			}
			scramble(a)
			if err := expectKindIn(tx, k, want...); err != nil {
				return fmt.Errorf("what was put is changed in the same transaction: %w", err)
			}
			return nil
		})
		if err != nil {
			return err
		}
		scramble(b)
		return doing("what was put is changed after the commit", e.expectKind(k, want...))
	})
}

func aliasingOut(e *env) error {
	return each(e, kinds(), func(k kind, a, b any) error {
		want := keptAs(a, b)
		if err := e.update(func(tx store.Tx) error { return k.put(tx, a, b) }); err != nil {
			return err
		}
		spoil := func(tx store.Tx) error {
			got, err := k.get(tx, want...)
			if err != nil {
				return err
			}
			for _, r := range got {
				scramble(r)
			}
			return expectKindIn(tx, k, want...)
		}
		if err := e.view(spoil); err != nil {
			return fmt.Errorf("what was read is changed in a View: %w", err)
		}
		if err := e.update(spoil); err != nil {
			return fmt.Errorf("what was read is changed in an Update: %w", err)
		}
		return doing("what was read is changed in an Update that put nothing", e.expectKind(k, want...))
	})
}
