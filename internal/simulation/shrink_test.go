package simulation

import (
	"slices"
	"testing"
	"time"
)

// shrink returns the smallest plan that it finds in some time that breaks the
// same promise as a plan does: it takes away operations and faults, many at
// once at first, then fewer.
func shrink(t *testing.T, p plan, kind storeKind, broken *check, within time.Duration) plan {
	deadline := time.Now().Add(within)
	breaks := func(p plan) bool {
		return slices.ContainsFunc(simulate(t, p, kind).violations, func(v violation) bool { return v.check == broken })
	}
	for size := -1; time.Now().Before(deadline); {
		p.Ops = without(p.Ops, deadline, func(ops []operation) bool { q := p; q.Ops = ops; return breaks(q) })
		p.Faults = slices.DeleteFunc(slices.Clone(p.Faults), func(f fault) bool { // of what is not there any more
			return !slices.ContainsFunc(p.Ops, func(o operation) bool { return o.N == f.Op })
		})
		p.Faults = without(p.Faults, deadline, func(faults []fault) bool { q := p; q.Faults = faults; return breaks(q) })
		if now := len(p.Ops) + len(p.Faults); now == size {
			break
		} else {
			size = now
		}
	}
	return p
}

// without takes away what is not needed for a plan to break a promise.
func without[T any](all []T, deadline time.Time, breaks func([]T) bool) []T {
	for chunk := len(all); chunk > 0; chunk /= 2 {
		for at := 0; at < len(all); {
			if time.Now().After(deadline) {
				return all
			}
			rest := slices.Concat(all[:at], all[min(at+chunk, len(all)):])
			if breaks(rest) {
				all = rest
			} else {
				at += chunk
			}
		}
	}
	return all
}
