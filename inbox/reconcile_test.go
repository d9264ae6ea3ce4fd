package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/internal/sources"
	"github.com/teaminbox/teaminbox/store"
)

// silent is a carrier that reports nothing by itself.
var silent = simulated.Config{Reports: []channel.DeliveryState{}}

func TestProviderThatHasTheMessageSettlesIt(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Carrier: silent})
	k.Carrier.FailNext(simulated.Fault{Kind: simulated.AnswerLost})
	m := k.reply("hi")
	k.requireStates(m.ID, "queued", "attempting", "unconfirmed")
	k.Advance(30*time.Second - time.Millisecond)
	k.requireStates(m.ID, "queued", "attempting", "unconfirmed")
	k.Advance(time.Millisecond)
	k.requireStates(m.ID, "queued", "attempting", "unconfirmed", "accepted")
	if got := k.message(m.ID); got.ProviderID == "" {
		t.Error("the provider's id is not kept")
	}
	k.Advance(24 * time.Hour)
	if got := sentTo(k.Harness, alicesCustomer); len(got) != 1 {
		t.Errorf("sent %q, want it once", got)
	}
}

func TestProviderThatDoesNotHaveTheMessageGetsItAgain(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Carrier: silent})
	k.Carrier.FailNext(simulated.Fault{Kind: simulated.Lost})
	m := k.reply("hi")
	k.RequireNothingSent(alicesCustomer)
	k.Advance(time.Minute)
	k.RequireSent(alicesCustomer, "hi")
	k.requireStates(m.ID, "queued", "attempting", "unconfirmed", "retrying", "attempting", "accepted")
	if got := k.message(m.ID); got.Attempts != 2 {
		t.Errorf("%d attempts, want 2", got.Attempts)
	}
}

func TestCustomerWhoOptedOutMeanwhileDoesNotGetItAgain(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Carrier: silent})
	k.Carrier.FailNext(simulated.Fault{Kind: simulated.Lost})
	m := k.reply("hi")
	k.Settle()
	k.customer.Send("STOP")
	k.Advance(time.Hour)
	if got := k.message(m.ID).State; got != store.StateBlocked {
		t.Errorf("state %s, want blocked", got)
	}
}

func TestInterruptedAttemptIsReconciled(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Carrier: silent})
	k.Carrier.FailNext(simulated.Fault{Slow: true})
	m := k.reply("hi")
	ctx, die := context.WithCancel(t.Context())
	go func() {
		_, _ = k.Carrier.Phone(alicesCustomer).Wait(ctx, 1)
		die()
	}()
	if _, err := k.Inbox.Step(ctx); err == nil {
		t.Fatal("the step went well, want it interrupted")
	}
	k.Restart()
	k.Advance(2 * time.Minute)
	k.requireStates(m.ID, "queued", "attempting", "unconfirmed", "accepted")
	if got := sentTo(k.Harness, alicesCustomer); len(got) != 1 {
		t.Errorf("sent %q, want it once", got)
	}
}

// oracle is a channel that is uncertain about every send, and a provider that
// answers as a test says.
type oracle struct {
	channel.Channel
	asked     []time.Time
	attempted []time.Time
	now       func() time.Time
	answer    func(n int) (channel.Receipt, bool, error)
}

func (o *oracle) Reconcile(_ context.Context, _ channel.Outbound, attempted time.Time) (channel.Receipt, bool, error) {
	o.asked = append(o.asked, o.now())
	o.attempted = append(o.attempted, attempted)
	return o.answer(len(o.asked))
}

