package inbox

import (
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// clockSkew is by how much a provider's clock and ours may disagree.
const clockSkew = 5 * time.Minute

// consent is what the ledger holds about a customer.
type consent struct {
	keys    []compliance.Key // whose entries count, the first for those to come
	entries []compliance.Entry
	state   compliance.State
}

// consentFor reads what holds for a customer who is known by some addresses of
// one family.
func consentFor(t *tx, account store.AccountID, addresses ...channel.Address) (consent, error) {
	var c consent
	for _, a := range addresses {
		if key := compliance.KeyOf(string(account), a); !slices.Contains(c.keys, key) {
			c.keys = append(c.keys, key)
		}
	}
	var err error
	if c.entries, err = t.entries(c.keys); err != nil {
		return consent{}, err
	}
	c.state = compliance.Fold(c.entries)
	return c, nil
}

// consentOf reads what holds for a conversation's customer.
func consentOf(t *tx, conv store.Conversation) (consent, error) {
	if conv.Theirs.Family() == channel.Telephony {
		return consentFor(t, conv.Account, conv.Theirs) // a number is all that it is known by
	}
	found, err := t.Contacts(conv.Contact)
	if err != nil {
		return consent{}, err
	}
	addresses := []channel.Address{conv.Theirs}
	if len(found) > 0 {
		addresses = sameCustomer(conv.Theirs, found[0])
	}
	return consentFor(t, conv.Account, addresses...)
}

// sameCustomer returns the addresses that say the same person as one of a
// contact's, that one first. A WhatsApp number and a WhatsApp user id do; two
// telephone numbers do not, who stops one has not stopped the other.
func sameCustomer(a channel.Address, c store.Contact) []channel.Address {
	same := []channel.Address{a}
	if a.Family() == channel.Telephony {
		return same
	}
	for _, other := range c.Addresses {
		if other.Family() == a.Family() && other.Identity() != a.Identity() {
			same = append(same, other)
		}
	}
	return same
}

// customerOf returns the addresses that say who has written a message.
func customerOf(m channel.Inbound, c store.Contact) []channel.Address {
	addresses := sameCustomer(m.From, c)
	if other := userAddress(m); other != "" {
		addresses = append(addresses, other)
	}
	return addresses
}

// userAddress returns the address that stands for the medium's own id of the
// customer, or "".
func userAddress(m channel.Inbound) channel.Address {
	if m.UserID == "" || m.From.Medium() == "" {
		return ""
	}
	a, err := channel.ParseAddress(m.From.Medium() + ":" + m.UserID)
	if err != nil {
		return "" // the message keeps it as it came
	}
	return a
}

// optOutAt is when an opt-out counts from: its arrival, but not before an opt-in
// that is in the ledger already, and after a question that is, since the clocks of
// two processes, or ours and a provider's, may disagree.
func optOutAt(arrived time.Time, entries []compliance.Entry) time.Time {
	at := arrived
	if in := newest(entries, compliance.OptIn); in.OccurredAt.After(at) {
		at = in.OccurredAt
	}
	if asked := newest(entries, compliance.Asked); asked.ID != 0 {
		at = later(at, asked.OccurredAt.Add(time.Microsecond))
	}
	return at
}

// optInAt is when an opt-in counts from, and whether that can be told: it has to
// be later than every opt-out there is, and every word that the number is somebody
// else's. Which of two messages was sent first the
// provider's clock tells, whenever they came in. Where it does not, since an
// opt-out does not say when it was sent, an opt-in that came in the ordinary way
// is later than what is in the ledger; one that comes late is so only if that
// is clear, whoever's clock it was.
func optInAt(a arrival, entries []compliance.Entry) (at time.Time, clear bool) {
	sent, late := a.message.SentAt, a.message.Late
	at, clear = a.at, true
	if !a.adopted && !sent.IsZero() && sent.Before(at.Add(-clockSkew)) {
		at = sent // what was said between, in another way, is later
	}
	for _, e := range entries {
		whole := e.Kind == compliance.OptOut && e.Reach == (compliance.Reach{}) // no opt-in to everything ends a narrower one
		if !whole && e.Kind != compliance.Voided {
			continue
		}
		switch {
		case !sent.IsZero() && !e.SentAt.IsZero():
			if !sent.After(e.SentAt) {
				return earliest(sent, e.OccurredAt), true
			}
		case !sent.IsZero() && sent.Before(e.OccurredAt.Add(-clockSkew)):
			return sent, true
		case !late:
		case sent.IsZero():
			clear = false
		case !sent.After(e.OccurredAt.Add(clockSkew)):
			clear = false
		}
		if !a.adopted && !e.OccurredAt.Before(at) {
			at = e.OccurredAt.Add(time.Microsecond)
		}
	}
	return afterHolds(at, a, entries), clear
}

// afterHolds is when an opt-in counts from, among messages that hold: later than
// those before it, whosever clock they came in by, and not later than those that
// were written after it, or may have been. One that does not undo an opt-out ends
// nothing.
func afterHolds(at time.Time, a arrival, entries []compliance.Entry) time.Time {
	if !newest(entries, compliance.OptOut).OccurredAt.Before(at) {
		return at
	}
	// What will hold when the customer has not opted out any more.
	trial := compliance.Entry{Kind: compliance.OptIn, Source: compliance.FromOperator, OccurredAt: at}
	var older []compliance.Entry
	for _, e := range compliance.Undecided(append(slices.Clone(entries), trial)) {
		sent := a.message.SentAt
		newer := !a.message.Late && !a.adopted
		if !sent.IsZero() && !e.SentAt.IsZero() {
			newer = sent.After(e.SentAt)
		}
		switch {
		case !newer:
			older = append(older, e)
		case !at.After(e.OccurredAt):
			at = e.OccurredAt.Add(time.Microsecond)
		}
	}
	for _, e := range older {
		at = earliest(at, e.OccurredAt)
	}
	return at
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// newest returns the entry of a kind that occurred last, or none.
func newest(entries []compliance.Entry, kind compliance.Kind) compliance.Entry {
	var last compliance.Entry
	for _, e := range entries {
		if e.Kind == kind && (last.ID == 0 || e.OccurredAt.After(last.OccurredAt)) {
			last = e
		}
	}
	return last
}

// recordConsent adds an entry about a conversation's customer to the ledger,
// under every key that the customer has, and tells the team if it changes what
// holds. Key, ID, Channel and RecordedAt are filled in. It returns the entry
// and what holds with it.
func (in *Inbox) recordConsent(t *tx, conv store.Conversation, before consent, e compliance.Entry, message store.MessageID) (compliance.Entry, compliance.State, error) {
	if e.Kind == compliance.Ambiguous || e.Kind == compliance.OptOut && e.Source != compliance.FromProvider { // see stoppedAt
		e.OccurredAt = optOutAt(e.OccurredAt, before.entries)
	}
	e.Channel = conv.Channel
	added, after, err := in.link(t, before, e)
	if err != nil {
		return e, before.state, err
	}
	if err := t.AppendConsent(added...); err != nil {
		return e, before.state, err
	}
	if err := in.tellHold(t, conv, before, after, added[0], message); err != nil || !changes(added[0], before.state, after) {
		return added[0], after, err
	}
	ev := consentEvent(t, conv, e, after)
	ev.Message = message
	return added[0], after, t.AppendEvents(ev)
}

// link makes an entry for every key that a customer has, each behind the others of
// its key, and says what holds with them.
func (in *Inbox) link(t *tx, before consent, e compliance.Entry) ([]compliance.Entry, compliance.State, error) {
	e.OccurredAt, e.SentAt, e.Until, e.RecordedAt = record.Time(e.OccurredAt), record.Time(e.SentAt), record.Time(e.Until), record.Time(t.now)
	added := make([]compliance.Entry, len(before.keys))
	for i, key := range before.keys {
		id, err := t.NewID()
		if err != nil {
			return nil, before.state, err
		}
		linked := e
		linked.ID, linked.Key = compliance.EntryID(id), key
		added[i] = compliance.Chain(entriesOf(before.entries, key), linked, in.name())
	}
	return added, compliance.Fold(slices.Concat(before.entries, added)), nil
}

// changes reports whether an entry has changed what holds about what it is about.
func changes(e compliance.Entry, before, after compliance.State) bool {
	if e.Kind == compliance.Voided {
		return before.Voided.Stands() != after.Voided.Stands()
	}
	return before.About(e.Purpose, e.Programme).OptedOut != after.About(e.Purpose, e.Programme).OptedOut
}

// endsHold reports whether what has held does not any more, whether or not the
// customer has opted out by that: they may have opted in since.
func endsHold(before, after compliance.State) bool {
	return before.Held.Stands() && !after.Held.Stands()
}

// consentEvent tells a conversation's team that an entry has changed what holds.
func consentEvent(t *tx, conv store.Conversation, e compliance.Entry, after compliance.State) store.Event {
	stopped, resumed := store.ContactOptedOut, store.ContactOptedIn
	if e.Reach != (compliance.Reach{}) {
		stopped, resumed = store.ContactPartStopped, store.ContactPartResumed
	}
	typ := resumed
	switch {
	case e.Kind == compliance.Voided:
		typ = store.ContactVoided
	case e.Kind == compliance.OptOut && e.Reach == (compliance.Reach{}) && !after.OptedOut:
		typ = store.ContactReleased // it has ended what held, and they have opted in since
	case after.About(e.Purpose, e.Programme).OptedOut:
		typ = stopped
	}
	reason := e.Rule
	if e.Source == compliance.FromProvider && e.Reason != "" {
		reason += ": " + e.Reason
	}
	return eventOf(t, conv, typ, authorOf(e), store.Detail{Reason: reason, Purpose: e.Purpose, Programme: e.Programme})
}

// entriesOf returns the entries of one key.
func entriesOf(entries []compliance.Entry, key compliance.Key) []compliance.Entry {
	var of []compliance.Entry
	for _, e := range entries {
		if e.Key == key {
			of = append(of, e)
		}
	}
	return of
}

func actorOf(s compliance.Source) store.AuthorKind {
	switch s {
	case compliance.FromContact:
		return store.ByCustomer
	case compliance.FromOperator:
		return store.ByUser
	case compliance.FromProvider, compliance.FromImport, compliance.FromDeadline:
	}
	return store.BySystem
}
