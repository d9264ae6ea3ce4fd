package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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

// process is an engine that is started and stopped again and again.
type process struct {
	t   *testing.T
	cfg inbox.Config
}

func newProcess(t *testing.T, ch channel.Channel, interval time.Duration) process {
	return process{t, inbox.Config{Store: memory.New(), Channels: []channel.Channel{ch}, BackfillInterval: interval, Logger: slog.New(slog.DiscardHandler)}}
}

// lives starts an engine and stops it after a while.
func (p process) lives(d time.Duration) {
	p.t.Helper()
	in, err := inbox.New(p.cfg)
	if err != nil {
		p.t.Fatal(err)
	}
	stop := run(p.t, in)
	time.Sleep(d) // bubble time
	synctest.Wait()
	mustStop(p.t, stop)
}

func TestStartThatComesSoonAsksAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &forgetful{Channel: channel.Func("forgetful", nil)}
		asked := func() int { f.mu.Lock(); defer f.mu.Unlock(); return len(f.since) }
		p := newProcess(t, f, 6*time.Hour)
		p.lives(time.Minute)
		time.Sleep(2 * time.Hour) // outage
		p.lives(time.Second)
		if asked() != 1 {
			t.Fatal(asked())
		}
		time.Sleep(10 * time.Second)
		p.lives(time.Hour) // e.g. the second of two quick deploys
		if asked() != 2 {
			t.Errorf("an hour after the start asked %d times in all, want 2", asked())
		}
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
		p := newProcess(t, f, 6*time.Hour)
		p.lives(time.Second)
		time.Sleep(2 * time.Hour) // outage
		p.lives(5 * time.Second)  // killed while it fetches
		p.lives(time.Hour)
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.n != 2 {
			t.Errorf("asked %d times: what came in during the outage is not here an hour after the start", f.n)
		}
	})
}

func TestClockThatWasAheadHidesNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &forgetful{Channel: channel.Func("forgetful", nil)}
		p := newProcess(t, f, 0)
		// A run left its mark while its clock was ahead.
		begin := time.Now()
		err := p.cfg.Store.Update(t.Context(), func(tx store.Tx) error {
			return tx.PutWatermarks(store.Watermark{ID: "forgetful", Through: begin.Add(3 * time.Hour), AskedAt: begin.Add(3 * time.Hour)})
		})
		if err != nil {
			t.Fatal(err)
		}
		p.lives(10 * time.Minute)
		time.Sleep(2 * time.Hour)
		f.mu.Lock()
		f.since = nil
		f.mu.Unlock()
		p.lives(time.Minute)
		f.mu.Lock()
		defer f.mu.Unlock()
		if len(f.since) == 0 || f.since[0].After(begin.Add(10*time.Minute)) {
			t.Errorf("asked since %v; the outage began at %v", f.since, begin.Add(10*time.Minute))
		}
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

// outage is between two engines on one store. In it an agent's reply waits, and
// the customer opts out, of which no webhook comes.
type outage struct {
	engine  func() *inbox.Inbox
	stopped func() // the first engine has; nil: there is nothing else to do
	lasts   time.Duration
	watched time.Duration // how long the second one runs
}

// sends reports whether the second engine sends the reply.
func (o outage) sends(t *testing.T, c *company) bool {
	t.Helper()
	say := func(text string) {
		t.Helper()
		if _, err := c.carrier.Phone(alicesCustomer).Send(inboxtest.SupportNumber, text); err != nil {
			t.Fatal(err)
		}
	}
	first := o.engine()
	stop := run(t, first)
	say("hello")
	time.Sleep(5 * time.Second)
	mustStop(t, stop)
	if o.stopped != nil {
		o.stopped()
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
	time.Sleep(o.lasts)
	stop = run(t, o.engine())
	time.Sleep(o.watched)
	mustStop(t, stop)
	return slices.ContainsFunc(c.carrier.Sent(), func(a simulated.Attempt) bool { return a.Message.Text == "sale!" })
}

func TestOptOutDuringAQuickRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t, simulated.Config{Reports: []channel.DeliveryState{}})
		engine := func() *inbox.Inbox { return c.engine(inbox.Config{Responder: responder.Silence()}) }
		if (outage{engine: engine, lasts: 5 * time.Second, watched: 5 * time.Minute}).sends(t, c) {
			t.Error("a reply was sent to who had opted out before the start")
		}
	})
}

// TestMarkOfAClockThatWasAheadHidesNoOptOut starts an engine after another
// whose clock was ahead; a customer has opted out between.
func TestMarkOfAClockThatWasAheadHidesNoOptOut(t *testing.T) {
	for _, ahead := range []time.Duration{0, 3 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			c := newCompany(t, simulated.Config{Reports: []channel.DeliveryState{}})
			engine := func() *inbox.Inbox { return c.engine(inbox.Config{Responder: responder.Silence()}) }
			advanceMark := func() {
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
			}
			if (outage{engine, advanceMark, time.Minute, 20 * time.Minute}).sends(t, c) {
				t.Errorf("ahead %v: a reply was sent to who had opted out before the start", ahead)
			}
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
			if (outage{engine, func() { ch.fail.Store(fails) }, time.Hour, 20 * time.Minute}).sends(t, c) {
				t.Errorf("fails once %v: a reply was sent to who had opted out", fails)
			}
		})
	}
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
