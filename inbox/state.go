package inbox

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// rank orders what providers report about a message. Reports may come early,
// twice and in any order; the highest stands, so that the same reports lead to
// the same state whatever their order. The states before a provider has
// answered, and those in which nothing was sent, are all of rank 0: a report
// is stronger than any of them.
func rank(s store.State) int {
	switch s {
	case store.StateAccepted:
		return 1
	case store.StateSent:
		return 2
	case store.StateCanceled:
		return 3
	case store.StateRejected:
		return 4
	case store.StateFailed:
		return 5
	case store.StateDelivered:
		return 6
	case store.StateRead:
		return 7
	case store.StateQueued, store.StateAttempting, store.StateRetrying, store.StateDeferred, store.StateUnconfirmed, store.StateBlocked:
	}
	return 0
}

// waits reports whether a message may still be handed to its channel.
func waits(s store.State) bool {
	return s == store.StateQueued || s == store.StateRetrying || s == store.StateDeferred
}

// stateOf translates a provider's report.
func stateOf(d channel.DeliveryState) (store.State, bool) {
	switch d {
	case channel.DeliveryAccepted:
		return store.StateAccepted, true
	case channel.DeliverySent:
		return store.StateSent, true
	case channel.DeliveryDelivered:
		return store.StateDelivered, true
	case channel.DeliveryRead:
		return store.StateRead, true
	case channel.DeliveryFailed:
		return store.StateFailed, true
	case channel.DeliveryCanceled:
		return store.StateCanceled, true
	case channel.DeliveryUnknown:
	}
	return "", false
}

// move puts a message into a state and returns the event that tells it. The
// message is not stored yet.
func move(t *tx, conv store.Conversation, m *store.Message, to store.State, code, reason string) store.Event {
	if m.State != to {
		t.moves = append(t.moves, moved{m.Channel, to})
	}
	if compliance.IsErased(m.To) {
		reason = "" // a provider's may quote the address
	}
	m.State, m.StateAt, m.Code, m.Reason = to, t.now, code, reason
	if !waits(to) && to != store.StateUnconfirmed || to == store.StateQueued {
		m.DueAt = time.Time{}
	}
	e := eventOf(t, conv, store.MessageState, store.Author{Kind: store.BySystem}, store.Detail{
		State: to, Seq: m.Seq, Code: code, Reason: reason, Until: m.DueAt,
	})
	e.Message = m.ID
	return e
}
