// Package turnstest measures how stores lease work.
package turnstest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// Store is a store that can be filled with a million tasks.
type Store interface {
	store.Store
	// Fill adds tasks of so many accounts, each of a conversation of its own.
	// Their numbers go from first on, and each is due a microsecond after the
	// one before.
	Fill(tasks, accounts, first int, due time.Time) error
	// Filled is called when there are no more to come.
	Filled() error
	Close() error
}

// BenchmarkLeaseDue takes leases of what is due, for one account and for many,
// of little work and of a million tasks. "median-µs" is of a transaction.
func BenchmarkLeaseDue(b *testing.B, open func() Store) {
	due := time.Date(2026, time.May, 4, 9, 30, 0, 0, time.UTC)
	for _, work := range []struct {
		what                   string
		tasks, accounts, later int // of later accounts the tasks are due in a year
	}{
		{"8 tasks", 8, 1, 0},
		{"1M tasks of 1 account", 1_000_000, 1, 0},
		{"1M tasks of 1000 accounts", 1_000_000, 1000, 0},
		{"8 tasks beside 1000 accounts", 8, 1, 1000},
		{"1M tasks of 1 account beside 1000", 1_000_000, 1, 1000},
	} {
		s := open()
		must(b, s.Fill(work.tasks, work.accounts, 1, due))
		if work.later > 0 {
			must(b, s.Fill(work.later, work.later, work.tasks+1, due.AddDate(1, 0, 0)))
		}
		must(b, s.Filled())
		for _, limit := range []int{8, 128} {
			b.Run(fmt.Sprintf("%s, %d at once", work.what, limit), func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					var leases []store.Lease
					begin := time.Now() //nolint:forbidigo // it is what is measured
					must(b, s.Update(b.Context(), func(tx store.Tx) (err error) {
						leases, err = tx.LeaseDue(store.LeaseQuery{Owner: "bench", Now: due.Add(time.Hour), TTL: time.Hour, Limit: limit})
						return err
					}))
					took = append(took, time.Since(begin)) //nolint:forbidigo // the same
					if len(leases) != min(limit, work.tasks) {
						b.Fatalf("%d leases", len(leases))
					}
					must(b, s.Update(b.Context(), func(tx store.Tx) error { return tx.Release(leases...) }))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Microseconds()), "median-µs")
				b.ReportMetric(0, "ns/op")
			})
		}
		must(b, s.Close())
	}
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
