package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/storetest"
)

func TestConformance(t *testing.T) {
	urls := make(map[store.Store]string)
	open := func(t testing.TB, url string) *Store {
		s := openAt(t, url, Config{NotifyInterval: time.Millisecond})
		urls[s] = url
		return s
	}
	storetest.Run(t, storetest.Harness{
		Open: func(t testing.TB) store.Store {
			s := open(t, pgtest.Database(t))
			stopClock(t, s)
			return s
		},
		// A second Store on the schema stands for another process.
		Reopen:  func(t testing.TB, s store.Store) store.Store { return open(t, urls[s]) },
		Advance: func(s store.Store, d time.Duration) { advance(s.(*Store), d) },
	})
}

// advance moves the clock that stopClock has stopped.
func advance(s *Store, d time.Duration) {
	if _, err := s.pool.Exec(context.Background(), `UPDATE clock SET at = at + $1`, d); err != nil {
		panic(err)
	}
}

// stopClock puts a clock that stands still in the place of the database's.
func stopClock(t testing.TB, s *Store) {
	t.Helper()
	for _, text := range []string{
		`CREATE TABLE clock AS SELECT timestamptz '2026-05-04 09:30:00Z' AS at`,
		s.text(`CREATE OR REPLACE FUNCTION @moment() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT at FROM public.clock'`),
	} {
		if _, err := s.pool.Exec(context.Background(), text); err != nil {
			t.Fatal(err)
		}
	}
}

// Leases are measured by the database's clock, not by that of the process.
func TestClock(t *testing.T) {
	ctx := context.Background()
	s := openAt(t, pgtest.Database(t), Config{})
	clock := func() (now time.Time) {
		t.Helper()
		if err := s.pool.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now); err != nil {
			t.Fatal(err)
		}
		return now
	}
	var leases []store.Lease
	before := clock()
	update(t, s, func(tx store.Tx) (err error) {
		leases, err = tx.Lease("here", time.Hour, 1)
		return err
	})
	after := clock()
	if len(leases) != 1 || leases[0].Until.Before(before.Add(time.Hour)) || leases[0].Until.After(after.Add(time.Hour)) {
		t.Errorf("lease until an hour after %v to %v: %+v", before, after, leases)
	}
}

// A lease that runs out while an Update looks for work is left to the next: it
// must not be found again and again.
func TestLeaseRunsOutMeanwhile(t *testing.T) {
	ctx := context.Background()
	s := openAt(t, pgtest.Database(t), Config{})
	stopClock(t, s)
	due := time.Date(2026, time.May, 4, 9, 0, 0, 0, time.UTC)
	update(t, s, func(tx store.Tx) error {
		if err := tx.PutTasks(store.Task{ID: 2, Account: store.DefaultAccount, Conversation: 1, Kind: store.TaskRoute, DueAt: due}); err != nil {
			return err
		}
		_, err := tx.Lease("somebody", time.Second, 1)
		return err
	})
	var leases []store.Lease
	lease := func(tx store.Tx) (err error) {
		leases, err = tx.LeaseDue(store.LeaseQuery{Owner: "here", Now: due, TTL: time.Hour, Limit: 1})
		return err
	}
	update(t, s, func(tx store.Tx) error {
		if _, err := tx.NewID(); err != nil { // it has begun
			return err
		}
		if _, err := s.pool.Exec(ctx, `UPDATE clock SET at = at + interval '1 minute'`); err != nil {
			return err
		}
		return lease(tx)
	})
	if len(leases) != 0 {
		t.Errorf("leases by an Update that began while it was held: %+v", leases)
	}
	update(t, s, lease)
	if len(leases) != 1 {
		t.Errorf("leases after it has run out: %+v", leases)
	}
}
