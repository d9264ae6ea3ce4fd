package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/teaminbox/teaminbox/internal/upkeep"
)

// Open opens the database in a file, which it makes if there is none, and
// brings it to the schema of this version of the library. The file's directory
// must exist. A file that it makes can be read by its owner alone.
//
// It fails with [ErrForeign] if the file is something else, and with
// [ErrNewer] if a later version of the library has written it; both leave it
// as it is. The context bounds the wait for another process that is at the
// same.
//
// SQLite's databases in memory have no place here, as each of their
// connections would see its own; package store/memory has.
func Open(ctx context.Context, path string, cfg Config) (*Store, error) {
	texts, err := migrations(migrationFiles)
	if err != nil {
		return nil, err
	}
	s, err := open(ctx, path, cfg, texts)
	if err != nil {
		return nil, err
	}
	if err := s.useTokens(ctx); err != nil {
		return nil, errors.Join(err, s.Close()) //nolint:contextcheck // what is open is closed after the caller's context has ended, too
	}
	s.indexer = upkeep.Start(ctx, s.cfg.Logger, indexedSoon, s.index)
	return s, nil
}

func open(ctx context.Context, path string, cfg Config, texts []string) (*Store, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	path, exists, err := checkPath(path)
	if err != nil {
		return nil, err
	}
	if !exists {
		if err := create(ctx, path, cfg); err != nil {
			return nil, err
		}
	}
	s := &Store{cfg: cfg, path: path}
	if s.writer, err = newPool(dsn(path, readWrite), 1, cfg.BusyTimeout); err != nil {
		return nil, err
	}
	if s.readers, err = newPool(dsn(path, readOnly), cfg.MaxReaders, cfg.BusyTimeout); err != nil {
		return nil, errors.Join(err, s.writer.close())
	}
	err = s.useLog(ctx, len(texts))
	if err == nil {
		err = s.migrate(ctx, texts)
	}
	if err == nil {
		err = s.note()
	}
	if err != nil {
		return nil, errors.Join(err, s.readers.close(), s.writer.close())
	}
	if s.checkpoints, err = newCheckpointer(ctx, s); err != nil {
		return nil, errors.Join(err, s.readers.close(), s.writer.close())
	}
	return s, nil
}

// checkPath returns a path made absolute and whether there is a file.
func checkPath(path string) (string, bool, error) {
	switch {
	case path == "":
		return "", false, errors.New("sqlite: path is empty; name a file, like inbox.db")
	case strings.HasPrefix(path, ":memory:"):
		return "", false, errors.New("sqlite: path is :memory:, which this Store does not support; name a file, or use package store/memory")
	case strings.HasPrefix(path, "file:"):
		return "", false, errors.New("sqlite: path is a URI; give the plain name of a file")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", false, fmt.Errorf("sqlite: %w", err)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return "", false, fmt.Errorf("sqlite: %s is a directory; name a file in it", path)
	case err == nil:
		return path, true, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", false, fmt.Errorf("sqlite: %w", err)
	}
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", false, fmt.Errorf("sqlite: %s is not a directory that exists; create it first", dir)
	}
	return path, false, nil
}

// create makes an empty file that its owner alone can read. SQLite makes it,
// with the permissions of a file that is made for the purpose. Doing it here
// would be unsafe: closing a file drops all locks that the process has on it.
// Source: SQLite, How To Corrupt An SQLite Database File, 2.2.
func create(ctx context.Context, path string, cfg Config) error {
	model, err := os.CreateTemp("", "teaminbox-") // 0600
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	defer func() { _ = os.Remove(model.Name()) }() // it is empty, and in the directory for temporary files
	if err := model.Close(); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	p, err := newPool(dsn(path, url.Values{"modeof": {model.Name()}}), 1, cfg.BusyTimeout)
	if err != nil {
		return err
	}
	c, err := p.acquire(ctx)
	if err == nil {
		p.release(c, false)
	}
	return errors.Join(err, p.close())
}

// always holds for every connection. The log is synchronised with every
// commit. Checkpoints are the checkpointer's business; that of SQLite is the
// last resort should it fail.
var always = []string{
	"synchronous(FULL)",
	"foreign_keys(OFF)", // the schema has none
	"trusted_schema(OFF)",
	"wal_autocheckpoint(100000)",
	"temp_store(MEMORY)",
}

// What connections of one kind have besides. One that writes does not wait for
// locks, see retryBusy.
var (
	readWrite = url.Values{"_pragma": {"busy_timeout(0)", "cache_size(-32768)"}}
	readOnly  = url.Values{"_pragma": {"busy_timeout(10000)", "cache_size(-4096)", "query_only(ON)"}}
)

// dsn returns the name by which the driver opens connections.
func dsn(path string, kind url.Values) string {
	name := filepath.ToSlash(path)
	if runtime.GOOS == "windows" {
		name = "/" + name
	}
	values := url.Values{"_dqs": {"0"}, "_pragma": slices.Concat(always, kind["_pragma"])}
	if kind.Has("modeof") {
		values.Set("modeof", kind.Get("modeof"))
	} else {
		values.Set("mode", "rw") // only create makes a file
	}
	// SQLite, which reads modeof, does not take a plus sign for a space.
	query := strings.ReplaceAll(values.Encode(), "+", "%20")
	u := url.URL{Scheme: "file", Path: name, OmitHost: true, RawQuery: query}
	return u.String()
}

// useLog makes the file keep a write-ahead log, which stays with it.
func (s *Store) useLog(ctx context.Context, newest int) error {
	c, err := s.writer.acquire(ctx)
	if err != nil {
		return err
	}
	defer s.writer.release(c, true)
	var mode string
	err = retryBusy(ctx, s.cfg.BusyTimeout, func() (err error) {
		if _, err := s.schemaVersion(ctx, c, newest); err != nil {
			return err
		}
		if mode, err = one[string](ctx, c, `PRAGMA journal_mode = WAL`); err != nil {
			return openError(err)
		}
		return nil
	})
	if err == nil && mode != "wal" {
		err = fmt.Errorf("sqlite: the file system of %s can't share a write-ahead log; use a local one", s.path)
	}
	return err
}
