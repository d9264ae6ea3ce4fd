package simulation

import (
	"slices"
	"strconv"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// moves are the states that each state can lead to.
var moves = map[store.State][]store.State{
	"":                     {store.StateQueued, store.StateDeferred, store.StateBlocked},
	store.StateQueued:      {store.StateAttempting, store.StateBlocked, store.StateDeferred},
	store.StateDeferred:    {store.StateAttempting, store.StateBlocked},
	store.StateRetrying:    {store.StateAttempting, store.StateBlocked, store.StateDeferred},
	store.StateAttempting:  {store.StateAccepted, store.StateSent, store.StateDelivered, store.StateRead, store.StateFailed, store.StateRejected, store.StateRetrying, store.StateUnconfirmed},
	store.StateUnconfirmed: {store.StateAccepted, store.StateSent, store.StateDelivered, store.StateRead, store.StateFailed, store.StateRejected, store.StateRetrying},
	store.StateAccepted:    {store.StateSent, store.StateDelivered, store.StateRead, store.StateFailed},
	store.StateSent:        {store.StateDelivered, store.StateRead, store.StateFailed},
	store.StateDelivered:   {store.StateRead},
}

var statesMove = &check{6, "outbound states", "an outbound message moves only along the table of states", func(e *evidence, fail failer) watcher {
	requeued := make(map[store.MessageID]bool) // by somebody who took the risk
	var decided map[store.MessageID]bool       // in this commit
	var moved []store.Message
	return watcher{
		write: func(m *model, x *commit, write any) {
			if ev, ok := write.(store.Event); ok && ev.Type == store.MessageState && ev.Actor.Kind == store.ByUser {
				if decided == nil {
					decided = make(map[store.MessageID]bool)
				}
				decided[ev.Message] = true
			}
			r, ok := write.(store.Message)
			if !ok || r.Direction != store.Outbound {
				return
			}
			before := m.messages[r.ID]
			tried := 0
			if r.State == store.StateAttempting && before.State != r.State {
				tried = 1
			}
			switch {
			case r.Attempts != before.Attempts+tried:
				fail("commit %d counts %d attempts of message %v, after %d", x.n, r.Attempts, r.ID, before.Attempts)
			case before.State == r.State, slices.Contains(moves[before.State], r.State):
			case before.State == store.StateUnconfirmed && r.State == store.StateQueued:
				requeued[r.ID] = true
				if e.plan.Gives != inbox.ResendUnconfirmed {
					moved = append(moved, r)
				}
			case requeued[r.ID] && height(before.State) < 0 && height(r.State) >= 0: // a late report on an earlier attempt
			case requeued[r.ID] && before.State == store.StateFailed && before.ProviderID != r.ProviderID: // that was an earlier copy
			default:
				fail("commit %d moves message %v from %q to %q", x.n, r.ID, before.State, r.State)
			}
		},
		commit: func(_ *model, x *commit) {
			for _, r := range moved {
				if !decided[r.ID] {
					fail("commit %d sends message %v again, though nobody has decided it", x.n, r.ID)
				}
			}
			moved, decided = nil, nil
		},
	}
}}

// height is how far a report says that a message has come.
func height(s store.State) int {
	return slices.Index([]store.State{store.StateAccepted, store.StateSent, store.StateFailed, store.StateDelivered, store.StateRead}, s)
}

var reportsClimb = &check{6, "delivery is monotone", "whatever the order of the provider's reports, the highest stands", func(e *evidence, fail failer) watcher {
	return watcher{end: func(*model) {
		for _, r := range e.receipts {
			if r.status == nil || !r.acked {
				continue
			}
			id, err := strconv.ParseInt(r.status.MessageID, 10, 64)
			msg, known := e.rows.messages[store.MessageID(id)]
			if err != nil || !known {
				fail("the report on message %q is about none of ours", r.status.MessageID)
				continue
			}
			said := map[channel.DeliveryState]store.State{
				channel.DeliverySent: store.StateSent, channel.DeliveryDelivered: store.StateDelivered,
				channel.DeliveryRead: store.StateRead, channel.DeliveryFailed: store.StateFailed,
			}[r.status.State]
			earlier := said == store.StateFailed && r.status.ProviderID != msg.ProviderID // a copy that does not count
			if height(msg.State) < height(said) && !earlier {
				fail("message %v was reported to be %s and is %s in the end", msg.ID, said, msg.State)
			}
		}
	}}
}}

var comesToRest = &check{7, "terminality", "when nothing fails any more and time runs on, no message is left queued, attempting or retrying, no work is left, and what is unconfirmed is shown", func(e *evidence, fail failer) watcher {
	told := make(map[store.MessageID]bool)
	return watcher{
		write: func(_ *model, _ *commit, write any) {
			ev, ok := write.(store.Event)
			switch {
			case !ok:
			case ev.Type == store.Alerted:
				told[ev.Message] = true
			case ev.Type == store.MessageState && ev.Detail.State != store.StateUnconfirmed:
				told[ev.Message] = false
			}
		},
		end: func(m *model) {
			if !e.rested {
				fail("work is left after %d rounds: %+v", longestRest, sorted(m.tasks))
				return
			}
			for _, msg := range sorted(e.rows.messages) {
				switch msg.State {
				case store.StateQueued, store.StateAttempting, store.StateRetrying, store.StateDeferred:
					fail("message %v is still %s", msg.ID, msg.State)
				case store.StateUnconfirmed:
					conv := m.convs[msg.Conversation]
					if msg.Author.Kind == store.ByUser && !told[msg.ID] && len(m.reached(conv)) > 0 {
						fail("message %v is unconfirmed and nobody was told", msg.ID)
					}
				default:
				}
			}
			for _, conv := range sorted(e.rows.convs) {
				if conv.Status == store.Snoozed && !conv.SnoozedUntil.After(e.now()) {
					fail("conversation %v is still snoozed, until %v", conv.ID, conv.SnoozedUntil)
				}
			}
		},
	}
}}

var sendsTold = &check{8, "nothing is sent untold", "a message reaches the carrier only after it was marked as being sent, and what is said of it in the end is true", func(e *evidence, fail failer) watcher {
	marks := make(map[store.MessageID][]int)   // the commits that marked it
	believed := make(map[store.MessageID]bool) // somebody has decided what became of it
	return watcher{
		write: func(m *model, x *commit, write any) {
			if r, ok := write.(store.Message); ok && m.messages[r.ID].State == store.StateUnconfirmed && (r.State == store.StateQueued || r.State == store.StateSent) {
				believed[r.ID] = true
			}
			if r, ok := write.(store.Message); ok && r.State == store.StateAttempting && m.messages[r.ID].State != r.State {
				marks[r.ID] = append(marks[r.ID], x.n)
			}
		},
		end: func(*model) {
			sent := make(map[store.MessageID]int)
			for _, s := range e.sends {
				id := messageID(s.message)
				sent[id]++
				marked := 0
				for _, n := range marks[id] {
					if n < s.journal {
						marked++
					}
				}
				if sent[id] > marked {
					fail("message %v went to the carrier %d times, and was marked %d times before", id, sent[id], marked)
				}
				if msg := e.rows.messages[id]; msg.Text != s.message.Text || msg.To != s.message.To || msg.From != s.message.From {
					fail("message %v went to the carrier as %q to %s", id, s.message.Text, s.message.To)
				}
			}
			taken := make(map[store.MessageID]bool)
			for _, a := range e.carrier.Sent() {
				if a.Taken {
					taken[messageID(a.Message)] = true
				}
			}
			for _, msg := range sorted(e.rows.messages) {
				if believed[msg.ID] {
					continue
				}
				switch msg.State {
				case store.StateAccepted, store.StateSent, store.StateDelivered, store.StateRead, store.StateFailed:
					if !taken[msg.ID] {
						fail("message %v is %s, and the carrier has never had it", msg.ID, msg.State)
					}
				case store.StateBlocked, store.StateRejected, store.StateCanceled:
					if taken[msg.ID] {
						fail("message %v is %s, and the carrier has it", msg.ID, msg.State)
					}
				default:
				}
			}
		},
	}
}}

func messageID(m channel.Outbound) store.MessageID {
	id, _ := strconv.ParseInt(m.ID, 10, 64)
	return store.MessageID(id)
}

var notSentTwice = &check{9, "not sent twice", "the carrier takes no message of ours twice, unless somebody has taken that risk", func(e *evidence, fail failer) watcher {
	risked := make(map[store.MessageID]int) // how often somebody has taken the risk
	return watcher{write: func(m *model, _ *commit, write any) {
		r, ok := write.(store.Message)
		if ok && m.messages[r.ID].State == store.StateUnconfirmed && r.State == store.StateQueued {
			risked[r.ID]++
		}
	}, end: func(*model) {
		taken := make(map[store.MessageID]int)
		for _, a := range e.carrier.Sent() {
			if !a.Taken {
				continue
			}
			id := messageID(a.Message)
			if taken[id]++; taken[id] > 1+risked[id] {
				fail("the carrier has message %v twice", id)
			}
		}
		// Answers to one message: what an engine decides twice it says twice.
		answers := make(map[string]store.MessageID)
		for _, msg := range sorted(e.rows.messages) {
			if msg.Author.Kind != store.ByResponder {
				continue
			}
			key := msg.Conversation.String() + "/" + msg.Text
			if first, again := answers[key]; again && msg.Text != firstReply {
				fail("message %v repeats the automatic answer of message %v", msg.ID, first)
			}
			answers[key] = msg.ID
		}
	}}
}}
