package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/responder"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

func mustStop(t *testing.T, stop func() error) {
	t.Helper()
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

func TestStartThatComesSoonAsksAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &forgetful{Channel: channel.Func("forgetful", nil)}
		db := memory.New()
		engine := func() *inbox.Inbox {
			in, err := inbox.New(inbox.Config{Store: db, Channels: []channel.Channel{f}, BackfillInterval: 6 * time.Hour, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			return in
		}
		asked := func() int { f.mu.Lock(); defer f.mu.Unlock(); return len(f.since) }
		stop := run(t, engine())
		time.Sleep(time.Minute)
		mustStop(t, stop)
		time.Sleep(2 * time.Hour) // outage
		stop = run(t, engine())
		time.Sleep(time.Second)
		mustStop(t, stop)
		if asked() != 1 {
			t.Fatal(asked())
		}
		time.Sleep(10 * time.Second)
		stop = run(t, engine()) // e.g. the second of two quick deploys
		time.Sleep(time.Hour)
		synctest.Wait()
		if asked() != 2 {
			t.Errorf("an hour after the start asked %d times in all, want 2", asked())
		}
		mustStop(t, stop)
	})
}

// cutOff is cut off in its first listing.
type cutOff struct {
	channel.Channel
	mu sync.Mutex
	n  int
}

func (f *cutOff) Backfill(ctx context.Context, _ time.Time, _ func(channel.Inbound) error) error {
	f.mu.Lock()
	f.n++
	n := f.n
	f.mu.Unlock()
	if n == 1 {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

func TestFetchThatWasCutOffIsBegunAgainAtTheNextStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &cutOff{Channel: channel.Func("forgetful", nil)}
		db := memory.New()
		engine := func() *inbox.Inbox {
			in, err := inbox.New(inbox.Config{Store: db, Channels: []channel.Channel{f}, BackfillInterval: 6 * time.Hour, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			return in
		}
		stop := run(t, engine())
		time.Sleep(time.Second)
		mustStop(t, stop)
		time.Sleep(2 * time.Hour) // outage
		stop = run(t, engine())
		time.Sleep(5 * time.Second) // killed while it fetches
		mustStop(t, stop)
		stop = run(t, engine())
		time.Sleep(time.Hour)
		synctest.Wait()
		f.mu.Lock()
		if f.n != 2 {
			t.Errorf("asked %d times: what came in during the outage is not here an hour after the start", f.n)
		}
		f.mu.Unlock()
		mustStop(t, stop)
	})
}

func TestClockThatWasAheadHidesNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &forgetful{Channel: channel.Func("forgetful", nil)}
		db := memory.New()
		engine := func() *inbox.Inbox {
			in, err := inbox.New(inbox.Config{Store: db, Channels: []channel.Channel{f}, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			return in
		}
		// A run left its mark while its clock was ahead.
		begin := time.Now()
		err := db.Update(t.Context(), func(tx store.Tx) error {
			return tx.PutWatermarks(store.Watermark{ID: "forgetful", Through: begin.Add(3 * time.Hour), AskedAt: begin.Add(3 * time.Hour)})
		})
		if err != nil {
			t.Fatal(err)
		}
		stop := run(t, engine())
		time.Sleep(10 * time.Minute)
		mustStop(t, stop)
		time.Sleep(2 * time.Hour)
		f.mu.Lock()
		f.since = nil
		f.mu.Unlock()
		stop = run(t, engine())
		time.Sleep(time.Minute)
		synctest.Wait()
		f.mu.Lock()
		if len(f.since) == 0 || f.since[0].After(begin.Add(10*time.Minute)) {
			t.Errorf("asked since %v after the begin; the outage began at 10m", f.since[0].Sub(begin))
		}
		f.mu.Unlock()
		mustStop(t, stop)
	})
}

func TestWebhookThatComesAfterTheFetchCompletesTheMessage(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	m := channel.Inbound{ProviderID: "SM1", From: onWhatsApp, To: inboxtest.SupportWhatsApp}
	listed := m
	listed.Late = true
	if _, err := h.Inbox.Receive(t.Context(), "simulated", listed); err != nil {
		t.Fatal(err)
	}
	m.Location = &channel.Location{Latitude: 1, Longitude: 2}
	m.ProfileName = "Carol"
	a, err := h.Inbox.Receive(t.Context(), "simulated", m)
	if err != nil {
		t.Fatal(err)
	}
	got := messagesOf(t, h, a.Conversation)[0]
	if got.Extras.Location == nil {
		t.Errorf("the place is lost: %+v", got.Extras)
	}
	if got.Extras.Late {
		t.Error("marked late though its webhook came in time")
	}
}

// hanging never answers.
type hanging struct{ channel.Channel }

