package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

func TestOpenNamesTheCure(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ path, want string }{
		{"", "name a file"},
		{":memory:", "store/memory"},
		{"file:" + filepath.Join(dir, "inbox.db"), "plain name"},
		{dir, "is a directory"},
		{filepath.Join(dir, "missing", "inbox.db"), "create it first"},
	} {
		s, err := Open(context.Background(), c.path, Config{})
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Open(%q): %v; want an error with %q", c.path, err, c.want)
		}
	}
}

func TestConfigNamesEveryBadField(t *testing.T) {
	_, err := Open(context.Background(), newPath(t), Config{MaxReaders: -1, BusyTimeout: -1, NotifyInterval: -time.Second})
	for _, field := range []string{"MaxReaders", "BusyTimeout", "NotifyInterval"} {
		if err == nil || !strings.Contains(err.Error(), "Config."+field) {
			t.Errorf("%v: %s is not named", err, field)
		}
	}
}

func TestOpenTakesAnyFileName(t *testing.T) {
	for _, name := range []string{"a b.db", "50% + more?mode=ro#x.db", "ünï.db"} {
		path := filepath.Join(t.TempDir(), name)
		s := openAt(t, path, Config{})
		update(t, s, func(tx store.Tx) error { return putAccount(tx, "alice") })
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		entries, err := os.ReadDir(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) != 1 || entries[0].Name() != name {
			t.Errorf("after Close there are %v, want %s alone", entries, name)
		}
	}
}

// The file and its log hold what customers wrote: they are their owner's.
func TestFilesAreTheirOwners(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("Windows has no such permissions; nothing to check")
		return
	}
	path := newPath(t)
	s := openAt(t, path, Config{})
	update(t, s, func(tx store.Tx) error { return putAccount(tx, "alice") })
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", filepath.Base(name), info.Mode())
		}
	}
}

// execRaw runs SQL on a file past the Store.
func execRaw(t *testing.T, path, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(text); err != nil {
		t.Fatal(err)
	}
}

// A file that is not ours is left as it is.
func TestForeignFilesAreRefused(t *testing.T) {
	for name, make := range map[string]func(path string){
		"text": func(path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("these are not pages ", 500)), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"another program's tables":  func(path string) { execRaw(t, path, `CREATE TABLE recipes (name TEXT)`) },
		"another program's id":      func(path string) { execRaw(t, path, `PRAGMA application_id = 42`) },
		"another program's version": func(path string) { execRaw(t, path, `PRAGMA user_version = 1`) },
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			make(path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Open(context.Background(), path, Config{}); !errors.Is(err, ErrForeign) {
				t.Errorf("got %v, want ErrForeign", err)
			}
			after, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if string(before) != string(after) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestDamagedFileIsAnError(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path, Config{})
	update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 500); return err })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(content); i++ { // all but the first page
		content[i] = 0xa5
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err = Open(context.Background(), path, Config{})
	if err == nil {
		err = s.View(context.Background(), func(tx store.Tx) error {
			_, err := tx.ListMessages(store.MessageQuery{Conversation: 1, Limit: 10})
			return err
		})
		s.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("got %v, want that the database is damaged", err)
	}
}

// An empty file, such as a deployment may have made, becomes a database.
func TestEmptyFileIsTaken(t *testing.T) {
	path := newPath(t)
	if err := os.WriteFile(path, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, path, Config{})
	update(t, s, func(tx store.Tx) error { return putAccount(tx, "alice") })
}

// An old file can't be upgraded while another process writes in it.
func TestOpenEndsWithItsContext(t *testing.T) {
	path := newPath(t)
	release := holdLock(t, path)
	defer release()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := open(ctx, path, Config{}, withNext(t, nextMigration)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's error", err)
	}
}
