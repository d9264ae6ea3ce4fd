package main

import (
	"context"
	"time"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// queries are what is asked for. Each draws what it is about. The bare ones are
// in baretexts.go, under the same names.
func queries() []query {
	agent := func(q *querist) *inbox.Agent { return q.in.Agent(account, agentID) }
	anyConversation := func(q *querist) int64 { return int64(q.archive.conversation(q.rand.IntN(q.archive.conversations))) }
	anyMessage := func(q *querist) int { return q.rand.IntN(q.archive.messages()) }
	// A place in the middle of the list.
	before := func(q *querist) store.Position {
		n := q.archive.messages() - 1 - q.rand.IntN(q.archive.conversations)
		return store.Position{LastAt: q.archive.at(n), ID: 1 << 60}
	}
	anyCursor := func(q *querist) int64 { return 1 + q.rand.Int64N(int64(2*q.archive.messages()-300)) }

	return []query{
		{
			name: "list-newest",
			ask: func(ctx context.Context, q *querist) error {
				return some(agent(q).List(ctx, inbox.ListQuery{Limit: 50}))
			},
			slow: "the bare query is not sorted by an index, as the list is kept by status",
			args: func(*querist) []any { return []any{agentID, account, inboxID} },
		},
		{
			name: "list-open-newest",
			ask: func(ctx context.Context, q *querist) error {
				return some(agent(q).List(ctx, inbox.ListQuery{Limit: 50, Statuses: []store.Status{store.Open}}))
			},
			args: func(*querist) []any { return []any{agentID, account, inboxID} },
		},
		{
			name: "list-page",
			ask: func(ctx context.Context, q *querist) error {
				return some(agent(q).List(ctx, inbox.ListQuery{Limit: 50, Statuses: []store.Status{store.Open}, Before: before(q)}))
			},
			args: func(q *querist) []any { p := before(q); return []any{agentID, account, inboxID, p.LastAt, int64(p.ID)} },
		},
		{
			name: "list-mine",
			ask: func(ctx context.Context, q *querist) error {
				return some(agent(q).List(ctx, inbox.ListQuery{Limit: 50, Mine: true}))
			},
			args: func(*querist) []any { return []any{agentID, account} },
		},
		{
			name: "conversation",
			ask: view(func(q *querist, tx store.Tx) error {
				return some(tx.Conversations(store.ConversationID(anyConversation(q))))
			}),
			args: func(q *querist) []any { return []any{anyConversation(q)} },
		},
		{
			name: "thread",
			ask: view(func(q *querist, tx store.Tx) error {
				return some(tx.ConversationsIn(store.Thread{Account: account, Inbox: inboxID, Family: "telephony", Identity: customer(q.rand.IntN(q.archive.conversations)).Identity()}))
			}),
			args: func(q *querist) []any {
				return []any{account, inboxID, customer(q.rand.IntN(q.archive.conversations)).Identity()}
			},
		},
		{
			name: "contact-by-address",
			ask: view(func(q *querist, tx store.Tx) error {
				return some(tx.ContactsAt(store.IdentityOf(account, customer(q.rand.IntN(q.archive.conversations)))))
			}),
			args: func(q *querist) []any {
				return []any{account, customer(q.rand.IntN(q.archive.conversations)).Identity()}
			},
		},
		{
			name: "messages-newest",
			ask: view(func(q *querist, tx store.Tx) error {
				return some(tx.ListMessages(store.MessageQuery{Conversation: store.ConversationID(anyConversation(q)), Limit: 50}))
			}),
			args: func(q *querist) []any { return []any{anyConversation(q)} },
		},
		{
			name: "message-by-provider-id",
			ask: view(func(q *querist, tx store.Tx) error {
				return some(tx.MessagesFrom(store.ProviderRef{Channel: channelName, ProviderID: providerID(anyMessage(q))}))
			}),
			args: func(q *querist) []any { return []any{channelName, providerID(anyMessage(q))} },
		},
		{
			name: "messages-by-64-provider-ids",
			ask: view(func(q *querist, tx store.Tx) error {
				refs := make([]store.ProviderRef, 64)
				for i := range refs {
					refs[i] = store.ProviderRef{Channel: channelName, ProviderID: providerID(anyMessage(q))}
				}
				return some(tx.MessagesFrom(refs...))
			}),
			args: func(q *querist) []any {
				ids := make([]string, 64)
				for i := range ids {
					ids[i] = providerID(anyMessage(q))
				}
				return []any{channelName, ids}
			},
		},
		{
			name: "message-by-request-key",
			ask: view(func(q *querist, tx store.Tx) error {
				_, err := tx.MessagesByRequest(account, requestKey(anyMessage(q)/keyEvery*keyEvery))
				return err
			}),
			args: func(q *querist) []any { return []any{account, requestKey(anyMessage(q) / keyEvery * keyEvery)} },
		},
		{
			name: "unread-marks",
			ask: view(func(q *querist, tx store.Tx) error {
				ids := make([]store.ConversationID, 50)
				for i := range ids {
					ids[i] = store.ConversationID(anyConversation(q))
				}
				return some(tx.ReadMarks(account, agentID, ids...))
			}),
			args: func(q *querist) []any {
				ids := make([]int64, 50)
				for i := range ids {
					ids[i] = anyConversation(q)
				}
				return []any{account, agentID, ids}
			},
		},
		{
			name: "unread-count",
			ask:  func(ctx context.Context, q *querist) error { _, err := agent(q).UnreadCount(ctx); return err },
			args: func(*querist) []any { return []any{account, inboxID, agentID} },
		},
		{
			name: "next-due",
			ask:  view(func(_ *querist, tx store.Tx) error { _, _, err := tx.NextDue(); return err }),
			args: func(*querist) []any { return nil },
		},
		{
			name: "lease-due",
			ask: undone(func(q *querist, tx store.Tx) error {
				return some(tx.LeaseDue(store.LeaseQuery{Owner: "bench", Now: q.archive.at(q.archive.messages()), TTL: time.Minute, Limit: 64}))
			}),
			undone: true,
			slow:   "it is a transaction with guards",
			args:   func(q *querist) []any { return []any{q.archive.at(q.archive.messages())} },
		},
		{
			name: "events-after",
			ask: view(func(q *querist, tx store.Tx) error {
				return some(tx.Events(store.EventQuery{Account: account, After: store.Cursor(anyCursor(q)), Limit: 256}))
			}),
			args: func(q *querist) []any { return []any{account, anyCursor(q)} },
		},
		{
			name: "events-of-conversation",
			ask: view(func(q *querist, tx store.Tx) error {
				return some(tx.Events(store.EventQuery{Account: account, Conversation: store.ConversationID(anyConversation(q)), Limit: 256}))
			}),
			args: func(q *querist) []any { return []any{anyConversation(q)} },
		},
		{
			name: "last-event",
			ask:  view(func(_ *querist, tx store.Tx) error { _, err := tx.LastEvent(account); return err }),
			args: func(*querist) []any { return []any{account} },
		},
		searching("search-rare", rareWord), searching("search-common", commonWord), searching("search-all", allWord),
		{
			name: "delete-1000-events",
			ask: undone(func(_ *querist, tx store.Tx) error {
				if err := tx.DeleteEvents(account, 1000); err != nil {
					return err
				}
				_, err := tx.LastEvent(account) // before which they are deleted
				return err
			}),
			undone: true,
			slow:   "it writes",
		},
	}
}

// searching looks for the newest 20 messages with a word.
func searching(name, text string) query {
	return query{
		name: name,
		ask: func(ctx context.Context, q *querist) error {
			_, err := q.in.Agent(account, agentID).Search(ctx, inbox.SearchQuery{Text: text, Limit: 20})
			return err
		},
		args: func(*querist) []any { return []any{agentID, word(text)} },
	}
}
