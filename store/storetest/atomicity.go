package storetest

import (
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/store"
)

func atomicityCases() []testCase {
	return []testCase{
		{"update/commits", "When Update returns nil, what it wrote is there.", updateCommits},
		{"update/rolls back on an error", "What the function returns comes back, and nothing that it wrote is kept.", updateRollsBack},
		{"update/rolls back on a panic", "A panic in the function rolls back and goes on to the caller.", updatePanics},
		{"update/all or nothing", "Update runs the function in one atomic transaction.", updateAllOrNothing},
		{"update/works after failures", "An Update that failed leaves nothing behind.", updateAfterFailures},
		{"update/error comes back", "What the function returns comes back unchanged, matched by errors.Is.", updateError},
		{"view/error comes back", "What the function returns comes back unchanged, matched by errors.Is.", viewError},
		{"view/panic goes on", "A panic in the function goes on to the caller.", viewPanics},
	}
}

var errDeliberate = errors.New("storetest: deliberate failure")

// oddValue is what functions panic with.
const oddValue = "storetest: deliberate panic"

func updateCommits(e *env) error {
	return each(e, kinds(), func(k kind, a, b any) error {
		if err := e.update(func(tx store.Tx) error { return k.put(tx, a, b) }); err != nil {
			return err
		}
		return e.expectKind(k, keptAs(a, b)...)
	})
}

func updateRollsBack(e *env) error {
	return each(e, kinds(), func(k kind, a, b any) error {
		err := e.update(func(tx store.Tx) error {
			if err := k.put(tx, a, b); err != nil {
				return err
			}
			return errDeliberate
		})
		if err := expectError(err, errDeliberate); err != nil {
			return err
		}
		if err := e.expectNoKind(k, a, b); err != nil {
			return err
		}
		// What was rolled back must not stand in the way.
		return e.putOne(k, a)
	})
}

// panics runs fn and fails unless it panics with the given value.
func panics(value any, fn func() error) (err error) {
	defer func() {
		if got := recover(); got != value {
			err = fmt.Errorf("the caller got %v, must get the panic's own value, %v", got, value)
		}
	}()
	return fn()
}

func updatePanics(e *env) error {
	return each(e, kinds(), func(k kind, a, b any) error {
		err := panics(oddValue, func() error {
			return e.update(func(tx store.Tx) error {
				if err := k.put(tx, a, b); err != nil {
					return err
				}
				panic(oddValue)
			})
		})
		if err != nil {
			return err
		}
		if err := e.expectNoKind(k, a, b); err != nil {
			return err
		}
		return e.putOne(k, a)
	})
}

func updateAllOrNothing(e *env) error {
	all := kinds()
	records := make([]any, len(all))
	for i, k := range all {
		r, err := k.fresh(e)
		if err != nil {
			return err
		}
		records[i] = r
	}
	stale, err := e.contact()
	if err != nil {
		return err
	}
	stale.Version = 9
	err = e.update(func(tx store.Tx) error {
		for i, k := range all {
			if err := k.put(tx, records[i]); err != nil {
				return err
			}
		}
		return tx.PutContacts(stale)
	})
	if err := expectError(err, store.ErrConflict); err != nil {
		return err
	}
	for i, k := range all {
		if err := e.expectNoKind(k, records[i]); err != nil {
			return fmt.Errorf("%s written before the write that failed: %w", k.name, err)
		}
	}
	return nil
}

func updateAfterFailures(e *env) error {
	a, err := e.contact()
	if err != nil {
		return err
	}
	for range 50 {
		err := e.update(func(tx store.Tx) error {
			if err := tx.PutContacts(a); err != nil {
				return err
			}
			return errDeliberate
		})
		if err := expectError(err, errDeliberate); err != nil {
			return err
		}
		err = errors.Join(
			panics(oddValue, func() error { return e.update(func(store.Tx) error { panic(oddValue) }) }),
			panics(oddValue, func() error { return e.view(func(store.Tx) error { panic(oddValue) }) }),
		)
		if err != nil {
			return err
		}
	}
	if err := e.update(func(tx store.Tx) error { return tx.PutContacts(a) }); err != nil {
		return err
	}
	a.Version = 1
	return e.expect([]store.Contact{a}, func(tx store.Tx) (any, error) { return tx.Contacts(a.ID) })
}

// oddError is an error of a type of its own.
type oddError struct{ code int }

func (e *oddError) Error() string { return fmt.Sprint("odd error ", e.code) }

func updateError(e *env) error { return errorComesBack(e.update) }

func viewError(e *env) error { return errorComesBack(e.view) }

func errorComesBack(run func(func(store.Tx) error) error) error {
	for _, want := range []error{&oddError{7}, store.ErrConflict, fmt.Errorf("wrapped: %w", store.ErrDuplicate)} {
		if got := run(func(store.Tx) error { return want }); got != want { //nolint:errorlint // unchanged, not wrapped
			return fmt.Errorf("got the error %q, must get the very one that the function returned, %q", fmt.Sprint(got), want.Error())
		}
	}
	return nil
}

func viewPanics(e *env) error {
	if err := panics(oddValue, func() error { return e.view(func(store.Tx) error { panic(oddValue) }) }); err != nil {
		return err
	}
	return e.view(func(store.Tx) error { return nil })
}
