package sqlite

import (
	"context"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/internal/turns/turnstest"
)

// withTasks is a Store that is filled without a transaction for each batch.
type withTasks struct{ *Store }

func (s withTasks) Fill(tasks, accounts, first int, due time.Time) error {
	c, err := s.writer.acquire(context.Background())
	if err != nil {
		return err
	}
	defer s.writer.release(c, true)
	_, err = c.exec(context.Background(), `
		WITH RECURSIVE n(i) AS (SELECT ?3 UNION ALL SELECT i + 1 FROM n WHERE i < ?3 + ?1 - 1)
		INSERT INTO tasks (id, account, conversation, kind, message, due_at, attempts, error, set_aside)
		SELECT i, 'account ' || (?3 - 1 + i * 7919 % ?2), i, 'route', i, ?4 + i, 0, '', 0 FROM n`, tasks, accounts, first, due.UnixMicro())
	return err
}

func (withTasks) Filled() error { return nil }

func BenchmarkLeaseDue(b *testing.B) {
	turnstest.BenchmarkLeaseDue(b, func() turnstest.Store { return withTasks{openAt(b, newPath(b), Config{})} })
}
