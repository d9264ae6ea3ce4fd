package postgres

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/teaminbox/teaminbox/internal/upkeep"
)

// Open connects to a database and brings the schema up to date. The URL is what
// libpq takes: a URL or a list of keywords and values; what it leaves open comes
// from the environment (PGHOST, PGPASSWORD and so on).
//
// It fails with [ErrNotPostgres] for a server that only resembles Postgres, with
// [ErrForeign] for a schema of another program, and with [ErrNewer] for one of a
// later version of the library.
func Open(ctx context.Context, url string, cfg Config) (*Store, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	poolConfig, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err) // without the password
	}
	cfg = cfg.withDefaults()
	if !saysMaxConns.MatchString(url) {
		poolConfig.MaxConns = int32(min(cfg.MaxConns, 10_000))
	}
	pool, err := pgxpool.NewWithConfig(ctx, poolConfig)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	s, err := open(ctx, pool, cfg)
	if err != nil {
		pool.Close()
		return nil, err
	}
	s.owned = true
	return s, nil
}

var saysMaxConns = regexp.MustCompile(`\bpool_max_conns\s*=`)

// New makes a Store on a pool of the host's, which stays the host's to close,
// after the Store. A transaction takes one connection, and [Store.Notify] opens
// one more, with the pool's settings.
func New(ctx context.Context, pool *pgxpool.Pool, cfg Config) (*Store, error) {
	if pool == nil {
		return nil, errors.New("postgres: New needs a pool")
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return open(ctx, pool, cfg.withDefaults())
}

func open(ctx context.Context, pool *pgxpool.Pool, cfg Config) (*Store, error) {
	s := &Store{cfg: cfg, pool: pool, guards: newGuards(cfg.Schema), limits: limitsOf(cfg)}
	s.texts.schema = pgx.Identifier{cfg.Schema}.Sanitize()
	conn, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	if err := s.check(ctx, conn); err != nil {
		return nil, err
	}
	texts, err := migrations(migrationFiles)
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx, conn, texts); err != nil {
		return nil, err
	}
	if err := conn.QueryRow(ctx, s.text(`SELECT id::text FROM @self`)).Scan(&s.self); err != nil {
		return nil, s.statementError(ctx, conn.Conn(), err)
	}
	if err := s.useTokens(ctx, conn); err != nil {
		return nil, err
	}
	s.announcer = newAnnouncer(s) //nolint:contextcheck // it lives as long as the Store
	s.indexer = upkeep.Start(ctx, s.cfg.Logger, indexedSoon, s.index)
	return s, nil
}

// oldest is the first version of Postgres that the Store is tested with.
const oldest = 150000

// check looks whether the server is one that the Store can work with.
func (s *Store) check(ctx context.Context, conn *pgxpool.Conn) error {
	var product string
	if err := conn.QueryRow(ctx, `SELECT version()`).Scan(&product); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if err := checkProduct(product); err != nil { // first of all, as others may not answer the next question
		return err
	}
	var version int
	var encoding, fsync string
	if err := conn.QueryRow(ctx, `
		SELECT current_setting('server_version_num')::int, pg_encoding_to_char(encoding), current_setting('fsync'), current_setting('synchronous_commit')
		FROM pg_database WHERE datname = current_database()`).Scan(&version, &encoding, &fsync, &s.synchronousCommit); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	switch {
	case version < oldest:
		return fmt.Errorf("postgres: the server has version %d.%d; it must be %d or later", version/10000, version%10000, oldest/10000)
	case encoding != "UTF8":
		return fmt.Errorf("postgres: the database has the encoding %s; make one with ENCODING 'UTF8'", encoding)
	}
	if s.synchronousCommit == "off" { // an Update that has returned must survive a crash
		s.synchronousCommit = "on"
	}
	if fsync != "on" {
		s.cfg.Logger.WarnContext(ctx, "postgres: the server runs with fsync off; what it has confirmed is lost when its machine fails")
	}
	return nil
}

// checkProduct refuses servers that speak Postgres's language and are another
// program. On some of them an advisory lock is taken without an error and keeps
// nobody away, so that nothing would tell that Updates overwrite each other.
func checkProduct(version string) error {
	for _, other := range []struct{ mark, name string }{{"CockroachDB", "CockroachDB"}, {"-YB-", "YugabyteDB"}} {
		if strings.Contains(version, other.mark) {
			return fmt.Errorf("%w: the server is %s (%s); the Store relies on the advisory locks and the transactions of PostgreSQL itself, see docs/scaling.md", ErrNotPostgres, other.name, version)
		}
	}
	return nil
}

// texts are the statements with the schema in the place of @.
type texts struct {
	schema string
	known  sync.Map // by the statement without
}

var inSchema = regexp.MustCompile(`@([a-z_]+)`)

// text returns a statement for the Store's schema. Statements are constants of
// this package, so their number is bounded.
func (s *Store) text(statement string) string {
	if text, ok := s.texts.known.Load(statement); ok {
		return text.(string)
	}
	text := inSchema.ReplaceAllString(statement, s.texts.schema+".$1")
	s.texts.known.Store(statement, text)
	return text
}
