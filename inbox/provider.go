package inbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// Consent takes in what a provider reports about a customer's consent beside
// their messages: that they have switched off what sells in their app, or that a
// number was given up. [Inbox.Webhook] and listeners call it by themselves; a host
// calls it with what it learns in its own way, such as a list of numbers that are
// not in use any more. It may come twice and in any order.
//
// The customer need not be known: what was stopped holds when they appear. An
// update to an address of no inbox, or to none, is about every account that knows
// the customer, except that nothing is resumed by it.
//
// From and Change must be set, and To and At for a MarketingResumed; otherwise the
// error is ErrInvalid.
func (in *Inbox) Consent(ctx context.Context, channelName string, u channel.ConsentUpdate) error {
	if _, ok := in.channels[channelName]; !ok {
		return fmt.Errorf("%w: %q", ErrUnknownChannel, channelName)
	}
	if err := checkConsent(&u); err != nil {
		return err
	}
	return in.update(ctx, func(t *tx) error { return in.reportConsent(t, channelName, u) }, in.expectConsent(channelName, []channel.ConsentUpdate{u}))
}

func checkConsent(u *channel.ConsentUpdate) error {
	var err error
	if u.From, err = channel.ParseAddress(string(u.From)); err != nil {
		return invalid("ConsentUpdate.From", "is no address: %v", err)
	}
	if u.To != "" {
		if u.To, err = channel.ParseAddress(string(u.To)); err != nil {
			return invalid("ConsentUpdate.To", "is no address: %v", err)
		}
	}
	switch u.Change {
	case channel.ConsentStopped, channel.MarketingStopped, channel.NumberVoid:
	case channel.MarketingResumed:
		if u.To == "" || u.At.IsZero() {
			return invalid("ConsentUpdate", "resumes without To or At; set both, so that no later stop is undone, and none of another number")
		}
	default:
		return invalid("ConsentUpdate.Change", "says of no change; use one of the channel package's")
	}
	u.Code, u.Reason = validText(u.Code), validText(u.Reason)
	return nil
}

// expectConsent expects what is read for what a provider reports about consent.
func (in *Inbox) expectConsent(channelName string, updates []channel.ConsentUpdate) expectation {
	about := make([]subject, len(updates))
	for i, u := range updates {
		about[i] = aboutCustomer(u.From)
	}
	return expectation{about, func(t *tx, round int) store.Keys {
		var k store.Keys
		for _, u := range updates {
			if u.ProviderID != "" && round == 0 {
				k.Providers = append(k.Providers, store.ProviderRef{Channel: channelName, ProviderID: u.ProviderID})
			}
			if box := in.likelyInboxAt(t, round, store.Endpoint{Channel: channelName, Address: u.To}); box != nil {
				k.Add(expectStatements(in, box.Account, u.From).reads(t, round))
			}
		}
		return k
	}}
}

// reportConsent writes down what a provider reports, with the account whose number
// it is about, or else with everybody who knows the customer.
func (in *Inbox) reportConsent(t *tx, channelName string, u channel.ConsentUpdate) error {
	if said, err := saidByMessage(t, channelName, u); err != nil || said {
		return err
	}
	var box *store.Inbox
	var err error
	if u.To != "" {
		if box, err = in.inboxAt(t, store.Endpoint{Channel: channelName, Address: u.To}); err != nil {
			return err
		}
	}
	w := word{change: u.Change, code: u.Code, reason: u.Reason, rule: "the provider reported: " + inWords(u.Change), at: u.At}
	if box != nil {
		return in.reportConsentTo(t, box.Account, channelName, u, w)
	}
	if u.Change == channel.MarketingResumed {
		in.log.Warn("a customer has resumed marketing from a number that belongs to no inbox; it is passed over", "channel", channelName, "from", u.From, "to", u.To)
		return nil
	}
	strays, err := in.strayAccount(t)
	if err != nil {
		return err
	}
	accounts, err := t.Accounts()
	if err != nil {
		return err
	}
	var to []store.AccountID
	if u.Change != channel.NumberVoid { // of somebody whom nobody knows there is nothing to void
		to = append(to, strays)
	}
	for _, account := range accounts {
		known, err := t.ContactsAt(identitiesOf(account.ID, channel.Inbound{From: u.From, UserID: u.UserID})...)
		if err != nil {
			return err
		}
		if len(known) > 0 && !slices.Contains(to, account.ID) {
			to = append(to, account.ID)
		}
	}
	if u.To != "" {
		w.rule += ", for a number that belongs to no inbox"
	}
	for _, account := range to {
		if err := in.reportConsentTo(t, account, channelName, u, w); err != nil {
			return err
		}
	}
	return nil
}

