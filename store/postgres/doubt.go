package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/teaminbox/teaminbox/store"
)

// inDoubt reports whether a commit that failed may have happened: Postgres has
// not said that it failed.
func (t *tx) inDoubt(err error) bool {
	if errors.Is(err, errLost) {
		return true
	}
	var e *pgconn.PgError
	return !errors.As(err, &e) && t.conn.Conn().IsClosed()
}

// findOut asks the database what became of a transaction whose COMMIT was not
// answered. It returns nil if it has committed, and an error that lets it be
// tried again if it has not. What is still in progress is waited for: the
// server may not have noticed yet that nobody is there.
func (s *Store) findOut(ctx context.Context, t *tx, doubt error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.StatementTimeout)
	defer cancel()
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		status, err := s.statusOf(ctx, t.id)
		switch {
		case err != nil:
			doubt = fmt.Errorf("%w; and asking for it: %w", doubt, err)
		case status == "committed":
			t.failed = nil
			return nil
		case status == "aborted":
			return doubt
		case status != "in progress":
			return t.unknown(doubt)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return t.unknown(doubt)
		}
	}
}

func (t *tx) unknown(doubt error) error {
	t.failed = fmt.Errorf("postgres: %w: %w", store.ErrUnknown, doubt)
	return t.failed
}

// statusOf returns what Postgres says of a transaction, or "" if it has
// forgotten it.
func (s *Store) statusOf(ctx context.Context, id string) (string, error) {
	var status *string
	if err := s.pool.QueryRow(ctx, `SELECT pg_xact_status($1::text::xid8)`, id).Scan(&status); err != nil {
		return "", err
	}
	if status == nil {
		return "", nil
	}
	return *status, nil
}
