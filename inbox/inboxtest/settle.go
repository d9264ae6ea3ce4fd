package inboxtest

import (
	"context"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// maxRounds is after how many rounds without an end Settle gives up.
const maxRounds = 1_000

// Settle hands over what the carrier has for the engine and lets the engine
// do what is due, until nothing is left to do at this moment. A phone's Send
// and the Require methods settle by themselves; after what a test does through
// an agent, they do it for the test.
func (h *Harness) Settle() {
	h.t.Helper()
	for range maxRounds {
		delivered, err := h.Carrier.Deliver(h.t.Context(), sink{h.Inbox})
		if err != nil {
			h.t.Fatalf("inboxtest: the engine did not take what the carrier delivered: %v", err)
		}
		worked, err := h.Inbox.Step(h.t.Context())
		if err != nil {
			h.t.Fatalf("inboxtest: %v", err)
		}
		if delivered == 0 && worked == 0 {
			return
		}
	}
	h.t.Fatalf("inboxtest: still busy after %d rounds; do two machines answer each other?", maxRounds)
}

// Advance lets time go by. Everything that becomes due on the way is done at
// its moment: timers, retries, and what the carrier delivers late.
func (h *Harness) Advance(d time.Duration) {
	h.t.Helper()
	if d < 0 {
		h.t.Fatalf("inboxtest: Advance by %v: time does not go back", d)
	}
	end := h.Now().Add(d)
	for {
		h.Settle()
		next, any := h.nextDue()
		if !any || !next.Before(end) {
			break
		}
		if !next.After(h.Now()) {
			h.t.Fatalf("inboxtest: something has been due since %v and is not done", next)
		}
		h.clock.set(next)
	}
	h.clock.set(end)
	h.Settle()
}

// nextDue returns when something is due next.
func (h *Harness) nextDue() (next time.Time, any bool) {
	h.t.Helper()
	err := h.Store.View(h.t.Context(), func(tx store.Tx) error {
		var err error
		next, any, err = tx.NextDue()
		return err
	})
	if err != nil {
		h.t.Fatalf("inboxtest: %v", err)
	}
	_, due := h.Carrier.Pending()
	for _, other := range []time.Time{due, h.givenUp} {
		if other.After(h.Now()) && (!any || other.Before(next)) {
			next, any = other, true
		}
	}
	return next, any
}

// sink gives what the carrier delivers to the engine.
type sink struct{ in *inbox.Inbox }

func (s sink) Receive(ctx context.Context, m channel.Inbound) error {
	_, err := s.in.Receive(ctx, carrierName, m)
	return err
}

func (s sink) Status(ctx context.Context, u channel.StatusUpdate) error {
	return s.in.Status(ctx, carrierName, u)
}

func (s sink) Consent(ctx context.Context, u channel.ConsentUpdate) error {
	return s.in.Consent(ctx, carrierName, u)
}
