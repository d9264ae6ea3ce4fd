package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/postgres"
)

// querying measures what hosts and engines ask a store for, one caller at a
// time, beside the bare query that answers the same. On Postgres it also has
// every statement that the store sends explained by the server, with its own
// arguments, and notes a miss if one reads a big table from end to end.
func querying() measurement {
	return measurement{
		name: "query", about: "what hosts ask a store for, and how the server goes about it", stores: []string{"postgres", "sqlite"},
		run: func(ctx context.Context, b *bench) error {
			url, err := b.loaded(ctx)
			if err != nil {
				return err
			}
			q, err := openQuerist(ctx, b, url)
			if err != nil {
				return err
			}
			return errors.Join(q.run(ctx), q.bare.close(), q.store.Close())
		},
	}
}

// repetitions is how often each query is timed in a round, unless that would
// take longer than -seconds says.
const repetitions = 300

// slowest is how long a statement may take when it is explained.
const slowest = 100 * time.Millisecond

// query is one thing that is asked for.
type query struct {
	name string
	ask  func(ctx context.Context, q *querist) error
	// args are those of the bare query that answers the same, if there is one.
	args func(q *querist) []any
	// undone says that it is done in a transaction that is rolled back.
	undone bool
	// slow says why it may take longer than the others and read a big table.
	slow string
}

// querist asks.
type querist struct {
	*bench
	archive archive
	rand    *rand.Rand
	store   opened
	in      *inbox.Inbox
	listen  *listener     // nil but for Postgres
	pool    *pgxpool.Pool // of the store; nil but for Postgres
	bare    bareReader
}

func openQuerist(ctx context.Context, b *bench, url string) (*querist, error) {
	q := &querist{bench: b, archive: newArchive(b.cfg), rand: rand.New(rand.NewPCG(1, 2))}
	if err := q.open(ctx, url); err != nil {
		return nil, err
	}
	var err error
	q.in, err = newInbox(q.store)
	return q, err
}

func (q *querist) open(ctx context.Context, url string) (err error) {
	if q.bare, err = openBareReader(ctx, q.cfg.store, url); err != nil {
		return err
	}
	if q.cfg.store == "sqlite" {
		q.store, err = openStore(ctx, q.cfg.store, url)
		return err
	}
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return err
	}
	q.listen = &listener{}
	cfg.ConnConfig.Tracer = q.listen
	if q.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return err
	}
	db, err := postgres.New(ctx, q.pool, postgres.Config{})
	if err != nil {
		q.pool.Close()
		return err
	}
	q.store = &pooled{db, q.pool}
	return nil
}

// pooled is a store whose pool is ours.
type pooled struct {
	*postgres.Store
	pool *pgxpool.Pool
}

func (p *pooled) Close() error {
	defer p.pool.Close()
	return p.Store.Close()
}

func (q *querist) run(ctx context.Context) error {
	for _, x := range queries() {
		if err := q.time(ctx, x); err != nil {
			return fmt.Errorf("%s: %w", x.name, err)
		}
		if q.listen == nil {
			continue
		}
		if err := q.explain(ctx, x); err != nil {
			return fmt.Errorf("%s is explained: %w", x.name, err)
		}
	}
	return nil
}

// time takes the times of a query, and of the bare one in turns with it.
func (q *querist) time(ctx context.Context, x query) error {
	name := "query." + x.name
	text := bareText(q.cfg.store, x.name)
	var p50s, p99s, bare50s, bare99s, halves, ratios []float64
	for range q.cfg.rounds {
		var times, bare []time.Duration
		end := time.Now().Add(q.cfg.length)
		for n := range repetitions {
			if n > 0 && time.Now().After(end) {
				break
			}
			d, err := timed(func() error { return x.ask(ctx, q) })
			if err != nil {
				return err
			}
			times = append(times, d)
			if text == "" {
				continue
			}
			args := x.args(q)
			if err := q.settle(ctx); err != nil {
				return err
			}
			if d, err = timed(func() error { return q.askBare(ctx, x, text, args) }); err != nil {
				return fmt.Errorf("bare: %w", err)
			}
			bare = append(bare, d)
		}
		p50s, p99s = append(p50s, ms(percentile(times, 50))), append(p99s, ms(percentile(times, 99)))
		if bare != nil {
			bare50s, bare99s = append(bare50s, ms(percentile(bare, 50))), append(bare99s, ms(percentile(bare, 99)))
			halves = append(halves, p50s[len(p50s)-1]/bare50s[len(bare50s)-1])
			ratios = append(ratios, p99s[len(p99s)-1]/bare99s[len(bare99s)-1])
		}
	}
	q.report.value(name+".p50", median(p50s), "ms")
	q.report.value(name+".p99", median(p99s), "ms")
	if bare50s != nil {
		q.report.value(name+".bare.p50", median(bare50s), "ms")
		q.report.value(name+".bare.p99", median(bare99s), "ms")
		g := goal{}
		if x.slow == "" {
			g.most = 3
		}
		q.report.ratio(name+".p50/bare", median(halves), goal{})
		q.report.ratio(name+".p99/bare", median(ratios), g)
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func timed(do func() error) (time.Duration, error) {
	begun := time.Now()
	err := do()
	return time.Since(begun), err
}

func (q *querist) askBare(ctx context.Context, x query, text string, args []any) error {
	if x.undone {
		return q.bare.undone(ctx, text, args)
	}
	return q.bare.read(ctx, text, args)
}

// settle waits until the store has given back its connections, so that what it
// does after it has answered does not strike the bare query.
func (q *querist) settle(ctx context.Context) error {
	for q.pool != nil && q.pool.Stat().AcquiredConns() > 0 {
		time.Sleep(20 * time.Microsecond)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// view asks in a View.
func view(fn func(q *querist, tx store.Tx) error) func(context.Context, *querist) error {
	return func(ctx context.Context, q *querist) error {
		return q.store.View(ctx, func(tx store.Tx) error { return fn(q, tx) })
	}
}

var errUndo = errors.New("bench: undone")

// undone writes in an Update that is not committed. What the store holds back
// until the commit is written by the read of what fn has changed.
func undone(fn func(q *querist, tx store.Tx) error) func(context.Context, *querist) error {
	return func(ctx context.Context, q *querist) error {
		err := q.store.Update(ctx, func(tx store.Tx) error {
			if err := fn(q, tx); err != nil {
				return err
			}
			return errUndo
		})
		if errors.Is(err, errUndo) {
			return nil
		}
		return err
	}
}

// some returns an error unless there was something to find: a query that finds
// nothing is no measurement.
func some[T any](found []T, err error) error {
	if err == nil && len(found) == 0 {
		return errors.New("it found nothing")
	}
	return err
}
