package inbox

import (
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// gate decides about a message, with what holds in this transaction, and notes
// the decision in the message.
func (in *Inbox) gate(t *tx, conv store.Conversation, m *store.Message) (compliance.Decision, error) {
	c, err := consentOf(t, conv)
	if err != nil {
		return compliance.Decision{}, err
	}
	return in.gateWith(t, conv, m, c.state)
}

// gateWith is gate for what holds of the customer.
func (in *Inbox) gateWith(t *tx, conv store.Conversation, m *store.Message, state compliance.State) (compliance.Decision, error) {
	out, err := in.outgoingOf(t, conv, *m, state)
	if err != nil {
		return compliance.Decision{}, err
	}
	// What is to be sent later is decided about as it will be then. It is asked
	// again; this spares its writer a message that would only be blocked. While a
	// hold stands, nobody knows.
	at := t.now
	if !state.Held.Stands() {
		at = later(at, planOf(*m).NotBefore)
	}
	decision, err := in.askPolicy(t, conv, *m, state, out, at)
	if err != nil {
		return compliance.Decision{}, err
	}
	if decision.Verdict == compliance.NeedsHuman {
		// What holds ends: until then nothing is lost. Nobody is asked about
		// anything else, so it would wait for ever.
		decision.Until = time.Time{}
		if state.Held.Until.After(t.now) {
			decision.Until = state.Held.Until
		}
	}
	m.Decision = compliance.RecordOf(decision, state, out, t.now)
	if at.After(t.now) {
		m.Decision.For = at
	}
	return decision, nil
}

// mayCome reports whether the gate is to be asked again about a message, at the
// decision's moment at the latest.
func mayCome(d compliance.Decision) bool {
	return d.Verdict == compliance.Defer || d.Verdict == compliance.NeedsHuman && !d.Until.IsZero()
}

// mayGo reports whether a message may go now, if registers agree.
func (in *Inbox) mayGo(d compliance.Decision) bool {
	return d.Verdict == compliance.Allow || d.Verdict == compliance.NeedsRegister && in.cfg.Registers != nil
}

// outgoingOf is a message as the gate sees it, while a state stands. Answers to
// keywords, and what a responder answers to what has just come, cost no reading of
// the contact: where they are decides nothing about those.
func (in *Inbox) outgoingOf(t *tx, conv store.Conversation, m store.Message, state compliance.State) (compliance.Outgoing, error) {
	out := compliance.Outgoing{
		Purpose:     m.Purpose,
		Programme:   planOf(m).Programme,
		Family:      m.To.Family(),
		To:          m.To,
		Text:        m.Text,
		Template:    m.Extras != nil && m.Extras.Template != nil,
		Human:       m.Author.Kind == store.ByUser,
		LastInbound: conv.LastInbound,
		Answers:     m.Kind,
		Confirms:    m.Confirms,
	}
	if m.Decision != nil {
		out.Listings = m.Decision.Registers
	}
	fresh := t.now.Before(conv.LastInbound.Add(compliance.AnswerTerm))
	if m.Purpose == compliance.Compliance && m.Kind != compliance.Asked || m.Purpose == compliance.Conversational && !out.Human && fresh {
		return out, nil
	}
	waits := m.Purpose != "" && m.Purpose != compliance.Conversational // it may have to, for the end of quiet hours
	if waits && fresh || out.Human && (state.OptedOut || len(state.Parts) > 0) {
		var err error
		if out.LastTalk, err = lastTalk(t, conv.ID); err != nil {
			return out, err
		}
	}
	c, err := in.company(t, conv.Account)
	if err != nil {
		return out, err
	}
	if box, ok := c.inboxes[conv.Inbox]; ok {
		out.Brand = brandOf(box)
	}
	found, err := t.Contacts(conv.Contact)
	if err != nil || len(found) == 0 {
		return out, err
	}
	out.Region = found[0].Region
	out.Zone = in.zones.of(found[0].TimeZone)
	return out, nil
}

// lastTalk is when the customer last wrote what is to be answered in a conversation,
// or zero if that is long ago.
func lastTalk(t *tx, conv store.ConversationID) (time.Time, error) {
	recent, err := t.ListMessages(store.MessageQuery{Conversation: conv, Limit: lastOutboundWithin})
	if err != nil {
		return time.Time{}, err
	}
	var last time.Time // the newest may have come late
	for _, m := range recent {
		if m.Direction != store.Inbound || m.Kind != compliance.None && m.Kind != compliance.Ambiguous {
			continue
		}
		written := m.CreatedAt
		if m.Extras != nil && !m.Extras.SentAt.IsZero() {
			written = earliest(written, m.Extras.SentAt)
		}
		last = latest(last, written)
	}
	return last, nil
}

// askPolicy asks the policy about a message. What can't be decided is denied.
func (in *Inbox) askPolicy(t *tx, conv store.Conversation, m store.Message, state compliance.State, out compliance.Outgoing, at time.Time) (compliance.Decision, error) {
	if compliance.IsErased(conv.Theirs) {
		return compliance.Decision{Verdict: compliance.Deny, Reason: "the customer's data was erased, and their address with it"}, nil
	}
	if ours, err := in.stillOurs(t, conv, m); err != nil || !ours {
		return compliance.Decision{Verdict: compliance.Deny, Reason: "the number that the customer wrote to does not belong to the company any more"}, err
	}
	var decision compliance.Decision
	if err := protect(func() error { decision = in.cfg.OptOut.Decide(state, out, at); return nil }); err != nil {
		in.log.Error("the opt-out policy panicked; the message is not sent", "message", m.ID, "to", m.To, "err", err)
		return compliance.Decision{Verdict: compliance.Deny, Reason: "the opt-out policy failed"}, nil
	}
	switch {
	case decision.Verdict == compliance.Defer && !decision.Until.After(at):
		decision = compliance.Decision{Verdict: compliance.Deny, Reason: "the opt-out policy deferred the message to a moment that has passed"}
	case decision.Verdict == compliance.NeedsRegister && len(decision.Registers) == 0:
		decision = compliance.Decision{Verdict: compliance.Deny, Reason: "the opt-out policy asks for registers and names none"}
	case decision.Verdict > compliance.NeedsRegister:
		decision = compliance.Decision{Verdict: compliance.Deny, Reason: "the opt-out policy gave a verdict that there is not"}
	}
	return decision, nil
}

// stillOurs reports whether a message would go out from a number of its own
// account: a STOP to another account's number is not in this account's ledger.
// What is written to a number of no inbox is kept with the account of the
// strays, and so are its opt-outs.
func (in *Inbox) stillOurs(t *tx, conv store.Conversation, m store.Message) (bool, error) {
	box, err := in.inboxAt(t, store.Endpoint{Channel: m.Channel, Address: m.From})
	if err != nil {
		return false, err
	}
	if box == nil {
		account, err := in.strayAccount(t)
		return conv.Account == account, err
	}
	return box.Account == conv.Account, nil
}
