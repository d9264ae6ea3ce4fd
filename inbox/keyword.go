package inbox

import (
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// helpInterval is how long after an answer to HELP the next HELP of the same
// conversation is not answered, so that two machines don't talk for ever.
const helpInterval = time.Minute

// classify asks the policy what a message means. A policy that panics has not
// understood it, so a person must.
func (in *Inbox) classify(m channel.Inbound, c compliance.Context) compliance.Classification {
	var class compliance.Classification
	err := protect(func() error { class = in.cfg.OptOut.Classify(m, c); return nil })
	if err != nil {
		in.log.Error("the opt-out policy panicked; the message is left to a person", "channel", m.To.Medium(), "from", m.From, "err", err)
		return compliance.Classification{Kind: compliance.Ambiguous, Rule: "the opt-out policy failed"}
	}
	return class
}

// answerKeyword writes the ledger and queues the one answer to a message that
// means STOP, START or HELP. The conversation is not stored yet.
func (in *Inbox) answerKeyword(t *tx, box store.Inbox, conv *store.Conversation, msg store.Message, m channel.Inbound, before compliance.State) error {
	var entry compliance.EntryID
	var text string
	answer := !m.ProviderReplied
	switch msg.Kind {
	case compliance.None, compliance.Ambiguous:
		return nil
	case compliance.OptOut, compliance.OptIn:
		e, err := in.recordConsent(t, *conv, compliance.Entry{
			Kind: msg.Kind, Source: compliance.FromContact, OccurredAt: occurredAt(t, m), Text: msg.Text, Rule: msg.Rule,
			Message: msg.ID.String(),
		}, msg.ID)
		if err != nil {
			return err
		}
		entry = e.ID
		// One confirmation for an opt-out, however often it is repeated.
		if msg.Kind == compliance.OptOut {
			answer = answer && !before.OptedOut
			text = box.Settings.OptOutReply
			if text == "" {
				text = fmt.Sprintf("%s: You have opted out and will get no more messages from us. Reply START to opt in again.", box.Name)
			}
		} else {
			answer = answer && before.OptedOut
			text = box.Settings.OptInReply
			if text == "" {
				text = fmt.Sprintf("%s: You have opted in to our messages again. Reply HELP for help, STOP to opt out.", box.Name)
			}
		}
	case compliance.Help:
		text = box.Settings.HelpReply
		if text == "" {
			text = fmt.Sprintf("%s: A member of our team will read your message. Reply STOP to opt out.", box.Name)
		}
		recent, err := helpedSince(t, conv.ID, t.now.Add(-helpInterval))
		if err != nil {
			return err
		}
		answer = answer && !recent
	}
	if !answer {
		return nil
	}
	reply := draft{
		text: text, author: store.Author{Kind: store.BySystem}, purpose: compliance.Compliance, answers: msg.Kind, confirms: entry,
	}
	_, err := in.queue(t, conv, reply)
	return err
}

// occurredAt is when the customer wrote a message: when the provider says so,
// and that is in the past, else when it arrived.
func occurredAt(t *tx, m channel.Inbound) time.Time {
	if !m.SentAt.IsZero() && m.SentAt.Before(t.now) {
		return m.SentAt
	}
	return t.now
}

// helpedSince reports whether HELP was answered in a conversation after a
// moment.
func helpedSince(t *tx, conv store.ConversationID, after time.Time) (bool, error) {
	recent, err := t.ListMessages(store.MessageQuery{Conversation: conv, Limit: 20})
	if err != nil {
		return false, err
	}
	for _, m := range recent {
		if m.Direction == store.Outbound && m.Purpose == compliance.Compliance && m.Kind == compliance.Help && m.CreatedAt.After(after) {
			return true, nil
		}
	}
	return false, nil
}

// recordConsent adds an entry about a conversation's customer to the ledger
// and tells it to the team. Key, ID, Channel and RecordedAt are filled in.
func (in *Inbox) recordConsent(t *tx, conv store.Conversation, e compliance.Entry, message store.MessageID) (compliance.Entry, error) {
	id, err := t.NewID()
	if err != nil {
		return e, err
	}
	e.ID, e.Key = compliance.EntryID(id), compliance.KeyOf(string(conv.Account), conv.Theirs)
	e.Channel, e.RecordedAt = conv.Channel, t.now
	if err := t.AppendConsent(e); err != nil {
		return e, err
	}
	typ := store.ContactOptedOut
	if e.Kind == compliance.OptIn {
		typ = store.ContactOptedIn
	}
	ev := eventOf(t, conv, typ, store.Author{Kind: actorOf(e.Source)}, store.Detail{Reason: e.Rule})
	ev.Message = message
	return e, t.AppendEvents(ev)
}

func actorOf(s compliance.Source) store.AuthorKind {
	switch s {
	case compliance.FromContact:
		return store.ByCustomer
	case compliance.FromOperator:
		return store.ByUser
	case compliance.FromProvider:
	}
	return store.BySystem
}

// consentOf returns what holds for a conversation's customer.
func consentOf(t *tx, conv store.Conversation) (compliance.State, error) {
	entries, err := t.ConsentEntries(compliance.KeyOf(string(conv.Account), conv.Theirs))
	if err != nil {
		return compliance.State{}, err
	}
	return compliance.Fold(entries), nil
}
