package compliance_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
)

var (
	aliceKey = compliance.KeyOf("default", "+14155550123")
	bobKey   = compliance.KeyOf("default", "whatsapp:+14155550124")
)

// chain makes linked entries about a key, with every field set.
func chain(key compliance.Key, ids ...compliance.EntryID) []compliance.Entry {
	var all []compliance.Entry
	for i, id := range ids {
		e := compliance.Entry{
			ID: id, Key: key, Kind: compliance.OptOut, Source: compliance.FromContact,
			OccurredAt: at.Add(time.Duration(i) * time.Hour), RecordedAt: at.Add(time.Duration(i)*time.Hour + time.Second), SentAt: at.Add(time.Duration(i)*time.Hour - time.Second),
			Text: "Stop", Rule: "keyword STOP", Channel: "sms", Message: fmt.Sprint(id + 100), Actor: "carol",
			Via: compliance.ViaVoice, Evidence: "call 17", Reason: "they asked us to", Request: "request 17",
		}
		if i%2 == 1 {
			e.Kind, e.Text, e.Rule = compliance.OptIn, "START", "keyword START"
		}
		all = append(all, compliance.Chain(all, e, fmt.Sprintf("salt %d of %s", i, key.Identity)))
	}
	return all
}

func TestChainsThatAreWhole(t *testing.T) {
	alice, bob := chain(aliceKey, 5, 9, 7), chain(bobKey, 6)
	both := slices.Concat(alice, bob)
	slices.Reverse(both)
	for name, entries := range map[string][]compliance.Entry{"none": nil, "one": bob, "three": alice, "of two keys, mixed": both} {
		if err := compliance.Verify(entries); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := compliance.Verify(both, compliance.HeadOf(alice), compliance.HeadOf(alice[:1]), compliance.HeadOf(bob), compliance.HeadOf(nil)); err != nil {
		t.Errorf("with heads that were kept: %v", err)
	}
	if head := compliance.HeadOf(alice); head.Seq != 3 || head.Key != aliceKey || head.Hash != alice[2].Link.Hash {
		t.Errorf("the head is %+v", head)
	}
}

// Times count as they are kept.
func TestChainsOutliveTheStore(t *testing.T) {
	e := compliance.Entry{ID: 1, Key: aliceKey, Kind: compliance.OptOut, OccurredAt: at.Add(1234), RecordedAt: at.In(time.FixedZone("", 3600))}
	e = compliance.Chain(nil, e, "salt")
	e.OccurredAt, e.RecordedAt = e.OccurredAt.Truncate(time.Microsecond).UTC(), e.RecordedAt.UTC()
	if err := compliance.Verify([]compliance.Entry{e}); err != nil {
		t.Error(err)
	}
}

// Entries that were linked before entries had evidence are linked the same way.
func TestChainsOutliveTheLibrary(t *testing.T) {
	e := chain(aliceKey, 5)[0]
	e.Link, e.Via, e.Evidence, e.Reason, e.Request = compliance.Link{}, "", "", "", ""
	hash := "578ae65046cedb949e0bc3ac386033bd8dbb0ffddf6a5bd6ba7efd3152775c07"
	if got := compliance.Chain(nil, e, "salt").Link.Hash.String(); got != hash {
		t.Errorf("the hash is %s, and was %s", got, hash)
	}
	older := "b4dcc0075e35d1f7f82f650b7ad7b009ada61c0d4681efc3de4642ad61da2452"
	if got := compliance.Chain([]compliance.Entry{e}, e, "salt").Link.Previous.String(); got != older {
		t.Errorf("the root is %s, and was %s", got, older)
	}
}

// Whatever is changed, of whichever entry, the chain is broken there.
func TestChangesBreakTheChain(t *testing.T) {
	for i, id := range []compliance.EntryID{5, 9, 7} {
		fields := 0
		change(reflect.ValueOf(&compliance.Entry{}).Elem(), "", func(path string, index []int) {
			fields++
			forged := chain(aliceKey, 5, 9, 7)
			field := reflect.ValueOf(&forged[i]).Elem().FieldByIndex(index)
			if path == "Key.Account" || path == "Key.Family" || path == "Key.Identity" {
				for j := range forged { // or the entry is of another chain
					forge(reflect.ValueOf(&forged[j]).Elem().FieldByIndex(index))
				}
			} else {
				forge(field)
			}
			err := compliance.Verify(forged)
			var broken *compliance.ChainError
			if !errors.As(err, &broken) {
				t.Errorf("entry %d, %s: Verify returns %v", id, path, err)
			}
		})
		if fields < 21 {
			t.Fatalf("the test has changed %d fields of an entry", fields)
		}
	}
}

// change calls fn for each field that has no fields.
func change(v reflect.Value, path string, fn func(path string, index []int)) {
	for _, f := range reflect.VisibleFields(v.Type()) {
		if len(f.Index) > 1 {
			continue
		}
		if f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[time.Time]() {
			change(v.FieldByIndex(f.Index), path+f.Name+".", func(path string, index []int) { fn(path, slices.Concat(f.Index, index)) })
			continue
		}
		fn(path+f.Name, f.Index)
	}
}

// forge changes a value.
func forge(v reflect.Value) {
	switch value := v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(value.Add(time.Microsecond)))
	case compliance.Digest:
		value[7]++
		v.Set(reflect.ValueOf(value))
	default:
		switch v.Kind() {
		case reflect.String:
			v.SetString(v.String() + " ")
		case reflect.Uint8:
			v.SetUint(v.Uint() + 1)
		case reflect.Int64:
			v.SetInt(v.Int() + 1)
		default:
			panic(fmt.Sprintf("an entry has a field of type %v, which the test can't change", v.Type()))
		}
	}
}

