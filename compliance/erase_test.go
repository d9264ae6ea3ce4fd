package compliance_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

var secret = bytes.Repeat([]byte("s"), compliance.MinPseudonymSecret)

// fixedPseudonym is that of a telephone number with this secret.
const fixedPseudonym = "db839a5f37ed03241ffaa74b2a62fb6b9caefda3e48336e9b3802d7b81880116"

// erase does to the entries of a key what the engine does.
func erase(entries []compliance.Entry, n int) []compliance.Entry {
	key := entries[0].Key
	pseudonym := compliance.Pseudonym(secret, key, n)
	all := make([]compliance.Entry, 0, len(entries)+1)
	var last compliance.Entry
	for _, e := range entries {
		all = append(all, compliance.Erase(e, pseudonym))
		if e.ID > last.ID {
			last = e
		}
	}
	return append(all, compliance.Chain(entries, compliance.Entry{
		ID: last.ID + 1, Key: pseudonym, Kind: compliance.Erased, Source: compliance.FromOperator,
		OccurredAt: last.RecordedAt.Add(time.Hour), RecordedAt: last.RecordedAt.Add(time.Hour), Actor: "carol", Reason: "ticket 4711",
	}, "salt of the erasure"))
}

// unlinked are entries that are older than chains.
func unlinked(key compliance.Key, ids ...compliance.EntryID) []compliance.Entry {
	entries := chain(key, ids...)
	for i := range entries {
		entries[i].Link = compliance.Link{}
	}
	return entries
}

func TestErasedChainsAreWhole(t *testing.T) {
	old := unlinked(aliceKey, 1, 2)
	for name, entries := range map[string][]compliance.Entry{
		"linked":           chain(aliceKey, 5, 9, 7),
		"older than links": old,
		"both":             append(slices.Clone(old), compliance.Chain(old, chain(aliceKey, 7)[0], "another salt")),
	} {
		erased := erase(entries, 1)
		if err := compliance.Verify(erased); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		text, err := json.Marshal(erased)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"4155550123", `"Stop"`, "START\"", "call 17", "they asked us", "request 17", "salt 0"} {
			if strings.Contains(strings.ReplaceAll(string(text), "keyword START", ""), word) {
				t.Errorf("%s: there is left %s in %s", name, word, text)
			}
		}
		var kept []compliance.Entry
		if err := json.Unmarshal(text, &kept); err != nil || compliance.Verify(kept) != nil {
			t.Errorf("%s: as JSON: %v, %v", name, err, compliance.Verify(kept))
		}
		// What the contact wants is known as before.
		was, is := compliance.Fold(entries), compliance.Fold(erased)
		if was.OptedOut != is.OptedOut || was.Entry != is.Entry || !was.Since.Equal(is.Since) {
			t.Errorf("%s: what stood was %+v, and is %+v", name, was, is)
		}
	}
	// A head that was kept is that of the pseudonym.
	alice := chain(aliceKey, 5, 9, 7)
	head := compliance.HeadOf(alice)
	if err := compliance.Verify(erase(alice, 1), head); err == nil {
		t.Error("the chain of the key is not missed")
	}
	head.Key = compliance.Pseudonym(secret, head.Key, 1)
	if err := compliance.Verify(erase(alice, 1), head); err != nil {
		t.Errorf("a head that was kept: %v", err)
	}
}

