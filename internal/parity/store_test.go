package parity

import (
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
	"github.com/teaminbox/teaminbox/store/postgres"
	"github.com/teaminbox/teaminbox/store/sqlite"
)

// start is when every script begins.
var start = time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)

// clock stands still until it is moved. It is the engine's, the carrier's and
// the store's: leases are measured by it, too.
type clock struct {
	mu    sync.Mutex
	at    time.Time
	moved func(time.Time) // tells a store that has a clock of its own
}

func newClock() *clock { return &clock{at: start, moved: func(time.Time) {}} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(to time.Time) {
	c.mu.Lock()
	c.at = to
	c.mu.Unlock()
	c.moved(to)
}

// kinds are the stores. Each opens one without records, which follows a clock.
var kinds = []struct {
	name string
	open func(t *testing.T, c *clock) store.Porter
}{
	{"memory", func(_ *testing.T, c *clock) store.Porter { return memory.New(memory.WithClock(c.now)) }},
	{"sqlite", openSQLite},
	{"postgres", openPostgres},
}

func openSQLite(t *testing.T, c *clock) store.Porter {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "inbox.db"), sqlite.Config{Now: c.now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return db
}

// openPostgres puts the script's clock in the place of the database's, which
// only leases are measured by.
func openPostgres(t *testing.T, c *clock) store.Porter {
	url := pgtest.Database(t)
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	db, err := postgres.New(t.Context(), pool, postgres.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	exec := func(text string, args ...any) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), text, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`CREATE TABLE public.clock (at timestamptz NOT NULL)`)
	exec(`INSERT INTO public.clock VALUES ($1)`, c.now())
	exec(`CREATE OR REPLACE FUNCTION teaminbox.moment() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT at FROM public.clock'`)
	c.moved = func(to time.Time) { exec(`UPDATE public.clock SET at = $1`, to) }
	return db
}
