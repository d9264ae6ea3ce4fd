package postgres

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/internal/pgtest"
)

// waits takes a log, and is told when a Store waits to change its schema.
type waits chan struct{}

func (w waits) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("can't be changed")) {
		w <- struct{}{}
	}
	return len(line), nil
}

// A process that is opened while somebody writes in a transaction that does not
// end holds up nobody: neither by making its triggers nor by a migration.
func TestOpenHoldsUpNoWriters(t *testing.T) {
	for what, outdate := range map[string]string{
		"other tokens": `UPDATE @search_state SET version = 0`,
		"an earlier version": `ALTER TABLE @messages DROP COLUMN decision, DROP COLUMN erased_at;
			ALTER TABLE @consent DROP COLUMN seq, DROP COLUMN previous, DROP COLUMN salt, DROP COLUMN personal, DROP COLUMN hash,
				DROP COLUMN via, DROP COLUMN evidence, DROP COLUMN reason, DROP COLUMN request, DROP COLUMN held_until,
				DROP COLUMN purpose, DROP COLUMN programme, DROP COLUMN strength, DROP COLUMN disclosure;
			DROP TABLE @host_events; DROP FUNCTION @add_host_events; DROP TABLE @self; DROP INDEX @tasks_turns;
			DELETE FROM @migrations WHERE version > 2`,
	} {
		t.Run(what, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			url := pgtest.Database(t)
			s := openIdle(t, url)
			fillWith(t, s, 1, func(int) string { return "bicycle" })
			exec(t, s, outdate)

			hosts, err := s.pool.Begin(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer hosts.Rollback(ctx) //nolint:errcheck // it is over, or the test is
			for _, write := range []string{`UPDATE @messages SET text = 'car' WHERE id = 2`, `DELETE FROM @tasks`} {
				if _, err := hosts.Exec(ctx, s.text(write)); err != nil {
					t.Fatal(err)
				}
			}
			waiting := make(waits, 2)
			opened := make(chan error, 1)
			opening, giveUp := context.WithCancel(ctx)
			defer giveUp()
			open := func(ctx context.Context) {
				other, err := Open(ctx, url, Config{Logger: slog.New(slog.NewTextHandler(waiting, nil))})
				if err == nil {
					err = other.Close()
				}
				opened <- err
			}
			go open(opening)
			select {
			case <-waiting:
			case err := <-opened:
				t.Fatalf("Open did not wait for whoever writes: %v", err)
			case <-ctx.Done():
				t.Fatal("Open waits for whoever writes without end, and lets nobody pass")
			}
			for _, write := range []string{
				`INSERT INTO @tasks VALUES (1, 'acme', 1, 'wake', 0, now(), NULL, 0, '', false)`,
				`INSERT INTO @messages (id, account, conversation, seq, text, channel, provider_id, request_key, direction, author_kind, author_user,
					from_address, to_address, inbound_count, opened, kind, rule, purpose, confirms, state, attempts, code, reason, segments, version)
				SELECT 100, account, conversation, 2, text, channel, 'another', request_key, direction, author_kind, author_user,
					from_address, to_address, inbound_count, opened, kind, rule, purpose, confirms, state, attempts, code, reason, segments, version
				FROM @messages WHERE id = 2`,
			} {
				change := func(q pgx.Tx) error {
					_, err := q.Exec(ctx, s.text(write))
					return err
				}
				if err := pgx.BeginFunc(ctx, s.pool, change); err != nil {
					t.Errorf("a write beside it: %v", err)
				}
			}

			giveUp()
			if err := <-opened; !errors.Is(err, context.Canceled) {
				t.Errorf("Open whose context has ended: %v", err)
			}
			go open(ctx)
			<-waiting
			if err := hosts.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			if err := <-opened; err != nil {
				t.Errorf("Open when the writer has committed: %v", err)
			}
		})
	}
}
