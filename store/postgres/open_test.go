package postgres

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
)

// Several processes that start at once on an empty database all get the same
// schema.
func TestMigrateAtOnce(t *testing.T) {
	url := pgtest.Database(t)
	var opening sync.WaitGroup
	for range 6 {
		opening.Go(func() {
			s, err := Open(context.Background(), url, Config{Schema: "At_Once"})
			if err != nil {
				t.Errorf("Open: %v", err)
				return
			}
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	opening.Wait()
}

// A schema with data goes from one version to the next.
func TestMigrateWithData(t *testing.T) {
	url := pgtest.Database(t)
	s := openAt(t, url, Config{})
	var id store.ContactID
	update(t, s, putContact(&id, "Dave"))
	texts, err := migrations(migrationFiles)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := s.acquire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	next := append(texts, `ALTER TABLE @contacts ADD COLUMN nickname text NOT NULL DEFAULT 'none'`)
	if err := s.migrate(context.Background(), conn, next); err != nil {
		t.Fatal(err)
	}
	var nickname string
	if err := conn.QueryRow(context.Background(), s.text(`SELECT nickname FROM @contacts WHERE id = $1`), int64(id)).Scan(&nickname); err != nil || nickname != "none" {
		t.Errorf("nickname %q, %v", nickname, err)
	}
	// The version before refuses it.
	if _, err := Open(context.Background(), url, Config{}); !errors.Is(err, ErrNewer) {
		t.Errorf("Open by an earlier version: %v", err)
	}
	// A migration that fails leaves nothing.
	broken := append(next, `CREATE TABLE @half (id bigint); SELECT 1/0`)
	if err := s.migrate(context.Background(), conn, broken); err == nil || !strings.Contains(err.Error(), "migration") {
		t.Errorf("a broken migration: %v", err)
	}
	if err := s.migrate(context.Background(), conn, next); err != nil {
		t.Errorf("after a broken migration: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	ctx := context.Background()
	url := pgtest.Database(t)
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, `CREATE SCHEMA theirs; CREATE TABLE theirs.orders (id int)`); err != nil {
		t.Fatal(err)
	}
	if _, err := New(ctx, pool, Config{Schema: "theirs"}); !errors.Is(err, ErrForeign) {
		t.Errorf("a schema of another's: %v", err)
	}
	for field, cfg := range map[string]Config{
		"Schema":           {Schema: `x"; DROP`},
		"MaxConns":         {MaxConns: -1},
		"LockTimeout":      {LockTimeout: time.Microsecond},
		"StatementTimeout": {StatementTimeout: -1},
		"IdleTimeout":      {IdleTimeout: -1},
		"NotifyInterval":   {NotifyInterval: -1},
	} {
		if _, err := Open(ctx, url, cfg); err == nil || !strings.Contains(err.Error(), "Config."+field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := New(ctx, nil, Config{}); err == nil {
		t.Error("New without a pool")
	}
	if _, err := Open(ctx, "postgres://u:secret@127.0.0.1:bad/x", Config{}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a bad URL: %v", err)
	}
}

// A pool of the host's stays open, and two schemas of a database know nothing
// of each other.
func TestHostsPool(t *testing.T) {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	a, err := New(ctx, pool, Config{Schema: "a"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(ctx, pool, Config{Schema: "b"})
	if err != nil {
		t.Fatal(err)
	}
	var id store.ContactID
	update(t, a, putContact(&id, "Dave"))
	if got := contactNames(t, b, id); len(got) != 0 {
		t.Errorf("schema b has %q", got)
	}
	for _, s := range []*Store{a, b} {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); !errors.Is(err, ErrClosed) {
			t.Errorf("Close again: %v", err)
		}
		if err := s.Update(ctx, putContact(&id, "Dave")); !errors.Is(err, ErrClosed) {
			t.Errorf("Update after Close: %v", err)
		}
	}
	if err := pool.Ping(ctx); err != nil {
		t.Errorf("the host's pool: %v", err)
	}
}

// Servers of another kind are refused, before anything is asked of them that
// they might answer in their own way. A function with the name of Postgres's
// own, found before it, stands for such a server.
func TestOpenRefusesOtherServers(t *testing.T) {
	ctx := context.Background()
	cfg, err := pgxpool.ParseConfig(pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	cfg.ConnConfig.RuntimeParams["search_path"] = "disguise,pg_catalog"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, `CREATE SCHEMA disguise`); err != nil {
		t.Fatal(err)
	}
	for version, name := range map[string]string{
		"CockroachDB CCL v25.4.1 (x86_64-pc-linux-gnu, built 2025/11/20 14:24:06, go1.23.12)":                             "CockroachDB",
		"PostgreSQL 15.12-YB-2025.2.0.0-b0 on x86_64-pc-linux-gnu, compiled by clang version 17.0.6, 64-bit":              "YugabyteDB",
		"PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12, 64-bit": "",
	} {
		if _, err := pool.Exec(ctx, `CREATE OR REPLACE FUNCTION disguise.version() RETURNS text LANGUAGE sql AS $$ SELECT '`+version+`'::text $$`); err != nil {
			t.Fatal(err)
		}
		s, err := New(ctx, pool, Config{})
		switch {
		case name == "" && err != nil:
			t.Errorf("%s: %v", version, err)
		case name == "":
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		case !errors.Is(err, ErrNotPostgres) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), version):
			t.Errorf("%s: %v", version, err)
		}
		var made bool
		if err := pool.QueryRow(ctx, `SELECT to_regnamespace('teaminbox') IS NOT NULL`).Scan(&made); err != nil || made && name != "" {
			t.Errorf("%s: the schema was made: %t, %v", version, made, err)
		}
		if _, err := pool.Exec(ctx, `DROP SCHEMA IF EXISTS teaminbox CASCADE`); err != nil {
			t.Fatal(err)
		}
	}
}
