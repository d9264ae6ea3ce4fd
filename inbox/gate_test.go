package inbox_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

// inLondon is a Locator for which everybody is.
type inLondon struct{}

func (inLondon) Locate(channel.Address) ([]compliance.Place, string) {
	return []compliance.Place{{Code: "GB", Zone: london}}, "country code 44"
}

func (inLondon) Zones(string) []*time.Location { return nil }

var london = func() *time.Location {
	z, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err) // the test carries its own
	}
	return z
}()

const offer = "Acme Support: all tyres half price. Reply STOP to opt out."

// newShop is a talk with a customer in London who has agreed to offers, on a Monday
// at nine. The policy's law is that of a place.
func newShop(t *testing.T, change func(*inbox.Config)) *talk {
	t.Helper()
	cfg := inboxtest.Config{Inbox: inbox.Config{OptOut: compliance.Standard{Places: inLondon{}}}}
	if change != nil {
		change(&cfg.Inbox)
	}
	return newTalk(t, cfg)
}

// agree records that the customer has agreed to offers.
func (k *talk) agree(strength compliance.Strength) {
	k.t.Helper()
	_, err := k.Admin().RecordConsent(k.t.Context(), inbox.ConsentRecord{Actor: "alice", Statement: compliance.Statement{
		Address: alicesCustomer, Kind: compliance.OptIn, Strength: strength, OccurredAt: k.Now().Add(-time.Hour), Via: compliance.ViaWebForm,
		Text: "Send me offers by text", Evidence: "form 12, row 3",
	}})
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *talk) offer(d inbox.Draft) (inbox.Message, error) {
	k.t.Helper()
	d.Purpose = compliance.Marketing
	if d.Text == "" {
		d.Text = offer
	}
	return k.Agent("alice").Reply(k.t.Context(), k.conv, d)
}

func (k *talk) requireBlocked(err error, verdict compliance.Verdict, reason string) {
	k.t.Helper()
	var blocked *inbox.BlockedError
	if !errors.As(err, &blocked) || blocked.Decision.Verdict != verdict || !strings.Contains(blocked.Decision.Reason, reason) {
		k.t.Errorf("the error is %v, want %v (… %s …)", err, verdict, reason)
	}
}

func TestOffersNeedConsent(t *testing.T) {
	k := newShop(t, nil)
	_, err := k.offer(inbox.Draft{})
	k.requireBlocked(err, compliance.Deny, "the ledger has none")
	k.agree("")
	_, err = k.offer(inbox.Draft{})
	k.requireBlocked(err, compliance.Deny, "the ledger has none")
	k.agree(compliance.Express)
	m, err := k.offer(inbox.Draft{})
	if err != nil {
		t.Fatal(err)
	}
	k.RequireSent(alicesCustomer, offer)
	d := k.message(m.ID).Decision
	entries := ledgerOf(t, k.Harness, alicesCustomer)
	if d.Consent != entries[len(entries)-1].ID || d.Version == "" || d.Local != "Mon 09:00 in Europe/London (GB), by country code 44" {
		t.Errorf("the record is %+v", d)
	}
	_, err = k.offer(inbox.Draft{Text: "All tyres half price!"})
	k.requireBlocked(err, compliance.Deny, "lacks the name of who it is from")
}

func TestOffersWaitForTheMorning(t *testing.T) {
	k := newShop(t, nil)
	k.agree(compliance.Express)
	k.Advance(12 * time.Hour)
	morning := time.Date(2026, time.January, 6, 9, 0, 0, 0, time.UTC)
	for range 2 {
		m, err := k.offer(inbox.Draft{})
		if err != nil || m.State != store.StateDeferred || !m.DueAt.Equal(morning) || !strings.Contains(m.Reason, "until 09:00 on Tuesday in Europe/London") {
			t.Fatalf("it is %s until %v (%s), %v", m.State, m.DueAt, m.Reason, err)
		}
	}
	// An answer is no offer, and goes.
	k.reply("Yes, we are open.")
	k.RequireSent(alicesCustomer, "Yes, we are open.")
	k.Advance(morning.Sub(k.Now()) - time.Millisecond)
	k.RequireNothingSent(alicesCustomer)
	k.Advance(time.Second)
	k.RequireSent(alicesCustomer, offer)
	k.RequireSent(alicesCustomer, offer)
}

