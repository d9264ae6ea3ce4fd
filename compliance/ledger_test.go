package compliance_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

// entry says what happened at a minute, as the nth record.
func entry(id compliance.EntryID, kind compliance.Kind, minute int) compliance.Entry {
	return compliance.Entry{ID: id, Kind: kind, OccurredAt: at.Add(time.Duration(minute) * time.Minute), Source: compliance.FromContact}
}

func TestFold(t *testing.T) {
	const (
		out = compliance.OptOut
		in  = compliance.OptIn
	)
	for _, c := range []struct {
		name    string
		entries []compliance.Entry
		out     bool
		by      compliance.EntryID
	}{
		{"nothing", nil, false, 0},
		{"one opt-out", []compliance.Entry{entry(1, out, 0)}, true, 1},
		{"one opt-in", []compliance.Entry{entry(1, in, 0)}, false, 1},
		{"out and in", []compliance.Entry{entry(1, out, 0), entry(2, in, 1)}, false, 2},
		{"in and out", []compliance.Entry{entry(1, in, 0), entry(2, out, 1)}, true, 2},
		{"a START delivered late", []compliance.Entry{entry(1, out, 5), entry(2, in, 3)}, true, 1},
		{"a STOP delivered late", []compliance.Entry{entry(1, in, 5), entry(2, out, 3)}, false, 1},
		{"at once", []compliance.Entry{entry(1, out, 0), entry(2, in, 0)}, true, 1},
		{"at once, the other way round", []compliance.Entry{entry(1, in, 0), entry(2, out, 0)}, true, 2},
		{"out twice", []compliance.Entry{entry(1, out, 0), entry(2, out, 1)}, true, 1},
		{"in twice", []compliance.Entry{entry(1, out, 0), entry(2, in, 1), entry(3, in, 2)}, false, 2},
		{"out, in, out twice", []compliance.Entry{entry(1, out, 0), entry(2, in, 1), entry(3, out, 2), entry(4, out, 3)}, true, 3},
		{"the first of two is delivered late", []compliance.Entry{entry(1, out, 5), entry(2, out, 4)}, true, 1},
		{"the same entry twice", []compliance.Entry{entry(1, out, 0), entry(1, out, 0), entry(2, in, 1), entry(2, in, 1)}, false, 2},
		{"other kinds", []compliance.Entry{entry(1, compliance.Help, 9), entry(2, out, 1), entry(3, compliance.None, 10), entry(4, compliance.Ambiguous, 11)}, true, 2},
		{"only other kinds", []compliance.Entry{entry(1, compliance.Help, 9)}, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			for range 20 {
				want := compliance.State{OptedOut: c.out, Entry: c.by}
				for _, e := range c.entries {
					if e.ID == c.by {
						want.Since, want.Source = e.OccurredAt, e.Source
					}
				}
				for _, e := range c.entries {
					if said := e.Kind == compliance.OptOut; (said || e.Kind == compliance.OptIn) && said == c.out && e.OccurredAt.After(want.Last) {
						want.Last = e.OccurredAt
					}
				}
				if got := compliance.Fold(c.entries); !got.Equal(want) {
					t.Fatalf("Fold(%s) is %+v, want %+v", short(c.entries), got, want)
				}
				r.Shuffle(len(c.entries), func(i, j int) { c.entries[i], c.entries[j] = c.entries[j], c.entries[i] })
			}
		})
	}
}

// An entry without an id, which no store makes, must not let a STOP be undone.
func TestFoldWithoutIDs(t *testing.T) {
	entries := []compliance.Entry{entry(0, compliance.OptOut, 5), entry(0, compliance.OptIn, 3)}
	for range 2 {
		if got := compliance.Fold(entries); !got.OptedOut {
			t.Errorf("Fold(%s) is %+v, want opted out", short(entries), got)
		}
		entries[0], entries[1] = entries[1], entries[0]
	}
}

// The confirmation of a STOP goes although a second STOP came before it was
// sent; the confirmation of a START that a STOP has overtaken does not.
func TestFoldAndConfirmations(t *testing.T) {
	confirm := func(kind compliance.Kind, id compliance.EntryID) compliance.Outgoing {
		return compliance.Outgoing{Purpose: compliance.Compliance, Family: channel.Telephony, Answers: kind, Confirms: id}
	}
	entries := []compliance.Entry{entry(1, compliance.OptOut, 0), entry(2, compliance.OptOut, 1)}
	now := at.Add(2 * time.Minute)
	if got := (compliance.Standard{}).Decide(compliance.Fold(entries), confirm(compliance.OptOut, 1), now); got.Verdict != compliance.Allow {
		t.Errorf("after STOP STOP the confirmation of the first is %v: %s", got.Verdict, got.Reason)
	}
	entries = []compliance.Entry{entry(1, compliance.OptOut, -9), entry(2, compliance.OptIn, 0), entry(3, compliance.OptOut, 1), entry(4, compliance.OptIn, 2)}
	for id, want := range map[compliance.EntryID]compliance.Verdict{2: compliance.Deny, 4: compliance.Allow} {
		if got := (compliance.Standard{}).Decide(compliance.Fold(entries), confirm(compliance.OptIn, id), now); got.Verdict != want {
			t.Errorf("after START STOP START the confirmation of entry %d is %v: %s", id, got.Verdict, got.Reason)
		}
	}
}

