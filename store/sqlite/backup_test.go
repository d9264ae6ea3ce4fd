package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/store"
)

func TestBackup(t *testing.T) {
	s := openAt(t, newPath(t), Config{})
	update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 100); return err })
	dir := t.TempDir()
	path := filepath.Join(dir, "backup.db")
	if err := s.Backup(context.Background(), path); err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 1); return err })

	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("the directory has %v, %v; want the backup alone", entries, err)
	}
	copied := openAt(t, path, Config{})
	view(t, copied, func(tx store.Tx) error {
		newest, err := store.One(tx.ListMessages(store.MessageQuery{Conversation: 1, Limit: 1}))
		if newest.Seq != 100 {
			t.Errorf("the last message of the backup is %d, want 100", newest.Seq)
		}
		return err
	})
	checkIntegrity(t, copied)

	if err := s.Backup(context.Background(), path); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("over a file that exists: %v", err)
	}
}

// A backup that fails leaves no file.
func TestBackupThatFails(t *testing.T) {
	s := openAt(t, newPath(t), Config{})
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Backup(ctx, filepath.Join(dir, "backup.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	if err := s.Backup(context.Background(), filepath.Join(dir, "missing", "backup.db")); err == nil {
		t.Error("a backup into a directory that does not exist succeeded")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("the directory has %v, %v", entries, err)
	}
}
