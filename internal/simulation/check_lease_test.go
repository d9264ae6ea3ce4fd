package simulation

import (
	"slices"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

var fencing = &check{10, "fencing", "at one moment one worker holds a conversation, and one that has lost it changes nothing but what became of its own attempt", func(_ *evidence, fail failer) watcher {
	fences := make(map[store.ConversationID]int64)
	held := make(map[*activity]store.Lease)
	made := make(map[attempt]*activity)
	stale := false // the commit is of a worker that had lost its lease when it began
	var begun *commit
	return watcher{write: func(m *model, x *commit, write any) {
		if x.engine == nil || x.by == nil {
			return
		}
		lease, works := held[x.by]
		if begun != x {
			begun = x
			living := m.leases[lease.Conversation]
			stale = works && (living.Fence != lease.Fence || !x.at.Before(living.Until))
		}
		switch r := write.(type) {
		case leaseTaken:
			if before, ok := m.leases[r.Conversation]; ok && x.at.Before(before.Until) {
				fail("commit %d takes conversation %v, which %s holds until %v", x.n, r.Conversation, before.Owner, before.Until)
			}
			if r.Fence <= fences[r.Conversation] {
				fail("commit %d takes conversation %v with fence %d, after %d", x.n, r.Conversation, r.Fence, fences[r.Conversation])
			}
			fences[r.Conversation] = r.Fence
			held[x.by] = r.Lease
			stale = false
			return
		case leaseProlonged:
			before, ok := m.leases[r.Conversation]
			switch {
			case !ok || !x.at.Before(before.Until):
				fail("commit %d prolongs the lease of conversation %v, which has run out", x.n, r.Conversation)
			case before.Fence != r.Fence:
				fail("commit %d prolongs the lease of conversation %v, which %s holds", x.n, r.Conversation, before.Owner)
			}
			return
		case leaseReleased:
			if living := m.leases[r.Conversation]; living.Fence == r.Fence && living.Owner != x.engine.String() {
				fail("commit %d of %v ends the lease of %s", x.n, x.engine, living.Owner)
			}
			return
		case store.Message:
			before := m.messages[r.ID]
			switch {
			case r.State == store.StateAttempting && before.State != r.State:
				made[attempt{r.ID, r.Attempts}] = x.by
			case before.State == store.StateAttempting && (r.State == store.StateRetrying || r.State == store.StateRejected) &&
				made[attempt{r.ID, before.Attempts}] != x.by:
				fail("commit %d of %v ends attempt %d of message %v as %s, which another has made", x.n, x.engine, before.Attempts, r.ID, r.State)
			}
		}
		if stale && x.by.op.Kind == opStep && !aboutItsAttempt(m, lease.Conversation, write) {
			fail("commit %d of %v writes %s, though its lease %d of conversation %v is lost", x.n, x.engine, describe(write), lease.Fence, lease.Conversation)
		}
	}}
}}

// attempt is the n-th attempt to send a message.
type attempt struct {
	message store.MessageID
	n       int
}

// aboutItsAttempt reports whether a write can be the outcome of an attempt,
// which is a fact whoever holds the conversation.
func aboutItsAttempt(m *model, id store.ConversationID, write any) bool {
	switch r := write.(type) {
	case store.Message:
		before, ok := m.messages[r.ID]
		return ok && before.Attempts == r.Attempts && before.Attempts > 0
	case store.Task:
		// An opt-out that the provider reports lets be decided what waits for a person.
		waits := m.messages[r.Message].State == store.StateDeferred && m.messages[r.Message].Decision.Verdict == compliance.NeedsHuman
		return r.Kind == store.TaskSend && (m.messages[r.Message].Attempts > 0 || waits) || r.Kind == store.TaskReconcile
	case taskDeleted:
		t, ok := m.tasks[store.TaskID(r)]
		return !ok || t.Message != 0 && m.messages[t.Message].Attempts > 0
	case store.Event:
		return slices.Contains([]store.EventType{store.MessageState, store.Alerted, store.ContactOptedOut}, r.Type)
	case store.Conversation:
		before := m.convs[id]
		before.WaitingSince = r.WaitingSince
		return r.ID == id && before.Status == r.Status && before.ClaimedBy == r.ClaimedBy &&
			before.LastSeq == r.LastSeq && slices.Equal(before.Users, r.Users) && slices.Equal(before.Teams, r.Teams)
	default:
		return true // the ledger
	}
}