func TestWhatElseBreaksChains(t *testing.T) {
	whole := chain(aliceKey, 5, 9, 7)
	other := chain(bobKey, 5, 9, 7)
	relinked := compliance.Chain(whole[:1], compliance.Entry{ID: 9, Key: aliceKey, Kind: compliance.OptIn}, "another salt")
	unlinked := compliance.Entry{ID: 4, Key: aliceKey, Kind: compliance.OptIn}
	swapped := slices.Clone(whole)
	swapped[1].Link, swapped[2].Link = swapped[2].Link, swapped[1].Link
	for name, tt := range map[string]struct {
		entries []compliance.Entry
		kept    []compliance.Head
		reason  string
	}{
		"the first is gone":                  {entries: whole[1:], reason: "is missing"},
		"one between is gone":                {entries: []compliance.Entry{whole[0], whole[2]}, reason: "entry 2"},
		"one is there twice":                 {entries: append(slices.Clone(whole), whole[1]), reason: "the place of another"},
		"another has taken its place":        {entries: []compliance.Entry{whole[0], relinked, whole[2]}, reason: "does not follow from the one before"},
		"two have changed places":            {entries: swapped, reason: "was changed"},
		"one has no link":                    {entries: append(slices.Clone(whole), unlinked), reason: "older than chains"},
		"none has a link":                    {entries: []compliance.Entry{unlinked}, reason: "has no link"},
		"of two chains, the second is bad":   {entries: slices.Concat(whole, other[1:]), reason: bobKey.Identity},
		"the last is gone":                   {entries: whole[:2], kept: []compliance.Head{compliance.HeadOf(whole)}, reason: "entry 3"},
		"all are gone":                       {kept: []compliance.Head{compliance.HeadOf(whole)}, reason: "is missing"},
		"the chain was made anew":            {entries: []compliance.Entry{whole[0], relinked}, kept: []compliance.Head{compliance.HeadOf(whole[:2])}, reason: "when the head was kept"},
		"what is kept is of the other chain": {entries: slices.Concat(whole, other), kept: []compliance.Head{{Key: aliceKey, Seq: 3, Hash: other[2].Link.Hash}}, reason: "when the head was kept"},
	} {
		err := compliance.Verify(tt.entries, tt.kept...)
		var broken *compliance.ChainError
		if !errors.As(err, &broken) || !strings.Contains(err.Error(), tt.reason) {
			t.Errorf("%s: Verify returns %v, want a ChainError with %q", name, err, tt.reason)
		}
	}
}

// Entries that were recorded before there were links are part of the chain that
// begins after them.
func TestChainsBeginAfterOlderEntries(t *testing.T) {
	older := []compliance.Entry{
		{ID: 3, Key: aliceKey, Kind: compliance.OptOut, OccurredAt: at, Text: "Stop"},
		{ID: 2, Key: aliceKey, Kind: compliance.OptIn, OccurredAt: at.Add(-time.Hour), Text: "Yes"},
	}
	first := compliance.Chain(older, compliance.Entry{ID: 1, Key: aliceKey, Kind: compliance.OptIn, OccurredAt: at.Add(time.Hour)}, "salt")
	second := compliance.Chain(append(older, first), compliance.Entry{ID: 4, Key: aliceKey, Kind: compliance.OptOut, OccurredAt: at.Add(2 * time.Hour)}, "more salt")
	whole := append(slices.Clone(older), first, second)
	if err := compliance.Verify(whole); err != nil {
		t.Fatal(err)
	}
	for name, tamper := range map[string]func([]compliance.Entry) []compliance.Entry{
		"one changed": func(es []compliance.Entry) []compliance.Entry { es[0].Text = "Stop it"; return es },
		"one gone":    func(es []compliance.Entry) []compliance.Entry { return es[1:] },
		"all gone":    func(es []compliance.Entry) []compliance.Entry { return es[2:] },
		"one added": func(es []compliance.Entry) []compliance.Entry {
			return append(es, compliance.Entry{ID: 9, Key: aliceKey})
		},
		"places changed": func(es []compliance.Entry) []compliance.Entry { es[0].ID, es[1].ID = es[1].ID, es[0].ID; return es },
	} {
		if err := compliance.Verify(tamper(slices.Clone(whole))); err == nil {
			t.Errorf("%s: Verify finds nothing", name)
		}
	}
	// Ids don't say which of two was recorded first.
	if s := compliance.Fold([]compliance.Entry{whole[1], whole[2]}); s.Entry != 2 {
		t.Errorf("the opt-in that stands is entry %d, want the older one", s.Entry)
	}
}

func TestDigestsAsText(t *testing.T) {
	d := chain(aliceKey, 1)[0].Link.Hash
	text, err := d.MarshalText()
	var again compliance.Digest
	if err := errors.Join(err, again.UnmarshalText(text)); err != nil || again != d || len(text) != 64 {
		t.Errorf("%s is read as %s, %v", text, again, err)
	}
	if err := again.UnmarshalText(nil); err != nil || again != (compliance.Digest{}) || again.String() != "" {
		t.Errorf("no text is read as %q, %v", again, err)
	}
	for _, bad := range []string{"00", strings.Repeat("0", 63), strings.Repeat("0", 66), strings.Repeat("x", 64)} {
		if err := again.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is read as %s", bad, again)
		}
	}
}
