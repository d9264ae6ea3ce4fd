package sqlite

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/store"
)

// limitPages lets the file have no more than so many pages, 0 for as many as
// there can be. It holds for the connection, so for the Store as long as that
// is not given up.
func limitPages(t *testing.T, s *Store, spare int64) {
	t.Helper()
	ctx := context.Background()
	c, err := s.writer.acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.writer.release(c, true)
	text := `PRAGMA max_page_count = 4294967294`
	if spare > 0 {
		pages, err := one[int64](ctx, c, `PRAGMA page_count`)
		if err != nil {
			t.Fatal(err)
		}
		text = `PRAGMA max_page_count = ` + store.Cursor(pages+spare).String()
	}
	if err := c.script(ctx, text); err != nil {
		t.Fatal(err)
	}
}

// When there is no room for more, an Update says so and keeps nothing of what
// it wrote; what was acknowledged is there, and with room the Store goes on.
func TestNoRoom(t *testing.T) {
	s := openAt(t, newPath(t), Config{})
	var last int64
	write := func(n int) error {
		var seq int64
		err := s.Update(context.Background(), func(tx store.Tx) (err error) {
			seq, err = appendMessages(tx, n)
			return err
		})
		if err == nil {
			last = seq
		}
		return err
	}
	if err := write(10); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		limitPages(t, s, 20)
		var err error
		for err == nil {
			err = write(50)
		}
		if !strings.Contains(err.Error(), "no room") || errors.Is(err, store.ErrUnknown) {
			t.Errorf("got %v, want that there is no room and nothing was kept", err)
		}
		view(t, s, func(tx store.Tx) error {
			newest, err := store.One(tx.ListMessages(store.MessageQuery{Conversation: 1, Limit: 1}))
			if newest.Seq != last {
				t.Errorf("the last message is %d, want %d, the last that was acknowledged", newest.Seq, last)
			}
			return err
		})
		limitPages(t, s, 0)
		if err := write(50); err != nil {
			t.Errorf("with room again: %v", err)
		}
	}
	checkIntegrity(t, s)
}