// Whatever else is changed is found out, and nobody blanks an entry without the
// entry that says so.
func TestErasedChainsThatWereChanged(t *testing.T) {
	old := unlinked(aliceKey, 1, 2)
	linked := compliance.Chain(old, chain(aliceKey, 7)[0], "another salt")
	again := compliance.Chain([]compliance.Entry{linked}, chain(aliceKey, 8)[0], "one more salt")
	// Indexes: two older than links, two with, and the erasure.
	fresh := func() []compliance.Entry { return erase(append(slices.Clone(old), linked, again), 1) }
	if err := compliance.Verify(fresh()); err != nil {
		t.Fatal(err)
	}
	for name, tamper := range map[string]func(es []compliance.Entry) []compliance.Entry{
		"another kind":                 func(es []compliance.Entry) []compliance.Entry { es[2].Kind = compliance.OptIn; return es },
		"another kind of an older one": func(es []compliance.Entry) []compliance.Entry { es[0].Kind = compliance.OptIn; return es },
		"another time": func(es []compliance.Entry) []compliance.Entry {
			es[3].OccurredAt = es[3].OccurredAt.Add(1e6)
			return es
		},
		"another time of an older one": func(es []compliance.Entry) []compliance.Entry {
			es[1].OccurredAt = es[1].OccurredAt.Add(1e6)
			return es
		},
		"another order": func(es []compliance.Entry) []compliance.Entry {
			es[2].Link.Seq, es[3].Link.Seq = es[3].Link.Seq, es[2].Link.Seq
			return es
		},
		"an entry less":                  func(es []compliance.Entry) []compliance.Entry { return slices.Delete(es, 2, 3) },
		"an older one less":              func(es []compliance.Entry) []compliance.Entry { return slices.Delete(es, 1, 2) },
		"no erasure":                     func(es []compliance.Entry) []compliance.Entry { return es[:4] },
		"an erasure by somebody else":    func(es []compliance.Entry) []compliance.Entry { es[4].Actor = "dave"; return es },
		"an erasure for another reason":  func(es []compliance.Entry) []compliance.Entry { es[4].Reason = "none"; return es },
		"an erasure that was erased":     func(es []compliance.Entry) []compliance.Entry { es[4] = compliance.Erase(es[4], es[4].Key); return es },
		"words that were not there":      func(es []compliance.Entry) []compliance.Entry { es[2].Text = "go on"; return es },
		"a reason that was not there":    func(es []compliance.Entry) []compliance.Entry { es[3].Reason = "they said so"; return es },
		"evidence that was not there":    func(es []compliance.Entry) []compliance.Entry { es[0].Evidence = "call 18"; return es },
		"a salt that was not there":      func(es []compliance.Entry) []compliance.Entry { es[3].Link.Salt = "x"; return es },
		"another commitment":             func(es []compliance.Entry) []compliance.Entry { es[3].Link.Personal[0]++; return es },
		"an erasure of somebody else's":  func(es []compliance.Entry) []compliance.Entry { return as(es, compliance.Pseudonym(secret, bobKey, 1)) },
		"an identity that was not there": func(es []compliance.Entry) []compliance.Entry { return as(es, aliceKey) },
		"an entry after it that was blanked": func(es []compliance.Entry) []compliance.Entry {
			after := compliance.Chain(es, compliance.Entry{ID: 40, Key: es[4].Key, Kind: compliance.OptOut, Text: "21610"}, "the last salt")
			return append(es, compliance.Erase(after, after.Key))
		},
	} {
		var broken *compliance.ChainError
		if err := compliance.Verify(tamper(fresh())); !errors.As(err, &broken) {
			t.Errorf("%s: got %v, want a ChainError", name, err)
		}
	}
	// One that comes after it, such as what a provider reports late, is as any.
	es := fresh()
	es = append(es, compliance.Chain(es, compliance.Entry{ID: 40, Key: es[4].Key, Kind: compliance.OptOut, Text: "21610"}, "the last salt"))
	if err := compliance.Verify(es); err != nil {
		t.Errorf("an entry after the erasure: %v", err)
	}
	// Blanking alone, under the key or under a pseudonym.
	alice := chain(aliceKey, 5, 9, 7)
	for _, key := range []compliance.Key{aliceKey, compliance.Pseudonym(secret, aliceKey, 1)} {
		blanked := as(slices.Clone(alice), key)
		for i, e := range blanked {
			blanked[i] = compliance.Erase(e, key)
		}
		if compliance.Verify(blanked) == nil {
			t.Errorf("entries of %s were blanked, and nothing says so", key.Identity)
		}
	}
}

