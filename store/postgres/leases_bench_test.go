package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/internal/turns/turnstest"
)

// withTasks is a Store that is filled without a transaction for each batch.
type withTasks struct{ *Store }

func (s withTasks) Fill(tasks, accounts, first int, due time.Time) error {
	_, err := s.pool.Exec(context.Background(), s.text(`
		INSERT INTO @tasks (id, account, conversation, kind, message, due_at, attempts, error, set_aside)
		SELECT i, 'account ' || ($3 - 1 + i::bigint * 7919 % $2), i, 'route', i, $4::timestamptz + i * interval '1 microsecond', 0, '', false
		FROM generate_series($3::bigint, $3::bigint + $1 - 1) AS i`), tasks, accounts, first, due)
	return err
}

func (s withTasks) Filled() error {
	_, err := s.pool.Exec(context.Background(), s.text(`VACUUM ANALYZE @tasks`))
	return err
}

func BenchmarkLeaseDue(b *testing.B) {
	turnstest.BenchmarkLeaseDue(b, func() turnstest.Store { return withTasks{openAt(b, pgtest.Database(b), Config{})} })
}