// saidByMessage reports whether the message has come in by which a customer did
// what an update says.
func saidByMessage(t *tx, channelName string, u channel.ConsentUpdate) (bool, error) {
	if u.ProviderID == "" {
		return false, nil
	}
	ref := store.ProviderRef{Channel: channelName, ProviderID: u.ProviderID}
	known, err := t.MessagesFrom(ref)
	if err != nil || len(known) > 0 {
		return true, err
	}
	strays, err := t.StraysFrom(ref)
	return len(strays) > 0, err
}

func (in *Inbox) reportConsentTo(t *tx, account store.AccountID, channelName string, u channel.ConsentUpdate, w word) error {
	addresses, err := customerAt(t, account, u.From)
	if err != nil {
		return err
	}
	if other := userAddress(channel.Inbound{From: u.From, UserID: u.UserID}); other != "" && !slices.Contains(addresses, other) {
		addresses = append(addresses, other)
	}
	before, err := consentFor(t, account, addresses...)
	if err != nil {
		return err
	}
	e, said := w.entry(t.now, &before)
	if !said {
		return nil
	}
	e.Channel = channelName
	added, after, err := in.link(t, before, e)
	if err != nil {
		return err
	}
	if err := t.AppendConsent(added...); err != nil {
		return err
	}
	if endsHold(before.state, after) {
		if err := in.decideAgain(t, account, before.keys); err != nil {
			return err
		}
	}
	if !changes(added[0], before.state, after) && !endsHold(before.state, after) {
		return nil
	}
	_, err = in.tellOf(t, account, addresses, added[0], after)
	return err
}

// reportedOf writes down what a provider says about a customer's consent by what
// became of a message, once for each message.
func (in *Inbox) reportedOf(t *tx, conv store.Conversation, m store.Message, w word) error {
	if w.change == channel.ConsentUnchanged {
		return nil
	}
	before, err := consentOf(t, conv)
	if err != nil || w.change == channel.ConsentStopped && before.state.OptedOut {
		return err
	}
	if w.change == channel.ConsentStopped {
		w.at = time.Time{} // the time is the report's, and when the customer has said it nobody knows
	}
	if compliance.IsErased(conv.Theirs) {
		w.reason = "" // it may quote the address
	}
	w.message, w.rule = m.ID, "the provider refused the message: "+inWords(w.change)
	e, said := w.entry(t.now, &before)
	if !said {
		return nil
	}
	_, _, err = in.recordConsent(t, conv, before, e, m.ID)
	return err
}

// word is what a provider says about a customer's consent.
type word struct {
	change  channel.ConsentChange
	code    string
	reason  string          // the provider's own words, which may be personal
	rule    string          // ours, which are not: the ledger keeps them for ever
	at      time.Time       // by the provider's clock, or zero
	message store.MessageID // that it refused, or 0
}

func inWords(c channel.ConsentChange) string {
	switch c {
	case channel.ConsentStopped:
		return "the customer has opted out"
	case channel.MarketingStopped:
		return "the customer has stopped marketing messages"
	case channel.MarketingResumed:
		return "the customer has resumed marketing messages"
	case channel.NumberVoid:
		return "the number is not the customer's any more"
	case channel.ConsentUnchanged:
	}
	return "nothing about consent"
}