// What stands when a message wakes decides, whatever stood before.
func TestOfferThatWaitedIsDecidedAgain(t *testing.T) {
	k := newShop(t, nil)
	k.agree(compliance.Express)
	k.Advance(12 * time.Hour)
	m, err := k.offer(inbox.Draft{})
	if err != nil {
		t.Fatal(err)
	}
	k.customer.Send("STOP")
	k.RequireSent(alicesCustomer, "Acme Support: You have opted out and will get no more messages from us. Reply START to opt in again.")
	k.Advance(24 * time.Hour)
	if got := k.message(m.ID); got.State != store.StateBlocked || !strings.Contains(got.Reason, "opted out") {
		t.Errorf("it is %s (%s), want blocked", got.State, got.Reason)
	}
}

func TestMessagesAreSentLater(t *testing.T) {
	k := newShop(t, nil)
	noon := k.Now().Add(3 * time.Hour)
	m, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "Your bike is ready.", Plan: store.Plan{NotBefore: noon}})
	if err != nil || m.State != store.StateDeferred || !m.DueAt.Equal(noon) {
		t.Fatalf("it is %s until %v, %v", m.State, m.DueAt, err)
	}
	k.reply("We are at it.")
	k.RequireSent(alicesCustomer, "We are at it.") // it holds nothing back
	k.Restart()
	k.Advance(3*time.Hour - time.Millisecond)
	k.RequireNothingSent(alicesCustomer)
	k.Advance(time.Second)
	k.RequireSent(alicesCustomer, "Your bike is ready.")

	m, err = k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "Come by.", Plan: store.Plan{NotBefore: k.Now().Add(time.Hour)}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := k.Agent("bob").Cancel(t.Context(), m.ID); err != nil {
			t.Fatal(err)
		}
	}
	k.Advance(24 * time.Hour)
	k.RequireNothingSent(alicesCustomer)
	if got := k.message(m.ID); got.State != store.StateCanceled || got.Reason != "withdrawn by a person" {
		t.Errorf("it is %s (%s)", got.State, got.Reason)
	}
	sent := k.reply("See you.")
	k.Settle()
	var settled *inbox.SettledError
	if err := k.Agent("bob").Cancel(t.Context(), sent.ID); !errors.As(err, &settled) {
		t.Errorf("what was sent can be withdrawn: %v", err)
	}
	if err := k.Agent("bob").Cancel(t.Context(), 4711); !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("what there is not can be withdrawn: %v", err)
	}
}

func TestMessagesThatAreOfUseForAWhile(t *testing.T) {
	k := newShop(t, nil)
	k.agree(compliance.Express)
	k.Advance(12 * time.Hour)
	soon := store.Plan{Expires: k.Now().Add(time.Hour)}
	_, err := k.offer(inbox.Draft{Plan: soon})
	k.requireBlocked(err, compliance.Deny, "it is of use until 2026-01-05T22:00:00Z only, and has to wait until 2026-01-06T09:00:00Z")
	for _, c := range []struct {
		field string
		plan  store.Plan
	}{
		{"Draft.Expires", store.Plan{Expires: k.Now()}},
		{"Draft.Expires", store.Plan{NotBefore: k.Now().Add(time.Hour), Expires: k.Now().Add(time.Hour)}},
		{"Draft.NotBefore", store.Plan{NotBefore: k.Now().AddDate(2, 0, 0)}},
		{"Draft.Programme", store.Plan{Programme: strings.Repeat("x", 1000)}},
	} {
		if _, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "hello", Plan: c.plan}); !errors.Is(err, inbox.ErrInvalid) || !strings.Contains(err.Error(), c.field) {
			t.Errorf("%+v: the error is %v, want one about %s", c.plan, err, c.field)
		}
	}
	// Held up until it is of no use.
	k.Carrier.FailNext(simulated.Fault{Kind: simulated.Refused, RetryAfter: time.Minute}, simulated.Fault{Kind: simulated.Refused, RetryAfter: time.Hour})
	m, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "We close in half an hour.", Plan: store.Plan{Expires: k.Now().Add(30 * time.Minute)}})
	if err != nil {
		t.Fatal(err)
	}
	k.Advance(2 * time.Hour)
	k.RequireNothingSent(alicesCustomer)
	if got := k.message(m.ID); got.State != store.StateCanceled || !strings.HasPrefix(got.Reason, "it was of use until ") || !strings.Contains(got.Reason, "it had to wait: ") {
		t.Errorf("it is %s (%s)", got.State, got.Reason)
	}
}

