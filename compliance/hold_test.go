package compliance_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

// held is a message that holds for a day, and decided what a person says of it.
func held(id compliance.EntryID, minute int, message string) compliance.Entry {
	e := entry(id, compliance.Ambiguous, minute)
	e.Message, e.Until = message, e.OccurredAt.Add(24*time.Hour)
	return e
}

func decided(id compliance.EntryID, minute int, message string) compliance.Entry {
	e := entry(id, compliance.Released, minute)
	e.Message, e.Source, e.Actor = message, compliance.FromOperator, "alice"
	return e
}

func TestFoldHolds(t *testing.T) {
	recorded := entry(9, compliance.OptIn, 9)
	recorded.Source = compliance.FromOperator
	endless := held(1, 0, "a")
	endless.Until = time.Time{}
	for _, c := range []struct {
		name    string
		entries []compliance.Entry
		out     bool
		by      compliance.EntryID // of the hold, 0 for none
		since   int                // minute
		ends    bool               // a day later
	}{
		{"one message", []compliance.Entry{held(1, 0, "a")}, false, 1, 0, true},
		{"without an end", []compliance.Entry{endless}, false, 1, 0, false},
		{"the first that ends counts", []compliance.Entry{endless, held(2, 0, "b")}, false, 1, 0, true},
		{"a second does not prolong it", []compliance.Entry{held(1, 0, "a"), held(2, 5, "b")}, false, 2, 0, true},
		{"of two keys at once", []compliance.Entry{held(1, 0, "a"), held(2, 0, "a")}, false, 1, 0, true},
		{"released", []compliance.Entry{held(1, 0, "a"), decided(2, 1, "a")}, false, 0, 0, false},
		{"released under two keys", []compliance.Entry{held(1, 0, "a"), held(2, 0, "a"), decided(3, 1, "a"), decided(4, 1, "a")}, false, 0, 0, false},
		{"one of two released", []compliance.Entry{held(1, 0, "a"), held(2, 5, "b"), decided(3, 9, "a")}, false, 2, 5, true},
		{"released, by a clock that is behind", []compliance.Entry{held(1, 0, "a"), decided(2, -3, "a")}, false, 0, 0, false},
		{"written again after the release", []compliance.Entry{held(1, 0, "a"), decided(2, 1, "a"), held(3, 2, "b")}, false, 3, 2, true},
		{"a release of nothing", []compliance.Entry{decided(1, 1, "a")}, false, 0, 0, false},
		{"stopped after it", []compliance.Entry{held(1, 0, "a"), entry(2, compliance.OptOut, 1)}, true, 0, 0, false},
		{"stopped at once", []compliance.Entry{held(1, 0, "a"), entry(2, compliance.OptOut, 0)}, true, 0, 0, false},
		{"stopped, and back again", []compliance.Entry{held(1, 0, "a"), entry(2, compliance.OptOut, 1), entry(3, compliance.OptIn, 2)}, false, 0, 0, false},
		{"nothing weakens an opt-out", []compliance.Entry{entry(1, compliance.OptOut, 0), held(2, 1, "a")}, true, 0, 0, false},
		{"nor does a release", []compliance.Entry{entry(1, compliance.OptOut, 0), held(2, 1, "a"), decided(3, 2, "a")}, true, 0, 0, false},
		{"the contact's START after it", []compliance.Entry{held(1, 0, "a"), entry(2, compliance.OptIn, 1)}, false, 0, 0, false},
		{"the contact's START before it", []compliance.Entry{entry(1, compliance.OptIn, 0), held(2, 0, "a")}, false, 2, 0, true},
		{"somebody else's opt-in after it", []compliance.Entry{held(1, 0, "a"), recorded}, false, 1, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var want compliance.Hold
			if c.by != 0 {
				want = compliance.Hold{Entry: c.by, Since: at.Add(time.Duration(c.since) * time.Minute)}
			}
			if c.ends {
				want.Until = want.Since.Add(24 * time.Hour)
			}
			r := rand.New(rand.NewPCG(1, 2))
			for range 20 {
				got := compliance.Fold(c.entries)
				if got.OptedOut != c.out || got.Held != want || got.Held.Stands() != (c.by != 0) {
					t.Fatalf("Fold(%s) is %+v, want opted out %v and %+v", short(c.entries), got, c.out, want)
				}
				if some := len(compliance.Undecided(c.entries)) > 0; some != got.Held.Stands() {
					t.Fatalf("Undecided(%s) has some: %v", short(c.entries), some)
				}
				r.Shuffle(len(c.entries), func(i, j int) { c.entries[i], c.entries[j] = c.entries[j], c.entries[i] })
			}
		})
	}
}

