package inbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// awayStore is a store that can't be reached for a number of transactions.
type awayStore struct {
	store.Store
	away atomic.Int64
}

func (s *awayStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	if s.away.Add(-1) >= 0 {
		return fmt.Errorf("deliberate: %w", store.ErrUnavailable)
	}
	return s.Store.Update(ctx, fn)
}

// lister lists one message, and calls a function first.
type lister struct {
	channel.Channel
	message channel.Inbound
	first   func()
}

func (l *lister) Backfill(_ context.Context, _ time.Time, yield func(channel.Inbound) error) error {
	l.first()
	return yield(l.message)
}

// A store that is away when a start catches up is asked again as soon as it may
// be back: until then nothing is sent. It is no failure of the channel's.
func TestStoreThatIsAwayHoldsUpACatchUpForMoments(t *testing.T) {
	for _, transactions := range []int64{1, 2, 3} { // that of the message, then of the mark
		t.Run(fmt.Sprint(transactions), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := &awayStore{Store: memory.New()}
				asked := 0
				l := &lister{
					Channel: channel.Func("forgetful", nil),
					message: channel.Inbound{ProviderID: "1", From: alicesCustomer, To: "+14155550109", Text: "Is anybody there?"},
				}
				l.first = func() {
					if asked++; asked == 1 {
						db.away.Store(transactions)
					}
				}
				engine := func() *inbox.Inbox {
					in, err := inbox.New(inbox.Config{Store: db, Channels: []channel.Channel{l}, BackfillInterval: time.Hour, Logger: slog.New(slog.DiscardHandler)})
					if err != nil {
						t.Fatal(err)
					}
					return in
				}
				h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Store: db, Channels: []channel.Channel{l}}, Inboxes: forgetfulInboxes()})
				stop := run(t, engine()) // sees the channel for the first time
				time.Sleep(time.Second)
				mustStop(t, stop)
				time.Sleep(2 * time.Hour) // outage
				in := engine()
				stop = run(t, in)
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if asked != 2 {
					t.Errorf("asked %d times in ten seconds, want 2", asked)
				}
				views, err := h.Agent("alice").List(t.Context(), inbox.ListQuery{})
				if err != nil || len(views) != 1 {
					t.Errorf("%d conversations, %v", len(views), err)
				}
				for _, c := range in.Health(t.Context()).Channels {
					if c.Problem != "" {
						t.Errorf("the channel is said to have failed: %s", c.Problem)
					}
				}
				mustStop(t, stop)
			})
		})
	}
}
