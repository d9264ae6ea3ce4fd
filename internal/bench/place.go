package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/teaminbox/teaminbox/internal/sources"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/postgres"
	"github.com/teaminbox/teaminbox/store/sqlite"
)

// opened is a store that was opened.
type opened interface {
	store.Porter
	io.Closer
}

// place is where databases are made, and dropped again at the end.
type place interface {
	// create makes a database with what is in another, or an empty one, and
	// returns what it is opened by.
	create(ctx context.Context, template string) (string, error)
	// tidy does what the server would do by itself some time after a database
	// was filled.
	tidy(ctx context.Context, url string) error
	// calm has everything that was written reach the disk, so that one
	// measurement does not pay for another.
	calm(ctx context.Context, url string) error
	// drop drops one that nobody needs any more.
	drop(ctx context.Context, url string) error
	// close drops them, but for one that is to be left.
	close(left string) error
}

func openPlace(ctx context.Context, cfg config) (place, error) {
	if cfg.store == "sqlite" {
		dir, err := os.MkdirTemp(cfg.dir, "teaminbox-bench-")
		return &directory{path: dir}, err
	}
	pool, err := pgxpool.New(ctx, cfg.url)
	if err != nil {
		return nil, err
	}
	var fsync, commit string
	if err := pool.QueryRow(ctx, `SELECT current_setting('fsync'), current_setting('synchronous_commit')`).Scan(&fsync, &commit); err != nil {
		pool.Close()
		return nil, err
	}
	if fsync != "on" || commit != "on" {
		fmt.Fprintf(os.Stderr, "# the server has fsync %s and synchronous_commit %s: the figures are not those of a durable one\n", fsync, commit)
	}
	return &server{pool: pool, url: cfg.url}, nil
}

// openStore opens a store for as long as a measurement lasts.
func openStore(ctx context.Context, kind, url string) (opened, error) {
	logger := slog.New(slog.DiscardHandler)
	if kind == "sqlite" {
		return sqlite.Open(ctx, url, sqlite.Config{Logger: logger})
	}
	return postgres.Open(ctx, url, postgres.Config{Logger: logger})
}

// server is a Postgres server.
type server struct {
	pool *pgxpool.Pool
	url  string
	made []string
}

func (s *server) create(ctx context.Context, template string) (string, error) {
	name := "teaminbox_bench_" + strings.ToLower(sources.Real().Name())
	text := `CREATE DATABASE ` + pgx.Identifier{name}.Sanitize() + ` ENCODING 'UTF8' TEMPLATE `
	if template == "" {
		text += `template0`
	} else {
		text += pgx.Identifier{nameOf(template)}.Sanitize() + ` STRATEGY = FILE_COPY`
	}
	if _, err := s.pool.Exec(ctx, text); err != nil {
		return "", err
	}
	s.made = append(s.made, name)
	cfg := s.pool.Config().ConnConfig
	return fmt.Sprintf("host=%s port=%d user=%s password='%s' dbname=%s sslmode=%s", cfg.Host, cfg.Port, cfg.User,
		strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(cfg.Password), name, sslMode(s.url)), nil
}

// nameOf returns the database that a connection string of ours is for.
func nameOf(url string) string {
	_, rest, _ := strings.Cut(url, " dbname=")
	name, _, _ := strings.Cut(rest, " ")
	return name
}

// sslMode is that of the server's URL.
func sslMode(url string) string {
	if _, rest, found := strings.Cut(url, "sslmode="); found {
		mode, _, _ := strings.Cut(rest, "&")
		return mode
	}
	return "prefer"
}

func (s *server) tidy(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `VACUUM ANALYZE`)
	return err
}

func (s *server) calm(ctx context.Context, _ string) error {
	_, err := s.pool.Exec(ctx, `CHECKPOINT`)
	return err
}

func (s *server) drop(ctx context.Context, url string) error {
	name := nameOf(url)
	s.made = slices.DeleteFunc(s.made, func(made string) bool { return made == name })
	_, err := s.pool.Exec(ctx, `DROP DATABASE `+pgx.Identifier{name}.Sanitize()+` WITH (FORCE)`)
	return err
}

func (s *server) close(left string) error {
	var errs []error
	for _, name := range s.made {
		if left != "" && name == nameOf(left) {
			continue
		}
		_, err := s.pool.Exec(context.Background(), `DROP DATABASE `+pgx.Identifier{name}.Sanitize()+` WITH (FORCE)`)
		errs = append(errs, err)
	}
	s.pool.Close()
	return errors.Join(errs...)
}

// directory is one for SQLite's files.
type directory struct {
	path string
	made int
}

func (d *directory) create(_ context.Context, template string) (string, error) {
	d.made++
	path := filepath.Join(d.path, fmt.Sprintf("%d.db", d.made))
	if template == "" {
		return path, nil
	}
	from, err := os.Open(template)
	if err != nil {
		return "", err
	}
	defer from.Close()
	to, err := os.Create(path)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	return path, errors.Join(err, to.Sync(), to.Close())
}

func (d *directory) tidy(context.Context, string) error { return nil }
func (d *directory) calm(context.Context, string) error { return nil }

func (d *directory) drop(_ context.Context, path string) error {
	var errs []error
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		if err := os.Remove(file); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (d *directory) close(left string) error {
	var errs []error
	for n := range d.made {
		path := filepath.Join(d.path, fmt.Sprintf("%d.db", n+1))
		if path == left {
			continue
		}
		errs = append(errs, d.drop(context.Background(), path))
	}
	if left == "" || filepath.Dir(left) != d.path {
		errs = append(errs, os.Remove(d.path))
	}
	return errors.Join(errs...)
}
