package sqlite

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
)

// applicationID marks the files of this package ("TmIn"). Source: SQLite,
// PRAGMA application_id.
const applicationID = 0x546d496e

// migrationFiles lead from one version of the schema to the next. The version
// of a file is the number of those that it has gone through, kept in PRAGMA
// user_version. A migration that has been released is never changed.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations returns the texts in their order.
func migrations(files fs.FS) ([]string, error) {
	names, err := fs.Glob(files, "migrations/*.sql") // sorted
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	texts := make([]string, len(names))
	for i, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("sqlite: %w", err)
		}
		texts[i] = string(text)
	}
	return texts, nil
}

// migrate brings a file to the schema of this version of the library. Each
// migration is one transaction, which looks again at the version under the
// write lock, so that of several processes one migrates and the others wait.
func (s *Store) migrate(ctx context.Context, texts []string) error {
	c, err := s.writer.acquire(ctx)
	if err != nil {
		return err
	}
	defer s.writer.release(c, true)
	for {
		var version int
		err := retryBusy(ctx, s.cfg.BusyTimeout, func() (err error) {
			version, err = s.schemaVersion(ctx, c, len(texts))
			return err
		})
		if err != nil || version == len(texts) {
			return err
		}
		if err := s.step(ctx, c, texts); err != nil {
			return err
		}
	}
}

// schemaVersion returns a file's version, if the file is one of ours. An empty
// file belongs to nobody and has version 0.
func (s *Store) schemaVersion(ctx context.Context, c *conn, newest int) (int, error) {
	// One statement sees one moment, in case another process is migrating.
	var id, version, entries int
	err := c.scan(ctx, `SELECT
		(SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version),
		(SELECT count(*) FROM sqlite_schema)`, &id, &version, &entries)
	switch {
	case err != nil:
		return 0, openError(err)
	case id == 0 && version == 0 && entries == 0:
		return 0, nil
	case id != applicationID:
		return 0, fmt.Errorf("%w, but another program's: %s; give the Store a file of its own", ErrForeign, s.path)
	case version > newest:
		return 0, fmt.Errorf("%w: %s has version %d, and this one knows up to %d", ErrNewer, s.path, version, newest)
	}
	return version, nil
}

// step runs the next migration.
func (s *Store) step(ctx context.Context, c *conn, texts []string) (err error) {
	if err := s.begin(ctx, c, false); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, _ = c.exec(ctx, `ROLLBACK`) // the failure is what the caller has to know
		}
	}()
	version, err := s.schemaVersion(ctx, c, len(texts))
	if err != nil {
		return err
	}
	if version < len(texts) {
		err := c.script(ctx, fmt.Sprintf("%s;\nPRAGMA application_id = %d;\nPRAGMA user_version = %d", texts[version], applicationID, version+1))
		if err != nil {
			return fmt.Errorf("sqlite: migration %d of %s: %w", version+1, s.path, err)
		}
	}
	if _, err := c.exec(ctx, `COMMIT`); err != nil {
		return commitError(err)
	}
	return nil
}
