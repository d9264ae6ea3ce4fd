package simulation

import (
	"slices"
	"strconv"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// wordOf is an entry of the ledger, as whoever said it has meant it, with what is
// known of its place among others.
type wordOf struct {
	compliance.Entry
	n       int       // among all entries of the journal
	written int       // the place of the customer's message among all, 0 if it is not known
	said    time.Time // by the carrier's clock, or zero
	stated  bool      // somebody has stated when it occurred
}

// book is what the simulation knows of consent after some commits: the ledger's
// entries, but by whom they are about whatever was erased since, and with what was
// said in the place of what was written down.
type book struct {
	w       *world
	written map[string]simulated.Message // by customers, by the carrier's id
	words   map[compliance.Key][]wordOf
	live    map[compliance.Key]compliance.Key // whose pseudonym a key is
	erased  map[compliance.Key]int            // how many entries there were when a key was erased last
	n       int
	stray   store.Stray // that was put last
}

func newBook(w *world) *book {
	b := &book{
		w: w, written: make(map[string]simulated.Message), words: make(map[compliance.Key][]wordOf),
		live: make(map[compliance.Key]compliance.Key), erased: make(map[compliance.Key]int),
	}
	for _, m := range w.carrier.Messages() {
		if !m.Received {
			b.written[m.ProviderID] = m
		}
	}
	return b
}

// note notes a write before it is made.
func (b *book) note(m *model, write any) {
	switch r := write.(type) {
	case store.Stray:
		b.stray = r
	case compliance.Entry:
		b.n++
		key := b.of(r.Key)
		b.words[key] = append(b.words[key], b.read(m, r))
	case consentErased:
		b.live[r.pseudonym] = r.key
		b.erased[r.key] = b.n
	}
}

// of returns the key of whom a key is about.
func (b *book) of(key compliance.Key) compliance.Key {
	if live, ok := b.live[key]; ok {
		return live
	}
	return key
}

// read returns what an entry is about to say that is the next.
func (b *book) read(m *model, e compliance.Entry) wordOf {
	word := wordOf{Entry: e, n: b.n}
	if said, ok := b.w.statements[e.Text]; ok && (e.Source == compliance.FromOperator || e.Source == compliance.FromImport) {
		word.Kind, word.Reach, word.Strength, word.Until, word.Via = said.Kind, said.Reach, said.Strength, said.Until, said.Via
		word.stated = true
		return word
	}
	if said, ok := b.w.reports[e.Text]; ok && e.Source == compliance.FromProvider {
		word.Kind, word.Reach, word.said = said.kind(), said.reach(), said.At
		return word
	}
	if e.Source == compliance.FromContact {
		from := b.stray.Inbound.ProviderID
		if id, err := strconv.ParseInt(e.Message, 10, 64); err == nil {
			from = m.messages[store.MessageID(id)].ProviderID
		}
		word.written, word.said = b.written[from].Seq, b.written[from].At
	}
	return word
}

// about returns what was said about the customer of a message.
func (b *book) about(m *model, msg store.Message) []wordOf {
	keys := b.keysOf(m, msg)
	if len(keys) == 1 {
		return b.words[keys[0]]
	}
	var about []wordOf
	for _, key := range keys {
		about = append(about, b.words[key]...)
	}
	return about
}

// keysOf are those under which the ledger has the customer of a message. A
// number and a user id of one medium that are known to be one customer's count
// both; two telephone numbers do not.
func (b *book) keysOf(m *model, msg store.Message) []compliance.Key {
	keys := []compliance.Key{b.of(keyOf(msg))}
	if msg.To.Family() == channel.Telephony {
		return keys
	}
	for _, a := range m.contacts[m.convs[msg.Conversation].Contact].Addresses {
		if key := b.of(compliance.KeyOf(string(msg.Account), a)); key.Family == keys[0].Family && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// erasedAt returns how many entries there were when one of a customer's keys was
// erased last.
func (b *book) erasedAt(m *model, msg store.Message) int {
	n := 0
	for _, key := range b.keysOf(m, msg) {
		n = max(n, b.erased[key])
	}
	return n
}

// after reports whether an opt-in is later than another word: by the order in
// which the customer wrote, or by the provider's clock, where they are known; by
// what was stated, if the moment of one was; and otherwise by the order of the
// ledger.
func (w *wordOf) after(other *wordOf) bool {
	switch {
	case w.stated || other.stated:
		return w.OccurredAt.After(other.OccurredAt)
	case w.written > 0 && other.written > 0:
		return w.written > other.written
	case !w.said.IsZero() && !other.said.IsZero():
		return w.said.After(other.said)
	}
	return w.n > other.n
}

// ends reports whether an opt-in ends what an opt-out says about a part of it. No
// list does; one to more than was stopped does if it is a consent to what sells;
// and a provider's word takes back that of the same reach alone.
func (w *wordOf) ends(out *wordOf, about compliance.Reach) bool {
	same := w.Same(out.Reach)
	switch {
	case w.Kind != compliance.OptIn, w.Source == compliance.FromImport, !w.Covers(about), !w.after(out):
		return false
	case w.Source == compliance.FromProvider:
		return same
	}
	return same || !w.Covers(out.Reach) || w.Strength != compliance.NotMarketing
}

// stopped returns the first opt-out that stands about something, if there is one.
func stopped(words []wordOf, about compliance.Reach) (wordOf, bool) {
	for i := range words {
		out := &words[i]
		if out.Kind != compliance.OptOut || !out.Covers(about) {
			continue
		}
		if !slices.ContainsFunc(words, func(in wordOf) bool { return in.ends(out, about) }) {
			return *out, true
		}
	}
	return wordOf{}, false
}

// standing returns the first opt-out of everything that stands.
func standing(words []wordOf) (wordOf, bool) { return stopped(words, compliance.Reach{}) }

// void returns what says that a number is not the customer's any more, unless
// whoever has it has opted in since.
func void(words []wordOf) (wordOf, bool) {
	for i := range words {
		v := &words[i]
		if v.Kind != compliance.Voided {
			continue
		}
		back := slices.ContainsFunc(words, func(in wordOf) bool {
			act := in.Source == compliance.FromContact || in.Source == compliance.FromOperator && in.Via != compliance.ViaSystem
			return in.Kind == compliance.OptIn && act && (in.n > v.n || in.OccurredAt.After(v.OccurredAt))
		})
		if !back {
			return *v, true
		}
	}
	return wordOf{}, false
}

// consented reports whether a customer has agreed to what sells of a programme, and
// that counts at a moment. What was agreed to before an erasure does not, and neither
// does what somebody else had agreed to who had the number before.
func consented(words []wordOf, erased int, programme string, at time.Time) bool {
	about := compliance.Reach{Purpose: compliance.Marketing, Programme: programme}
	return slices.ContainsFunc(words, func(in wordOf) bool {
		live := in.Kind == compliance.OptIn && in.Strength != compliance.NotMarketing && in.Covers(about) &&
			in.n > erased && (in.Until.IsZero() || at.Before(in.Until))
		return live && !slices.ContainsFunc(words, func(v wordOf) bool {
			return v.Kind == compliance.Voided && v.n > in.n && v.OccurredAt.After(in.OccurredAt)
		})
	})
}
