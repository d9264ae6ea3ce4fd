package simulation

import (
	"context"
	"errors"

	"github.com/teaminbox/teaminbox/store"
)

// engineStore is the store as one engine reaches it: each call waits for its
// turn, and may fail.
type engineStore struct {
	w *world
	e *engine
}

// Parallelism gives the engines of every other seed up to three Updates at once, of
// which the journal says in which order they committed.
func (s *engineStore) Parallelism() (updates, changes int) {
	if s.w.plan.Seed%2 == 0 {
		return 1, 1
	}
	return 3, 1
}

func (s *engineStore) View(ctx context.Context, fn func(store.Tx) error) error {
	c := s.w.park(ctx, s.e, callView, "")
	switch {
	case c.dead:
		return errDead
	case c.fault == failsBefore:
		return errInjected
	}
	return s.w.store.View(ctx, fn)
}

func (s *engineStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	w := s.w
	c := w.park(ctx, s.e, callUpdate, "")
	switch {
	case c.dead:
		return errDead
	case c.fault == failsBefore:
		return errInjected
	case c.fault == rollsBack, c.fault == unknownLost, c.fault == runsTwice:
		err := s.rolledBack(ctx, fn)
		switch {
		case err != nil:
			return err
		case c.fault == rollsBack:
			return errInjected
		case c.fault == unknownLost:
			return errUnknown
		}
	}
	x := &commit{at: w.now(), engine: s.e, now: s.e.now(), by: c.by, call: c.n, step: c.step}
	err := w.store.Update(ctx, func(tx store.Tx) error {
		x.writes = x.writes[:0]
		return fn(&recorder{Tx: tx, commit: x})
	})
	if err != nil {
		return err
	}
	w.write(x)
	c.commit = x
	switch c.fault {
	case unknownKept:
		return errUnknown
	case crashAfter:
		w.kill(s.e)
		return errDead
	case answersLate:
		if w.park(ctx, s.e, callAnswer, "of an update").dead {
			return errDead
		}
	default:
	}
	return nil
}

var errRollBack = errors.New("simulation: rolled back")

// rolledBack runs a transaction of which nothing is kept. It returns the
// transaction's own error.
func (s *engineStore) rolledBack(ctx context.Context, fn func(store.Tx) error) error {
	err := s.w.store.Update(ctx, func(tx store.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return errRollBack
	})
	if errors.Is(err, errRollBack) {
		return nil
	}
	return err
}