func as(es []compliance.Entry, k compliance.Key) []compliance.Entry {
	for i := range es {
		es[i].Key = k
	}
	return es
}

func TestPseudonyms(t *testing.T) {
	p := compliance.Pseudonym(secret, aliceKey, 1)
	if !p.Pseudonymous() || p.Account != aliceKey.Account || p.Family != aliceKey.Family || p != compliance.Pseudonym(secret, aliceKey, 1) {
		t.Errorf("the pseudonym is %+v", p)
	}
	// It stays the same for ever, or opt-outs are lost.
	if want := "erased." + fixedPseudonym; p.Identity != want {
		t.Errorf("the identity is %s, must stay %s", p.Identity, want)
	}
	seen := map[compliance.Key]bool{p: true}
	other := aliceKey
	other.Account = "acme"
	whatsApp := compliance.KeyOf("default", "whatsapp:+14155550123")
	for name, q := range map[string]compliance.Key{
		"another secret":  compliance.Pseudonym(bytes.Repeat([]byte("t"), 32), aliceKey, 1),
		"another time":    compliance.Pseudonym(secret, aliceKey, 2),
		"another account": compliance.Pseudonym(secret, other, 1),
		"another family":  compliance.Pseudonym(secret, whatsApp, 1),
		"another number":  compliance.Pseudonym(secret, bobKey, 1),
	} {
		if bare := (compliance.Key{Account: p.Account, Family: p.Family, Identity: q.Identity}); seen[bare] {
			t.Errorf("%s has the pseudonym of another", name)
		} else {
			seen[bare] = true
		}
		if got := compliance.KeyOf(q.Account, q.Address()); got != q || !compliance.IsErased(q.Address()) {
			t.Errorf("%s: the address %s has the key %+v", name, q.Address(), got)
		}
		if parsed, err := channel.ParseAddress(string(q.Address())); err != nil || parsed != q.Address() {
			t.Errorf("%s: %s is read as %s, %v", name, q.Address(), parsed, err)
		}
	}
	for _, a := range []channel.Address{"+14155550123", "12345", "ACME", "whatsapp:US.1234567", "erased.abc", "rcs:acme_agent", "", channel.Address("Erased." + fixedPseudonym),
		channel.Address("erased." + strings.ToUpper(fixedPseudonym)), channel.Address("erased." + fixedPseudonym + "0")} {
		if compliance.IsErased(a) {
			t.Errorf("%s is taken for a pseudonym", a)
		}
	}
}

// What was consented to ends with an erasure, and so does what was asked.
func TestFoldOfAnErasure(t *testing.T) {
	in := compliance.Entry{ID: 1, Key: aliceKey, Kind: compliance.OptIn, Source: compliance.FromContact, Strength: "express_written", OccurredAt: at}
	ask := compliance.Entry{ID: 2, Key: aliceKey, Kind: compliance.Asked, OccurredAt: at.Add(time.Minute), Until: at.Add(time.Hour)}
	gone := compliance.Entry{ID: 3, Key: aliceKey, Kind: compliance.Erased, OccurredAt: at.Add(2 * time.Minute)}
	if s := compliance.Fold([]compliance.Entry{in, ask}); len(s.Consents) != 1 || s.Asked.Entry != 2 {
		t.Fatalf("before it stands %+v", s)
	}
	s := compliance.Fold([]compliance.Entry{gone, ask, in})
	if len(s.Consents) != 0 || s.Asked.Entry != 0 || s.Voided.Stands() || s.OptedOut {
		t.Errorf("after it stands %+v", s)
	}
	in.ID, in.OccurredAt = 4, at.Add(3*time.Minute)
	if s := compliance.Fold([]compliance.Entry{gone, ask, in}); len(s.Consents) != 1 {
		t.Errorf("after they have consented again stands %+v", s)
	}
}
