package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// migrationFiles lead from one version of the schema to the next. The version
// of a schema is the number of those that it has gone through, as the table
// migrations says. A migration that has been released is never changed.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations returns the texts in their order.
func migrations(files fs.FS) ([]string, error) {
	names, err := fs.Glob(files, "migrations/*.sql") // sorted
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	texts := make([]string, len(names))
	for i, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("postgres: %w", err)
		}
		texts[i] = string(text)
	}
	return texts, nil
}

// migrate brings the schema to that of this version of the library, in one
// transaction for all.
func (s *Store) migrate(ctx context.Context, conn *pgxpool.Conn, texts []string) error {
	version, err := s.schemaVersion(ctx, conn, len(texts))
	if err != nil || version == len(texts) {
		return err
	}
	err = s.alter(ctx, conn, func(tx pgx.Tx) error {
		version, err := s.schemaVersion(ctx, tx, len(texts))
		if err != nil {
			return err
		}
		if version == 0 {
			if _, err := tx.Exec(ctx, s.text(`CREATE SCHEMA IF NOT EXISTS `+s.texts.schema)); err != nil {
				return fmt.Errorf("making the schema %s: %w", s.cfg.Schema, err)
			}
			if _, err := tx.Exec(ctx, s.text(`CREATE TABLE @migrations (version int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())`)); err != nil {
				return err
			}
		}
		for ; version < len(texts); version++ {
			if _, err := tx.Exec(ctx, inSchema.ReplaceAllString(texts[version], s.texts.schema+".$1")); err != nil {
				return fmt.Errorf("migration %d: %w", version+1, err)
			}
			if _, err := tx.Exec(ctx, s.text(`INSERT INTO @migrations (version) VALUES ($1)`), version+1); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil || errors.Is(err, ErrForeign) || errors.Is(err, ErrNewer) {
		return err
	}
	return fmt.Errorf("postgres: bringing the schema %s up to date: %w", s.cfg.Schema, err)
}

// alter changes the schema in a transaction, under an advisory lock: of several
// processes one does so and the others wait.
//
// What it needs of a table that somebody else is writing to, it waits for only as
// long as an Update would give way: all who come later wait behind it. Then it
// lets them go first, and tries again until the context ends.
func (s *Store) alter(ctx context.Context, conn *pgxpool.Conn, change func(tx pgx.Tx) error) error {
	for try := 1; ; try++ {
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, s.guards.of("migration").key); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `SELECT set_config('lock_timeout', $1, true)`, s.limits.giveWay); err != nil {
				return err
			}
			return change(tx)
		})
		if e := (*pgconn.PgError)(nil); !errors.As(err, &e) || e.Code != codeLockNotAvailable {
			return err
		}
		if try == 1 {
			s.cfg.Logger.WarnContext(ctx, "postgres: the schema can't be changed while a transaction that is open writes to it; waiting for its end", "schema", s.cfg.Schema)
		}
		turn := time.NewTimer(othersTurn)
		select {
		case <-turn.C:
		case <-ctx.Done():
			turn.Stop()
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}
}

// othersTurn is how long others write before the next try, many times as long as
// they had to wait.
const othersTurn = 20 * giveWay

// querier is a connection or a transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// schemaVersion returns the schema's version, if the schema is one of ours. One
// that is not there or has no tables belongs to nobody and has version 0.
func (s *Store) schemaVersion(ctx context.Context, q querier, newest int) (int, error) {
	var tables int
	var ours bool
	if err := q.QueryRow(ctx, `
		SELECT count(*), coalesce(bool_or(c.relname = 'migrations'), false) FROM pg_class c
		JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')`,
		s.cfg.Schema).Scan(&tables, &ours); err != nil {
		return 0, fmt.Errorf("postgres: %w", err)
	}
	switch {
	case tables == 0:
		return 0, nil
	case !ours:
		return 0, fmt.Errorf("%w: %s; set Config.Schema to one that is not there yet", ErrForeign, s.cfg.Schema)
	}
	var version int
	if err := q.QueryRow(ctx, s.text(`SELECT coalesce(max(version), 0) FROM @migrations`)).Scan(&version); err != nil {
		return 0, fmt.Errorf("%w: %s has a table of another's that is called migrations: %w", ErrForeign, s.cfg.Schema, err)
	}
	if version > newest {
		return 0, fmt.Errorf("%w: %s has version %d, and this one knows up to %d", ErrNewer, s.cfg.Schema, version, newest)
	}
	return version, nil
}