// checker is a RegisterChecker that says what it is told.
type checker struct {
	mu     sync.Mutex
	listed bool
	err    error
	asked  []string
	now    func() time.Time
	age    time.Duration // of its answers
}

func (c *checker) CheckRegister(_ context.Context, code string, a channel.Address) (compliance.Listing, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, code+" "+string(a))
	return compliance.Listing{Listed: c.listed, AsOf: c.now().Add(-c.age)}, c.err
}

func TestRegistersAreAskedBeforeOffers(t *testing.T) {
	uk, err := compliance.NewJurisdictions("test", compliance.Jurisdiction{
		Code: "XZ", Scope: compliance.ScopeMarketing, Model: compliance.ConsentExpress, QuietBasis: compliance.BasisNone, Confidence: "high", Source: "a test",
		Register: compliance.Register{Name: "the Robinson list"},
	})
	if err != nil {
		t.Fatal(err)
	}
	begin := func(t *testing.T, c *checker) *talk {
		k := newShop(t, func(cfg *inbox.Config) {
			cfg.OptOut = compliance.Standard{Places: inXZ{}, Jurisdictions: uk}
			if c != nil {
				cfg.Registers = c
			}
		})
		if c != nil {
			c.now = k.Now
		}
		k.agree(compliance.Express)
		return k
	}
	t.Run("nobody can", func(t *testing.T) {
		k := begin(t, nil)
		_, err := k.offer(inbox.Draft{})
		k.requireBlocked(err, compliance.NeedsRegister, "the Robinson list")
	})
	t.Run("not in it", func(t *testing.T) {
		c := &checker{}
		k := begin(t, c)
		m, err := k.offer(inbox.Draft{})
		if err != nil {
			t.Fatal(err)
		}
		k.RequireSent(alicesCustomer, offer)
		if d := k.message(m.ID).Decision; len(c.asked) != 1 || c.asked[0] != "XZ "+string(alicesCustomer) || len(d.Registers) != 1 || d.Registers[0].Code != "XZ" {
			t.Errorf("it asked for %q, and kept %+v", c.asked, d)
		}
	})
	t.Run("in it", func(t *testing.T) {
		c := &checker{listed: true}
		k := begin(t, c)
		m, err := k.offer(inbox.Draft{})
		if err != nil {
			t.Fatal(err)
		}
		k.RequireNothingSent(alicesCustomer)
		if got := k.message(m.ID); got.State != store.StateBlocked || !strings.Contains(got.Reason, "is in a register") || !got.Decision.Registers[0].Listed {
			t.Errorf("it is %s (%s), %+v", got.State, got.Reason, got.Decision)
		}
	})
	t.Run("not to be had for a while", func(t *testing.T) {
		c := &checker{err: errors.New("down")}
		k := begin(t, c)
		m, err := k.offer(inbox.Draft{})
		if err != nil {
			t.Fatal(err)
		}
		k.RequireNothingSent(alicesCustomer)
		if got := k.message(m.ID); got.State != store.StateDeferred || !strings.Contains(got.Reason, "could not be asked") {
			t.Errorf("it is %s (%s)", got.State, got.Reason)
		}
		c.mu.Lock()
		c.err = nil
		c.mu.Unlock()
		k.Advance(2 * time.Minute)
		k.RequireSent(alicesCustomer, offer)
	})
	t.Run("too old", func(t *testing.T) {
		c := &checker{age: compliance.RegisterTerm}
		k := begin(t, c)
		m, err := k.offer(inbox.Draft{})
		if err != nil {
			t.Fatal(err)
		}
		k.Settle()
		k.RequireNothingSent(alicesCustomer)
		if got := k.message(m.ID); got.State != store.StateDeferred || !strings.Contains(got.Reason, "could not be asked") || len(c.asked) != 1 {
			t.Errorf("it is %s (%s), and the register was asked %d times", got.State, got.Reason, len(c.asked))
		}
	})
	t.Run("not good enough for the policy", func(t *testing.T) {
		c := &checker{}
		k := newShop(t, func(cfg *inbox.Config) {
			cfg.OptOut = insatiable{compliance.Standard{Places: inXZ{}, Jurisdictions: uk}}
			cfg.Registers = c
		})
		c.now = k.Now
		k.agree(compliance.Express)
		m, err := k.offer(inbox.Draft{})
		if err != nil {
			t.Fatal(err)
		}
		k.Settle()
		k.RequireNothingSent(alicesCustomer)
		if got := k.message(m.ID); got.State != store.StateDeferred || len(c.asked) != 1 {
			t.Errorf("it is %s (%s), and the register was asked %d times", got.State, got.Reason, len(c.asked))
		}
	})
	t.Run("never to be had", func(t *testing.T) {
		c := &checker{err: errors.New("down")}
		k := begin(t, c)
		m, err := k.offer(inbox.Draft{})
		if err != nil {
			t.Fatal(err)
		}
		k.Advance(25 * time.Hour)
		k.RequireNothingSent(alicesCustomer)
		if got := k.message(m.ID); got.State != store.StateBlocked || !strings.Contains(got.Reason, "for a day") {
			t.Errorf("it is %s (%s)", got.State, got.Reason)
		}
	})
}

