package sqlite

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// BenchmarkLeaseDue takes leases of what is due, for one account and for many,
// of little work and of a million tasks. "median-µs" is of a transaction.
func BenchmarkLeaseDue(b *testing.B) {
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
		s := openAt(b, newPath(b), Config{})
		fill := func(tasks, accounts, from int, at time.Time) {
			c, err := s.writer.acquire(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			defer s.writer.release(c, true)
			if _, err := c.exec(context.Background(), `
				WITH RECURSIVE n(i) AS (SELECT ?3 + 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?3 + ?1)
				INSERT INTO tasks (id, account, conversation, kind, message, due_at, attempts, error, set_aside)
				SELECT i, 'account ' || (?3 + i * 7919 % ?2), i, 'route', i, ?4 + i, 0, '', 0 FROM n`, tasks, accounts, from, at.UnixMicro()); err != nil {
				b.Fatal(err)
			}
		}
		fill(work.tasks, work.accounts, 0, due)
		if work.later > 0 {
			fill(work.later, work.later, work.tasks, due.AddDate(1, 0, 0))
		}
		for _, limit := range []int{8, 128} {
			b.Run(fmt.Sprintf("%s, %d at once", work.what, limit), func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					var leases []store.Lease
					begin := time.Now()
					update(b, s, func(tx store.Tx) (err error) {
						leases, err = tx.LeaseDue(store.LeaseQuery{Owner: "bench", Now: due.Add(time.Hour), TTL: time.Hour, Limit: limit})
						return err
					})
					took = append(took, time.Since(begin))
					if len(leases) != min(limit, work.tasks) {
						b.Fatalf("%d leases", len(leases))
					}
					update(b, s, func(tx store.Tx) error { return tx.Release(leases...) })
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Microseconds()), "median-µs")
				b.ReportMetric(0, "ns/op")
			})
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
