package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// analyze collects the planner's statistics of tables that have some rows and
// none of those. Autovacuum comes by once a minute; until then the planner takes
// each index for as good as the other, and looks for one conversation among all of
// its inbox, while the first minute of a new service brings them by the thousand.
//
// To others than the table's owner the server gives a warning, and it is left to
// autovacuum.
func (s *Store) analyze(ctx context.Context) error {
	rows, err := s.pool.Query(ctx, `
		SELECT relname FROM pg_stat_user_tables
		WHERE schemaname = $1 AND n_live_tup >= 50 AND last_analyze IS NULL AND last_autoanalyze IS NULL`, s.cfg.Schema)
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
