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
		before.keys = slices.DeleteFunc(before.keys, func(k compliance.Key) bool {
			return slices.ContainsFunc(before.entries, func(e compliance.Entry) bool { return e.Key == k && e.Message == entry.Message })
		})
		if len(before.keys) > 0 {
			if _, _, err := in.recordConsent(t, conv, before, entry, m.ID); err != nil {
				return err
			}
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
