package simulation

import (
	"github.com/teaminbox/teaminbox/store"
)

var claimsWin = &check{11, "a claim has one winner", "while somebody with a seat has claimed a conversation, nobody else claims, answers or changes it", func(_ *evidence, fail failer) watcher {
	before := make(map[store.ConversationID]store.Conversation) // as they were before they were put last
	return watcher{write: func(m *model, x *commit, write any) {
		switch r := write.(type) {
		case store.Conversation:
			had := m.convs[r.ID]
			before[r.ID] = had
			if had.ClaimedBy != "" && r.ClaimedBy != "" && had.ClaimedBy != r.ClaimedBy && m.licensed(r.Account, had.ClaimedBy) {
				fail("commit %d gives the claim of conversation %v from %s to %s", x.n, r.ID, had.ClaimedBy, r.ClaimedBy)
			}
		case store.Event:
			if r.Actor.Kind != store.ByUser || r.Conversation == 0 {
				return
			}
			switch r.Type {
			case store.ConversationClaimed, store.ConversationReleased, store.ConversationAssigned, store.ConversationClosed,
				store.ConversationSnoozed, store.ConversationReopened:
				had := before[r.Conversation]
				if had.ClaimedBy != "" && had.ClaimedBy != r.Actor.User && m.licensed(r.Account, had.ClaimedBy) {
					fail("commit %d: %s by %s in conversation %v, which %s has claimed", x.n, r.Type, r.Actor.User, r.Conversation, had.ClaimedBy)
				}
			default:
			}
		case store.Message:
			conv := m.convs[r.Conversation]
			if r.Version == 0 && r.Direction == store.Outbound && r.Author.Kind == store.ByUser &&
				conv.ClaimedBy != "" && conv.ClaimedBy != r.Author.User && m.licensed(r.Account, conv.ClaimedBy) {
				fail("commit %d: %s answers in conversation %v, which %s has claimed", x.n, r.Author.User, conv.ID, conv.ClaimedBy)
			}
			if r.Version == 0 && r.Author.Kind == store.ByUser && !m.licensed(r.Account, r.Author.User) {
				fail("commit %d: %s writes without a seat", x.n, r.Author.User)
			}
		}
	}}
}}
