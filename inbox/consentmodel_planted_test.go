package inbox_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// wrongPolicy is a policy with a mistake in it.
type wrongPolicy struct {
	compliance.OptOutPolicy
	decide   func(right compliance.OptOutPolicy, s compliance.State, m compliance.Outgoing, at time.Time) compliance.Decision
	classify func(right compliance.OptOutPolicy, m channel.Inbound, c compliance.Context) compliance.Classification
}

func (p wrongPolicy) Decide(s compliance.State, m compliance.Outgoing, at time.Time) compliance.Decision {
	if p.decide == nil {
		return p.OptOutPolicy.Decide(s, m, at)
	}
	return p.decide(p.OptOutPolicy, s, m, at)
}

func (p wrongPolicy) Classify(m channel.Inbound, c compliance.Context) compliance.Classification {
	if p.classify == nil {
		return p.OptOutPolicy.Classify(m, c)
	}
	return p.classify(p.OptOutPolicy, m, c)
}

// reading is a mistake in what a policy makes of the ledger and of a message.
func reading(change func(s *compliance.State, m *compliance.Outgoing, at time.Time)) func(compliance.OptOutPolicy) compliance.OptOutPolicy {
	return func(right compliance.OptOutPolicy) compliance.OptOutPolicy {
		return wrongPolicy{OptOutPolicy: right, decide: func(right compliance.OptOutPolicy, s compliance.State, m compliance.Outgoing, at time.Time) compliance.Decision {
			s.Parts, s.Consents = append([]compliance.Part(nil), s.Parts...), append([]compliance.Consent(nil), s.Consents...)
			change(&s, &m, at)
			return right.Decide(s, m, at)
		}}
	}
}

// verdict is a mistake in what it makes of a decision.
func verdict(change func(d *compliance.Decision, m compliance.Outgoing)) func(compliance.OptOutPolicy) compliance.OptOutPolicy {
	return func(right compliance.OptOutPolicy) compliance.OptOutPolicy {
		return wrongPolicy{OptOutPolicy: right, decide: func(right compliance.OptOutPolicy, s compliance.State, m compliance.Outgoing, at time.Time) compliance.Decision {
			d := right.Decide(s, m, at)
			change(&d, m)
			return d
		}}
	}
}

// ledgerStore is a store that tells of the ledger what is not so.
type ledgerStore struct {
	store.Store
	lie func(t *ledgerTx, entries []compliance.Entry) []compliance.Entry
}

func (s ledgerStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.Update(ctx, func(tx store.Tx) error { return fn(&ledgerTx{Tx: tx, lie: s.lie}) })
}

func (s ledgerStore) View(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.View(ctx, func(tx store.Tx) error { return fn(&ledgerTx{Tx: tx, lie: s.lie}) })
}

type ledgerTx struct {
	store.Tx
	lie      func(t *ledgerTx, entries []compliance.Entry) []compliance.Entry
	received bool // it takes a message in, and has written nothing about consent
}

func (t *ledgerTx) MessagesFrom(refs ...store.ProviderRef) ([]store.Message, error) {
	t.received = true
	return t.Tx.MessagesFrom(refs...)
}

func (t *ledgerTx) AppendConsent(entries ...compliance.Entry) error {
	t.received = false
	return t.Tx.AppendConsent(entries...)
}

func (t *ledgerTx) ConsentEntries(keys ...compliance.Key) ([]compliance.Entry, error) {
	entries, err := t.Tx.ConsentEntries(keys...)
	return t.lie(t, append([]compliance.Entry(nil), entries...)), err
}

func lying(lie func(t *ledgerTx, entries []compliance.Entry) []compliance.Entry) func(store.Store) store.Store {
	return func(s store.Store) store.Store { return ledgerStore{s, lie} }
}

// confirmsAnything lets every word of the library's own go.
func confirmsAnything(d *compliance.Decision, m compliance.Outgoing) {
	if m.Purpose == compliance.Compliance && m.Answers == compliance.OptOut {
		d.Verdict = compliance.Allow
	}
}

