package postgres

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
)

// trips counts what is sent at once.
type trips struct{ n atomic.Int64 }

func (c *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.n.Add(1)
	return ctx
}
func (c *trips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (c *trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}
func (c *trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}
func (c *trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// openCounted opens a Store of one connection that counts its round trips.
func openCounted(t *testing.T, url string) (*Store, *trips) {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	counted := &trips{}
	cfg.MaxConns = 1
	cfg.ConnConfig.Tracer = counted
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	s, err := New(t.Context(), pool, Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, counted
}

// company is what a View sees of the Directory, and how often it was run.
type company struct {
	runs     int
	version  int64
	accounts int
}

func (c *company) read(tx store.Tx) error {
	c.runs++
	var err error
	if c.version, err = tx.DirectoryVersion(); err != nil {
		return err
	}
	accounts, err := tx.Accounts()
	c.accounts = len(accounts)
	return err
}

// The version of the Directory costs no round trip of its own, and is never one
// of before, whoever has written.
func TestPresumedVersion(t *testing.T) {
	url := pgtest.Database(t)
	s, counted := openCounted(t, url)
	other := openAt(t, url, Config{})
	ctx := context.Background()
	look := func() company {
		t.Helper()
		var c company
		if err := s.View(ctx, c.read); err != nil {
			t.Fatal(err)
		}
		return c
	}
	look() // it prepares its statements
	before := look()

	n := counted.n.Load()
	if again := look(); again != before || again.runs != 1 {
		t.Errorf("at rest it is %+v, and was %+v", again, before)
	}
	if sent := counted.n.Load() - n; sent != 1 {
		t.Errorf("it takes %d round trips", sent)
	}

	update(t, other, func(tx store.Tx) error { return tx.PutAccounts(store.Account{ID: "acme"}) })
	after := look()
	if after.runs != 2 || after.version == before.version || after.accounts != before.accounts+1 {
		t.Errorf("after another has written it is %+v, and was %+v", after, before)
	}
	if again := look(); again.runs != 1 {
		t.Errorf("what was found out is not kept: it takes %d runs", again.runs)
	}
}

// A View that has only asked for the version, or has failed because of it, may
// have been told one of before as well.
func TestPresumedVersionAlone(t *testing.T) {
	url := pgtest.Database(t)
	s := openAt(t, url, Config{})
	other := openAt(t, url, Config{})
	ctx := context.Background()
	errStrange := errors.New("a version that is strange")
	var known int64
	runs := 0
	look := func(ask func(version int64) error) error {
		runs = 0
		return s.View(ctx, func(tx store.Tx) error {
			runs++
			version, err := tx.DirectoryVersion()
			if err != nil {
				return err
			}
			return ask(version)
		})
	}
	learn := func(version int64) error { known = version; return nil }
	if err := look(learn); err != nil {
		t.Fatal(err)
	}

	update(t, other, func(tx store.Tx) error { return tx.PutAccounts(store.Account{ID: "acme"}) })
	was := known
	if err := look(learn); err != nil || runs != 2 || known == was {
		t.Errorf("it is told version %d, which was %d before, in %d runs: %v", known, was, runs, err)
	}

	update(t, other, func(tx store.Tx) error { return tx.PutAccounts(store.Account{ID: "globex"}) })
	was = known
	if err := look(func(version int64) error {
		if version == was {
			return errStrange
		}
		return nil
	}); err != nil || runs != 2 {
		t.Errorf("it has failed by a version of before, in %d runs: %v", runs, err)
	}
	if err := look(func(int64) error { return errStrange }); err != errStrange || runs != 1 { //nolint:errorlint // it comes back unchanged
		t.Errorf("its own error comes back as %v, in %d runs", err, runs)
	}
}

// A View that makes little of the failure of a read is run again, too.
func TestPresumedVersionSwallowed(t *testing.T) {
	url := pgtest.Database(t)
	s := openAt(t, url, Config{})
	other := openAt(t, url, Config{})
	var c company
	look := func() error {
		c = company{}
		return s.View(context.Background(), func(tx store.Tx) error {
			_ = c.read(tx)
			return nil
		})
	}
	if err := look(); err != nil {
		t.Fatal(err)
	}
	update(t, other, func(tx store.Tx) error { return tx.PutAccounts(store.Account{ID: "acme"}) })
	if err := look(); err != nil || c.runs != 2 || c.accounts != 1 {
		t.Errorf("there are %d accounts in %d runs: %v", c.accounts, c.runs, err)
	}
}
