package inbox_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

// preferences is a talk on WhatsApp with somebody who has switches in their app.
type preferences struct {
	*inboxtest.Harness
	t     *testing.T
	conv  inbox.ConversationID
	began time.Time
}

func newPreferences(t *testing.T, cfg inboxtest.Config) *preferences {
	t.Helper()
	h := inboxtest.New(t, cfg)
	customer := h.Phone(onWhatsApp)
	customer.Send("hello")
	return &preferences{h, t, customer.Conversation(), h.Now()}
}

// update is one that was made so many seconds after the talk began.
func (p *preferences) update(c channel.ConsentChange, seconds int) channel.ConsentUpdate {
	return channel.ConsentUpdate{
		From: onWhatsApp, To: inboxtest.SupportWhatsApp, Change: c, At: p.began.Add(time.Duration(seconds) * time.Second),
		Code: map[channel.ConsentChange]string{channel.MarketingStopped: "stop", channel.MarketingResumed: "resume"}[c],
	}
}

func (p *preferences) takeIn(u channel.ConsentUpdate) {
	p.t.Helper()
	if err := p.Inbox.Consent(p.t.Context(), "simulated", u); err != nil {
		p.t.Fatal(err)
	}
}

func (p *preferences) state() compliance.State {
	p.t.Helper()
	return compliance.Fold(ledgerOf(p.t, p.Harness, onWhatsApp))
}

// requireStopped checks what stands about what sells and about the rest.
func (p *preferences) requireStopped(marketing, rest bool) {
	p.t.Helper()
	s := p.state()
	if got := s.About(compliance.Marketing, "").OptedOut; got != marketing {
		p.t.Errorf("what sells is stopped: %v, want %v", got, marketing)
	}
	if got := s.About(compliance.Transactional, "").OptedOut; got != rest || s.OptedOut != rest {
		p.t.Errorf("the rest is stopped: %v and %v, want %v", got, s.OptedOut, rest)
	}
}

