package main

import (
	"context"
	"time"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// queries are what is asked for. Each draws what it is about.
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

	const conversations = `SELECT * FROM conversations WHERE account = $1 AND inbox = $2 `
	return []query{
		{
			name: "list-newest",
			ask: func(ctx context.Context, q *querist) error {
				return some(agent(q).List(ctx, inbox.ListQuery{Limit: 50}))
			},
			bare: conversations + `ORDER BY last_at DESC, id DESC LIMIT 50`,
			slow: "the bare query is not sorted by an index, as the list is kept by status",
			args: func(*querist) []any { return []any{account, inboxID} },
		},
		{
			name: "list-open-newest",
			ask: func(ctx context.Context, q *querist) error {
				return some(agent(q).List(ctx, inbox.ListQuery{Limit: 50, Statuses: []store.Status{store.Open}}))
			},
			bare: conversations + `AND status = 'open' ORDER BY last_at DESC, id DESC LIMIT 50`,
			args: func(*querist) []any { return []any{account, inboxID} },
		},
		{
			name: "list-page",
			ask: func(ctx context.Context, q *querist) error {
				return some(agent(q).List(ctx, inbox.ListQuery{Limit: 50, Statuses: []store.Status{store.Open}, Before: before(q)}))
			},
			bare: conversations + `AND status = 'open' AND (last_at, id) < ($3, $4) ORDER BY last_at DESC, id DESC LIMIT 50`,
			args: func(q *querist) []any { p := before(q); return []any{account, inboxID, p.LastAt, int64(p.ID)} },
		},
		{
			name: "list-mine",
			ask: func(ctx context.Context, q *querist) error {
				return some(agent(q).List(ctx, inbox.ListQuery{Limit: 50, Mine: true}))
			},
			bare: `SELECT * FROM conversations WHERE account = $1 AND claimed_by = $2 AND claimed_by <> '' ORDER BY last_at DESC, id DESC LIMIT 50`,
			args: func(*querist) []any { return []any{account, agentID} },
		},
		{
			name: "conversation",
			ask: view(func(q *querist, tx store.Tx) error {
				return some(tx.Conversations(store.ConversationID(anyConversation(q))))
			}),
			bare: `SELECT * FROM conversations WHERE id = $1`,
			args: func(q *querist) []any { return []any{anyConversation(q)} },
		},
		{
			name: "thread",
			ask: view(func(q *querist, tx store.Tx) error {
				return some(tx.ConversationsIn(store.Thread{Account: account, Inbox: inboxID, Family: "telephony", Identity: customer(q.rand.IntN(q.archive.conversations)).Identity()}))
			}),
			bare: conversations + `AND family = 'telephony' AND identity = $3`,
			args: func(q *querist) []any {
				return []any{account, inboxID, customer(q.rand.IntN(q.archive.conversations)).Identity()}
			},
		},
		{
			name: "contact-by-address",
			ask: view(func(q *querist, tx store.Tx) error {
				return some(tx.ContactsAt(store.IdentityOf(account, customer(q.rand.IntN(q.archive.conversations)))))
			}),
			bare: `SELECT c.* FROM identities i JOIN contacts c ON c.id = i.contact WHERE i.account = $1 AND i.family = 'telephony' AND i.value = $2`,
			args: func(q *querist) []any {
				return []any{account, customer(q.rand.IntN(q.archive.conversations)).Identity()}
			},
		},
		{
			name: "messages-newest",
			ask: view(func(q *querist, tx store.Tx) error {
				return some(tx.ListMessages(store.MessageQuery{Conversation: store.ConversationID(anyConversation(q)), Limit: 50}))
			}),
			bare: `SELECT * FROM messages WHERE conversation = $1 ORDER BY seq DESC LIMIT 50`,
			args: func(q *querist) []any { return []any{anyConversation(q)} },
		},
		{
			name: "message-by-provider-id",
			ask: view(func(q *querist, tx store.Tx) error {
				return some(tx.MessagesFrom(store.ProviderRef{Channel: channelName, ProviderID: providerID(anyMessage(q))}))
			}),
			bare: `SELECT * FROM messages WHERE channel = $1 AND provider_id = $2 AND provider_id <> ''`,
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
			bare: `SELECT * FROM messages WHERE channel = $1 AND provider_id = ANY($2) AND provider_id <> ''`,
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
			bare: `SELECT * FROM messages WHERE account = $1 AND request_key = $2 AND request_key <> ''`,
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
			bare: `SELECT * FROM read_marks WHERE account = $1 AND username = $2 AND conversation = ANY($3)`,
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
			bare: `SELECT count(*) FROM conversations c LEFT JOIN read_marks m ON m.account = c.account AND m.username = $3 AND m.conversation = c.id
				WHERE c.account = $1 AND c.inbox = $2 AND c.status = 'open' AND c.inbound_count > coalesce(m.inbound_count, 0)`,
			args: func(*querist) []any { return []any{account, inboxID, agentID} },
		},
		{
			name: "next-due",
			ask:  view(func(_ *querist, tx store.Tx) error { _, _, err := tx.NextDue(); return err }),
			bare: `SELECT due_at FROM tasks WHERE NOT set_aside ORDER BY due_at, id LIMIT 1`,
			args: func(*querist) []any { return nil },
		},
		{
			name: "lease-due",
			ask: undone(func(q *querist, tx store.Tx) error {
				return some(tx.LeaseDue(store.LeaseQuery{Owner: "bench", Now: q.archive.at(q.archive.messages()), TTL: time.Minute, Limit: 64}))
			}),
			slow: "it is a transaction with guards",
			bare: `SELECT conversation FROM tasks WHERE NOT set_aside AND due_at <= $1 ORDER BY due_at, id LIMIT 64`,
			args: func(q *querist) []any { return []any{q.archive.at(q.archive.messages())} },
		},
		{
			name: "events-after",
			ask: view(func(q *querist, tx store.Tx) error {
				return some(tx.Events(store.EventQuery{Account: account, After: store.Cursor(anyCursor(q)), Limit: 256}))
			}),
			bare: `SELECT * FROM events WHERE account = $1 AND cursor > $2 ORDER BY cursor LIMIT 256`,
			args: func(q *querist) []any { return []any{account, anyCursor(q)} },
		},
		{
			name: "events-of-conversation",
			ask: view(func(q *querist, tx store.Tx) error {
				return some(tx.Events(store.EventQuery{Account: account, Conversation: store.ConversationID(anyConversation(q)), Limit: 256}))
			}),
			bare: `SELECT * FROM events WHERE conversation = $1 AND conversation <> 0 ORDER BY cursor LIMIT 256`,
			args: func(q *querist) []any { return []any{anyConversation(q)} },
		},
		{
			name: "last-event",
			ask:  view(func(_ *querist, tx store.Tx) error { _, err := tx.LastEvent(account); return err }),
			bare: `SELECT max(cursor) FROM events WHERE account = $1`,
			args: func(*querist) []any { return []any{account} },
		},
		searching("search-rare", rareWord, rare), searching("search-common", commonWord, common), searching("search-all", "order", common),
		{
			name: "delete-1000-events",
			ask: undone(func(_ *querist, tx store.Tx) error {
				if err := tx.DeleteEvents(account, 1000); err != nil {
					return err
				}
				_, err := tx.LastEvent(account) // before which they are deleted
				return err
			}),
			slow: "it writes",
		},
	}
}

// The bare searches: for a rare word by the index, and for one that every other
// message has by looking at the newest.
const (
	rare = `WITH s AS MATERIALIZED (SELECT message FROM search WHERE tokens @@ $1::tsquery)
		SELECT m.* FROM (SELECT message FROM s ORDER BY message DESC LIMIT 20) AS s JOIN messages m ON m.id = s.message ORDER BY m.id DESC`
	common = `SELECT m.* FROM (SELECT * FROM search ORDER BY message DESC LIMIT 500) AS s JOIN messages m ON m.id = s.message
		WHERE s.tokens @@ $1::tsquery ORDER BY m.id DESC LIMIT 20`
)

// searching looks for the newest 20 messages with a word.
func searching(name, word, bare string) query {
	return query{
		name: name,
		ask: func(ctx context.Context, q *querist) error {
			_, err := q.in.Agent(account, agentID).Search(ctx, inbox.SearchQuery{Text: word, Limit: 20})
			return err
		},
		bare: bare,
		args: func(*querist) []any { return []any{"'" + word + "':*"} },
	}
}
