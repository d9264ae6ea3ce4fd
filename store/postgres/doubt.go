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
		f, err := s.fateOf(ctx, t)
		switch {
		case err != nil:
			doubt = fmt.Errorf("%w; and asking for it: %w", doubt, err)
		case f.status == "committed" && f.sure:
			t.failed = nil
			return nil
		case f.status == "aborted", f.status == "in progress" && !f.sure: // then another has its number, so it left nothing behind
			return doubt
		case f.status != "in progress":
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

// fate is what Postgres says of a transaction.
type fate struct {
	status string // "" if it is forgotten
	sure   bool   // the status is not that of another transaction
}

// fateOf asks what became of a transaction. A server that crashes forgets which
// numbers it has given away, but for those that it has written down, and gives
// them away again: what a transaction has written goes out with its COMMIT, so a
// crash just before leaves nothing of its number. So the number says whose status it is only if the
// server is the one that the transaction has begun on, and has not recovered
// since, after which its statistics begin anew.
func (s *Store) fateOf(ctx context.Context, t *tx) (fate, error) {
	var f fate
	var status *string
	err := s.pool.QueryRow(ctx, `
		SELECT pg_xact_status($1::text::xid8), pg_postmaster_start_time() = $2 AND coalesce(stats_reset <= $3, true) FROM pg_stat_bgwriter`,
		t.id, t.server, t.moment).Scan(&status, &f.sure)
	var e *pgconn.PgError
	switch {
	case errors.As(err, &e) && e.Code == codeInvalidParameter: // the number is still to be given away
		return fate{status: "aborted"}, nil
	case err != nil:
		return fate{}, err
	case status != nil:
		f.status = *status
	}
	return f, nil
}
