package postgres

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
)

// A new table gets its statistics before autovacuum comes by, and with them each
// conversation is looked up by its thread.
func TestNewTablesAreAnalyzed(t *testing.T) {
	s := openAt(t, pgtest.Database(t), Config{})
	ctx := context.Background()
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, s.text(`
			INSERT INTO @conversations (id, account, inbox, family, identity, contact, channel, ours, theirs, status, claimed_by, last_seq, inbound_count, last_at, preview, version)
			SELECT i, 'acme', 'support', 'telephony', 'n' || i, i, 'sms', '', '', 'open', '', 0, 0, now(), '', 1 FROM generate_series(1, 2000) i`))
		if err == nil {
			_, err = tx.Exec(ctx, `SELECT pg_stat_force_next_flush()`) // of how many rows there are, when this has committed
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.analyze(ctx); err != nil {
		t.Fatal(err)
	}
	var analyzed bool
	if err := s.pool.QueryRow(ctx, `SELECT last_analyze IS NOT NULL OR last_autoanalyze IS NOT NULL FROM pg_stat_user_tables WHERE schemaname = $1 AND relname = 'conversations'`,
		s.cfg.Schema).Scan(&analyzed); err != nil || !analyzed {
		t.Fatalf("the table was analyzed: %v, %v", analyzed, err)
	}
	f := s.lookup([]store.Thread{{Account: "acme", Inbox: "support", Family: "telephony", Identity: "n7"}})
	rows, err := s.pool.Query(ctx, "EXPLAIN "+s.text(f.text), f.args...)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if plan := strings.Join(lines, "\n"); err != nil || !strings.Contains(plan, "conversations_thread") {
		t.Errorf("a conversation is not looked up by its thread (%v):\n%s", err, plan)
	}
}

// lookup returns the statement that finds conversations by their threads.
func (s *Store) lookup(threads []store.Thread) statement {
	t := &tx{s: s, held: make(guardSet), needed: make(guardSet)}
	return t.fetchConversationsIn(threads).statement
}

// A table that has grown gets new ones, so that no plan of when it was small is
// kept.
func TestGrownTablesAreAnalyzed(t *testing.T) {
	s := openAt(t, pgtest.Database(t), Config{})
	ctx := context.Background()
	for _, size := range []int{60, 2000} {
		err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, s.text(`
				INSERT INTO @contacts (id, account, name, language, time_zone, region, version)
				SELECT i, 'acme', '', '', '', '', 1 FROM generate_series(1, $1::bigint) i ON CONFLICT DO NOTHING`), size)
			if err == nil {
				_, err = tx.Exec(ctx, `SELECT pg_stat_force_next_flush()`)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.analyze(ctx); err != nil {
			t.Fatal(err)
		}
		var rows int
		if err := s.pool.QueryRow(ctx, `SELECT reltuples FROM pg_class WHERE oid = $1::text::regclass`, s.texts.schema+".contacts").Scan(&rows); err != nil || rows != size {
			t.Fatalf("the planner thinks of %d rows, of %d: %v", rows, size, err)
		}
	}
}
