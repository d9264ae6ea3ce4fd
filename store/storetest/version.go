package storetest

import (
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/store"
)

func versionCases() []testCase {
	return []testCase{
		{"version/stored is one higher", "A record is put with the version that was read. The stored version is one higher.", versionCounts},
		{"version/stale is refused", "Anything but 0 replaces exactly that version, or fails with ErrConflict.", versionStale},
		{"version/future is refused", "Anything but 0 replaces exactly that version, or fails with ErrConflict.", versionFuture},
		{"version/nothing to replace", "A version that is not 0 replaces exactly that version, or fails with ErrConflict.", versionOfNothing},
		{"version/made twice", "0 makes a record: it does not replace one.", versionMadeTwice},
		{"version/counts within a transaction", "A read sees what the same transaction has written: the version that was read can be put.", versionWithinTx},
	}
}

// putOne puts a record in an Update of its own.
func (e *env) putOne(k kind, r any) error {
	return e.update(func(tx store.Tx) error { return k.put(tx, r) })
}

func versionCounts(e *env) error {
	return each(e, versioned(), func(k kind, a, _ any) error {
		for v := range int64(4) {
			if err := e.putOne(k, withVersion(a, v)); err != nil {
				return fmt.Errorf("putting version %d: %w", v, err)
			}
			if err := e.expectKind(k, withVersion(a, v+1)); err != nil {
				return err
			}
		}
		return nil
	})
}

func versionStale(e *env) error {
	return each(e, versioned(), func(k kind, a, _ any) error {
		for v := range int64(2) {
			if err := e.putOne(k, withVersion(a, v)); err != nil {
				return err
			}
		}
		if err := expectError(e.putOne(k, withVersion(a, 1)), store.ErrConflict); err != nil {
			return fmt.Errorf("putting version 1 where 2 is stored: %w", err)
		}
		return e.expectKind(k, withVersion(a, 2))
	})
}

func versionFuture(e *env) error {
	return each(e, versioned(), func(k kind, a, _ any) error {
		if err := e.putOne(k, a); err != nil {
			return err
		}
		if err := expectError(e.putOne(k, withVersion(a, 2)), store.ErrConflict); err != nil {
			return fmt.Errorf("putting version 2 where 1 is stored: %w", err)
		}
		return e.expectKind(k, withVersion(a, 1))
	})
}

func versionOfNothing(e *env) error {
	return each(e, versioned(), func(k kind, a, _ any) error {
		if err := expectError(e.putOne(k, withVersion(a, 1)), store.ErrConflict); err != nil {
			return fmt.Errorf("putting version 1 where nothing is stored: %w", err)
		}
		return e.expectNoKind(k, a)
	})
}

func versionMadeTwice(e *env) error {
	return each(e, versioned(), func(k kind, a, _ any) error {
		if err := e.putOne(k, a); err != nil {
			return err
		}
		err := e.putOne(k, a)
		if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrDuplicate) {
			return errors.Join(errors.New("putting version 0 where 1 is stored must fail with ErrConflict or ErrDuplicate"), err)
		}
		return e.expectKind(k, withVersion(a, 1))
	})
}

func versionWithinTx(e *env) error {
	return each(e, versioned(), func(k kind, a, _ any) error {
		err := e.update(func(tx store.Tx) error {
			for v := range int64(3) {
				if err := k.put(tx, withVersion(a, v)); err != nil {
					return err
				}
				if err := expectKindIn(tx, k, withVersion(a, v+1)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return e.expectKind(k, withVersion(a, 3))
	})
}
