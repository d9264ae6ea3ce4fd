package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

func contextCases() []testCase {
	const ends = "Both methods return the context's error, wrapped, when it ends first."
	return []testCase{
		{"context/canceled before", ends, contextBefore},
		{"context/past its deadline", ends, contextDeadline},
		{"context/canceled in the function", "The methods of a Tx fail when the context of the View or Update ends.", contextDuring},
		{"context/canceled and not noticed", ends + " Nothing that it wrote is kept.", contextIgnored},
		{"context/canceled while waiting", ends, contextWaiting},
		{"view/read only", "Writing in a View fails with ErrReadOnly.", viewReadOnly},
	}
}

// expectEnded checks that a transaction does not begin under a context.
func expectEnded(ctx context.Context, e *env, want error) error {
	for name, run := range map[string]func(context.Context, func(store.Tx) error) error{"View": e.View, "Update": e.Update} {
		began := false
		err := run(ctx, func(store.Tx) error {
			began = true
			return nil
		})
		if err := expectError(err, want); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if began {
			return fmt.Errorf("%s ran its function although the context had ended", name)
		}
	}
	return nil
}

func contextBefore(e *env) error {
	ctx, cancel := context.WithCancel(e.ctx)
	cancel()
	return expectEnded(ctx, e, context.Canceled)
}

func contextDeadline(e *env) error {
	ctx, cancel := context.WithTimeout(e.ctx, -time.Second)
	defer cancel()
	return expectEnded(ctx, e, context.DeadlineExceeded)
}

func contextDuring(e *env) error {
	all, err := methods(e)
	if err != nil {
		return err
	}
	var errs []error
	for _, m := range all {
		ctx, cancel := context.WithCancel(e.ctx)
		var inside error
		outside := e.Update(ctx, func(tx store.Tx) error {
			cancel()
			inside = m.call(tx)
			return inside
		})
		errs = append(errs,
			doing(m.name+" after the end", expectError(inside, context.Canceled)),
			doing("Update with "+m.name, expectError(outside, context.Canceled)))
		if m.write {
			continue
		}
		ctx, cancel = context.WithCancel(e.ctx)
		outside = e.View(ctx, func(tx store.Tx) error {
			cancel()
			inside = m.call(tx)
			return inside
		})
		errs = append(errs,
			doing(m.name+" after the end, in a View", expectError(inside, context.Canceled)),
			doing("View with "+m.name, expectError(outside, context.Canceled)))
	}
	return errors.Join(errs...)
}

func contextIgnored(e *env) error {
	return each(e, kinds(), func(k kind, a, _ any) error {
		ctx, cancel := context.WithCancel(e.ctx)
		defer cancel()
		err := e.Update(ctx, func(tx store.Tx) error {
			err := k.put(tx, a)
			cancel()
			return err
		})
		if err := expectError(err, context.Canceled); err != nil {
			return fmt.Errorf("Update whose context ended before its function: %w", err)
		}
		if err := e.expectNoKind(k, a); err != nil {
			return err
		}
		return e.putOne(k, a)
	})
}

func contextWaiting(e *env) error {
	c, err := e.contact()
	if err != nil {
		return err
	}
	holds, release := make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	go func() {
		entered := false
		first <- e.update(func(tx store.Tx) error {
			if err := tx.PutContacts(c); err != nil {
				return err
			}
			if !entered { // a Store may run the function again
				entered = true
				close(holds)
				<-release
			}
			return nil
		})
	}()
	select {
	case <-holds:
	case err := <-first:
		return fmt.Errorf("the first Update: %w", err)
	}
	err = e.within("Update while another is open", func() error {
		ctx, cancel := context.WithCancel(e.ctx)
		defer cancel()
		ended := make(chan error, 1)
		go func() {
			ended <- e.Update(ctx, func(tx store.Tx) error {
				<-ctx.Done() // some stores let it begin
				return ctx.Err()
			})
		}()
		cancel()
		return expectError(<-ended, context.Canceled)
	})
	close(release)
	if err := errors.Join(err, doing("the first Update", <-first)); err != nil {
		return err
	}
	c.Version = 1
	return e.expect([]store.Contact{c}, func(tx store.Tx) (any, error) { return tx.Contacts(c.ID) })
}

func viewReadOnly(e *env) error {
	all, err := methods(e)
	if err != nil {
		return err
	}
	var errs []error
	for _, m := range all {
		if !m.write {
			continue
		}
		// Whether the View fails as well when its function does not is open.
		var inside error
		_ = e.view(func(tx store.Tx) error {
			inside = m.call(tx)
			return nil
		})
		errs = append(errs, doing(m.name, expectError(inside, store.ErrReadOnly)))
	}
	return errors.Join(append(errs, each(e, kinds(), func(k kind, a, _ any) error {
		err := e.view(func(tx store.Tx) error { return k.put(tx, a) })
		if err := expectError(err, store.ErrReadOnly); err != nil {
			return err
		}
		return e.expectNoKind(k, a)
	}))...)
}