// wrongWorlds are what the model must find, each with what it says of it.
var wrongWorlds = []struct {
	name string
	cfg  worldConfig
	says string
	from uint64 // the seed to begin with, where few find it
}{
	{"narrow stops are passed over", worldConfig{policy: reading(func(s *compliance.State, _ *compliance.Outgoing, _ time.Time) { s.Parts = nil })}, "goes out though it forbidden: they have stopped it", 1},
	{"all stops are passed over", worldConfig{policy: reading(func(s *compliance.State, _ *compliance.Outgoing, _ time.Time) { s.OptedOut, s.Parts = false, nil })}, "goes out though it forbidden: they have stopped it", 1},
	{"what holds holds nothing", worldConfig{policy: reading(func(s *compliance.State, _ *compliance.Outgoing, _ time.Time) { s.Held = compliance.Hold{} })}, "goes out though it must wait: a person must decide", 1},
	{"responders go on while something holds", worldConfig{policy: reading(func(s *compliance.State, m *compliance.Outgoing, at time.Time) { m.Human = m.Human || s.Held.Stands() })}, "goes out though it must wait: a person must decide", 1},
	{"a void number is the contact's", worldConfig{policy: reading(func(s *compliance.State, _ *compliance.Outgoing, _ time.Time) { s.Voided = compliance.Void{} })}, "somebody else's", 1},
	{"WhatsApp has no window", worldConfig{policy: verdict(func(d *compliance.Decision, _ compliance.Outgoing) {
		if d.Verdict == compliance.NeedsTemplate {
			d.Verdict = compliance.Allow
		}
	})}, "WhatsApp's window is closed", 1},
	{"there are no quiet hours", worldConfig{policy: verdict(func(d *compliance.Decision, _ compliance.Outgoing) {
		if d.Verdict == compliance.Defer {
			d.Verdict = compliance.Allow
		}
	})}, "it is quiet hours where they are", 1},
	{"a consent that has ended counts", worldConfig{policy: reading(func(s *compliance.State, _ *compliance.Outgoing, _ time.Time) {
		for i := range s.Consents {
			s.Consents[i].Until = time.Time{}
		}
	})}, "they have not agreed to what sells", 200},
	{"a consent to one programme is one to all", worldConfig{policy: reading(func(s *compliance.State, _ *compliance.Outgoing, _ time.Time) {
		for i := range s.Consents {
			s.Consents[i].Programme = ""
		}
	})}, "they have not agreed to what sells", 1},
	{"a weak consent is a strong one", worldConfig{policy: reading(func(s *compliance.State, _ *compliance.Outgoing, _ time.Time) {
		for i := range s.Consents {
			s.Consents[i].Strength = compliance.ExpressWritten
		}
	})}, "they have not agreed to what sells", 115},
	{"what sells needs to say nothing", worldConfig{policy: reading(func(_ *compliance.State, m *compliance.Outgoing, _ time.Time) {
		if m.Purpose == compliance.Marketing && !m.Template {
			m.Text = "Acme: Reply STOP to opt out."
		}
	})}, "its text lacks what the law asks for", 130},
	{"the record names no consent", worldConfig{policy: verdict(func(d *compliance.Decision, _ compliance.Outgoing) { d.Consent = 0 })}, "goes with entry 0", 1},
	{"an import ends an opt-out", worldConfig{store: lying(func(_ *ledgerTx, entries []compliance.Entry) []compliance.Entry {
		for i := range entries {
			if entries[i].Source == compliance.FromImport {
				entries[i].Source = compliance.FromOperator
			}
		}
		return entries
	})}, "they have stopped it", 1},
	{"an opt-out is confirmed each time", worldConfig{policy: verdict(confirmsAnything), store: lying(func(t *ledgerTx, entries []compliance.Entry) []compliance.Entry {
		for i := range entries {
			if t.received && entries[i].Kind == compliance.OptOut {
				entries[i].Kind = compliance.Help
			}
		}
		return entries
	})}, "kind opt_out, goes out though it forbidden: no word of kind opt_out is owed", 1},
	{"an opt-out is confirmed whenever", worldConfig{policy: verdict(confirmsAnything)}, "too late to confirm an opt-out", 110},
	{"an opt-out is not confirmed", worldConfig{policy: verdict(func(d *compliance.Decision, m compliance.Outgoing) {
		if m.Answers == compliance.OptOut {
			d.Verdict = compliance.Deny
		}
	})}, "is owed a word of kind opt_out", 1},
	{"an opt-in is not confirmed", worldConfig{policy: verdict(func(d *compliance.Decision, m compliance.Outgoing) {
		if m.Answers == compliance.OptIn {
			d.Verdict = compliance.Deny
		}
	})}, "is owed a word of kind opt_in", 1},
	{"who has stopped is asked back", worldConfig{policy: verdict(func(d *compliance.Decision, m compliance.Outgoing) {
		if m.Answers == compliance.Asked && strings.Contains(d.Reason, "nobody who has is asked") {
			d.Verdict = compliance.Allow
		}
	})}, "nobody who has stopped is asked back", 1},
	{"a yes answers nothing", worldConfig{policy: func(right compliance.OptOutPolicy) compliance.OptOutPolicy {
		return wrongPolicy{OptOutPolicy: right, classify: func(right compliance.OptOutPolicy, m channel.Inbound, c compliance.Context) compliance.Classification {
			c.Asked = ""
			return right.Classify(m, c)
		}}
	}}, "is read as none, want one of [opt_in]", 50},
	{"answers are refused", worldConfig{policy: verdict(func(d *compliance.Decision, m compliance.Outgoing) {
		if m.Human && m.Purpose == compliance.Conversational {
			d.Verdict = compliance.Deny
		}
	})}, "is refused that may go", 1},
	{"what is to be sent in the morning waits for ever", worldConfig{policy: verdict(func(d *compliance.Decision, _ compliance.Outgoing) {
		if d.Verdict == compliance.Defer {
			d.Until = d.Until.AddDate(0, 1, 0)
		}
	})}, "waits for ever", 1},
}

// plantedSequences is within how many sequences each must be found.
const plantedSequences = 400

// TestConsentModelFindsMistakes shows that the model finds mistakes: in each of these
// worlds something is wrong.
func TestConsentModelFindsMistakes(t *testing.T) {
	for _, wrong := range wrongWorlds {
		t.Run(wrong.name, func(t *testing.T) {
			for seed := wrong.from; seed < wrong.from+plantedSequences; seed++ {
				found := runSteps(t, seed, drawSteps(seed), wrong.cfg, make(map[string]int))
				for _, text := range found[:max(0, len(found)-1)] { // the last is the story
					if strings.Contains(text, wrong.says) {
						t.Logf("seed %d: %s", seed, text)
						return
					}
				}
			}
			t.Errorf("%d sequences have not shown that %q", plantedSequences, wrong.says)
		})
	}
}
