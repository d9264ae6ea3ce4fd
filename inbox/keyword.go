package inbox

import (
	"cmp"
	"fmt"
	"slices"
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
	if class.Kind > compliance.Ambiguous {
		in.log.Error("the opt-out policy read a message as what no message is; it is left to a person", "channel", m.To.Medium(), "from", m.From, "kind", uint8(class.Kind))
		return compliance.Classification{Kind: compliance.Ambiguous, Rule: "the opt-out policy failed"}
	}
	return class
}

// classifyIn asks the policy what a message means that came after the message
// before of a conversation (0: after the newest), and says whether it answers our
// question to opt in. What we wrote last matters only where a message seems to be
// more than an ordinary one, since the customer may have quoted it, or answered its
// question; and where such a question is open. So it is read for those alone, and
// ordinary messages cost no reading.
func (in *Inbox) classifyIn(t *tx, conv store.ConversationID, before int64, m channel.Inbound, c compliance.Context) (class compliance.Classification, asked bool, err error) {
	open := c.State.Asked.Open(c.At)
	class = in.classify(m, c)
	if conv == 0 || !open && (class.Kind == compliance.None || class.Kind == compliance.Help) {
		return class, false, nil
	}
	recent, err := t.ListMessages(store.MessageQuery{Conversation: conv, Before: before, Limit: lastOutboundWithin})
	if err != nil {
		return class, false, err
	}
	last, said := lastSent(recent)
	if asked = open && last != nil && asks(*last) && last.Confirms == c.State.Asked.Entry && writtenAfter(m, c.At, last.AttemptedAt); asked {
		c.Asked = compliance.AskedConsent
	}
	if said == "" && !asked {
		return class, false, nil
	}
	c.LastOutbound = said
	return in.classify(m, c), asked, nil
}

// lastSent returns which of some messages was sent last, or nil, and the text of the
// last that has one. What was written last may have been sent before what had to wait.
func lastSent(recent []store.Message) (last *store.Message, text string) {
	var said time.Time
	for i := range recent {
		m := &recent[i]
		if m.Direction != store.Outbound || waits(m.State) || missed(m.State) {
			continue
		}
		if last == nil || m.AttemptedAt.After(last.AttemptedAt) {
			last = m
		}
		if m.Text != "" && (text == "" || m.AttemptedAt.After(said)) {
			text, said = m.Text, m.AttemptedAt
		}
	}
	return last, text
}

// writtenAfter reports whether it is clear that a message which came in at a moment
// was written after we began to send another.
func writtenAfter(m channel.Inbound, arrived, sent time.Time) bool {
	if !m.SentAt.IsZero() {
		return !m.SentAt.Before(sent.Add(-clockSkew))
	}
	return !m.Late && !arrived.Before(sent)
}

// asks reports whether a message is our question to opt in.
func asks(m store.Message) bool {
	return m.Purpose == compliance.Compliance && m.Kind == compliance.Asked
}

// contextOf says what is known of a message by the message itself and by who
// has written it.
func contextOf(m channel.Inbound, contact store.Contact, before consent, at time.Time) compliance.Context {
	c := compliance.Context{State: before.state, Region: contact.Region, Language: contact.Language, At: at}
	if c.Region == "" {
		c.Region = m.Region
	}
	c.Subject = cmp.Or(m.Raw["Subject"], m.Raw["subject"]) // the names that providers of MMS give it
	return c
}

// lastOutboundWithin is how many messages back what we wrote last is looked
// for. What is farther away, nobody answers.
const lastOutboundWithin = 20

// answerKeyword writes the ledger and queues the one answer to a message that
// means STOP, START or HELP. The conversation is not stored yet.
func (in *Inbox) answerKeyword(t *tx, box store.Inbox, conv *store.Conversation, msg store.Message, a arrival, before consent) error {
	var entry compliance.EntryID
	var text, programme string
	answer := !a.message.ProviderReplied
	switch msg.Kind {
	case compliance.None, compliance.Released, compliance.Asked, compliance.Voided, compliance.Erased:
		return nil
	case compliance.Ambiguous:
		return in.hold(t, *conv, msg, a, before)
	case compliance.OptOut, compliance.OptIn:
		if a.adopted && msg.Kind == compliance.OptOut && recordedAt(before.entries, a.at) {
			return nil // it has been in the ledger since it came in
		}
		at := a.at
		if msg.Kind == compliance.OptIn {
			at, _ = optInAt(a, before.entries)
		}
		said := compliance.Entry{
			Kind: msg.Kind, Source: compliance.FromContact, OccurredAt: at, SentAt: a.message.SentAt, Text: msg.Text, Rule: msg.Rule, Message: msg.ID.String(),
		}
		agreed := a.asked && msg.Kind == compliance.OptIn
		if agreed {
			said = answered(said, before)
			programme = said.Programme
		}
		e, after, err := in.recordConsent(t, *conv, before, said, msg.ID)
		if err != nil {
			return err
		}
		entry = e.ID
		if after.OptedOut {
			conv.WaitingSince = time.Time{} // nobody may answer any more
		}
		// One confirmation for an opt-out, however often it is repeated.
		if msg.Kind == compliance.OptOut {
			// And none for one that came late: a confirmation is within what the
			// customer agreed to for five minutes (47 CFR 64.1200(a)(12)).
			answer = answer && !before.state.OptedOut && !a.message.Late
			text = optOutReply(box)
		} else if agreed {
			text = fmt.Sprintf("%s: Thank you, you have opted in. Reply HELP for help, STOP to opt out.", brandOf(box))
		} else {
			answer = answer && before.state.OptedOut && !after.OptedOut
			text = box.Settings.OptInReply
			if text == "" {
				text = fmt.Sprintf("%s: You have opted in to our messages again. Reply HELP for help, STOP to opt out.", brandOf(box))
			}
		}
	case compliance.Help:
		text = box.Settings.HelpReply
		if text == "" {
			text = fmt.Sprintf("%s: A member of our team will read your message. Reply STOP to opt out.", brandOf(box))
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
		plan: store.Plan{Programme: programme},
	}
	_, err := in.queue(t, conv, reply)
	return err
}

// optOutReply is how an inbox confirms an opt-out.
func optOutReply(box store.Inbox) string {
	if box.Settings.OptOutReply != "" {
		return box.Settings.OptOutReply
	}
	return fmt.Sprintf("%s: You have opted out and will get no more messages from us. Reply START to opt in again.", brandOf(box))
}

// brandOf is the name by which customers know who writes.
func brandOf(box store.Inbox) string { return cmp.Or(box.Settings.Brand, box.Name) }

// recordedAt reports whether an opt-out was written down at a moment.
func recordedAt(entries []compliance.Entry, at time.Time) bool {
	return slices.ContainsFunc(entries, func(e compliance.Entry) bool {
		return e.Kind == compliance.OptOut && e.RecordedAt.Equal(at)
	})
}

// helpedSince reports whether HELP was answered in a conversation after a
// moment.
func helpedSince(t *tx, conv store.ConversationID, after time.Time) (bool, error) {
	recent, err := t.ListMessages(store.MessageQuery{Conversation: conv, Limit: 100})
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
