package simulation

import (
	"context"
	"time"

	"github.com/teaminbox/teaminbox/channel/simulated"
)

// finish lets everything come to rest: nothing fails any more, one engine whose
// clock is right does all the work, and time runs on. It reports whether there
// is nothing left to do.
func (w *world) finish() bool {
	w.direct.Store(true)
	if err := w.carrier.SetFaults(simulated.Faults{}); err != nil {
		panic(err) // no faults are no bad ones
	}
	e := &engine{w: w, n: len(w.all) + 1}
	e.start()
	a := &activity{op: operation{N: -1, Kind: "the end"}, e: e}
	ctx := context.WithValue(e.ctx, activityKey{}, a)
	for round := range longestRest {
		if _, err := w.carrier.Deliver(ctx, sink{w, a}); err != nil {
			w.refused = err
			return false
		}
		if round == 0 {
			if _, err := e.in.Backfill(ctx, carrierName, start); err != nil {
				w.refused = err
				return false
			}
		}
		n, err := e.in.Step(ctx)
		if err != nil {
			w.impossible("an engine did not work, though nothing failed: %v", err)
			return false
		}
		if n > 0 {
			continue
		}
		wait, rest := w.untilDue()
		if rest {
			w.settle()
			return true
		}
		w.offset.Add(int64(wait))
	}
	return false
}

const longestRest = 1000 // rounds

// untilDue returns how long to wait for what is due next, and whether nothing
// is left to wait for.
func (w *world) untilDue() (wait time.Duration, rest bool) {
	var next time.Time
	sooner := func(at time.Time) {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	if n, due := w.carrier.Pending(); n > 0 {
		sooner(due)
	}
	for _, t := range w.present().tasks {
		if !t.SetAside {
			sooner(t.DueAt)
		}
	}
	// What is due already waits for the lease of an engine that has crashed.
	return max(next.Sub(w.now()), time.Second), next.IsZero()
}
