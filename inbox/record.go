package inbox

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// ConsentRecord is a contact's word that did not come in as a message: said on the
// telephone, written in an e-mail, filled into a form.
type ConsentRecord struct {
	compliance.Statement

	// Actor is the host's id of the person who records it.
	Actor store.UserID

	// Confirm sends the one confirmation of an opt-out of everything, in the conversation in
	// which there was something last. It is sent if the contact had not opted out
	// before, within five minutes of OccurredAt (47 CFR 64.1200(a)(12)), and
	// passes the gate as every message does. Without it nothing is sent.
	Confirm bool

	// RequestKey makes a repetition harmless: a second record about the same
	// address with the key of an earlier one returns that one's entry. "" is none.
	// At most 128 bytes.
	RequestKey string
}

// RecordConsent records an opt-out or opt-in that did not come in as a message,
// and returns its entry in the ledger. The contact need not be known: what is
// recorded holds when they appear. What is queued to them is decided about anew
// before it is sent, and the teams of their conversations are told.
//
// The entry that occurred last decides what holds, so a statement that is older
// than the last one of the opposite changes nothing.
//
// An opt-in of a contact that has opted out is refused with an *OptedOutError
// unless it is an act of the contact's that is later than every opt-out, with
// Evidence and a Reason. Bad fields are named all at once, with ErrInvalid.
func (a *Admin) RecordConsent(ctx context.Context, c ConsentRecord) (compliance.Entry, error) {
	err := errors.Join(checkID("account", string(a.account)), checkID("ConsentRecord.Actor", string(c.Actor)), c.check(a.in.now()))
	if err != nil {
		return compliance.Entry{}, err
	}
	var made compliance.Entry
	err = a.in.update(ctx, func(t *tx) error {
		addresses, err := customerAt(t, a.account, c.Address)
		if err != nil {
			return err
		}
		made, err = a.in.state(t, a.account, addresses, c, made, "")
		return err
	}, expectStatements(a.in, a.account, c.Address))
	if err != nil {
		return compliance.Entry{}, err
	}
	return made, nil
}

// OptOut records that the customer of a conversation wants no more messages, which
// they have told the user in another way, or in words that only a person
// understands. Via and Text must be set. Address, Kind and Actor are the
// customer's, OptOut and the user, and are left empty; OccurredAt defaults to the
// moment of the call. It returns the entry in the ledger.
//
// A conversation that somebody else has claimed is no obstacle: a wish to be left
// alone counts whoever hears it.
func (a *Agent) OptOut(ctx context.Context, conversation store.ConversationID, c ConsentRecord) (compliance.Entry, error) {
	if c.Address != "" || c.Kind != compliance.None || c.Actor != "" {
		return compliance.Entry{}, invalid("ConsentRecord", "has an Address, a Kind or an Actor; leave them empty, they are those of the conversation and of the user")
	}
	c.Kind, c.Actor = compliance.OptOut, a.user
	sample, atOnce := c, c.OccurredAt.IsZero()
	if sample.Address = "+14155550100"; atOnce { // all but what only the transaction knows
		sample.OccurredAt = a.in.now()
	}
	if err := sample.check(a.in.now()); err != nil {
		return compliance.Entry{}, err
	}
	var made compliance.Entry
	err := a.in.update(ctx, func(t *tx) error {
		conv, _, err := a.open(t, conversation, accessNone)
		if err != nil {
			return err
		}
		c.Address = conv.Theirs
		addresses, err := customerAt(t, a.account, c.Address)
		if err != nil {
			return err
		}
		if atOnce {
			before, err := consentFor(t, a.account, addresses...)
			if err != nil {
				return err
			}
			c.OccurredAt = optOutAt(t.now, before.entries)
		}
		made, err = a.in.state(t, a.account, addresses, c, made, conv.Channel)
		return err
	}, a.expectVisit(conversation))
	if err != nil {
		return compliance.Entry{}, err
	}
	return made, nil
}

// check names the bad fields.
func (c *ConsentRecord) check(at time.Time) error {
	errs := []error{checkKey("ConsentRecord.RequestKey", c.RequestKey)}
	for _, p := range c.Problems(at) {
		errs = append(errs, invalid("ConsentRecord."+p.Field, "%s", p.Reason))
	}
	if c.Confirm && c.Kind == compliance.OptIn {
		errs = append(errs, invalid("ConsentRecord.Confirm", "is set for an opt-in; only opt-outs are confirmed"))
	}
	if c.Confirm && c.Kind == compliance.OptOut && c.Reach != (compliance.Reach{}) {
		errs = append(errs, invalid("ConsentRecord.Confirm", "is set for an opt-out of %s; only opt-outs of everything are confirmed", c.InWords()))
	}
	return errors.Join(errs...)
}

