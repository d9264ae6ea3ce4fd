package inbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/responder"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// Who there is: two people, one in London and one in New York, each by text and on
// WhatsApp, whose consents have nothing to do with each other.
var customerAddresses = []channel.Address{"+447700900123", "+14155550123", "whatsapp:+447700900123", "whatsapp:+14155550123"}

var newYork = func() *time.Location {
	z, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err) // the test carries its own
	}
	return z
}()

// byCountry is a Locator that knows the country of a number.
type byCountry struct{}

func (byCountry) Locate(a channel.Address) ([]compliance.Place, string) {
	if strings.HasPrefix(a.Identity(), "+44") {
		return []compliance.Place{{Code: "GB", Zone: london}}, "country code 44"
	}
	return []compliance.Place{{Code: "US", Zone: newYork}}, "area code 415"
}

func (byCountry) Zones(string) []*time.Location { return nil }

// holdTerm is longer than a day, so that what a responder has answered may have to
// wait for longer than it is an answer.
const holdTerm = 36 * time.Hour

// worldTalk is what one customer and one number of ours write to each other.
type worldTalk struct {
	customer int
	ours     channel.Address
	user     inbox.UserID // who answers
	id       inbox.ConversationID
	last     inbox.MessageID // that the carrier had last
	sent     []*outMessage   // that the carrier had, in order
	unclear  bool            // nobody knows whether the carrier had something since
}

// consentWorld is an engine and the model of what it must do, to which the same
// happens.
type consentWorld struct {
	*inboxtest.Harness
	t      testing.TB
	model  *consentModel
	talks  []*worldTalk
	counts map[string]int
	brand  string

	mu         sync.Mutex
	messages   map[inbox.MessageID]*outMessage
	order      []inbox.MessageID
	final      map[inbox.MessageID]bool
	fault      simulated.Fault
	bot        compliance.Purpose
	botSilent  bool
	ids        int
	restarted  time.Time
	withdrawn  time.Time // when somebody withdrew a message last
	violations []string
	story      []string // what has happened, for whoever reads a violation
}

// worldConfig is what may be wrong in a world.
type worldConfig struct {
	policy func(compliance.OptOutPolicy) compliance.OptOutPolicy
	store  func(store.Store) store.Store
}

func newConsentWorld(t testing.TB, seed uint64, cfg worldConfig, counts map[string]int) *consentWorld {
	w := &consentWorld{t: t, counts: counts, messages: make(map[inbox.MessageID]*outMessage), final: make(map[inbox.MessageID]bool), brand: "Acme"}
	w.model = &consentModel{acts: make([]acts, len(customerAddresses)), answersStops: seed%3 == 0, quietOrders: seed%4 == 0}
	boxes := inboxtest.DefaultInboxes()
	for i := range boxes {
		boxes[i].Settings.Brand = w.brand
	}
	for i, a := range customerAddresses {
		law := customerLaw{zone: london, strength: compliance.Express, family: a.Family()}
		if strings.HasPrefix(a.Identity(), "+1") {
			law.zone, law.strength = newYork, compliance.ExpressWritten
		}
		w.model.laws = append(w.model.laws, law)
		if a.Family() == channel.WhatsApp {
			w.talks = append(w.talks, &worldTalk{customer: i, ours: inboxtest.SupportWhatsApp, user: "alice"})
			continue
		}
		w.talks = append(w.talks, &worldTalk{customer: i, ours: inboxtest.SupportNumber, user: "alice"}, &worldTalk{customer: i, ours: inboxtest.SalesNumber, user: "carol"})
	}
	w.model.talks = make([][]written, len(w.talks))
	var policy compliance.OptOutPolicy = compliance.Standard{
		Table: compliance.StandardTable(), Places: byCountry{}, AnswerOptedOut: w.model.answersStops, QuietTransactional: w.model.quietOrders,
	}
	if cfg.policy != nil {
		policy = cfg.policy(policy)
	}
	start := time.Date(2026, time.January, 5, 6+int(seed%16), 0, 0, 0, time.UTC)
	var kept store.Store = memory.New(memory.WithClock(func() time.Time {
		if w.Harness == nil {
			return start // it is just made
		}
		return w.Now()
	}))
	if cfg.store != nil {
		kept = cfg.store(kept)
	}
	w.Harness = inboxtest.New(t, inboxtest.Config{
		Inboxes: boxes,
		Inbox: inbox.Config{
			OptOut: policy, HoldTerm: holdTerm, Logger: slog.New(slog.DiscardHandler), Store: kept,
			Responder: responder.ResponderFunc(w.respond),
		},
		Carrier: simulated.Config{Hook: w.sending, Reports: []channel.DeliveryState{channel.DeliveryDelivered}},
		Start:   start,
	})
	return w
}

