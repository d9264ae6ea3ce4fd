//go:build unix

package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/teaminbox/teaminbox/store"
)

// A file that is deleted, moved or replaced while it is open takes no more
// Updates, whose writes would be lost with the process, and makes no new file.
// When it is back, everything goes on.
func TestFileThatIsGone(t *testing.T) {
	move := func(t *testing.T, from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name  string
		spoil func(t *testing.T, path string)
		mend  func(t *testing.T, path string) // nil: it can't be mended
	}{
		{name: "deleted", spoil: func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}},
		{
			name:  "moved",
			spoil: func(t *testing.T, path string) { move(t, path, path+".old") },
			mend:  func(t *testing.T, path string) { move(t, path+".old", path) },
		},
		{
			name: "replaced by a copy",
			spoil: func(t *testing.T, path string) {
				content := read(t, path)
				move(t, path, path+".old")
				write(t, path, content)
			},
			mend: func(t *testing.T, path string) { move(t, path+".old", path) },
		},
		{
			name:  "log moved",
			spoil: func(t *testing.T, path string) { move(t, path+"-wal", path+"-wal.old") },
			mend:  func(t *testing.T, path string) { move(t, path+"-wal.old", path+"-wal") },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := openAt(t, newPath(t), Config{})
			update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 3); return err })
			test.spoil(t, s.path)
			for range 2 {
				if err := s.View(context.Background(), func(store.Tx) error { return nil }); !errors.Is(err, ErrGone) {
					t.Errorf("View: got %v, want ErrGone", err)
				}
				err := s.Update(context.Background(), func(tx store.Tx) error { _, err := appendMessages(tx, 3); return err })
				if !errors.Is(err, ErrGone) || errors.Is(err, store.ErrUnknown) {
					t.Errorf("got %v, want ErrGone, and that nothing was kept", err)
				}
			}
			if test.mend == nil {
				if _, err := os.Stat(s.path); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("there is a file again (%v)", err)
				}
				return
			}
			test.mend(t, s.path)
			checkLast(t, s, 3)
			update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 3); return err })
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = openAt(t, s.path, Config{})
			checkLast(t, s, 6)
			checkIntegrity(t, s)
		})
	}
}

// checkLast looks which message is the last.
func checkLast(t *testing.T, s *Store, want int64) {
	t.Helper()
	view(t, s, func(tx store.Tx) error {
		newest, err := store.One(tx.ListMessages(store.MessageQuery{Conversation: 1, Limit: 1}))
		if newest.Seq != want {
			t.Errorf("the last message is %d, want %d", newest.Seq, want)
		}
		return err
	})
}

// One that is gone while a transaction runs keeps nothing of it.
func TestFileThatGoesWithinAnUpdate(t *testing.T) {
	s := openAt(t, newPath(t), Config{})
	update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 3); return err })
	err := s.Update(context.Background(), func(tx store.Tx) error {
		if _, err := appendMessages(tx, 3); err != nil {
			return err
		}
		return os.Rename(s.path, s.path+".old")
	})
	if !errors.Is(err, ErrGone) || errors.Is(err, store.ErrUnknown) {
		t.Errorf("got %v, want ErrGone, and that nothing was kept", err)
	}
	if err := os.Rename(s.path+".old", s.path); err != nil {
		t.Fatal(err)
	}
	checkLast(t, s, 3)
}
