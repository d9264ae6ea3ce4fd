package inbox_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// gated is a store in which a search waits for a value, or fails with it.
type gated struct {
	store.Store
	open    chan error
	waiting atomic.Int32
}

type gatedTx struct {
	store.Tx
	of *gated
}

func (g *gated) View(ctx context.Context, fn func(store.Tx) error) error {
	return g.Store.View(ctx, func(tx store.Tx) error { return fn(gatedTx{tx, g}) })
}

func (t gatedTx) SearchMessages(q store.SearchQuery) ([]store.Message, error) {
	t.of.waiting.Add(1)
	defer t.of.waiting.Add(-1)
	if err := <-t.of.open; err != nil {
		return nil, err
	}
	return t.Tx.SearchMessages(q)
}

func TestSearchesLeaveRoomForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gated{Store: memory.New(), open: make(chan error)}
		k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{Store: g, MaxSearches: 2}})
		alice := k.Agent("alice")
		ended := make(chan error, 10)
		search := func(ctx context.Context) {
			hits, err := alice.Search(ctx, words("hello"))
			if err == nil && len(hits) != 1 {
				t.Errorf("%d hits, want 1", len(hits))
			}
			ended <- err
		}
		expectWaiting := func(when string, want int32) {
			t.Helper()
			if synctest.Wait(); g.waiting.Load() != want {
				t.Errorf("%s: %d searches are in the store, want %d", when, g.waiting.Load(), want)
			}
		}
		for range 4 {
			go search(t.Context())
		}
		expectWaiting("four are asked for", 2)
		if _, err := alice.List(t.Context(), inbox.ListQuery{}); err != nil {
			t.Errorf("a list beside searches: %v", err)
		}
		hits, err := k.Inbox.Within(g.Store).Agent(inbox.DefaultAccount, "alice").Search(t.Context(), words("hello"))
		if err != nil || len(hits) != 1 {
			t.Errorf("a search in a transaction of the host's, which waits for no others: %d hits, %v", len(hits), err)
		}

		ctx, cancel := context.WithCancel(t.Context())
		go search(ctx)
		expectWaiting("a fifth one", 2)
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("a search whose context ended while it waited: error %v, want context.Canceled", err)
		}

		broken := errors.New("the store is broken")
		g.open <- broken
		if err := <-ended; !errors.Is(err, broken) {
			t.Errorf("a search that the store failed: error %v", err)
		}
		expectWaiting("one has failed", 2)
		for left := int32(3); left > 0; left-- {
			g.open <- nil
			if err := <-ended; err != nil {
				t.Error(err)
			}
			expectWaiting("one has found something", min(2, left-1))
		}
	})
}