// told returns the types of events about consent, in order.
func (p *preferences) told() string {
	p.t.Helper()
	var types []string
	err := p.Store.View(p.t.Context(), func(tx store.Tx) error {
		events, err := tx.Events(store.EventQuery{Account: inbox.DefaultAccount, Conversation: p.conv, Limit: 1000})
		for _, ev := range events {
			if name, ok := strings.CutPrefix(string(ev.Type), "contact."); ok {
				types = append(types, name)
				if part := ev.Detail.Purpose == compliance.Marketing; ev.Detail.Reason == "" || part != strings.HasPrefix(name, "part") {
					p.t.Errorf("the event %s says %+v; want a reason, and what it is about", ev.Type, ev.Detail)
				}
			}
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.Join(types, " ")
}

func (p *preferences) requireTold(want string) {
	p.t.Helper()
	if got := p.told(); got != want {
		p.t.Errorf("the team was told %q, want %q", got, want)
	}
}

func TestCustomerStopsMarketingInTheirApp(t *testing.T) {
	p := newPreferences(t, inboxtest.Config{})
	p.Advance(time.Minute)
	p.takeIn(p.update(channel.MarketingStopped, 30))
	p.requireStopped(true, false)
	e := ledgerOf(t, p.Harness, onWhatsApp)[0]
	want := compliance.Entry{
		ID: e.ID, Link: e.Link, Key: compliance.KeyOf("default", onWhatsApp), Kind: compliance.OptOut, Source: compliance.FromProvider,
		Reach: compliance.Reach{Purpose: compliance.Marketing}, OccurredAt: p.began.Add(30 * time.Second), SentAt: p.began.Add(30 * time.Second), RecordedAt: p.Now(),
		Text: "stop", Rule: "the provider reported: the customer has stopped marketing messages", Channel: "simulated",
	}
	if e != want {
		t.Errorf("the entry is\n%+v, want\n%+v", e, want)
	}
	view, err := p.Agent("alice").Conversation(t.Context(), p.conv)
	if err != nil || view.OptedOut {
		t.Errorf("the conversation says that the customer has opted out (%v)", err)
	}
	if _, err := p.Agent("alice").Reply(t.Context(), p.conv, inbox.Draft{Text: "Your order is ready."}); err != nil {
		t.Errorf("what does not sell is refused: %v", err)
	}

	p.takeIn(p.update(channel.MarketingResumed, 45))
	p.requireStopped(false, false)
	if c := p.state().Consents; len(c) > 0 {
		t.Errorf("to have resumed counts as the consents %+v", c)
	}
	p.requireTold("part_stopped part_resumed")
}

// TestPreferencesInAnyOrder takes in what a customer switched, in every way in
// which a provider may deliver it: the last that they did holds.
func TestPreferencesInAnyOrder(t *testing.T) {
	switches := []channel.ConsentChange{channel.MarketingStopped, channel.MarketingResumed, channel.MarketingStopped, channel.MarketingResumed}
	for _, ahead := range []time.Duration{0, -time.Hour, 4 * time.Minute} { // the provider's clock
		for n := 1; n <= len(switches); n++ {
			for seed := range uint64(12) {
				t.Run(fmt.Sprintf("%d switches, %v ahead, seed %d", n, ahead, seed), func(t *testing.T) {
					p := newPreferences(t, inboxtest.Config{})
					p.Advance(time.Minute)
					r := rand.New(rand.NewPCG(seed, 0))
					order := append(r.Perm(n), r.IntN(n), r.IntN(n)) // and some twice
					for _, i := range order {
						u := p.update(switches[i], 10*i)
						u.At = u.At.Add(ahead)
						p.takeIn(u)
						p.Advance(time.Second)
					}
					p.requireStopped(switches[n-1] == channel.MarketingStopped, false)
					if entries := ledgerOf(t, p.Harness, onWhatsApp); len(entries) != n {
						t.Errorf("%d switches are %d entries", n, len(entries))
					}
				})
			}
		}
	}
}

func TestStopAndResumeOfTheSameMoment(t *testing.T) {
	for _, order := range [][]channel.ConsentChange{
		{channel.MarketingStopped, channel.MarketingResumed}, {channel.MarketingResumed, channel.MarketingStopped},
	} {
		p := newPreferences(t, inboxtest.Config{})
		p.Advance(time.Minute)
		for _, c := range order {
			p.takeIn(p.update(c, 30))
		}
		p.requireStopped(true, false)
	}
}

// TestPreferenceOfTheFuture is about a provider whose clock is broken.
func TestPreferenceOfTheFuture(t *testing.T) {
	p := newPreferences(t, inboxtest.Config{})
	const years = 40 * 365 * 24 * 3600
	for range 2 {
		p.takeIn(p.update(channel.MarketingStopped, years))
		p.takeIn(p.update(channel.MarketingResumed, years+1))
		p.Advance(time.Minute)
	}
	p.requireStopped(true, false)
	if entries := ledgerOf(t, p.Harness, onWhatsApp); len(entries) != 1 || !entries[0].OccurredAt.Equal(p.began) {
		t.Errorf("the ledger has %+v, want the stop, from when it came in", entries)
	}
	p.takeIn(p.update(channel.MarketingResumed, 90))
	p.requireStopped(false, false)
}

func TestResumedMarketingEndsNoStop(t *testing.T) {
	p := newPreferences(t, inboxtest.Config{})
	p.Phone(onWhatsApp).Send("STOP")
	p.Advance(time.Minute)
	p.takeIn(p.update(channel.MarketingStopped, 30))
	p.takeIn(p.update(channel.MarketingResumed, 40))
	p.requireStopped(true, true)
	p.requireTold("opted_out")
	p.Phone(onWhatsApp).Send("START")
	p.requireStopped(false, false)
}

func TestStartLeavesMarketingStopped(t *testing.T) {
	p := newPreferences(t, inboxtest.Config{})
	p.Advance(time.Minute)
	p.takeIn(p.update(channel.MarketingStopped, 30))
	p.Phone(onWhatsApp).Send("STOP")
	p.requireStopped(true, true)
	p.Advance(time.Minute)
	p.Phone(onWhatsApp).Send("START")
	p.requireStopped(true, false)
	p.requireTold("part_stopped opted_out opted_in")
}

// TestPartThatIsRecordedByHand is about an operator's record of less than
// everything.
func TestPartThatIsRecordedByHand(t *testing.T) {
	p := newPreferences(t, inboxtest.Config{})
	c := said(p.Harness, onWhatsApp, compliance.OptOut, "No more offers, please.")
	c.Purpose = compliance.Marketing
	for range 2 {
		recorded(t, p.Harness, c)
	}
	p.requireStopped(true, false)
	p.requireTold("part_stopped")
	c = said(p.Harness, onWhatsApp, compliance.Voided, "You have the wrong number.")
	recorded(t, p.Harness, c)
	p.requireTold("part_stopped voided")
}

func TestRefusalOfWhatSells(t *testing.T) {
	for _, kind := range []simulated.FaultKind{simulated.Rejected, simulated.Undelivered} {
		t.Run(kind.String(), func(t *testing.T) {
			p := newPreferences(t, inboxtest.Config{})
			p.Carrier.FailNext(simulated.Fault{Kind: kind, Consent: channel.MarketingStopped})
			m, err := p.Agent("alice").Reply(t.Context(), p.conv, inbox.Draft{Text: "Half the price, today!"})
			if err != nil {
				t.Fatal(err)
			}
			p.Settle()
			p.requireStopped(true, false)
			entries := ledgerOf(t, p.Harness, onWhatsApp)
			if e := entries[0]; len(entries) != 1 || e.Source != compliance.FromProvider || e.Text != "63033" || e.Message != m.ID.String() {
				t.Errorf("the ledger has %+v, want the refusal once", entries)
			}
			p.requireTold("part_stopped")

			p.Advance(time.Minute)
			p.takeIn(p.update(channel.MarketingResumed, 60))
			p.requireStopped(false, false)
			report := channel.StatusUpdate{MessageID: m.ID.String(), State: channel.DeliveryFailed, Code: "63033", Consent: channel.MarketingStopped}
			if err := p.Inbox.Status(t.Context(), "simulated", report); err != nil {
				t.Fatal(err)
			}
			p.requireStopped(false, false) // the same refusal once more
		})
	}
}

// TestRefusalIsOlderThanAResume is about a report that comes late: the customer had
// taken the stop back in the meantime.
func TestRefusalIsOlderThanAResume(t *testing.T) {
	p := newPreferences(t, inboxtest.Config{Carrier: simulated.Config{Reports: []channel.DeliveryState{}}})
	m, err := p.Agent("alice").Reply(t.Context(), p.conv, inbox.Draft{Text: "Half the price, today!"})
	if err != nil {
		t.Fatal(err)
	}
	p.Settle()
	p.Advance(time.Hour)
	p.takeIn(p.update(channel.MarketingResumed, 1800))
	report := channel.StatusUpdate{
		MessageID: m.ID.String(), State: channel.DeliveryFailed, Code: "63033", Consent: channel.MarketingStopped, At: p.began.Add(time.Second),
	}
	if err := p.Inbox.Status(t.Context(), "simulated", report); err != nil {
		t.Fatal(err)
	}
	p.requireStopped(false, false)
	p.requireTold("")
}

func TestConsentFromElsewhereAfterAStop(t *testing.T) {
	p := newPreferences(t, inboxtest.Config{})
	p.Advance(time.Hour)
	consent := compliance.Entry{
		ID: 1, Key: compliance.KeyOf("default", onWhatsApp), Kind: compliance.OptIn, Source: compliance.FromOperator, OccurredAt: p.Now(), RecordedAt: p.Now(),
		Reach: compliance.Reach{Purpose: compliance.Marketing}, Strength: compliance.Express, Text: "Yes, send me your offers.",
	}
	if err := p.Store.Update(t.Context(), func(tx store.Tx) error { return tx.AppendConsent(compliance.Chain(nil, consent, "salt")) }); err != nil {
		t.Fatal(err)
	}
	p.takeIn(p.update(channel.MarketingStopped, 1800)) // half an hour before
	p.requireStopped(false, false)
	p.takeIn(p.update(channel.MarketingStopped, 3599)) // a second before, by another clock
	p.requireStopped(true, false)
}

func TestNumberThatWasGivenUp(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	a := w.text(inboxtest.SupportNumber, "hello")
	gone := channel.ConsentUpdate{From: alicesCustomer, Change: channel.NumberVoid, At: w.Now().Add(-time.Hour), Code: "deactivated", Reason: "the carrier has deactivated the number"}
	for range 2 {
		if err := w.Inbox.Consent(t.Context(), "simulated", gone); err != nil {
			t.Fatal(err)
		}
	}
	p := &preferences{Harness: w.Harness, t: t, conv: a.Conversation}
	entries := ledgerOf(t, w.Harness, alicesCustomer)
	if len(entries) != 1 || entries[0].Kind != compliance.Voided || entries[0].Source != compliance.FromProvider || entries[0].Text != "deactivated" ||
		entries[0].Rule != "the provider reported: the number is not the customer's any more" || entries[0].Reason != "the carrier has deactivated the number" {
		t.Errorf("the ledger has %+v, want that the number is void, once", entries)
	}
	if s := compliance.Fold(entries); !s.Voided.Stands() || s.OptedOut {
		t.Errorf("the state is %+v, want void, and not opted out", s)
	}
	p.requireTold("voided")

	gone.From = "+14155550177" // whom nobody knows
	if err := w.Inbox.Consent(t.Context(), "simulated", gone); err != nil {
		t.Fatal(err)
	}
	if entries := ledgerOf(t, w.Harness, gone.From); len(entries) > 0 {
		t.Errorf("of a number that nobody knows the ledger has %+v", entries)
	}
}

// TestVoidNumberLeavesTheUserID voids one of two addresses of a customer.
func TestVoidNumberLeavesTheUserID(t *testing.T) {
	const id = "US.13491208655302741918"
	w := newWebhooks(t, inboxtest.Config{})
	w.receive(channel.Inbound{From: onWhatsApp, UserID: id, To: inboxtest.SupportWhatsApp, Text: "hello"})
	for _, c := range []channel.ConsentChange{channel.NumberVoid, channel.MarketingStopped} {
		if err := w.Inbox.Consent(t.Context(), "simulated", channel.ConsentUpdate{From: onWhatsApp, To: inboxtest.SupportWhatsApp, Change: c}); err != nil {
			t.Fatal(err)
		}
	}
	if got := compliance.Fold(ledgerOf(t, w.Harness, onWhatsApp)); !got.Voided.Stands() || !got.About(compliance.Marketing, "").OptedOut {
		t.Errorf("of the number the ledger says %+v", got)
	}
	if got := compliance.Fold(ledgerOf(t, w.Harness, "whatsapp:"+id)); got.Voided.Stands() || !got.About(compliance.Marketing, "").OptedOut {
		t.Errorf("of the user id the ledger says %+v; want the stop, which is the customer's, and not that it is void", got)
	}
}

func TestPreferenceOfSomebodyUnknown(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	for _, to := range []channel.Address{inboxtest.SupportWhatsApp, "whatsapp:+14155550199", ""} { // the second is of no inbox
		t.Run(string(to), func(t *testing.T) {
			from := channel.Address("whatsapp:+1415555017" + fmt.Sprint(len(to)%10))
			stop := channel.ConsentUpdate{From: from, To: to, Change: channel.MarketingStopped, At: w.Now()}
			for range 2 {
				if err := w.Inbox.Consent(t.Context(), "simulated", stop); err != nil {
					t.Fatal(err)
				}
			}
			entries := ledgerOf(t, w.Harness, from)
			if len(entries) != 1 || !compliance.Fold(entries).About(compliance.Marketing, "").OptedOut {
				t.Errorf("the ledger has %+v, want the stop once", entries)
			}
		})
	}
	stranger := channel.ConsentUpdate{From: onWhatsApp, To: "whatsapp:+14155550199", Change: channel.MarketingStopped, At: w.Now()}
	if err := w.Inbox.Consent(t.Context(), "simulated", stranger); err != nil {
		t.Fatal(err)
	}
	stranger.Change, stranger.At = channel.MarketingResumed, w.Now().Add(time.Hour)
	if err := w.Inbox.Consent(t.Context(), "simulated", stranger); err != nil {
		t.Fatal(err)
	}
	if !compliance.Fold(ledgerOf(t, w.Harness, onWhatsApp)).About(compliance.Marketing, "").OptedOut {
		t.Error("a number that belongs to no inbox has resumed what was stopped")
	}
}

// TestStopWithoutATime is what a host knows that has no more than a list.
func TestStopWithoutATime(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	a := w.text(inboxtest.SupportNumber, "hello")
	stop := channel.ConsentUpdate{From: alicesCustomer, To: inboxtest.SupportNumber, Change: channel.ConsentStopped}
	for range 2 {
		if err := w.Inbox.Consent(t.Context(), "simulated", stop); err != nil {
			t.Fatal(err)
		}
	}
	w.requireMayReply(false, a.Conversation)
	if entries := ledgerOf(t, w.Harness, alicesCustomer); len(entries) != 1 {
		t.Errorf("the ledger has %d entries, want one", len(entries))
	}
	w.RequireNothingSent(alicesCustomer) // the provider confirms, if anybody
}

// TestStopOfAMessage is about an update that tells of a message, which comes by
// itself, or does not.
func TestStopOfAMessage(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	a := w.text(inboxtest.SupportNumber, "hello")
	update := func(id string, at time.Time) {
		t.Helper()
		u := channel.ConsentUpdate{From: alicesCustomer, To: inboxtest.SupportNumber, ProviderID: id, Change: channel.ConsentStopped, At: at, Code: "STOP"}
		if err := w.Inbox.Consent(t.Context(), "simulated", u); err != nil {
			t.Fatal(err)
		}
	}
	stopped := w.Now()
	w.text(inboxtest.SupportNumber, "STOP")
	w.text(inboxtest.SupportNumber, "START")
	update("message 2", stopped) // late, and the message has said it
	w.requireMayReply(true, a.Conversation)
	update("message 4", w.Now()) // which nobody hands on
	w.requireMayReply(false, a.Conversation)
}

func TestPreferencesThatAreNoGood(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	good := channel.ConsentUpdate{From: onWhatsApp, To: inboxtest.SupportWhatsApp, Change: channel.MarketingResumed, At: h.Now()}
	for name, spoil := range map[string]func(*channel.ConsentUpdate){
		"of nobody":                 func(u *channel.ConsentUpdate) { u.From = "" },
		"to no address":             func(u *channel.ConsentUpdate) { u.To = "+1x" },
		"without a change":          func(u *channel.ConsentUpdate) { u.Change = channel.ConsentUnchanged },
		"of an unheard-of change":   func(u *channel.ConsentUpdate) { u.Change = channel.NumberVoid + 1 },
		"a resume without a time":   func(u *channel.ConsentUpdate) { u.At = time.Time{} },
		"a resume without a number": func(u *channel.ConsentUpdate) { u.To = "" },
	} {
		u := good
		spoil(&u)
		if err := h.Inbox.Consent(t.Context(), "simulated", u); !errors.Is(err, inbox.ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", name, err)
		}
	}
	if err := h.Inbox.Consent(t.Context(), "carrier pigeons", good); !errors.Is(err, inbox.ErrUnknownChannel) {
		t.Errorf("error %v, want ErrUnknownChannel", err)
	}
	if entries := ledgerOf(t, h, onWhatsApp); len(entries) > 0 {
		t.Errorf("the ledger has %+v", entries)
	}
}

func TestListenerHandsPreferencesOver(t *testing.T) {
	p := newPreferences(t, inboxtest.Config{})
	if err := p.Carrier.ReportConsent(channel.ConsentUpdate{From: onWhatsApp, To: inboxtest.SupportWhatsApp, Change: channel.MarketingStopped}, simulated.Disturbance{Copies: 2}); err != nil {
		t.Fatal(err)
	}
	p.Settle()
	p.requireStopped(true, false)
	p.requireTold("part_stopped")
}

func TestPreferencesByWebhook(t *testing.T) {
	ch := newHookChannel()
	h := inboxtest.New(t, inboxtest.Config{
		Inbox: inbox.Config{Channels: []channel.Channel{ch}},
		Inboxes: []store.Inbox{{
			ID: "support", Name: "Acme Support", Team: "support",
			Endpoints: []store.Endpoint{{Channel: "hook", Address: inboxtest.SupportWhatsApp}},
		}},
	})
	hook, err := h.Inbox.Webhook("hook")
	if err != nil {
		t.Fatal(err)
	}
	post := func(d channel.Delivery) int {
		ch.delivery = d
		w := httptest.NewRecorder()
		hook.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil))
		return w.Code
	}
	stop := channel.ConsentUpdate{From: onWhatsApp, To: inboxtest.SupportWhatsApp, Change: channel.MarketingStopped, At: h.Now(), Code: "stop"}
	message := channel.Inbound{ProviderID: "1", From: onWhatsApp, To: inboxtest.SupportWhatsApp, Text: "hello"}
	// One bad part, and nothing of the request is taken in.
	if code := post(channel.Delivery{Inbound: []channel.Inbound{message}, Consent: []channel.ConsentUpdate{stop, {}}}); code != http.StatusBadRequest {
		t.Errorf("status %d, want %d", code, http.StatusBadRequest)
	}
	if entries := ledgerOf(t, h, onWhatsApp); len(entries) > 0 || len(h.Events()) > 0 {
		t.Errorf("of a bad request there is %+v", entries)
	}
	for range 2 {
		if code := post(channel.Delivery{Inbound: []channel.Inbound{message}, Consent: []channel.ConsentUpdate{stop}}); code != http.StatusAccepted {
			t.Errorf("status %d, want %d", code, http.StatusAccepted)
		}
	}
	entries := ledgerOf(t, h, onWhatsApp)
	if len(entries) != 1 || entries[0].Channel != "hook" || !compliance.Fold(entries).About(compliance.Marketing, "").OptedOut {
		t.Errorf("the ledger has %+v, want the stop once", entries)
	}
}

// TestTwilioReportsAMarketingStop goes all the way of a status callback.
func TestTwilioReportsAMarketingStop(t *testing.T) {
	const (
		ours     = channel.Address("whatsapp:+14155550100")
		url      = "https://inbox.example.com/webhooks/twilio"
		received = "SM0123456789abcdef0123456789abcdef"
	)
	fake := twiliotest.NewServer(t)
	ch, err := twilio.New(twilio.Config{AccountSID: fake.AccountSID, AuthTokens: []string{fake.AuthToken}, PublicURL: url, StatusURL: url, APIURL: fake.URL})
	if err != nil {
		t.Fatal(err)
	}
	h := inboxtest.New(t, inboxtest.Config{
		Inbox: inbox.Config{Channels: []channel.Channel{ch}, BackfillInterval: -1},
		Inboxes: []store.Inbox{{
			ID: "support", Name: "Acme Support", Team: "support", Endpoints: []store.Endpoint{{Channel: ch.Name(), Address: ours}},
		}},
	})
	a, err := h.Inbox.Receive(t.Context(), ch.Name(), channel.Inbound{ProviderID: received, From: onWhatsApp, To: ours, Text: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := h.Agent("alice").Reply(t.Context(), a.Conversation, inbox.Draft{Template: &channel.Template{ID: "HX0123456789abcdef0123456789abcdef"}})
	if err != nil {
		t.Fatal(err)
	}
	h.Settle()
	sent := fake.Calls()[0]
	form := fake.StatusForm(sent.SID, "undelivered", 63033)
	form.Set("From", string(ours))
	form.Set("To", string(onWhatsApp))
	form.Set("ChannelPrefix", "whatsapp")
	hook, err := h.Inbox.Webhook(ch.Name())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w := httptest.NewRecorder()
		hook.ServeHTTP(w, fake.Request(sent.Form.Get("StatusCallback"), form))
		if w.Code != http.StatusOK {
			t.Fatalf("status %d", w.Code)
		}
	}
	entries := ledgerOf(t, h, onWhatsApp)
	if len(entries) != 1 || entries[0].Text != "63033" || entries[0].Message != m.ID.String() || entries[0].Reason != "the customer has stopped marketing messages from us" ||
		entries[0].Rule != "the provider refused the message: the customer has stopped marketing messages" {
		t.Fatalf("the ledger has %+v, want the refusal once", entries)
	}
	if s := compliance.Fold(entries); s.OptedOut || !s.About(compliance.Marketing, "").OptedOut {
		t.Errorf("the state is %+v, want what sells stopped, and nothing else", s)
	}
}
