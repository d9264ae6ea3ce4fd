package inbox_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/responder"
	"github.com/teaminbox/teaminbox/store"
)

// world is a provider; landed is when texts got there.
type world struct {
	mu     sync.Mutex
	landed []time.Time
}

// line is one process's way to it.
type line struct {
	channel.Channel
	w    *world
	send func(n int) (channel.Receipt, error)
	n    int
}

func (l *line) Send(context.Context, channel.Outbound) (channel.Receipt, error) {
	l.n++
	return l.send(l.n)
}
func (l *line) Reconcile(context.Context, channel.Outbound, time.Time) (channel.Receipt, bool, error) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	if len(l.w.landed) > 0 {
		return channel.Receipt{ProviderID: "SM1", State: channel.DeliveryAccepted}, true, nil
	}
	return channel.Receipt{}, false, nil
}

// stalled is a store that stalls for one process.
type stalled struct {
	store.Store
	mu    sync.Mutex
	until time.Time
}

func (s *stalled) Update(ctx context.Context, fn func(store.Tx) error) error {
	s.mu.Lock()
	d := time.Until(s.until)
	s.mu.Unlock()
	if d > 0 {
		time.Sleep(d)
	}
	return s.Store.Update(ctx, fn)
}

// TestQuestionAboutAnEarlierAttemptIsNotAskedAboutALaterOne has a process that
// can't record in time that nothing was sent, so that another finds the attempt
// uncertain before it makes the next.
func TestQuestionAboutAnEarlierAttemptIsNotAskedAboutALaterOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t, silent)
		w := &world{}
		land := func() { w.mu.Lock(); w.landed = append(w.landed, time.Now()); w.mu.Unlock() }
		sa := &stalled{Store: c.store}
		a := &line{Channel: channel.Func("line", nil), w: w}
		a.send = func(n int) (channel.Receipt, error) {
			if n > 1 { // it may be the one that makes the next attempt
				land()
				return channel.Receipt{ProviderID: "SM3"}, nil
			}
			sa.mu.Lock()
			sa.until = time.Now().Add(25 * time.Second)
			sa.mu.Unlock()
			return channel.Receipt{}, &channel.SendError{Outcome: channel.NotSent, Reason: "busy"}
		}
		b := &line{Channel: channel.Func("line", nil), w: w}
		b.send = func(n int) (channel.Receipt, error) {
			if n == 1 {
				time.Sleep(30 * time.Second)
				land()
				return channel.Receipt{ProviderID: "SM1"}, nil
			} // ignores its context
			land()
			return channel.Receipt{ProviderID: "SM2"}, nil
		}
		engine := func(s store.Store, ch channel.Channel) *inbox.Inbox {
			in, err := inbox.New(inbox.Config{Store: s, Channels: []channel.Channel{ch}, Responder: responder.Silence(), Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			return in
		}
		ea, eb := engine(sa, a), engine(c.store, b)
		boxes := inboxtest.DefaultInboxes()
		boxes[0].Endpoints = append(boxes[0].Endpoints, store.Endpoint{Channel: "line", Address: "+14155550103"})
		bs, err := eb.Admin(inbox.DefaultAccount).Inboxes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range bs {
			if x.ID == boxes[0].ID {
				boxes[0].Version = x.Version
			}
		}
		if err := eb.Admin(inbox.DefaultAccount).SaveInbox(t.Context(), boxes[0]); err != nil {
			t.Fatal(err)
		}
		acc, err := ea.Receive(t.Context(), "line", channel.Inbound{ProviderID: "1", From: alicesCustomer, To: "+14155550103", Text: "hello"})
		if err != nil {
			t.Fatal(err)
		}
		stopA := run(t, ea)
		time.Sleep(2 * time.Second)
		_, err = ea.Agent(inbox.DefaultAccount, "alice").Reply(t.Context(), acc.Conversation, inbox.Draft{Text: "hi"})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		stopB := run(t, eb)
		time.Sleep(5 * time.Minute)
		mustStop(t, stopA)
		mustStop(t, stopB)
		time.Sleep(time.Minute) // bubble time: a Send that ignores its context may be under way
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.landed) != 1 {
			t.Errorf("the provider got it %d times", len(w.landed))
		}
	})
}