// insatiable takes no answer of a register.
type insatiable struct{ compliance.Standard }

func (p insatiable) Decide(s compliance.State, m compliance.Outgoing, at time.Time) compliance.Decision {
	m.Listings = nil
	return p.Standard.Decide(s, m, at)
}

// inXZ is a Locator for which everybody is in a country of that code.
type inXZ struct{ inLondon }

func (inXZ) Locate(channel.Address) ([]compliance.Place, string) {
	return []compliance.Place{{Code: "XZ", Zone: london}}, "a test"
}

func TestQuestionIsAnswered(t *testing.T) {
	const question = "Support: reply YES to get offers by text, 4 a month. Reply STOP to opt out."
	q := inbox.ConsentQuestion{Text: question, Strength: compliance.ExpressWritten, Reach: compliance.Reach{Programme: "offers"}, RequestKey: "q1"}
	for _, c := range []struct {
		answer string
		agrees bool
	}{{"YES", true}, {"yes!", true}, {"START", true}, {"What offers?", false}, {"no", false}} {
		t.Run(c.answer, func(t *testing.T) {
			k := newShop(t, nil)
			k.customer.Send("yes") // answers nothing
			m, err := k.Agent("alice").AskConsent(t.Context(), k.conv, q)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := k.Agent("alice").AskConsent(t.Context(), k.conv, q); err != nil || again.ID != m.ID {
				t.Errorf("asked again with the same key it is %v, %v", again.ID, err)
			}
			other := q
			other.RequestKey = "q2"
			if _, err := k.Agent("bob").AskConsent(t.Context(), k.conv, other); !errors.Is(err, inbox.ErrAlreadyAsked) {
				t.Errorf("a second question: %v, want ErrAlreadyAsked", err)
			}
			k.RequireSent(alicesCustomer, question)
			k.customer.Send(c.answer)
			entries := ledgerOf(t, k.Harness, alicesCustomer)
			state := compliance.Fold(entries)
			consent, ok := state.Consent("offers", k.Now())
			if ok != c.agrees {
				t.Fatalf("there is a consent: %v, want %v; the ledger is %+v", ok, c.agrees, entries)
			}
			if !c.agrees {
				k.RequireNothingSent(alicesCustomer)
				return
			}
			k.RequireSent(alicesCustomer, "Acme Support: Thank you, you have opted in. Reply HELP for help, STOP to opt out.")
			last := entries[len(entries)-1]
			if consent.Strength != compliance.ExpressWritten || consent.Entry != last.ID || last.Disclosure != question || last.Text != c.answer || last.Programme != "offers" {
				t.Errorf("the consent is %+v, by %+v", consent, last)
			}
			if err := compliance.Verify(entries); err != nil {
				t.Error(err)
			}
			if _, ok := state.Consent("other things", k.Now()); ok {
				t.Error("they have agreed to everything")
			}
		})
	}
}

