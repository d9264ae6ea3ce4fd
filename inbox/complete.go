package inbox

import (
	"slices"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// complete adds to a message that was fetched what its webhook, which came
// after all, knows more about it: a place, a button, the provider's word on a
// keyword. So it makes no difference which of the two was first. Anything else
// that comes twice changes nothing.
func (in *Inbox) complete(t *tx, m store.Message, again channel.Inbound) error {
	if again.Late || m.Direction != store.Inbound || m.Extras == nil || !m.Extras.Late {
		return nil
	}
	if !m.ErasedAt.IsZero() {
		return in.completeErased(t, m, again)
	}
	sent := m.Extras.SentAt
	m.Extras = extrasOf(again)
	if m.Extras == nil {
		m.Extras = &store.Extras{}
	}
	if m.Extras.SentAt.IsZero() {
		m.Extras.SentAt = sent
	}
	conv, err := store.One(t.Conversations(m.Conversation))
	if err != nil {
		return err
	}
	contact, err := in.contactFor(t, conv.Account, again)
	if err != nil {
		return err
	}
	before, err := consentFor(t, conv.Account, customerOf(again, contact)...)
	if err != nil {
		return err
	}
	// The provider may know that it was an opt-out where the text alone does not
	// say so, or who else the customer is. It was answered long ago, by the
	// provider or not at all.
	class, _, err := in.classifyIn(t, m.Conversation, m.Seq, again, contextOf(again, contact, before, m.CreatedAt))
	if err != nil {
		return err
	}
	if class.Kind == compliance.OptOut {
		m.Kind, m.Rule = class.Kind, class.Evidence()
		entry := compliance.Entry{
			Kind: class.Kind, Source: compliance.FromContact, OccurredAt: t.now, SentAt: sent, Text: m.Text, Rule: class.Evidence(), Message: m.ID.String(),
		}
		if err := in.recordOnce(t, conv, before, entry, m.ID); err != nil {
			return err
		}
	}
	if conv.LastSeq == m.Seq {
		setPreview(&conv, m)
		if err := t.PutConversations(conv); err != nil {
			return err
		}
	}
	e := eventOf(t, conv, store.MessageCompleted, m.Author, store.Detail{Seq: m.Seq})
	e.Message = m.ID
	if err := t.AppendEvents(e); err != nil {
		return err
	}
	return t.PutMessages(m)
}

// recordOnce records what a message has said about consent, under those keys of
// the customer's that have nothing by the message yet.
func (in *Inbox) recordOnce(t *tx, conv store.Conversation, before consent, e compliance.Entry, message store.MessageID) error {
	before.keys = slices.DeleteFunc(before.keys, func(k compliance.Key) bool {
		return slices.ContainsFunc(before.entries, func(had compliance.Entry) bool { return had.Key == k && had.Message == e.Message })
	})
	if len(before.keys) == 0 {
		return nil
	}
	_, _, err := in.recordConsent(t, conv, before, e, message)
	return err
}

// completeErased takes from the webhook of a message that was erased since it was
// fetched what must not be lost, and nothing else: that it was an opt-out. Of
// somebody who was erased themselves it is recorded under their pseudonym and
// without their words, and holds for whoever they are by now.
func (in *Inbox) completeErased(t *tx, m store.Message, again channel.Inbound) error {
	conv, err := store.One(t.Conversations(m.Conversation))
	if err != nil {
		return err
	}
	contact, err := store.One(t.Contacts(conv.Contact))
	if err != nil {
		return err
	}
	before, err := consentOf(t, conv)
	if err != nil {
		return err
	}
	class, _, err := in.classifyIn(t, m.Conversation, m.Seq, again, contextOf(again, contact, before, m.CreatedAt))
	if err != nil {
		return err
	}
	m.Extras = nil // it is late no more
	if class.Kind != compliance.OptOut {
		return t.PutMessages(m)
	}
	m.Kind, m.Rule = class.Kind, class.Evidence()
	entry := compliance.Entry{
		Kind: class.Kind, Source: compliance.FromContact, OccurredAt: t.now, SentAt: again.SentAt, Text: again.Text, Rule: class.Evidence(), Message: m.ID.String(),
	}
	tell := func() error { return nil }
	if compliance.IsErased(conv.Theirs) {
		entry.Text = ""
		if tell, err = in.tellReturned(t, conv.Account, again, entry); err != nil {
			return err
		}
	}
	if err := in.recordOnce(t, conv, before, entry, m.ID); err != nil {
		return err
	}
	if err := tell(); err != nil {
		return err
	}
	return t.PutMessages(m)
}

// tellReturned is called before an entry about somebody who was erased is recorded
// under their pseudonym. What it returns is called afterwards, and tells the teams of
// the conversations that they have begun since, if it changes what holds there.
func (in *Inbox) tellReturned(t *tx, account store.AccountID, m channel.Inbound, e compliance.Entry) (func() error, error) {
	addresses, err := customerAt(t, account, m.From)
	if err != nil {
		return nil, err
	}
	if other := userAddress(m); other != "" && !slices.Contains(addresses, other) {
		addresses = append(addresses, other)
	}
	before, err := consentFor(t, account, addresses...)
	if err != nil {
		return nil, err
	}
	return func() error {
		after, err := consentFor(t, account, addresses...)
		if err != nil {
			return err
		}
		ends := endsHold(before.state, after.state)
		if ends {
			if err := in.decideAgain(t, account, before.keys); err != nil {
				return err
			}
		}
		if !ends && !changes(e, before.state, after.state) {
			return nil
		}
		_, err = in.tellOf(t, account, addresses, e, after.state)
		return err
	}, nil
}
