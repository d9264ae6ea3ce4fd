package sqlite

import (
	"context"
	"os"
	"testing"

	"github.com/teaminbox/teaminbox/store"
)

// logState returns how many pages the log has and how many are not in the
// file.
func logState(t *testing.T, k *checkpointer) (pages, left int64) {
	t.Helper()
	_, pages, written, err := k.state(context.Background(), "NOOP")
	if err != nil {
		t.Fatal(err)
	}
	return pages, pages - written
}

// manual stops the checkpointer's goroutine, so that the test decides when it
// looks, and the indexer's, which writes.
func manual(t *testing.T) *Store {
	t.Helper()
	s := openIdle(t, newPath(t))
	s.checkpoints.stop()
	s.checkpoints.done.Wait()
	return s
}

func fillLog(t *testing.T, s *Store, pages int64) {
	t.Helper()
	for {
		if n, _ := logState(t, s.checkpoints); n >= pages {
			return
		}
		update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 500); return err })
	}
}

func TestCheckpoints(t *testing.T) {
	ctx := context.Background()
	s := manual(t)
	k := s.checkpoints
	k.worth = 100
	update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 1); return err })
	look := func(idle bool) (pages, left int64) {
		t.Helper()
		if err := k.look(ctx, idle); err != nil {
			t.Fatal(err)
		}
		return logState(t, k)
	}
	if pages, left := look(false); pages == 0 || left == 0 {
		t.Errorf("a short log of %d pages was written back, %d are left", pages, left)
	}
	fillLog(t, s, k.worth)
	if pages, left := look(false); pages < k.worth || left != 0 {
		t.Errorf("of a log of %d pages %d are left", pages, left)
	}
	if pages, _ := look(true); pages != 0 {
		t.Errorf("an idle Store has a log of %d pages", pages)
	}
	if info, err := os.Stat(s.path + "-wal"); err != nil || info.Size() != 0 {
		t.Errorf("an idle Store's log is not empty: %v, %v", info, err)
	}
}

// A log that has become too long is begun anew with the next commit, though
// Views read meanwhile, and what it held is in the file.
func TestLongLogIsBegunAnew(t *testing.T) {
	ctx := context.Background()
	s := manual(t)
	s.checkpoints.longest = 500
	fillLog(t, s, 500)
	if err := s.checkpoints.look(ctx, false); err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 1); return err })
	if pages, _ := logState(t, s.checkpoints); pages > 100 {
		t.Errorf("the log has %d pages", pages)
	}
	checkIntegrity(t, s)
}

// A View that lasts does not make checkpoints fail or wait for ever.
func TestCheckpointBesideALongView(t *testing.T) {
	ctx := context.Background()
	s := manual(t)
	update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 1); return err })
	view(t, s, func(tx store.Tx) error {
		if _, err := tx.LastEvent("default"); err != nil {
			return err
		}
		update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 1); return err })
		if err := s.checkpoints.look(ctx, true); err != nil {
			t.Error(err)
		}
		newest, err := store.One(tx.ListMessages(store.MessageQuery{Conversation: 1, Limit: 1}))
		if newest.Seq != 1 {
			t.Errorf("the View sees message %d, which came after its beginning", newest.Seq)
		}
		return err
	})
	if err := s.checkpoints.look(ctx, true); err != nil {
		t.Fatal(err)
	}
	if pages, _ := logState(t, s.checkpoints); pages != 0 {
		t.Errorf("after the View the log still has %d pages", pages)
	}
}
