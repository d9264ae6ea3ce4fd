package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
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
// transaction for all, under an advisory lock: of several processes one
// migrates and the others wait.
func (s *Store) migrate(ctx context.Context, conn *pgxpool.Conn, texts []string) error {
	version, err := s.schemaVersion(ctx, conn, len(texts))
	if err != nil || version == len(texts) {
		return err
	}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, s.guards.of("migration").key); err != nil {
			return err
		}
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