// entry returns the entry of a word, or false if it is in the ledger already. A
// resume has no strength: it lifts what the customer has stopped, and is no consent
// to be written to. What a number was given up for holds of that number alone, not
// of what else the contact is known by.
//
// A time that is to come is none: it would stand above all that the customer says
// until then. Nothing is resumed without one.
func (w word) entry(now time.Time, before *consent) (compliance.Entry, bool) {
	if w.at.After(now.Add(clockSkew)) {
		w.at = time.Time{}
	}
	e := compliance.Entry{Source: compliance.FromProvider, Text: w.code, Reason: w.reason, Rule: w.rule, SentAt: record.Time(w.at)}
	if w.message != 0 {
		e.Message = w.message.String()
	}
	switch w.change {
	case channel.ConsentStopped:
		e.Kind = compliance.OptOut
	case channel.MarketingStopped:
		e.Kind, e.Reach = compliance.OptOut, compliance.Reach{Purpose: compliance.Marketing}
	case channel.MarketingResumed:
		if w.at.IsZero() {
			return e, false
		}
		e.Kind, e.Reach = compliance.OptIn, compliance.Reach{Purpose: compliance.Marketing}
	case channel.NumberVoid:
		e.Kind = compliance.Voided
		before.keys = before.keys[:1]
	case channel.ConsentUnchanged:
		return e, false
	}
	if w.at.IsZero() && w.message == 0 && stands(e, before.state) || slices.ContainsFunc(before.entries, func(had compliance.Entry) bool { return repeats(e, had) }) {
		return e, false
	}
	if e.Kind == compliance.OptIn {
		e.OccurredAt = resumedAt(w.at, e.Reach, before.entries)
	} else {
		e.OccurredAt = stoppedAt(w.at, now, e.Reach, before.entries)
	}
	return e, true
}

// stands reports whether what an entry says against us holds anyhow.
func stands(e compliance.Entry, s compliance.State) bool {
	if e.Kind == compliance.Voided {
		return s.Voided.Stands()
	}
	return s.About(e.Purpose, e.Programme).OptedOut
}

// repeats reports whether a provider's word is one that the ledger has: about the
// same message, or about the same moment.
func repeats(e, had compliance.Entry) bool {
	if had.Source != e.Source || had.Kind != e.Kind || had.Reach != e.Reach || had.Message != e.Message {
		return false
	}
	return e.Message != "" || !e.SentAt.IsZero() && had.SentAt.Equal(e.SentAt)
}

// stoppedAt is when a provider's word against us counts from: when the customer
// said it, as far as the provider tells. It counts from after every opt-in, and every
// question of ours, that is not clearly later, since clocks may disagree.
func stoppedAt(said, now time.Time, of compliance.Reach, entries []compliance.Entry) time.Time {
	at := said
	if said.IsZero() {
		at = now
	}
	claimed, floor := at, at
	for _, in := range entries {
		if in.Kind == compliance.Asked && (said.IsZero() || !said.Before(in.OccurredAt.Add(-clockSkew))) {
			floor = latest(floor, in.OccurredAt.Add(time.Microsecond))
		}
		if in.Kind != compliance.OptIn || !in.Covers(of) && !of.Covers(in.Reach) {
			continue
		}
		clearly := said.Before(in.SentAt) || in.SentAt.IsZero() && said.Before(in.OccurredAt.Add(-clockSkew))
		switch {
		case said.IsZero() || !clearly:
			floor = latest(floor, in.OccurredAt) // of two at one moment the opt-out wins
		case !at.Before(in.OccurredAt):
			at = in.OccurredAt.Add(-time.Microsecond)
		}
	}
	if floor.After(claimed) {
		return floor
	}
	return at
}

// resumedAt is when it counts from that a customer has taken a stop back: after the
// stops that are clearly older, and after no other.
func resumedAt(said time.Time, of compliance.Reach, entries []compliance.Entry) time.Time {
	at, ceiling := said, said
	for _, out := range entries {
		switch {
		case out.Kind != compliance.OptOut || out.Reach != of:
		case !said.After(whenSaid(out)):
			ceiling = earliest(ceiling, out.OccurredAt)
		case !at.After(out.OccurredAt):
			at = out.OccurredAt.Add(time.Microsecond)
		}
	}
	if ceiling.Before(said) {
		return ceiling
	}
	return at
}

// whenSaid is when somebody said something, by the provider's clock if that is
// known.
func whenSaid(e compliance.Entry) time.Time {
	if e.SentAt.IsZero() {
		return e.OccurredAt
	}
	return e.SentAt
}