// entry is what the ledger has of a record.
func (c *ConsentRecord) entry() compliance.Entry {
	return compliance.Entry{
		Kind: c.Kind, OccurredAt: record.Time(c.OccurredAt), Text: c.Text, Rule: c.Via.InWords(), Actor: string(c.Actor),
		Via: c.Via, Evidence: c.Evidence, Reason: c.Reason, Request: c.RequestKey,
		Reach: c.Reach, Strength: c.Strength, Until: record.Time(c.Until),
	}
}

// state writes what somebody states of a customer, who is known by some addresses
// of one family, into the ledger. An earlier try of the same call has made the
// entry tried, perhaps.
func (in *Inbox) state(t *tx, account store.AccountID, addresses []channel.Address, c ConsentRecord, tried compliance.Entry, channelName string) (compliance.Entry, error) {
	before, err := consentFor(t, account, addresses...)
	if err != nil {
		return compliance.Entry{}, err
	}
	if earlier, err := recordedEarlier(before.entries, c, tried); err != nil || earlier != nil {
		return or(earlier), err
	}
	if c.Kind == compliance.OptIn && againstOptOut(c.Statement, before.state) {
		if err := ends(c.Statement, before.entries); err != nil {
			return compliance.Entry{}, err
		}
	}
	e := c.entry()
	e.Source, e.Channel = compliance.FromOperator, channelName
	added, after, err := in.link(t, before, e)
	if err != nil {
		return compliance.Entry{}, err
	}
	if err := t.AppendConsent(added...); err != nil {
		return compliance.Entry{}, err
	}
	if endsHold(before.state, after) {
		if err := in.decideAgain(t, account, before.keys); err != nil {
			return compliance.Entry{}, err
		}
	}
	if !changes(added[0], before.state, after) && !endsHold(before.state, after) {
		return added[0], nil
	}
	convs, err := in.tellOf(t, account, addresses, added[0], after)
	if err != nil || !c.Confirm || !after.OptedOut {
		return added[0], err
	}
	return added[0], in.confirm(t, convs, added[0])
}

// recordedEarlier returns the entry of an earlier call with the same request, or
// of an earlier try of this one, whose commit is known only now; or nil.
func recordedEarlier(entries []compliance.Entry, c ConsentRecord, tried compliance.Entry) (*compliance.Entry, error) {
	for i := range entries {
		e := &entries[i]
		switch {
		case tried.ID != 0 && e.ID == tried.ID && e.Link.Hash == tried.Link.Hash:
			return e, nil
		case c.RequestKey == "" || e.Request != c.RequestKey:
		case e.Kind != c.Kind || e.Via != c.Via || e.Text != c.Text || e.Reach != c.Reach || e.Strength != c.Strength:
			return nil, invalid("ConsentRecord.RequestKey", "was used for another record; make a key for each")
		default:
			return e, nil
		}
	}
	return nil, nil
}

func or(e *compliance.Entry) compliance.Entry {
	if e == nil {
		return compliance.Entry{}
	}
	return *e
}

// againstOptOut reports whether a customer has opted out of anything that an opt-in
// is about.
func againstOptOut(s compliance.Statement, state compliance.State) bool {
	return state.OptedOut || state.About(s.Purpose, s.Programme).OptedOut ||
		s.Strength != compliance.NotMarketing && state.About(compliance.Marketing, s.Programme).OptedOut
}

// ends returns nil if an opt-in ends the opt-outs there are: only an act of the
// contact's does, which somebody can prove and explain.
func ends(s compliance.Statement, entries []compliance.Entry) error {
	last := newest(entries, compliance.OptOut).OccurredAt
	refused := func(reason string) error { return &OptedOutError{Since: last, Reason: reason} }
	switch {
	case s.Via == compliance.ViaSystem:
		return refused("what another system says is no act of the contact; have them text START, or record what they did")
	case !s.OccurredAt.After(last):
		return refused("the opt-in is not later; only what the contact did after the opt-out ends it")
	case strings.TrimSpace(s.Reason) == "":
		return refused("the opt-in has no Reason; say why it is recorded by hand")
	}
	return nil // Evidence every opt-in has
}

