package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/url"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// bareReader sends queries with the driver alone, and reads what they answer.
// Arguments are those of Postgres.
type bareReader interface {
	read(ctx context.Context, text string, args []any) error
	// undone reads in a transaction that keeps others from what it has read, and
	// rolls it back.
	undone(ctx context.Context, text string, args []any) error
	close() error
}

// word is what is searched by the beginning.
type word string

func openBareReader(ctx context.Context, kind, url string) (bareReader, error) {
	if kind == "sqlite" {
		return openSQLiteReader(url)
	}
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.ConnConfig.RuntimeParams["search_path"] = "teaminbox"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	return postgresReader{pool}, err
}

type postgresReader struct{ pool *pgxpool.Pool }

func (r postgresReader) read(ctx context.Context, text string, args []any) error {
	return r.readOn(ctx, r.pool, text, args)
}

func (r postgresReader) undone(ctx context.Context, text string, args []any) error {
	tx, err := r.pool.Begin(ctx)
	if err != nil {
		return err
	}
	return errors.Join(r.readOn(ctx, tx, text, args), tx.Rollback(ctx))
}

func (r postgresReader) readOn(ctx context.Context, on interface {
	Query(ctx context.Context, text string, args ...any) (pgx.Rows, error)
}, text string, args []any) error {
	for i, arg := range args {
		if w, ok := arg.(word); ok {
			args[i] = "'" + string(w) + "':*"
		}
	}
	rows, err := on.Query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if _, err := rows.Values(); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (r postgresReader) close() error {
	r.pool.Close()
	return nil
}

// sqliteReader prepares each query once, on its only connection.
type sqliteReader struct {
	db         *sql.DB
	statements map[string]*sql.Stmt
}

func openSQLiteReader(path string) (*sqliteReader, error) {
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: url.Values{"_pragma": {
		"busy_timeout(10000)", "cache_size(-4096)",
	}}.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return &sqliteReader{db, make(map[string]*sql.Stmt)}, nil
}

func (r *sqliteReader) undone(ctx context.Context, text string, args []any) error {
	if _, err := r.db.ExecContext(context.WithoutCancel(ctx), `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	err := r.read(ctx, text, args)
	_, undo := r.db.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
	return errors.Join(err, undo)
}

// read runs to its end whatever becomes of the context, as the driver would need
// a goroutine for each statement to look at one.
func (r *sqliteReader) read(ctx context.Context, text string, args []any) error {
	ctx = context.WithoutCancel(ctx)
	st, ok := r.statements[text]
	if !ok {
		var err error
		if st, err = r.db.PrepareContext(ctx, text); err != nil {
			return err
		}
		r.statements[text] = st
	}
	for i, arg := range args {
		var err error
		if args[i], err = sqliteArg(arg); err != nil {
			return err
		}
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, to := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		to[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return err
		}
	}
	return rows.Err()
}

// sqliteArg returns an argument as the store keeps such a value.
func sqliteArg(arg any) (any, error) {
	switch arg := arg.(type) {
	case time.Time:
		return arg.UnixMicro(), nil
	case word:
		return string(arg), nil
	case []string, []int64:
		list, err := json.Marshal(arg)
		return string(list), err
	}
	return arg, nil
}

func (r *sqliteReader) close() error {
	var errs []error
	for _, st := range r.statements {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, r.db.Close())...)
}