func TestUndecidedNamesWhatHolds(t *testing.T) {
	entries := []compliance.Entry{held(1, 0, "a"), held(2, 5, "b"), held(3, 7, "c"), decided(4, 9, "b")}
	got := compliance.Undecided(entries)
	if len(got) != 2 || got[0].ID != 1 || got[1].ID != 3 {
		t.Errorf("Undecided returns%s", short(got))
	}
}

func TestStandardDecidesWhileHeld(t *testing.T) {
	state := compliance.Fold([]compliance.Entry{held(1, -5, "a")})
	const (
		allow = compliance.Allow
		deny  = compliance.Deny
		human = compliance.NeedsHuman
	)
	for _, c := range []struct {
		name           string
		m              compliance.Outgoing
		before, passed compliance.Verdict
	}{
		{"by a person in the talk", compliance.Outgoing{Purpose: compliance.Conversational, Human: true, LastInbound: at}, allow, deny},
		{"by a person to somebody who has not written", compliance.Outgoing{Purpose: compliance.Conversational, Human: true}, human, deny},
		{"by a responder", compliance.Outgoing{Purpose: compliance.Conversational, LastInbound: at}, human, deny},
		{"marketing by a person", compliance.Outgoing{Purpose: compliance.Marketing, Human: true, LastInbound: at}, human, deny},
		{"transactional", compliance.Outgoing{Purpose: compliance.Transactional, LastInbound: at}, human, deny},
		{"no purpose", compliance.Outgoing{LastInbound: at}, human, deny},
		{"help", compliance.Outgoing{Purpose: compliance.Compliance, Answers: compliance.Help}, allow, allow},
		{"confirmation of no opt-out", compliance.Outgoing{Purpose: compliance.Compliance, Answers: compliance.OptOut, Confirms: 1}, deny, deny},
		{"what answers a release", compliance.Outgoing{Purpose: compliance.Compliance, Answers: compliance.Released, Confirms: 1}, deny, deny},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.m.Family = channel.Telephony
			for moment, want := range map[time.Time]compliance.Verdict{
				at: c.before, state.Held.Until.Add(-1): c.before, state.Held.Until: c.passed, state.Held.Until.Add(time.Hour): c.passed,
			} {
				if got := (compliance.Standard{}).Decide(state, c.m, moment); got.Verdict != want || got.Reason == "" {
					t.Errorf("%v after the message Decide says %v (%s), want %v", moment.Sub(at), got.Verdict, got.Reason, want)
				}
			}
		})
	}
	m := compliance.Outgoing{Purpose: compliance.Marketing}
	d := compliance.Standard{}.Decide(state, m, at)
	if r := compliance.RecordOf(d, state, m, at); r.Entry != 1 {
		t.Errorf("the record is %+v, which does not name the entry that holds", r)
	}
}

// A hold needs a word of the contact's to end it, and START is one.
func TestStartWhileHeld(t *testing.T) {
	state := compliance.Fold([]compliance.Entry{held(1, -5, "a")})
	m := channel.Inbound{From: "+14155550123", To: "+14155550100", Text: "Start"}
	if got := (compliance.Standard{}).Classify(m, compliance.Context{State: state}); got.Kind != compliance.OptIn {
		t.Errorf("START of a contact that is held is %+v, want an opt-in", got)
	}
	if got := (compliance.Standard{}).Classify(m, compliance.Context{}); got.Kind != compliance.None {
		t.Errorf("START of another is %+v, want nothing", got)
	}
}

// Ledgers from before there were holds have the hashes that they had.
func TestHashOfAnEntryWithoutAnEnd(t *testing.T) {
	e := compliance.Chain(nil, compliance.Entry{ID: 1, Key: aliceKey, Kind: compliance.OptOut, OccurredAt: at}, "salt")
	const want = "cb9a0a7b066a3f851c2a380ca8789d6c3049bd9c917d712c1e38b69867eb518e"
	if got := e.Link.Hash.String(); got != want {
		t.Errorf("the hash is %s, want %s", got, want)
	}
}
