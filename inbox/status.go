package inbox

import (
	"strconv"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// report takes in a provider's word on an outbound message. Words may come
// before the answer to the send, twice and in any order; see rank.
func (in *Inbox) report(t *tx, channelName string, u channel.StatusUpdate) error {
	m, found, err := in.reported(t, channelName, u)
	if err != nil {
		return err
	}
	if !found {
		in.log.Info("a status update is about a message that is not ours", "channel", channelName, "provider_id", u.ProviderID, "state", u.State.String())
		return nil
	}
	conv, err := store.One(t.Conversations(m.Conversation))
	if err != nil {
		return err
	}
	if err := in.reportedOf(t, conv, m, word{change: u.Consent, code: u.Code, reason: u.Reason, at: u.At}); err != nil {
		return err
	}
	before := m
	if m.ProviderID == "" {
		m.ProviderID = u.ProviderID
	}
	to, known := stateOf(u.State)
	if waits(m.State) && m.Attempts > 0 && (to == store.StateFailed || to == store.StateCanceled) {
		return nil // what failed was the attempt before; the next is under way
	}
	copied := m.ProviderID != "" && u.ProviderID != "" && m.ProviderID != u.ProviderID // of a message that was sent again
	if copied && (to == store.StateFailed || to == store.StateCanceled) {
		return nil // the other copy may arrive
	}
	if !known || rank(to) <= rank(m.State) {
		if m.ProviderID == before.ProviderID {
			return nil
		}
		return t.PutMessages(m)
	}
	e := move(t, conv, &m, to, u.Code, u.Reason)
	if err := t.PutMessages(m); err != nil {
		return err
	}
	m.Version++
	if err := t.AppendEvents(e); err != nil {
		return err
	}
	if err := in.miss(t, conv, m); err != nil || rank(before.State) > 0 {
		return err
	}
	// The provider has the message: whatever was to be done to send it, or to
	// settle the attempt, is done.
	tasks, err := t.Tasks(conv.ID)
	if err != nil {
		return err
	}
	for _, task := range tasks {
		if task.Message == m.ID {
			if err := t.DeleteTasks(task.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// reported finds the message that a status update is about, by our own id
// first, since the provider's may not be known yet.
func (in *Inbox) reported(t *tx, channelName string, u channel.StatusUpdate) (store.Message, bool, error) {
	if id, ok := messageOf(u); ok {
		found, err := t.Messages(id)
		if err != nil {
			return store.Message{}, false, err
		}
		if len(found) > 0 && isFor(found[0], channelName, u.ProviderID) {
			return found[0], true, nil
		}
	}
	if u.ProviderID == "" {
		return store.Message{}, false, nil
	}
	found, err := t.MessagesFrom(store.ProviderRef{Channel: channelName, ProviderID: u.ProviderID})
	if err != nil || len(found) == 0 || found[0].Direction != store.Outbound {
		return store.Message{}, false, err
	}
	return found[0], true, nil
}

// messageOf returns the id that a status update has of the message, if it is one
// of ours.
func messageOf(u channel.StatusUpdate) (store.MessageID, bool) {
	id, err := strconv.ParseInt(u.MessageID, 10, 64)
	return store.MessageID(id), err == nil && id > 0
}

// isFor reports whether a message with the id of a status update is the one
// that it means. Of a message that was sent again the provider has two, and
// news of either is news of the message.
func isFor(m store.Message, channelName, providerID string) bool {
	return m.Direction == store.Outbound && m.Channel == channelName &&
		(m.ProviderID == "" || providerID == "" || m.ProviderID == providerID || m.Attempts > 1)
}
