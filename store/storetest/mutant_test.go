package storetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// mutant is a store with a defect.
type mutant struct {
	*memory.Store

	// tx returns a transaction with the defect. Nil: it has none.
	tx func(tx store.Tx) store.Tx

	// update and view replace the methods of the store. Nil: they have no
	// defect.
	update, view func(ctx context.Context, fn func(store.Tx) error) error
	notify       func(ctx context.Context, wake func()) error

	// source and target return those of Export and Import with the defect, and
	// imports replaces Import. Nil: they have none.
	source  func(s store.Source) store.Source
	target  func(t store.Target) store.Target
	imports func(ctx context.Context, fn func(store.Target) error) error
}

func (m *mutant) wrapped(fn func(store.Tx) error) func(store.Tx) error {
	if m.tx == nil {
		return fn
	}
	return func(tx store.Tx) error { return fn(m.tx(tx)) }
}

func (m *mutant) View(ctx context.Context, fn func(store.Tx) error) error {
	if m.view != nil {
		return m.view(ctx, fn)
	}
	return m.Store.View(ctx, m.wrapped(fn))
}

func (m *mutant) Update(ctx context.Context, fn func(store.Tx) error) error {
	if m.update != nil {
		return m.update(ctx, fn)
	}
	return m.Store.Update(ctx, m.wrapped(fn))
}

func (m *mutant) Notify(ctx context.Context, wake func()) error {
	if m.notify != nil {
		return m.notify(ctx, wake)
	}
	return m.Store.Notify(ctx, wake)
}

func (m *mutant) Export(ctx context.Context, fn func(store.Source) error) error {
	return m.Store.Export(ctx, func(s store.Source) error {
		if m.source != nil {
			s = m.source(s)
		}
		return fn(s)
	})
}

func (m *mutant) Import(ctx context.Context, fn func(store.Target) error) error {
	if m.imports != nil {
		return m.imports(ctx, fn)
	}
	return m.Store.Import(ctx, func(t store.Target) error {
		if m.target != nil {
			t = m.target(t)
		}
		return fn(t)
	})
}

// hourglass is a clock that moves when told to.
type hourglass struct{ turned chan time.Time }

func newHourglass() hourglass {
	h := hourglass{make(chan time.Time, 1)}
	h.turned <- noon
	return h
}

func (h hourglass) now() time.Time {
	t := <-h.turned
	h.turned <- t
	return t
}

func (h hourglass) advance(d time.Duration) { h.turned <- (<-h.turned).Add(d) }

// harnessOf makes a harness for a store with a defect.
func harnessOf(plant func(m *mutant)) Harness {
	clock := newHourglass()
	return Harness{
		Open: func(testing.TB) store.Store {
			m := &mutant{Store: memory.New(memory.WithClock(clock.now))}
			plant(m)
			return m
		},
		Reopen:  func(_ testing.TB, s store.Store) store.Store { return s },
		Advance: func(_ store.Store, d time.Duration) { clock.advance(d) },
	}
}

// inTx plants a defect that is in the methods of a transaction.
func inTx(tx func(store.Tx) store.Tx) func(*mutant) {
	return func(m *mutant) { m.tx = tx }
}

// catch runs one case on a store with a defect and returns what it finds.
func catch(t *testing.T, name string, plant func(*mutant), patience time.Duration) error {
	t.Helper()
	for _, c := range cases() {
		if c.name != name {
			continue
		}
		h := harnessOf(plant)
		h.Patience = patience
		err := c.check(t, h)
		if isSkip(err) {
			t.Fatalf("case %q was skipped: %v", name, err)
		}
		return err
	}
	t.Fatalf("there is no case %q", name)
	return nil
}

// TestEveryDefectIsCaught plants one defect after the other in a store that
// has none, and checks that the case that is there for it fails.
func TestEveryDefectIsCaught(t *testing.T) {
	for _, d := range defects() {
		t.Run(d.what, func(t *testing.T) {
			for _, name := range d.caughtBy {
				err := catch(t, name, d.plant, time.Second)
				if err == nil {
					t.Errorf("the case %q found nothing wrong", name)
				} else if testing.Verbose() {
					t.Logf("%s: %v", name, err)
				}
			}
		})
	}
}

// TestNoDefectIsInvented runs the cases of several processes on the same store
// without a defect, as TestWithoutReopenOnlyProcessesAreSkipped does all others.
func TestNoDefectIsInvented(t *testing.T) {
	for _, c := range cases() {
		if !strings.HasPrefix(c.name, "processes/") {
			continue
		}
		if err := catch(t, c.name, func(*mutant) {}, defaultPatience); err != nil {
			t.Errorf("the case %q fails without a defect: %v", c.name, err)
		}
	}
}
