package sqlite

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// erased has words that nothing else in a file has.
const erasedText = "quokkas prefer xylophones"

// contains reports in which files of a database there is a text, or one of its
// words as the index has them.
func contains(t *testing.T, path string, words ...string) []string {
	t.Helper()
	var in []string
	for _, suffix := range suffixes {
		file, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range words {
			if bytes.Contains(file, []byte(w)) {
				in = append(in, w+" in "+path+suffix)
			}
		}
	}
	return in
}

// What was erased is in none of the files after a Purge, while the Store is open.
func TestPurge(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path, Config{})
	var m store.Message
	update(t, s, func(tx store.Tx) error {
		if _, err := appendMessages(tx, 50); err != nil {
			return err
		}
		var err error
		if m, err = store.One(tx.ListMessages(store.MessageQuery{Conversation: 1, Limit: 1})); err != nil {
			return err
		}
		m.Text = erasedText
		return tx.PutMessages(m)
	})
	for more := true; more; {
		var err error
		if more, err = s.index(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	update(t, s, func(tx store.Tx) error {
		m.Version++
		m.Text, m.ErasedAt = "", time.UnixMicro(1)
		return tx.PutMessages(m)
	})
	if len(contains(t, path, erasedText)) == 0 {
		t.Fatal("SQLite left nothing of the text: the test shows nothing")
	}
	if err := s.Purge(context.Background()); err != nil {
		t.Fatal(err)
	}
	if left := contains(t, path, erasedText, "quokka", "xylophone"); len(left) > 0 {
		t.Errorf("left is %v", left)
	}
	checkIntegrity(t, s)
	update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 1); return err })
}

// A View that reads in the log keeps it, and Purge says so.
func TestPurgeBesideAView(t *testing.T) {
	s := openAt(t, newPath(t), Config{BusyTimeout: 20 * time.Millisecond})
	update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 5); return err })
	view(t, s, func(tx store.Tx) error {
		if _, err := tx.Accounts(); err != nil { // from here on it reads
			return err
		}
		if err := s.Purge(context.Background()); !errors.Is(err, store.ErrBusy) {
			t.Errorf("got %v, want ErrBusy", err)
		}
		return nil
	})
	if err := s.Purge(context.Background()); err != nil {
		t.Errorf("after it: %v", err)
	}
}
