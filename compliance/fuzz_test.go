package compliance_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

// FuzzClassify reads arbitrary texts, and keywords in arbitrary decoration.
func FuzzClassify(f *testing.F) {
	for _, text := range []string{"STOP", "stop please", "S T O P", "STOP\n--\nx", "> q", "🛑", "İ ı \u0307", "\xff", "opt-out\u200b", "don't ", "bus"} {
		f.Add(text, true, "\u200b «", "!» \u2800", uint64(1))
	}
	f.Fuzz(func(t *testing.T, text string, optedOut bool, before, after string, seed uint64) {
		ctx := compliance.Context{State: compliance.State{OptedOut: optedOut}}
		classify := func(text string) compliance.Classification {
			return compliance.Standard{}.Classify(channel.Inbound{Text: text}, ctx)
		}
		got := classify(text)
		if (got.Kind == compliance.None) != (got.Rule == "") {
			t.Errorf("%q is %v by the rule %q", text, got.Kind, got.Rule)
		}
		if got.Kind == compliance.OptIn && !optedOut {
			t.Errorf("%q opts in a contact that has not opted out", text)
		}
		if again := classify(text); again != got {
			t.Errorf("%q is %+v, and then %+v", text, got, again)
		}
		// What surrounds a line makes no difference, as long as the text is
		// short enough to be looked at.
		if len(text) < 1000 && !strings.ContainsAny(norm.NFKC.String(text), "\n>") {
			if wrapped := classify("\u200b " + text + " !"); wrapped.Kind != got.Kind {
				t.Errorf("%q is %v, and %v with white space and punctuation around it", text, got.Kind, wrapped.Kind)
			}
		}
		if again := classify(invisibly(text, seed)); again.Kind != got.Kind && !strings.ContainsAny(text, ">\"«“„「『‘\n") {
			t.Errorf("%q is %v, and %v with a zero-width space in it", text, got.Kind, again.Kind)
		}
		if again := classify(scramble(text, seed)); again.Kind != got.Kind {
			t.Errorf("%q is %v, and %v in other cases", text, got.Kind, again.Kind)
		}
		before, after = decoration(before), decoration(after)
		for _, k := range spelled {
			word := before + scramble(k.Word, seed) + after
			if got := classify(word); got.Kind != k.Kind && (k.Kind != compliance.OptIn || optedOut) {
				t.Errorf("%q is %v, want %v as the bare %s", word, got.Kind, k.Kind, k.Word)
			}
		}
		// Between other words a keyword is an ordinary one.
		if other := unknown(text); other != "" {
			for _, sentence := range []string{other + " stop", "stop " + other, other + " end " + other, "START " + other} {
				if got := classify(sentence); got.Kind != compliance.None {
					t.Errorf("%q is %v by %q, though it is a sentence", sentence, got.Kind, got.Rule)
				}
			}
		}
	})
}

// spelled are the keywords that act whatever the context and have letters.
var spelled = slices.DeleteFunc(compliance.StandardKeywords(), func(k compliance.Keyword) bool {
	return !acts(k) || !strings.ContainsFunc(k.Word, unicode.IsLetter)
})

// decoration keeps of a text what may stand around a keyword: white space,
// punctuation, and what can't be seen.
func decoration(text string) string {
	if len(text) > 200 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(">-—\n", r): // begin a quotation, a signature, another line
			return -1
		case unicode.IsSpace(r), r < unicode.MaxASCII && unicode.IsPunct(r), strings.ContainsRune("«»“”…¡¿\u200b\u200e\ufeff\u2060", r):
			return r
		}
		return -1
	}, text)
}

// scramble writes a word in a mixture of cases.
func scramble(word string, seed uint64) string {
	return strings.Map(func(r rune) rune {
		if seed = seed>>1 | seed<<63; seed&1 == 0 && 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, word)
}

// invisibly puts a zero-width space after a character.
func invisibly(text string, seed uint64) string {
	if !utf8.ValidString(text) || len(text) > 1000 {
		return text
	}
	r := []rune(text)
	if len(r) == 0 {
		return text
	}
	i := int(seed%uint64(len(r))) + 1
	return string(r[:i]) + "\u200b" + string(r[i:])
}

// unknown returns a word made of a text's letters that is neither a keyword nor
// a courtesy, whatever they are, or "".
func unknown(text string) string {
	word := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, text)
	if len(word) > 40 || word == "" {
		return ""
	}
	return "x" + word + "x"
}

// FuzzFold permutes entries: the order in which a store returns them makes no
// difference, one more of what holds changes nothing but that a contact who opts in
// again has not meant stop, and what happens last decides.
func FuzzFold(f *testing.F) {
	f.Add([]byte{1, 0, 2, 1, 1, 2, 3, 9, 0, 4}, uint64(1))
	f.Add([]byte{1, 5, 2, 3}, uint64(2))
	f.Add([]byte{1, 0, 2, 0, 1, 0}, uint64(3))
	f.Add([]byte{2, 7, 2, 7, 4, 8}, uint64(4))
	f.Add([]byte("9818"), uint64(4))
	f.Fuzz(func(t *testing.T, what []byte, seed uint64) {
		var entries []compliance.Entry
		var latestOut, latestIn time.Time
		for i := 0; i+1 < len(what) && i < 64; i += 2 {
			e := entry(compliance.EntryID(i/2+1), compliance.Kind(what[i]%5), int(what[i+1]%16))
			if e.Kind == compliance.OptOut && e.OccurredAt.After(latestOut) {
				latestOut = e.OccurredAt
			}
			if e.Kind == compliance.OptIn && e.OccurredAt.After(latestIn) {
				latestIn = e.OccurredAt
			}
			entries = append(entries, e)
		}
		got := compliance.Fold(entries)
		if want := !latestOut.IsZero() && !latestOut.Before(latestIn); got.OptedOut != want {
			t.Errorf("Fold(%s) says opted out: %v, the last opt-out is of %v and the last opt-in of %v", short(entries), got.OptedOut, latestOut, latestIn)
		}
		if (got.Entry == 0) != (latestOut.IsZero() && latestIn.IsZero()) || (got.Entry == 0) != got.Since.IsZero() {
			t.Errorf("Fold(%s) is %+v", short(entries), got)
		}
		r := rand.New(rand.NewPCG(seed, 0))
		permuted := append([]compliance.Entry(nil), entries...)
		r.Shuffle(len(permuted), func(i, j int) { permuted[i], permuted[j] = permuted[j], permuted[i] })
		if other := compliance.Fold(permuted); !other.Equal(got) {
			t.Errorf("Fold(%s) is %+v, and in another order %+v", short(entries), got, other)
		}
		if got.Entry == 0 {
			return
		}
		last, again := latestIn, entry(compliance.EntryID(len(entries)+1), compliance.OptIn, 0)
		if got.OptedOut {
			last, again.Kind = latestOut, compliance.OptOut
		}
		for _, e := range entries {
			if e.OccurredAt.After(last) {
				last = e.OccurredAt
			}
		}
		again.OccurredAt = last.Add(time.Second)
		want := got
		want.Held = compliance.Hold{} // who opts in has not meant stop
		want.Last = again.OccurredAt
		if said := compliance.Fold(append(permuted, again)); !said.Equal(want) {
			t.Errorf("Fold(%s) is %+v, and %+v when the contact says it again", short(entries), got, said)
		}
	})
}