func (hanging) Backfill(ctx context.Context, _ time.Time, _ func(channel.Inbound) error) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestHealthTellsOfAChannelThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, err := inbox.New(inbox.Config{Store: memory.New(), Channels: []channel.Channel{hanging{channel.Func("hanging", nil)}}, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		stop := run(t, in)
		time.Sleep(6 * time.Hour)
		if h := in.Health(t.Context()); len(h.Reasons) == 0 {
			t.Errorf("nothing is said though the provider has not answered for hours: %+v", h)
		}
		mustStop(t, stop)
	})
}

func TestFetchedIsCountedThoughTheListingFails(t *testing.T) {
	i := newInstruments(t)
	f := &forgetful{Channel: channel.Func("forgetful", nil), fail: errors.New("page 2 is missing"), messages: []channel.Inbound{
		{ProviderID: "1", From: alicesCustomer, To: "+14155550109", Text: "first"},
	}}
	i.cfg.Channels = []channel.Channel{f}
	h := inboxtest.New(t, inboxtest.Config{Inbox: i.cfg, Inboxes: forgetfulInboxes()})
	n, _ := h.Inbox.Backfill(t.Context(), "forgetful", h.Now())
	if n != 1 {
		t.Errorf("%d new, want 1", n)
	}
	i.requireNumbers(map[string]float64{"teaminbox.backfill.messages teaminbox.channel=forgetful": 1})
}

func TestLateMessageDoesNotChangeWhereToAnswer(t *testing.T) {
	boxes := inboxtest.DefaultInboxes()
	boxes[0].Endpoints = append(boxes[0].Endpoints, store.Endpoint{Channel: "simulated", Address: "+14155550105"})
	w := newWebhooks(t, inboxtest.Config{Inboxes: boxes})
	a := w.text(inboxtest.SupportNumber, "the newest")
	w.receive(channel.Inbound{From: alicesCustomer, To: "+14155550105", Text: "two hours ago", Late: true, SentAt: w.Now().Add(-2 * time.Hour)})
	v, err := w.Agent("alice").Conversation(t.Context(), a.Conversation)
	if err != nil {
		t.Fatal(err)
	}
	if v.Ours != inboxtest.SupportNumber || v.Preview != "the newest" {
		t.Errorf("answers go out from %s; preview %q", v.Ours, v.Preview)
	}
}

func TestYoungMessageIsLeftToItsWebhook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &forgetful{Channel: channel.Func("forgetful", nil)}
		db := memory.New()
		in, err := inbox.New(inbox.Config{Store: db, Channels: []channel.Channel{f}, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		f.messages = []channel.Inbound{{ProviderID: "1", From: alicesCustomer, To: "+14155550109", Text: "hi", SentAt: begin.Add(4*time.Minute + 30*time.Second)}}
		admin := in.Admin(inbox.DefaultAccount)
		if err := errors.Join(
			admin.SaveTeam(t.Context(), inbox.Team{ID: "support", Name: "Support"}),
			admin.SaveInbox(t.Context(), store.Inbox{ID: "support", Name: "Support", Team: "support", Endpoints: []store.Endpoint{{Channel: "forgetful", Address: "+14155550109"}}}),
		); err != nil {
			t.Fatal(err)
		}
		stop := run(t, in)
		fetched := func() int {
			n := 0
			err := db.View(t.Context(), func(tx store.Tx) error {
				found, err := tx.MessagesFrom(store.ProviderRef{Channel: "forgetful", ProviderID: "1"})
				n = len(found)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		for _, test := range []struct {
			after time.Duration
			want  int
		}{{6 * time.Minute, 0}, {11 * time.Minute, 1}} {
			time.Sleep(time.Until(begin.Add(test.after)))
			synctest.Wait()
			if n := fetched(); n != test.want {
				t.Errorf("after %v %d messages were fetched, want %d", test.after, n, test.want)
			}
		}
		mustStop(t, stop)
	})
}

func TestOptOutDuringAQuickRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t, simulated.Config{Reports: []channel.DeliveryState{}})
		cfg := inbox.Config{Responder: responder.Silence()}
		first := c.engine(cfg)
		phone := c.carrier.Phone(alicesCustomer)
		stop := run(t, first)
		say := func(text string) {
			if _, err := phone.Send(inboxtest.SupportNumber, text); err != nil {
				t.Fatal(err)
			}
		}
		say("hello")
		time.Sleep(5 * time.Second)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		agent := first.Agent(inbox.DefaultAccount, "alice")
		views, err := agent.List(t.Context(), inbox.ListQuery{})
		if err != nil || len(views) != 1 {
			t.Fatal(views, err)
		}
		if _, err := agent.Reply(t.Context(), views[0].ID, inbox.Draft{Text: "sale!"}); err != nil {
			t.Fatal(err)
		}
		c.carrier.DisturbNext(simulated.Disturbance{Lost: true})
		say("STOP")
		time.Sleep(5 * time.Second)
		stop = run(t, c.engine(cfg))
		time.Sleep(5 * time.Minute)
		for _, a := range c.carrier.Sent() {
			if a.Message.Text == "sale!" {
				t.Errorf("%q was sent to who had opted out before the start", a.Message.Text)
			}
		}
		mustStop(t, stop)
	})
}