// customerAt returns by which addresses of a family somebody is known who has an
// address, that one first.
func customerAt(t *tx, account store.AccountID, a channel.Address) ([]channel.Address, error) {
	found, err := t.ContactsAt(store.IdentityOf(account, a))
	if err != nil || len(found) == 0 {
		return []channel.Address{a}, err
	}
	return sameCustomer(a, found[0]), nil
}

// tellOf tells the teams of a customer's conversations that an entry has changed
// what holds, and returns the conversations. Somebody who has opted out waits for
// nothing any more: nobody may answer.
func (in *Inbox) tellOf(t *tx, account store.AccountID, addresses []channel.Address, e compliance.Entry, after compliance.State) ([]store.Conversation, error) {
	c, err := in.company(t, account)
	if err != nil {
		return nil, err
	}
	convs, err := t.ConversationsIn(threadsOf(c, account, addresses)...)
	if err != nil {
		return nil, err
	}
	events := make([]store.Event, len(convs))
	for i := range convs {
		events[i] = consentEvent(t, convs[i], e, after)
		if !after.OptedOut || convs[i].WaitingSince.IsZero() {
			continue
		}
		convs[i].WaitingSince = time.Time{}
		if err := t.PutConversations(convs[i]); err != nil {
			return nil, err
		}
		convs[i].Version++
	}
	if len(events) == 0 {
		return nil, nil
	}
	return convs, t.AppendEvents(events...)
}

// threadsOf are those in which there may be conversations with somebody.
func threadsOf(c *company, account store.AccountID, addresses []channel.Address) []store.Thread {
	threads := make([]store.Thread, 0, len(c.inboxes)*len(addresses))
	for _, box := range slices.Sorted(maps.Keys(c.inboxes)) {
		for _, a := range addresses {
			threads = append(threads, store.Thread{Account: account, Inbox: box, Family: a.Family(), Identity: a.Identity()})
		}
	}
	return threads
}

// confirm queues the one confirmation of an opt-out, where there was something
// last.
func (in *Inbox) confirm(t *tx, convs []store.Conversation, e compliance.Entry) error {
	if len(convs) == 0 || !t.now.Before(e.OccurredAt.Add(compliance.ConfirmationTerm)) {
		return nil
	}
	conv := slices.MaxFunc(convs, func(a, b store.Conversation) int { return a.LastAt.Compare(b.LastAt) })
	c, err := in.company(t, conv.Account)
	if err != nil {
		return err
	}
	reply := draft{
		text: optOutReply(c.inboxes[conv.Inbox]), author: store.Author{Kind: store.BySystem},
		purpose: compliance.Compliance, answers: compliance.OptOut, confirms: e.ID,
	}
	if _, err := in.queue(t, &conv, reply); err != nil {
		return err
	}
	if err := t.PutConversations(conv); err != nil {
		return err
	}
	return in.begin(t, conv.ID, nil)
}

// expectStatements expects what is read of customers of whom something is stated.
func expectStatements(in *Inbox, account store.AccountID, addresses ...channel.Address) expectation {
	about := make([]subject, len(addresses))
	identities := make([]store.Identity, len(addresses))
	keys := make([]compliance.Key, len(addresses))
	for i, a := range addresses {
		about[i], identities[i], keys[i] = aboutCustomer(a), store.IdentityOf(account, a), compliance.KeyOf(string(account), a)
	}
	return expectation{about, func(t *tx, round int) store.Keys {
		switch round {
		case 0:
			return store.Keys{Identities: identities, Consent: t.withPseudonyms(keys...)}
		case 1:
		default:
			return store.Keys{}
		}
		var k store.Keys
		found, err := t.ContactsAt(identities...)
		if err != nil || len(found) == 0 {
			return k // the change meets the failure itself
		}
		c, err := in.company(t, account)
		if err != nil {
			return k
		}
		for _, contact := range found {
			for _, a := range contact.Addresses {
				k.Consent = append(k.Consent, t.withPseudonyms(compliance.KeyOf(string(account), a))...)
			}
			k.Threads = append(k.Threads, threadsOf(c, account, contact.Addresses)...)
		}
		return k
	}}
}
