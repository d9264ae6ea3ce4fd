package memory

import (
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

func (t *tx) Conversations(ids ...store.ConversationID) ([]store.Conversation, error) {
	return read(t, &t.conversations, ids, record.CopyConversation)
}

func (t *tx) ConversationsIn(threads ...store.Thread) ([]store.Conversation, error) {
	return find(t, &t.threads, &t.conversations, threads, record.CopyConversation)
}

func (t *tx) PutConversations(cs ...store.Conversation) error {
	return write(t, cs, (*tx).putConversation)
}

func (t *tx) putConversation(c store.Conversation) error {
	var stored int64
	old, replaces := t.conversations.get(c.ID)
	if replaces {
		stored = old.Version
	}
	if err := checkVersion("conversation", c.ID, stored, c.Version); err != nil {
		return err
	}
	thread := c.Thread()
	if other, ok := owner(&t.threads, thread, c.ID); ok {
		return duplicate("conversation", c.ID, "thread", other)
	}
	var had []store.Thread
	if replaces {
		had = append(had, old.Thread())
	}
	c = record.CopyConversation(c)
	c.Version++
	t.conversations.set(t.number, c.ID, &c)
	reindex(t, &t.threads, c.ID, had, []store.Thread{thread})
	t.relist(old, &c)
	return nil
}

func (t *tx) ReadMarks(account store.AccountID, user store.UserID, cs ...store.ConversationID) ([]store.ReadMark, error) {
	if err := t.ready(); err != nil || len(cs) == 0 {
		return nil, err
	}
	found := make([]store.ReadMark, 0, len(cs))
	for _, id := range cs {
		if m, ok := t.marks.get(markKey{account, user, id}); ok {
			found = append(found, m)
		}
	}
	return found, nil
}

func (t *tx) PutReadMarks(account store.AccountID, ms ...store.ReadMark) error {
	return write(t, ms, func(t *tx, m store.ReadMark) error {
		t.marks.set(t.number, markKey{account, m.User, m.Conversation}, m)
		return nil
	})
}
