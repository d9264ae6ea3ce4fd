package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/url"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// bareReader sends queries with the driver alone, and reads what they answer.
// Arguments are those of Postgres.
type bareReader interface {
	read(ctx context.Context, text string, args []any) error
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
	for i, arg := range args {
		if w, ok := arg.(word); ok {
			args[i] = "'" + string(w) + "':*"
		}
	}
	rows, err := r.pool.Query(ctx, text, args...)
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

// sqliteReader prepares each query once.
type sqliteReader struct {
	db         *sql.DB
	statements map[string]*sql.Stmt
}

func openSQLiteReader(path string) (*sqliteReader, error) {
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: url.Values{"_pragma": {
		"busy_timeout(10000)", "query_only(ON)", "cache_size(-4096)",
	}}.Encode()}
	db, err := sql.Open("sqlite", u.String())
	return &sqliteReader{db, make(map[string]*sql.Stmt)}, err
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
