package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup writes a copy of the database, as it is at this moment, into a file
// that must not exist yet. The copy is compact and can be opened like any
// other. Updates and Views go on meanwhile; the log grows until it is done.
// The file appears under its name when it is whole and durable.
func (s *Store) Backup(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("sqlite: %s exists; a backup overwrites nothing", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sqlite: %w", err)
	}
	partial, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".partial-") // 0600
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	name := partial.Name()
	if err := partial.Close(); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	if err := s.copyTo(ctx, name); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	if err := os.Rename(name, path); err != nil {
		return errors.Join(fmt.Errorf("sqlite: %w", err), os.Remove(name))
	}
	return syncDir(filepath.Dir(path))
}

// copyTo copies the database into an empty file. It uses a connection of its
// own, as those of Views may not write anything.
func (s *Store) copyTo(ctx context.Context, name string) error {
	p, err := newPool(dsn(s.path, readWrite), 1, s.cfg.BusyTimeout)
	if err != nil {
		return err
	}
	c, err := p.acquire(ctx)
	if err != nil {
		return errors.Join(err, p.close())
	}
	// A long statement, and the connection is thrown away: here alone the
	// context may interrupt.
	if err = c.run(ctx, `VACUUM INTO ?`, name); err != nil {
		err = fmt.Errorf("sqlite: backup: %w", err)
	}
	p.release(c, false)
	return errors.Join(err, p.close())
}

// syncDir makes the names of a directory durable, where that can be done.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("sqlite: %w", err)
	}
	return nil
}