// A yes to something else is none to the question.
func TestYesToSomethingElse(t *testing.T) {
	k := newShop(t, nil)
	if _, err := k.Agent("alice").AskConsent(t.Context(), k.conv, inbox.ConsentQuestion{Text: "Offers by text? Reply YES.", Strength: compliance.Express}); err != nil {
		t.Fatal(err)
	}
	k.Settle()
	k.reply("And shall we keep the bike until Friday?")
	k.Settle()
	k.customer.Send("YES")
	if _, ok := compliance.Fold(ledgerOf(t, k.Harness, alicesCustomer)).Consent("", k.Now()); ok {
		t.Error("a yes to another question is a consent")
	}
	// Nor one that comes too late.
	k = newShop(t, nil)
	if _, err := k.Agent("alice").AskConsent(t.Context(), k.conv, inbox.ConsentQuestion{Text: "Offers by text? Reply YES.", Strength: compliance.Express}); err != nil {
		t.Fatal(err)
	}
	k.Settle()
	k.Advance(8 * 24 * time.Hour)
	k.customer.Send("YES")
	if _, ok := compliance.Fold(ledgerOf(t, k.Harness, alicesCustomer)).Consent("", k.Now()); ok {
		t.Error("a yes after eight days is a consent")
	}
}

func TestNobodyIsAskedBack(t *testing.T) {
	k := newShop(t, nil)
	k.customer.Send("STOP")
	k.Settle()
	before := len(ledgerOf(t, k.Harness, alicesCustomer))
	_, err := k.Agent("alice").AskConsent(t.Context(), k.conv, inbox.ConsentQuestion{Text: "Do you want to hear from us again? Reply YES."})
	k.requireBlocked(err, compliance.Deny, "nobody who has is asked")
	if after := len(ledgerOf(t, k.Harness, alicesCustomer)); after != before {
		t.Errorf("the ledger has %d entries after it, and %d before", after, before)
	}
	for field, q := range map[string]inbox.ConsentQuestion{
		"ConsentQuestion.Text":     {Text: " "},
		"ConsentQuestion.Purpose":  {Text: "?", Reach: compliance.Reach{Purpose: compliance.Transactional}},
		"ConsentQuestion.Strength": {Text: "?", Reach: compliance.Reach{Purpose: compliance.Marketing}},
	} {
		if _, err := k.Agent("alice").AskConsent(t.Context(), k.conv, q); !errors.Is(err, inbox.ErrInvalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("%+v: the error is %v, want one about %s", q, err, field)
		}
	}
}

func TestEmergenciesGo(t *testing.T) {
	k := newShop(t, nil)
	k.customer.Send("STOP")
	k.Settle()
	k.RequireSent(alicesCustomer, "Acme Support: You have opted out and will get no more messages from us. Reply START to opt in again.")
	e := inbox.EmergencyMessage{Conversation: k.conv, Text: "Do not ride the bike: its fork may break.", Actor: "carol", Reason: "recall 2026-3", RequestKey: "recall"}
	m, err := k.Admin().SendEmergency(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := k.Admin().SendEmergency(t.Context(), e); err != nil || again.ID != m.ID {
		t.Errorf("again it is %v, %v", again.ID, err)
	}
	k.RequireSent(alicesCustomer, e.Text)
	k.RequireNothingSent(alicesCustomer)
	if got := k.message(m.ID); got.Purpose != compliance.Emergency || got.Author.User != "carol" || got.Extras.Answerable != "recall 2026-3" || got.Decision.Verdict != compliance.Allow {
		t.Errorf("it is kept as %+v", got)
	}
	for field, change := range map[string]func(*inbox.EmergencyMessage){
		"Actor":  func(e *inbox.EmergencyMessage) { e.Actor = "" },
		"Reason": func(e *inbox.EmergencyMessage) { e.Reason = " " },
		"empty":  func(e *inbox.EmergencyMessage) { e.Text = "" },
	} {
		bad := e
		change(&bad)
		if _, err := k.Admin().SendEmergency(t.Context(), bad); !errors.Is(err, inbox.ErrInvalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("the error is %v, want one about %s", err, field)
		}
	}
	if _, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "!", Purpose: compliance.Emergency}); !errors.Is(err, inbox.ErrInvalid) {
		t.Errorf("an agent sends an emergency: %v", err)
	}
}