func TestCustomerOfALateMessageWaitsSinceItWasWritten(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	sent := w.Now().Add(-2 * time.Hour)
	a := w.receive(channel.Inbound{From: alicesCustomer, To: inboxtest.SupportNumber, Text: "help me", Late: true, SentAt: sent})
	v, err := w.Agent("alice").Conversation(t.Context(), a.Conversation)
	if err != nil {
		t.Fatal(err)
	}
	if !v.WaitingSince.Equal(sent) {
		t.Errorf("the customer waits since %v, wrote at %v", v.WaitingSince, sent)
	}
}

// TestMarkOfAClockThatWasAheadHidesNoOptOut starts an engine after another
// whose clock was ahead; a customer has opted out between.
func TestMarkOfAClockThatWasAheadHidesNoOptOut(t *testing.T) {
	for _, ahead := range []time.Duration{0, 3 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			c := newCompany(t, simulated.Config{Reports: []channel.DeliveryState{}})
			cfg := inbox.Config{Responder: responder.Silence()}
			first := c.engine(cfg)
			phone := c.carrier.Phone(alicesCustomer)
			stop := run(t, first)
			say := func(text string) {
				if _, err := phone.Send(inboxtest.SupportNumber, text); err != nil {
					t.Fatal(err)
				}
			}
			say("hello")
			time.Sleep(5 * time.Second)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			err := c.store.Update(t.Context(), func(tx store.Tx) error {
				ms, err := tx.Watermarks("simulated")
				if err != nil || len(ms) == 0 {
					return fmt.Errorf("watermarks %v: %w", ms, err)
				}
				ms[0].Through = ms[0].Through.Add(ahead)
				ms[0].AskedAt = ms[0].AskedAt.Add(ahead)
				return tx.PutWatermarks(ms[0])
			})
			if err != nil {
				t.Fatal(err)
			}
			agent := first.Agent(inbox.DefaultAccount, "alice")
			views, err := agent.List(t.Context(), inbox.ListQuery{})
			if err != nil || len(views) != 1 {
				t.Fatal(views, err)
			}
			if _, err := agent.Reply(t.Context(), views[0].ID, inbox.Draft{Text: "sale!"}); err != nil {
				t.Fatal(err)
			}
			c.carrier.DisturbNext(simulated.Disturbance{Lost: true})
			say("STOP")
			time.Sleep(time.Minute)
			stop = run(t, c.engine(cfg))
			time.Sleep(20 * time.Minute)
			for _, a := range c.carrier.Sent() {
				if a.Message.Text == "sale!" {
					t.Errorf("ahead %v: %q was sent to who had opted out before the start", ahead, a.Message.Text)
				}
			}
			mustStop(t, stop)
		})
	}
}

// hiccup fails once.
type hiccup struct {
	*simulated.Carrier
	fail atomic.Bool
}

func (h *hiccup) Backfill(ctx context.Context, since time.Time, yield func(channel.Inbound) error) error {
	if h.fail.Swap(false) {
		return errors.New("503")
	}
	return h.Carrier.Backfill(ctx, since, yield)
}

func TestOneFailureDoesNotLiftTheHold(t *testing.T) {
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := newCompany(t, simulated.Config{Reports: []channel.DeliveryState{}})
			ch := &hiccup{Carrier: c.carrier}
			engine := func() *inbox.Inbox {
				in, err := inbox.New(inbox.Config{Store: c.store, Channels: []channel.Channel{ch}, Responder: responder.Silence(), Logger: slog.New(slog.DiscardHandler)})
				if err != nil {
					t.Fatal(err)
				}
				return in
			}
			first := engine()
			phone := c.carrier.Phone(alicesCustomer)
			stop := run(t, first)
			say := func(text string) {
				if _, err := phone.Send(inboxtest.SupportNumber, text); err != nil {
					t.Fatal(err)
				}
			}
			say("hello")
			time.Sleep(5 * time.Second)
			mustStop(t, stop)
			agent := first.Agent(inbox.DefaultAccount, "alice")
			views, err := agent.List(t.Context(), inbox.ListQuery{})
			if err != nil || len(views) != 1 {
				t.Fatal(views, err)
			}
			if _, err := agent.Reply(t.Context(), views[0].ID, inbox.Draft{Text: "sale!"}); err != nil {
				t.Fatal(err)
			}
			c.carrier.DisturbNext(simulated.Disturbance{Lost: true})
			say("STOP")
			time.Sleep(time.Hour)
			ch.fail.Store(fails)
			stop = run(t, engine())
			time.Sleep(20 * time.Minute)
			for _, a := range c.carrier.Sent() {
				if a.Message.Text == "sale!" {
					t.Errorf("fails once %v: sent to who had opted out", fails)
				}
			}
			mustStop(t, stop)
		})
	}
}
