package postgres

import (
	"time"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

const conversationColumns = `c.id, c.account, c.inbox, c.contact, c.channel, c.ours, c.theirs, c.status, c.snoozed_until, c.users, c.teams, c.claimed_by, c.claimed_at,
	c.last_seq, c.inbound_count, c.last_at, c.last_inbound, c.waiting_since, c.preview, c.created_at, c.version`

var (
	conversationsTable = newTable("conversation", "conversations", 1,
		numberColumn("id", func(c *store.Conversation) int64 { return int64(c.ID) }),
		textColumn("account", func(c *store.Conversation) string { return string(c.Account) }),
		textColumn("inbox", func(c *store.Conversation) string { return string(c.Inbox) }),
		textColumn("family", func(c *store.Conversation) string { return string(c.Theirs.Family()) }),
		textColumn("identity", func(c *store.Conversation) string { return c.Theirs.Identity() }),
		numberColumn("contact", func(c *store.Conversation) int64 { return int64(c.Contact) }),
		textColumn("channel", func(c *store.Conversation) string { return c.Channel }),
		textColumn("ours", func(c *store.Conversation) string { return string(c.Ours) }),
		textColumn("theirs", func(c *store.Conversation) string { return string(c.Theirs) }),
		textColumn("status", func(c *store.Conversation) string { return string(c.Status) }),
		timeColumn("snoozed_until", func(c *store.Conversation) time.Time { return c.SnoozedUntil }),
		jsonColumn("users", func(c *store.Conversation) any { return listOf(c.Users) }),
		jsonColumn("teams", func(c *store.Conversation) any { return listOf(c.Teams) }),
		textColumn("claimed_by", func(c *store.Conversation) string { return string(c.ClaimedBy) }),
		timeColumn("claimed_at", func(c *store.Conversation) time.Time { return c.ClaimedAt }),
		numberColumn("last_seq", func(c *store.Conversation) int64 { return c.LastSeq }),
		numberColumn("inbound_count", func(c *store.Conversation) int64 { return c.InboundCount }),
		sortedColumn("last_at", func(c *store.Conversation) time.Time { return c.LastAt }),
		timeColumn("last_inbound", func(c *store.Conversation) time.Time { return c.LastInbound }),
		timeColumn("waiting_since", func(c *store.Conversation) time.Time { return c.WaitingSince }),
		textColumn("preview", func(c *store.Conversation) string { return c.Preview }),
		timeColumn("created_at", func(c *store.Conversation) time.Time { return c.CreatedAt }))

	conversationKind = kind[store.ConversationID, store.Conversation]{
		scan:    scanConversation,
		copy:    record.CopyConversation,
		id:      func(c *store.Conversation) store.ConversationID { return c.ID },
		version: func(c *store.Conversation) int64 { return c.Version },
	}
)

func scanConversation(r scanner, c *store.Conversation) error {
	err := r.Scan((*int64)(&c.ID), (*string)(&c.Account), (*string)(&c.Inbox), (*int64)(&c.Contact), &c.Channel,
		(*string)(&c.Ours), (*string)(&c.Theirs), (*string)(&c.Status), moment{&c.SnoozedUntil}, structure{&c.Users}, structure{&c.Teams},
		(*string)(&c.ClaimedBy), moment{&c.ClaimedAt}, &c.LastSeq, &c.InboundCount, moment{&c.LastAt}, moment{&c.LastInbound},
		moment{&c.WaitingSince}, &c.Preview, moment{&c.CreatedAt}, &c.Version)
	unpackAll((*string)(&c.Account), (*string)(&c.Inbox), &c.Channel, (*string)(&c.Ours), (*string)(&c.Theirs), (*string)(&c.Status),
		(*string)(&c.ClaimedBy), &c.Preview)
	return err
}

// Conversations returns conversations by id.
func (t *tx) Conversations(ids ...store.ConversationID) ([]store.Conversation, error) {
	return byID(t, &t.conversations, conversationKind, t.fetchConversations, ids)
}

func (t *tx) fetchConversations(ids []store.ConversationID) *fetch {
	return fetchByID(t, &t.conversations, conversationKind, t.s.guards.conversation,
		`SELECT `+conversationColumns+` FROM @conversations c WHERE c.id = ANY($1::bigint[])`, numbers, ids)
}

// ConversationsIn returns the conversations of threads.
func (t *tx) ConversationsIn(threads ...store.Thread) ([]store.Conversation, error) {
	return byKey(t, &t.threads, &t.conversations, conversationKind, t.fetchConversationsIn, threads)
}

func (t *tx) fetchConversationsIn(threads []store.Thread) *fetch {
	return fetchByKey(&t.threads, &t.conversations, conversationKind, t.forThread, `
		SELECT k.n, `+conversationColumns+`
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS k(account, inbox, family, identity, n)
		JOIN @conversations c ON c.account = k.account AND c.inbox = k.inbox AND c.family = k.family AND c.identity = k.identity`,
		func(keys []store.Thread) []any {
			return append(texts2(keys, func(h store.Thread) (string, string) { return string(h.Account), string(h.Inbox) }),
				texts2(keys, func(h store.Thread) (string, string) { return string(h.Family), h.Identity })...)
		}, threads)
}

func (t *tx) forThread(h store.Thread) guard {
	return t.s.guards.person(string(h.Account), h.Family, h.Identity)
}

// PutConversations writes conversations and keeps them in the lists of those
// who take part.
func (t *tx) PutConversations(cs ...store.Conversation) error {
	if err := t.writable(); err != nil || len(cs) == 0 {
		return err
	}
	if err := know(t, &t.conversations, conversationKind, cs, t.Conversations); err != nil {
		return err
	}
	for _, c := range cs {
		c = record.CopyConversation(c)
		if s := t.conversations.known[c.ID]; s != nil && s.exists {
			was := s.value
			t.need(t.forThread(was.Thread()), t.s.guards.lists(was.Account, true))
			if was.Thread() != c.Thread() {
				t.threads.drop(was.Thread(), c.ID)
			}
		}
		slot, err := t.conversations.put("conversation", c.ID, c, c.Version)
		if err != nil {
			return t.fail(err)
		}
		slot.value.Version = slot.version
		t.need(t.forThread(c.Thread()), t.s.guards.lists(c.Account, true))
		if c.Version != 0 {
			t.need(t.s.guards.conversation(c.ID))
		}
		if err := t.threads.take(c.Thread(), c.ID, "the thread"); err != nil {
			return t.fail(err)
		}
	}
	return nil
}

// flushConversations returns the statements that write conversations and move
// them in the lists of those who take part.
func (t *tx) flushConversations() ([]statement, error) {
	var l listMoves
	for _, s := range t.conversations.dirty {
		l.add(s.kept, s.value)
	}
	statements, err := t.conversations.flush(&conversationsTable)
	if err != nil {
		return nil, err
	}
	moves, err := l.statements()
	return append(statements, moves...), err
}
