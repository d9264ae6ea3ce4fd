package sqlite

import (
	"fmt"
	"slices"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

const conversationColumns = `id, account, inbox, contact, channel, ours, theirs, status, snoozed_until, users, teams, claimed_by, claimed_at,
	last_seq, inbound_count, last_at, last_inbound, waiting_since, preview, created_at, version`

var (
	conversationsTable = newVersioned("conversations", "id", "account, inbox, family, identity",
		"contact, channel, ours, theirs, status, snoozed_until, users, teams, claimed_by, claimed_at, "+
			"last_seq, inbound_count, last_at, last_inbound, waiting_since, preview, created_at")
	conversationsByID = newKeyed(`SELECT ` + conversationColumns + ` FROM conversations WHERE id IN %s`)
)

func scanConversation(r row, c *store.Conversation) error {
	return r.Scan((*int64)(&c.ID), (*string)(&c.Account), (*string)(&c.Inbox), (*int64)(&c.Contact), &c.Channel,
		(*string)(&c.Ours), (*string)(&c.Theirs), (*string)(&c.Status), timeColumn{&c.SnoozedUntil}, jsonColumn{&c.Users}, jsonColumn{&c.Teams},
		(*string)(&c.ClaimedBy), timeColumn{&c.ClaimedAt}, &c.LastSeq, &c.InboundCount, timeColumn{&c.LastAt}, timeColumn{&c.LastInbound},
		timeColumn{&c.WaitingSince}, &c.Preview, timeColumn{&c.CreatedAt}, &c.Version)
}

// scanConversation reads a conversation and, in an Update, keeps it, since it is
// likely to be written.
func (t *tx) scanConversation(r row, c *store.Conversation) error {
	err := scanConversation(r, c)
	if err == nil && !t.readOnly {
		t.keep(*c)
	}
	return err
}

// Conversations returns conversations by id.
func (t *tx) Conversations(ids ...store.ConversationID) ([]store.Conversation, error) {
	return byKeys(t, &conversationsByID, t.scanConversation, func(c *store.Conversation) store.ConversationID { return c.ID }, ids)
}

// ConversationsIn returns the conversations of threads.
func (t *tx) ConversationsIn(threads ...store.Thread) ([]store.Conversation, error) {
	return eachKey(t, t.scanConversation,
		`SELECT `+conversationColumns+` FROM conversations WHERE account = ? AND inbox = ? AND family = ? AND identity = ?`,
		func(h store.Thread) []any {
			return []any{string(h.Account), string(h.Inbox), string(h.Family), h.Identity}
		}, threads)
}

// PutConversations writes conversations and keeps them in the lists of those
// who take part.
func (t *tx) PutConversations(cs ...store.Conversation) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, c := range cs {
		if err := t.putConversation(c); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) putConversation(c store.Conversation) error {
	was, err := t.stored(c)
	if err != nil {
		return err
	}
	if c.Version != 0 && !t.restores && onlyGoesOn(was, c) {
		err = t.putProgress(c)
	} else {
		err = t.putWholeConversation(c)
	}
	if err != nil {
		return err
	}
	is := c
	is.Version++
	t.keep(is)
	return t.relist(c.ID, record.ListingOf(was), record.ListingOf(c))
}

// onlyGoesOn reports whether a conversation has changed in nothing but what each
// message changes. That is written with a third of the parameters.
func onlyGoesOn(was, is store.Conversation) bool {
	return was.ID == is.ID && was.Account == is.Account && was.Inbox == is.Inbox && was.Contact == is.Contact &&
		was.Channel == is.Channel && was.Ours == is.Ours && was.Theirs == is.Theirs && was.SnoozedUntil.Equal(is.SnoozedUntil) &&
		slices.Equal(was.Users, is.Users) && slices.Equal(was.Teams, is.Teams) &&
		was.ClaimedBy == is.ClaimedBy && was.ClaimedAt.Equal(is.ClaimedAt) && was.CreatedAt.Equal(is.CreatedAt)
}

// putProgress writes of a conversation what onlyGoesOn passes over.
func (t *tx) putProgress(c store.Conversation) error {
	n, err := t.exec(`UPDATE conversations SET status = ?, last_seq = ?, inbound_count = ?, last_at = ?, last_inbound = ?, waiting_since = ?, preview = ?,
		version = version + 1 WHERE id = ? AND version = ?`,
		string(c.Status), c.LastSeq, c.InboundCount, c.LastAt.UnixMicro(), stamp(c.LastInbound), stamp(c.WaitingSince), c.Preview,
		int64(c.ID), c.Version)
	return t.changed(n, err, "conversation", c.ID, c.Version)
}

func (t *tx) putWholeConversation(c store.Conversation) error {
	users, err := encodeList(c.Users)
	if err != nil {
		return t.fail(fmt.Errorf("sqlite: Conversation.Users: %w", err))
	}
	teams, err := encodeList(c.Teams)
	if err != nil {
		return t.fail(fmt.Errorf("sqlite: Conversation.Teams: %w", err))
	}
	return t.put(conversationsTable, "conversation", c.ID, c.Version,
		int64(c.ID), string(c.Account), string(c.Inbox), string(c.Theirs.Family()), c.Theirs.Identity(),
		int64(c.Contact), c.Channel, string(c.Ours), string(c.Theirs), string(c.Status), stamp(c.SnoozedUntil), users, teams,
		string(c.ClaimedBy), stamp(c.ClaimedAt), c.LastSeq, c.InboundCount, c.LastAt.UnixMicro(), stamp(c.LastInbound),
		stamp(c.WaitingSince), c.Preview, stamp(c.CreatedAt))
}

var readMarksByConversation = newKeyed(`SELECT user, conversation, seq, inbound_count FROM read_marks WHERE account = ? AND user = ? AND conversation IN %s`)

// ReadMarks returns a user's marks in conversations.
func (t *tx) ReadMarks(account store.AccountID, user store.UserID, cs ...store.ConversationID) ([]store.ReadMark, error) {
	return byKeys(t, &readMarksByConversation, func(r row, m *store.ReadMark) error {
		return r.Scan((*string)(&m.User), (*int64)(&m.Conversation), &m.Seq, &m.InboundCount)
	}, func(m *store.ReadMark) store.ConversationID { return m.Conversation }, cs, string(account), string(user))
}

// PutReadMarks sets marks.
func (t *tx) PutReadMarks(account store.AccountID, ms ...store.ReadMark) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, m := range ms {
		if _, err := t.exec(`INSERT OR REPLACE INTO read_marks (account, user, conversation, seq, inbound_count) VALUES (?, ?, ?, ?, ?)`,
			string(account), string(m.User), int64(m.Conversation), m.Seq, m.InboundCount); err != nil {
			return err
		}
	}
	return nil
}
