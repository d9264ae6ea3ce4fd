package postgres

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/internal/turns"
)

// Whatever the planner knows or does not know of the tasks, work is found along
// the indexes: sorting a million tasks for the first few takes a second.
func TestPlanOfFindWork(t *testing.T) {
	s := openAt(t, pgtest.Database(t), Config{})
	ctx := context.Background()
	for _, fill := range []string{
		`SELECT`,
		`INSERT INTO @tasks (id, account, conversation, kind, message, due_at, attempts, error, set_aside)
			SELECT i, 'acme', i, 'route', i, timestamptz '2026-05-04' - i * interval '1 second', 0, '', false FROM generate_series(1, 20000) i`,
		`ANALYZE @tasks`,
		`INSERT INTO @leases (conversation, owner, fence, until) SELECT i, 'another', i, 'infinity' FROM generate_series(1, 20000, 2) i`,
		`ANALYZE @leases`,
	} {
		if _, err := s.pool.Exec(ctx, s.text(fill)); err != nil {
			t.Fatal(err)
		}
		err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, alongIndexes.text); err != nil {
				return err
			}
			rows, err := tx.Query(ctx, "EXPLAIN "+s.text(findWork), time.Now(), int64(1), 8, time.Now(), "", turns.Patience)
			if err != nil {
				return err
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if plan := strings.Join(lines, "\n"); strings.Contains(plan, "Sort") || strings.Contains(plan, "Seq Scan") || !strings.Contains(plan, "tasks_turns") {
				t.Errorf("after %s:\n%s", fill, plan)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
