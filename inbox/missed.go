package inbox

import (
	"slices"

	"github.com/teaminbox/teaminbox/store"
)

// missed reports whether a message in a state has not reached the customer, as
// far as is known, and will not by itself.
func missed(s store.State) bool {
	switch s {
	case store.StateRejected, store.StateFailed, store.StateUnconfirmed, store.StateBlocked, store.StateCanceled:
		return true
	case store.StateQueued, store.StateAttempting, store.StateRetrying, store.StateDeferred,
		store.StateAccepted, store.StateSent, store.StateDelivered, store.StateRead:
	}
	return false
}

// miss does what is to be done if a message did not reach the customer: it alerts
// the user who wrote it, or whoever is concerned if that user can't answer any more.
// If it was the only answer to what the customer wrote last, the customer waits
// again. If it was our question to opt in, it is not open any more.
func (in *Inbox) miss(t *tx, conv store.Conversation, m store.Message) error {
	if m.Author.Kind != store.ByUser || !missed(m.State) {
		return nil
	}
	if err := in.withdrawQuestion(t, conv, m); err != nil {
		return err
	}
	c, err := in.company(t, conv.Account)
	if err != nil {
		return err
	}
	users := []store.UserID{m.Author.User}
	if c.accessTo(conv, m.Author.User) < accessFull {
		users = c.answering(conv)
	}
	if err := in.alert(t, conv, m.ID, users); err != nil {
		return err
	}
	if m.State == store.StateBlocked || m.State == store.StateUnconfirmed {
		return nil
	}
	return in.waitsAgain(t, conv, m)
}

// waitsAgain lets the customer of a conversation wait again, if a message that did not
// go was the only answer to what they wrote last.
func (in *Inbox) waitsAgain(t *tx, conv store.Conversation, m store.Message) error {
	if m.Author.Kind != store.ByUser || conv.Status != store.Open || !conv.WaitingSince.IsZero() || conv.LastInbound.IsZero() {
		return nil
	}
	consent, err := consentOf(t, conv)
	if err != nil || consent.state.OptedOut {
		return err // nobody may answer any more
	}
	answered, err := answeredBesides(t, conv, m)
	if err != nil || answered {
		return err
	}
	conv.WaitingSince = conv.LastInbound
	return t.PutConversations(conv)
}

// dealtWith reports whether people have dealt with a message before it was
// routed: somebody has seen it, and they have answered or closed the
// conversation.
func dealtWith(t *tx, c *company, conv store.Conversation, m store.Message) (bool, error) {
	seen := false
	for _, user := range c.concerned(conv) {
		marks, err := t.ReadMarks(conv.Account, user, conv.ID)
		if err != nil {
			return false, err
		}
		seen = seen || len(marks) > 0 && marks[0].Seq >= m.Seq
	}
	if !seen || conv.Status == store.Closed {
		return seen, nil
	}
	later, err := t.ListMessages(store.MessageQuery{Conversation: conv.ID, After: m.Seq, Limit: 100})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(later, func(l store.Message) bool {
		return l.Direction == store.Outbound && l.Author.Kind == store.ByUser && !missed(l.State)
	}), nil
}

// answeredBesides reports whether a user has answered what the customer wrote
// last, not counting one message.
func answeredBesides(t *tx, conv store.Conversation, not store.Message) (bool, error) {
	recent, err := t.ListMessages(store.MessageQuery{Conversation: conv.ID, Limit: 100})
	if err != nil {
		return false, err
	}
	for _, m := range recent {
		if m.Direction == store.Outbound && m.Author.Kind == store.ByUser && m.ID != not.ID && m.InboundCount == conv.InboundCount && !missed(m.State) {
			return true, nil
		}
	}
	return false, nil
}

// answering returns who is to look after a conversation: who has claimed it,
// or else everybody concerned.
func (c *company) answering(conv store.Conversation) []store.UserID {
	if claimed(c, conv) {
		return []store.UserID{conv.ClaimedBy}
	}
	return c.concerned(conv)
}