// offer is a text that sells.
func (w *consentWorld) offer() string {
	return w.brand + ": all tyres half price. Reply STOP to opt out."
}

// respond is the responder.
func (w *consentWorld) respond(context.Context, responder.Turn) (responder.Reply, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.botSilent {
		return responder.Reply{}, nil
	}
	return responder.Reply{Text: w.offer(), Purpose: w.bot}, nil
}

// talkOf returns the index of a conversation.
func (w *consentWorld) talkOf(customer, number int) int {
	var of []int
	for i, k := range w.talks {
		if k.customer == customer {
			of = append(of, i)
		}
	}
	return of[number%len(of)]
}

// talkAt returns the index of a conversation by its addresses.
func (w *consentWorld) talkAt(ours, theirs channel.Address) int {
	for i, k := range w.talks {
		if k.ours == ours && customerAddresses[k.customer] == theirs {
			return i
		}
	}
	return -1
}

func (w *consentWorld) violate(format string, args ...any) {
	text := fmt.Sprintf("%s: ", w.Now().Format("Jan 2 15:04:05.000")) + fmt.Sprintf(format, args...)
	w.violations = append(w.violations, text)
}

// tell adds to what has happened.
func (w *consentWorld) tell(format string, args ...any) {
	w.story = append(w.story, w.Now().Format("Jan 2 15:04:05.000")+" "+fmt.Sprintf(format, args...))
}

func (w *consentWorld) count(what string) { w.counts[what]++ }

// learn adds an act to what is known of a customer.
func (w *consentWorld) learn(customer int, a *consentAct) *consentAct {
	if a.learned.IsZero() {
		a.learned = w.Now()
	}
	if a.at.IsZero() {
		a.at = a.learned
	}
	w.model.acts[customer] = append(w.model.acts[customer], a)
	switch a.kind {
	case actStop, actVoid:
		w.model.excuse(customer, compliance.OptIn, w.Now())
	case actAgree:
		w.model.excuse(customer, compliance.OptOut, w.Now())
	default:
	}
	return a
}

// tick writes down what happens by itself: what holds longer than a person may think
// about it is an opt-out.
func (w *consentWorld) tick() {
	for customer, all := range w.model.acts {
		for _, h := range all {
			if h.kind != actHold || h.over || w.Now().Before(h.until) {
				continue
			}
			h.over = true
			if stands := w.model.acts[customer].undecided(h, h.until); stands != no {
				w.count("hold that became an opt-out")
				w.learn(customer, &consentAct{kind: actStop, by: compliance.FromDeadline, at: h.until, learned: h.until, maybe: stands == perhaps})
			}
		}
	}
}

// read returns messages from the store.
func (w *consentWorld) read(fn func(store.Tx) error) {
	w.t.Helper()
	if err := w.Store.View(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// stored returns one message.
func (w *consentWorld) stored(id inbox.MessageID) (m inbox.Message) {
	w.read(func(tx store.Tx) error {
		var err error
		m, err = store.One(tx.Messages(id))
		return err
	})
	return m
}

// entryOf returns what the ledger has about a message of the customer's.
func (w *consentWorld) entryOf(customer int, is func(compliance.Entry) bool) (found compliance.Entry, ok bool) {
	w.read(func(tx store.Tx) error {
		entries, err := tx.ConsentEntries(compliance.KeyOf(string(inbox.DefaultAccount), customerAddresses[customer]))
		for _, e := range entries {
			if is(e) {
				found, ok = e, true
			}
		}
		return err
	})
	return found, ok
}