// What somebody else has noted is no act of the contact's, whenever it was and in
// whichever order it was recorded.
func TestImportedOptInsEndNoOptOut(t *testing.T) {
	imported := func(id compliance.EntryID, minute int) compliance.Entry {
		e := entry(id, compliance.OptIn, minute)
		e.Source = compliance.FromImport
		return e
	}
	for name, tt := range map[string]struct {
		entries  []compliance.Entry
		optedOut bool
		decided  compliance.EntryID
	}{
		"nothing else":                {[]compliance.Entry{imported(1, 0)}, false, 1},
		"an older opt-out":            {[]compliance.Entry{entry(1, compliance.OptOut, 0), imported(2, 9)}, true, 1},
		"an older opt-out afterwards": {[]compliance.Entry{imported(1, 9), entry(2, compliance.OptOut, 0)}, true, 2},
		"a START afterwards":          {[]compliance.Entry{entry(1, compliance.OptOut, 0), imported(2, 9), entry(3, compliance.OptIn, 5)}, false, 3},
	} {
		before := short(tt.entries)
		s := compliance.Fold(tt.entries)
		if s.OptedOut != tt.optedOut || s.Entry != tt.decided {
			t.Errorf("%s: %+v, want entry %d to decide", name, s, tt.decided)
		}
		if after := short(tt.entries); after != before {
			t.Errorf("%s: Fold has changed the entries%s to%s", name, before, after)
		}
	}
}

func short(entries []compliance.Entry) string {
	text := ""
	for _, e := range entries {
		text += fmt.Sprintf(" %d:%v@%v", e.ID, e.Kind, e.OccurredAt.Sub(at))
	}
	return text
}

// Media of one family have one key, families have keys of their own, and
// accounts never share one.
func TestKeyOf(t *testing.T) {
	sms := compliance.KeyOf("shop", "+14155550123")
	for _, c := range []struct {
		account string
		address channel.Address
		same    bool
	}{
		{"shop", "+14155550123", true},
		{"shop", "rcs:+14155550123", true},
		{"shop", "whatsapp:+14155550123", false},
		{"shop", "+14155550124", false},
		{"other", "+14155550123", false},
	} {
		if got := compliance.KeyOf(c.account, c.address); (got == sms) != c.same {
			t.Errorf("the key of %s in %s is %+v; same as that of the SMS: want %v", c.address, c.account, got, c.same)
		}
	}
	spelled, err := channel.ParseAddress(" +1 (415) 555-0123 ")
	if err != nil {
		t.Fatal(err)
	}
	if got := compliance.KeyOf("shop", spelled); got != sms {
		t.Errorf("another spelling of the number has the key %+v", got)
	}
	whatsApp := compliance.KeyOf("shop", "whatsapp:+14155550123")
	if whatsApp.Family != channel.WhatsApp || whatsApp.Identity != "+14155550123" {
		t.Errorf("the WhatsApp key is %+v", whatsApp)
	}
}

// TestFoldProvider is about what a customer has switched in an app, of which the
// provider tells.
func TestFoldProvider(t *testing.T) {
	const out, in = compliance.OptOut, compliance.OptIn
	marketing, news := compliance.Reach{Purpose: compliance.Marketing}, compliance.Reach{Purpose: compliance.Marketing, Programme: "news"}
	at := func(id compliance.EntryID, kind compliance.Kind, source compliance.Source, reach compliance.Reach) compliance.Entry {
		return compliance.Entry{ID: id, Key: compliance.Key{Account: "shop"}, Kind: kind, Source: source, Reach: reach, OccurredAt: time.Unix(int64(id), 0)}
	}
	const contact, provider = compliance.FromContact, compliance.FromProvider
	for name, test := range map[string]struct {
		entries               []compliance.Entry
		everything, whatSells bool // opted out
	}{
		"a stop of what sells":          {[]compliance.Entry{at(1, out, provider, marketing)}, false, true},
		"taken back":                    {[]compliance.Entry{at(1, out, provider, marketing), at(2, in, provider, marketing)}, false, false},
		"said here, taken back there":   {[]compliance.Entry{at(1, out, contact, marketing), at(2, in, provider, marketing)}, false, false},
		"a STOP stands above":           {[]compliance.Entry{at(1, out, contact, compliance.Reach{}), at(2, in, provider, marketing)}, true, true},
		"and does so beside a switch":   {[]compliance.Entry{at(1, out, provider, marketing), at(2, out, contact, compliance.Reach{}), at(3, in, provider, marketing)}, true, true},
		"but not above the contact":     {[]compliance.Entry{at(1, out, contact, compliance.Reach{}), at(2, in, contact, marketing)}, true, false},
		"a START leaves the switch":     {[]compliance.Entry{at(1, out, provider, marketing), at(2, in, contact, compliance.Reach{})}, false, true},
		"a block is not a switch":       {[]compliance.Entry{at(1, out, provider, compliance.Reach{}), at(2, in, provider, marketing)}, true, true},
		"a programme is less than that": {[]compliance.Entry{at(1, out, provider, marketing), at(2, in, provider, news)}, false, true},
	} {
		s := compliance.Fold(test.entries)
		if got := s.About(compliance.Marketing, "").OptedOut; s.OptedOut != test.everything || got != test.whatSells {
			t.Errorf("%s: opted out of everything %v and of what sells %v, want %v and %v", name, s.OptedOut, got, test.everything, test.whatSells)
		}
		if len(s.Consents) > 0 {
			t.Errorf("%s: the consents are %+v", name, s.Consents)
		}
	}
}