// newOracle starts a talk over an oracle.
func newOracle(t *testing.T, answer func(n int) (channel.Receipt, bool, error)) (*talk, *oracle) {
	t.Helper()
	var sent []string
	o := &oracle{Channel: unsureChannel(&sent), answer: answer}
	const number channel.Address = "+14155550103"
	boxes := inboxtest.DefaultInboxes()
	boxes[0].Endpoints = append(boxes[0].Endpoints, store.Endpoint{Channel: "unsure", Address: number})
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Channels: []channel.Channel{o}, SendTimeout: 50 * time.Millisecond}, Inboxes: boxes})
	o.now = h.Now
	a, err := h.Inbox.Receive(t.Context(), "unsure", channel.Inbound{ProviderID: "1", From: alicesCustomer, To: number, Text: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	h.RequireAlerted("alice", "bob")
	return &talk{Harness: h, t: t, conv: a.Conversation}, o
}

func TestProviderIsAskedAgainForAWhileAndThenNoMore(t *testing.T) {
	for name, answer := range map[string]func(n int) (channel.Receipt, bool, error){
		"can't tell yet": func(int) (channel.Receipt, bool, error) {
			return channel.Receipt{}, false, errors.New("not listed yet")
		},
		"panics": func(int) (channel.Receipt, bool, error) { panic("oracle") },
	} {
		t.Run(name, func(t *testing.T) {
			k, o := newOracle(t, answer)
			begin := k.Now()
			m := k.reply("hi")
			k.Advance(7 * 24 * time.Hour)
			var after []time.Duration
			for i, at := range o.asked {
				after = append(after, at.Sub(begin))
				if !o.attempted[i].Equal(begin) {
					t.Errorf("asked about an attempt at %v, want %v", o.attempted[i], begin)
				}
			}
			want := []time.Duration{30 * time.Second, 90 * time.Second, 210 * time.Second, 450 * time.Second, 930 * time.Second, 1890 * time.Second, 3810 * time.Second}
			if diff := cmp.Diff(want, after); diff != "" {
				t.Errorf("asked after (-want +got):\n%s", diff)
			}
			if got := k.message(m.ID); got.State != store.StateUnconfirmed || got.Attempts != 1 {
				t.Errorf("it is %s after %d attempts, want it left unconfirmed", got.State, got.Attempts)
			}
			k.RequireAlerted("alice") // who wrote it, once
		})
	}
}

func TestProvidersIDOfAnotherMessageIsNotBelieved(t *testing.T) {
	receipt := channel.Receipt{ProviderID: "SM1", State: channel.DeliveryDelivered}
	k, _ := newOracle(t, func(int) (channel.Receipt, bool, error) { return receipt, true, nil })
	first := k.reply("hi")
	k.Advance(time.Minute)
	if got := k.message(first.ID); got.State != store.StateDelivered || got.ProviderID != "SM1" {
		t.Fatalf("it is %s with the provider's id %q", got.State, got.ProviderID)
	}
	second := k.reply("hi")
	k.Advance(24 * time.Hour)
	if got := k.message(second.ID); got.State != store.StateUnconfirmed || got.ProviderID != "" {
		t.Errorf("it is %s with the provider's id %q, want it unconfirmed: the id is the first one's", got.State, got.ProviderID)
	}
}

func TestReportThatBeatsTheReconciler(t *testing.T) {
	var k *talk
	var id inbox.MessageID
	k, o := newOracle(t, func(int) (channel.Receipt, bool, error) {
		err := k.Inbox.Status(t.Context(), "unsure", channel.StatusUpdate{MessageID: id.String(), ProviderID: "SM1", State: channel.DeliveryRead})
		return channel.Receipt{}, false, err // says no, but late
	})
	id = k.reply("hi").ID
	k.Advance(24 * time.Hour)
	k.requireStates(id, "queued", "attempting", "unconfirmed", "read")
	if len(o.asked) != 1 {
		t.Errorf("asked %d times, want once", len(o.asked))
	}
}

func TestUncertainMessageHoldsNothingBack(t *testing.T) {
	k, _ := newOracle(t, func(int) (channel.Receipt, bool, error) { return channel.Receipt{}, false, fmt.Errorf("later") })
	for i := range 3 {
		k.reply(fmt.Sprint(i))
	}
	k.Settle()
	for _, m := range messagesOf(t, k.Harness, k.conv)[1:] {
		if m.State != store.StateUnconfirmed {
			t.Errorf("message %s is %s, want all attempted at once", m.Text, m.State)
		}
	}
}

func TestProviderThatLosesEverythingGetsItOnlySoOften(t *testing.T) {
	k := newTalk(t, inboxtest.Config{
		Inbox:   inbox.Config{SendAttempts: 3},
		Carrier: simulated.Config{Reports: []channel.DeliveryState{}, Faults: simulated.Faults{Lost: 1}},
	})
	m := k.reply("hi")
	k.Advance(24 * time.Hour)
	if got := k.message(m.ID); got.State != store.StateRejected || got.Attempts != 3 {
		t.Errorf("it is %s after %d attempts, want rejected after 3", got.State, got.Attempts)
	}
	alerts := 0
	for _, e := range k.Events() {
		if e.Type == store.Alerted && e.Message == m.ID {
			alerts++
		}
	}
	if alerts != 1 {
		t.Errorf("the author was alerted %d times, want once, at the end", alerts)
	}
}

// interrupted is a channel whose first call does not come back, and that says
// afterwards that nothing was sent.
type interrupted struct {
	channel.Channel
	calls  int
	called func()
}

func (c *interrupted) Send(ctx context.Context, _ channel.Outbound) (channel.Receipt, error) {
	if c.calls++; c.calls > 1 {
		return channel.Receipt{ProviderID: fmt.Sprint(c.calls)}, nil
	}
	c.called()
	<-ctx.Done()
	return channel.Receipt{}, ctx.Err()
}

func (c *interrupted) Reconcile(context.Context, channel.Outbound, time.Time) (channel.Receipt, bool, error) {
	return channel.Receipt{}, false, nil
}

// TestClockAheadDoesNotResendWhatIsUnderWay has a process cut off in an
// attempt, and another, whose clock is ahead, that might ask the provider while
// the call is still under way.
func TestClockAheadDoesNotResendWhatIsUnderWay(t *testing.T) {
	ctx, die := context.WithCancel(t.Context())
	defer die()
	ch := &interrupted{Channel: channel.Func("unsure", nil), called: die}
	boxes := inboxtest.DefaultInboxes()
	boxes[0].Endpoints = append(boxes[0].Endpoints, store.Endpoint{Channel: "unsure", Address: unsureNumber})
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Channels: []channel.Channel{ch}}, Inboxes: boxes})
	k := &talk{Harness: h, t: t}
	k.conv = k.receiveUnsure("hello")
	m := k.reply("hi")
	if _, err := k.Inbox.Step(ctx); err == nil {
		t.Fatal("the step went well, want it interrupted")
	}
	ahead, err := inbox.NewWithSources(inbox.Config{Store: k.Store, Channels: []channel.Channel{ch, k.Carrier}, Logger: slog.New(slog.DiscardHandler)},
		sources.Sources{Now: func() time.Time { return k.Now().Add(5 * time.Minute) }, Jitter: func() float64 { return 0.5 }, Name: func() string { return "ahead" }})
	if err != nil {
		t.Fatal(err)
	}
	k.Restart()
	k.Advance(20 * time.Second) // one whose clock is right finds out that the attempt was cut off
	var again time.Duration
	for after := 20 * time.Second; after < 2*time.Minute; after += time.Second {
		if _, err := ahead.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		if again == 0 && ch.calls > 1 {
			again = after
		}
		k.Advance(time.Second)
	}
	if again < 35*time.Second {
		t.Errorf("it was sent again after %v, when the first call could still be under way", again)
	}
	if got := k.message(m.ID); got.Attempts != 2 || got.State != store.StateAccepted {
		t.Errorf("it is %s after %d attempts, want accepted after 2", got.State, got.Attempts)
	}
}
