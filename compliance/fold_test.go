package compliance_test

import (
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

// said is an entry that occurred so many minutes after at.
func said(id compliance.EntryID, kind compliance.Kind, source compliance.Source, minute int) compliance.Entry {
	return compliance.Entry{ID: id, Kind: kind, Source: source, OccurredAt: at.Add(time.Duration(minute) * time.Minute)}
}

// agreed is a consent to what sells.
func agreed(id compliance.EntryID, source compliance.Source, minute int) compliance.Entry {
	e := said(id, compliance.OptIn, source, minute)
	e.Strength = compliance.ExpressWritten
	return e
}

// Whoever has a number that was somebody else's has to act. What lists and providers
// say of it is about the one before.
func TestWhatEndsAVoid(t *testing.T) {
	void := said(2, compliance.Voided, compliance.FromProvider, 1)
	for _, c := range []struct {
		name     string
		after    []compliance.Entry
		void     bool
		consents int
	}{
		{"nothing", nil, true, 0},
		{"a list", []compliance.Entry{agreed(3, compliance.FromImport, 2)}, true, 0},
		{"the provider", []compliance.Entry{agreed(3, compliance.FromProvider, 2)}, true, 0},
		{"START", []compliance.Entry{said(3, compliance.OptIn, compliance.FromContact, 2)}, false, 0},
		{"a form that they signed", []compliance.Entry{agreed(3, compliance.FromOperator, 2)}, false, 1},
		{"START before it", []compliance.Entry{said(3, compliance.OptIn, compliance.FromContact, 1)}, true, 0},
		{"a list, then START", []compliance.Entry{agreed(3, compliance.FromImport, 2), said(4, compliance.OptIn, compliance.FromContact, 3)}, false, 0},
		{"START, then a list", []compliance.Entry{said(3, compliance.OptIn, compliance.FromContact, 2), agreed(4, compliance.FromImport, 3)}, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compliance.Fold(append([]compliance.Entry{agreed(1, compliance.FromContact, 0), void}, c.after...))
			if s.Voided.Stands() != c.void || len(s.Consents) != c.consents {
				t.Errorf("the number is void: %v, and there are consents %+v; want %v and %d", s.Voided.Stands(), s.Consents, c.void, c.consents)
			}
		})
	}
}

// Until when an opt-in lasts of what a contact has said.
func TestHowLongAnOptInLasts(t *testing.T) {
	until := func(e compliance.Entry, minute int) compliance.Entry {
		e.Until = at.Add(time.Duration(minute) * time.Minute)
		return e
	}
	in := func(id compliance.EntryID, minute int) compliance.Entry {
		return said(id, compliance.OptIn, compliance.FromContact, minute)
	}
	const never = -1
	for _, c := range []struct {
		name    string
		entries []compliance.Entry
		until   int
	}{
		{"for ever", []compliance.Entry{in(1, 0)}, never},
		{"for a time", []compliance.Entry{until(in(1, 0), 9)}, 9},
		{"the longer of two", []compliance.Entry{until(in(1, 0), 9), until(in(2, 1), 7)}, 9},
		{"one of two for ever", []compliance.Entry{until(in(1, 0), 9), in(2, 1)}, never},
		{"since the last opt-out", []compliance.Entry{in(1, 0), said(2, compliance.OptOut, compliance.FromContact, 1), until(in(3, 2), 7)}, 7},
		{"until it was erased", []compliance.Entry{in(1, 0), said(2, compliance.Erased, compliance.FromOperator, 5)}, 5},
		{"until the number was somebody else's", []compliance.Entry{until(in(1, 0), 9), said(2, compliance.Voided, compliance.FromProvider, 4)}, 4},
		{"and again", []compliance.Entry{in(1, 0), said(2, compliance.Erased, compliance.FromOperator, 5), in(3, 6)}, never},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compliance.Fold(c.entries)
			want := time.Time{}
			if c.until != never {
				want = at.Add(time.Duration(c.until) * time.Minute)
			}
			if !s.Until.Equal(want) {
				t.Errorf("it lasts until %v, want %v", s.Until, want)
			}
			about := s.About(compliance.Transactional, "")
			if c.until != never && (!about.OptedIn(want.Add(-1)) || about.OptedIn(want)) {
				t.Errorf("OptedIn is %v just before the end and %v at it", about.OptedIn(want.Add(-1)), about.OptedIn(want))
			}
		})
	}
}

// Opt-ins that are over, or about something else, are none.
func TestTemplatesNeedAnOptInThatHolds(t *testing.T) {
	m := compliance.Outgoing{Purpose: compliance.Transactional, Family: channel.WhatsApp, To: "whatsapp:" + inNewYork, Template: true}
	ended := said(1, compliance.OptIn, compliance.FromContact, -60)
	ended.Until = at
	other := agreed(1, compliance.FromContact, -60)
	other.Programme = "news"
	for name, entries := range map[string][]compliance.Entry{
		"ended":             {ended},
		"erased":            {said(1, compliance.OptIn, compliance.FromContact, -60), said(2, compliance.Erased, compliance.FromOperator, -30)},
		"consent, erased":   {agreed(1, compliance.FromContact, -60), said(2, compliance.Erased, compliance.FromOperator, -30)},
		"another programme": {other},
	} {
		t.Run(name, func(t *testing.T) {
			requireDecision(t, seller, compliance.Fold(entries), m, at, verdict{compliance.Deny, "asks for an opt-in"})
			cold := compliance.Outgoing{Purpose: compliance.Conversational, Family: channel.Telephony, To: inNewYork}
			if d := seller.Decide(compliance.Fold(entries), cold, at); d.Purpose != compliance.Marketing {
				t.Errorf("what goes on with no talk counts as %s", d.Purpose)
			}
		})
	}
	m.Programme = "NEWS"
	requireDecision(t, seller, compliance.Fold([]compliance.Entry{other}), m, at, verdict{compliance.Allow, ""})
}

// Whether a programme's letters are capitals makes no difference.
func TestProgrammesInAnyCase(t *testing.T) {
	stop := said(2, compliance.OptOut, compliance.FromContact, -30)
	stop.Programme = "Offers"
	s := compliance.Fold([]compliance.Entry{agreed(1, compliance.FromContact, -60), stop})
	m := sale(inNewYork)
	for _, programme := range []string{"offers", "Offers", "OFFERS"} {
		m.Programme = programme
		requireDecision(t, seller, s, m, at, verdict{compliance.Deny, "opted out of " + programme})
	}
	m.Programme = "news"
	requireDecision(t, seller, s, m, at, verdict{compliance.Allow, ""})
	again := said(3, compliance.OptIn, compliance.FromContact, -10)
	again.Programme = "OFFERS"
	m.Programme = "offers"
	requireDecision(t, seller, compliance.Fold([]compliance.Entry{agreed(1, compliance.FromContact, -60), stop, again}), m, at, verdict{compliance.Allow, ""})
}
