package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// analyze collects the planner's statistics of tables that have some rows and
// none of those, or twice the rows. Autovacuum comes by once a minute; until then
// the planner takes each index for as good as the other, and looks for one
// conversation among all of its inbox, while the first minute of a new service
// brings them by the thousand. And a connection keeps its plan for a statement
// until there are new statistics, see limits: that of a table of one page may be to
// read all of it.
//
// To others than the table's owner the server gives a warning, and it is left to
// autovacuum.
func (s *Store) analyze(ctx context.Context) error {
	rows, err := s.pool.Query(ctx, `
		SELECT s.relname FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
		WHERE s.schemaname = $1 AND s.n_live_tup >= 50 AND (s.last_analyze IS NULL AND s.last_autoanalyze IS NULL OR s.n_live_tup >= 2 * c.reltuples)`, s.cfg.Schema)
	if err != nil {
		return fmt.Errorf("postgres: looking for tables without statistics: %w", err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("postgres: looking for tables without statistics: %w", err)
	}
	for _, table := range tables {
		if _, err := s.pool.Exec(ctx, `ANALYZE `+pgx.Identifier{s.cfg.Schema, table}.Sanitize()); err != nil {
			return fmt.Errorf("postgres: analyzing the table %s: %w", table, err)
		}
	}
	return nil
}
