package inbox_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

func requireReason(t *testing.T, h inbox.Health, part string) {
	t.Helper()
	if !strings.Contains(strings.Join(h.Reasons, "\n"), part) {
		t.Errorf("reasons %q, want one with %q", h.Reasons, part)
	}
}

func TestHealthOfAnEngineThatIsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t, simulated.Config{})
		in := c.engine(inbox.Config{})
		if h := in.Health(t.Context()); !h.Live || !h.Ready || h.Running || len(h.Reasons) > 0 {
			t.Errorf("before Run: %+v", h)
		}
		begin := time.Now()
		stop := run(t, in)
		time.Sleep(time.Hour)
		synctest.Wait()
		want := inbox.Health{Live: true, Ready: true, Running: true, Answers: true, Channels: []inbox.ChannelHealth{
			{Name: "simulated", Listening: true, Through: begin.Add(time.Hour).UTC()},
		}}
		if diff := cmp.Diff(want, in.Health(t.Context()), cmpopts.EquateApproxTime(6*time.Minute)); diff != "" {
			t.Errorf("health (-want +got):\n%s", diff)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if h := in.Health(t.Context()); h.Running || h.Channels[0].Listening {
			t.Errorf("after Run: %+v", h)
		}
	})
}

// sick is a store that answers as a test says.
type sick struct {
	store.Store
	view func(ctx context.Context) error
}

func (s *sick) View(ctx context.Context, fn func(store.Tx) error) error {
	if s.view != nil {
		if err := s.view(ctx); err != nil {
			return err
		}
	}
	return s.Store.View(ctx, fn)
}

func TestHealthOfAStoreThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, view := range map[string]func(context.Context) error{
			"fails": func(context.Context) error { return errors.New("no connection") },
			"hangs": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			"hangs and ignores its context": func(context.Context) error {
				time.Sleep(time.Minute)
				return errors.New("at last")
			},
			"panics": func(context.Context) error { panic("store") },
		} {
			in := engineOn(t, &sick{Store: memory.New(), view: view})
			begin := time.Now()
			h := in.Health(t.Context())
			if h.Ready || !h.Live || h.Answers {
				t.Errorf("%s: %+v", name, h)
			}
			if took := time.Since(begin); took > 3*time.Second {
				t.Errorf("%s: took %v", name, took)
			}
			requireReason(t, h, "the store does not answer")
		}
		time.Sleep(2 * time.Minute)
	})
}

// engineOn returns an engine on a store, with a channel that can't do much.
func engineOn(t *testing.T, db store.Store) *inbox.Inbox {
	t.Helper()
	c := &company{t: t, store: db}
	var err error
	if c.carrier, err = simulated.New(simulated.Config{}); err != nil {
		t.Fatal(err)
	}
	return c.engine(inbox.Config{})
}

func TestHealthOfAnEngineThatDoesNotComeRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wait := make(chan struct{})
		var breaks atomic.Bool
		db := &sick{Store: memory.New(), view: func(context.Context) error {
			if breaks.CompareAndSwap(true, false) {
				<-wait // a connection that is half open
			}
			return nil
		}}
		in := engineOn(t, db)
		stop := run(t, in)
		synctest.Wait()
		breaks.Store(true)
		time.Sleep(2 * time.Minute)
		h := in.Health(t.Context())
		if h.Live || h.Ready {
			t.Errorf("%+v, want that it is not live", h)
		}
		requireReason(t, h, "has not been asked for work")
		close(wait)
		time.Sleep(time.Minute)
		if h := in.Health(t.Context()); !h.Live || !h.Ready {
			t.Errorf("%+v, want that it is well again", h)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestHealthTellsOfWorkThatIsLate(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	if _, err := h.Inbox.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: "1", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "hi"}); err != nil {
		t.Fatal(err)
	}
	another := anotherEngine(&talk{Harness: h, t: t}, &later{h.Store}, nil)
	got := another.Health(t.Context())
	if !got.Ready || got.Lag != time.Minute {
		t.Errorf("%+v, want a lag of a minute, and ready all the same", got)
	}
	requireReason(t, got, "due for 1m0s")
	requireReason(t, got, "Run does not run")
}

// later is a store in which everything has been due for a minute longer.
type later struct{ store.Store }

type laterTx struct{ store.Tx }

func (s *later) View(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.View(ctx, func(tx store.Tx) error { return fn(laterTx{tx}) })
}

func (t laterTx) NextDue() (time.Time, bool, error) {
	at, any, err := t.Tx.NextDue()
	return at.Add(-time.Minute), any, err
}

func TestHealthTellsOfAChannelThatCanNotBeAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &forgetful{Channel: channel.Func("forgetful", nil)}
		in, err := inbox.New(inbox.Config{Store: memory.New(), Channels: []channel.Channel{f}, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		stop := run(t, in)
		synctest.Wait()
		f.failWith(errors.New("credentials were revoked"))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		h := in.Health(t.Context())
		if !h.Ready {
			t.Errorf("%+v, want it ready: webhooks may come in all the same", h)
		}
		requireReason(t, h, "credentials were revoked")
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestHealthOfAnEngineThatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		c := newCompany(t, simulated.Config{})
		in := c.engine(inbox.Config{Router: routing.RouterFunc(func(context.Context, routing.Request) (routing.Decision, error) {
			<-release
			return routing.Decision{}, nil
		})})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- in.Run(ctx) }()
		if _, err := c.carrier.Phone(alicesCustomer).Send(inboxtest.SupportNumber, "hi"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		turns := in.Turns()
		if len(turns) != 1 || turns[0].Doing != "route" || turns[0].Since.IsZero() || turns[0].Begun.IsZero() {
			t.Errorf("turns %+v, want one that asks the router", turns)
		}
		cancel()
		synctest.Wait()
		h := in.Health(t.Context())
		if h.Ready || !h.Live || !h.Draining || h.Turns != 1 {
			t.Errorf("%+v, want it draining", h)
		}
		close(release)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if turns := in.Turns(); len(turns) != 0 {
			t.Errorf("turns %+v after the end", turns)
		}
	})
}

func TestSendersShowWhoWaits(t *testing.T) {
	o := newOffice(t, 15, 1)
	for i := range o.convs {
		o.write(i, compliance.Transactional, "news")
	}
	o.Settle()
	want := []inbox.SenderInfo{{Channel: "simulated", Address: inboxtest.SupportNumber, PerSecond: 1, BulkWaits: 6 * time.Second}}
	if diff := cmp.Diff(want, o.Inbox.Senders()); diff != "" {
		t.Errorf("senders (-want +got):\n%s", diff)
	}
	o.Advance(time.Minute)
	if got := o.Inbox.Senders(); len(got) != 0 {
		t.Errorf("senders %+v, want none", got)
	}
}