func TestSendability(t *testing.T) {
	k := newShop(t, nil)
	require := func(user inbox.UserID, d inbox.Draft, status inbox.SendStatus, reason string) inbox.Sendability {
		t.Helper()
		s, err := k.Agent(user).Sendability(t.Context(), k.conv, d)
		if err != nil || s.Status != status || !strings.Contains(s.Reason, reason) {
			t.Errorf("it is %+v, %v; want %s (… %s …)", s, err, status, reason)
		}
		return s
	}
	sells := inbox.Draft{Text: offer, Purpose: compliance.Marketing}
	require("alice", inbox.Draft{}, inbox.SendAllowed, "")
	require("alice", sells, inbox.SendBlocked, "the ledger has none")
	require("mallory", inbox.Draft{}, inbox.SendUnlicensed, "no licensed seat")
	k.agree(compliance.Express)
	require("alice", sells, inbox.SendAllowed, "")
	k.Advance(12 * time.Hour)
	if s := require("alice", sells, inbox.SendQuiet, "until 09:00"); !s.Next.Equal(time.Date(2026, time.January, 6, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("it may go at %v", s.Next)
	}
	if s := require("alice", inbox.Draft{}, inbox.SendAllowed, ""); !strings.HasPrefix(s.Warning, "it may be 21:00 where the contact is") || !s.FreeText.IsZero() {
		t.Errorf("it is %+v, without a warning", s)
	}
	if err := k.Agent("bob").Claim(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	require("alice", inbox.Draft{}, inbox.SendClaimed, "bob")
	if err := k.Agent("bob").Release(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	k.customer.Send("not interested")
	require("alice", inbox.Draft{Purpose: compliance.Transactional}, inbox.SendHeld, "may be a wish to stop")
	k.customer.Send("STOP")
	require("alice", inbox.Draft{}, inbox.SendOptedOut, "opted out")
	if _, err := k.Agent("alice").Sendability(t.Context(), 4711, inbox.Draft{}); !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("of a conversation that there is not: %v", err)
	}

	h := inboxtest.New(t, inboxtest.Config{})
	customer := h.Phone(onWhatsApp)
	begin := h.Now()
	customer.Send("hello")
	id := customer.Conversation()
	h.Advance(time.Hour)
	s, err := h.Agent("alice").Sendability(t.Context(), id, inbox.Draft{})
	v, _ := h.Agent("alice").Conversation(t.Context(), id)
	if err != nil || s.Status != inbox.SendAllowed || s.FreeText.Sub(begin).Round(time.Minute) != 24*time.Hour || !v.FreeText.Equal(s.FreeText) {
		t.Errorf("within the window: %+v, %v; the view says %v", s, err, v.FreeText)
	}
	h.Advance(24 * time.Hour)
	if s, err := h.Agent("alice").Sendability(t.Context(), id, inbox.Draft{}); err != nil || s.Status != inbox.SendTemplateOnly {
		t.Errorf("after the window: %+v, %v", s, err)
	}
	if s, err := h.Agent("alice").Sendability(t.Context(), id, inbox.Draft{Template: &channel.Template{ID: "HX1"}}); err != nil || s.Status != inbox.SendAllowed {
		t.Errorf("a template after the window: %+v, %v", s, err)
	}
}
