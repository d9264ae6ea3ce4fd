package sqlite

import (
	"fmt"
	"math"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

const messageColumns = `id, account, conversation, seq, channel, provider_id, request_key, direction, author_kind, author_user, text, extras,
	from_address, to_address, inbound_count, opened, kind, rule, purpose, confirms, state, state_at, due_at, attempts, attempted_at, code, reason, segments,
	created_at, decision, erased_at, version`

var (
	messagesTable = newVersioned("messages", "id", "account, conversation, seq, channel, provider_id, request_key",
		"direction, author_kind, author_user, text, extras, from_address, to_address, inbound_count, opened, kind, rule, purpose, confirms, "+
			"state, state_at, due_at, attempts, attempted_at, code, reason, segments, created_at, decision, erased_at")
	messagesByID = newKeyed(`SELECT ` + messageColumns + ` FROM messages WHERE id IN %s`)
)

// receivedMessage inserts a message that is justReceived: each parameter of a
// statement has its price, and most columns are about what is sent.
const receivedMessage = `
	INSERT INTO messages (id, account, conversation, seq, channel, provider_id, text, extras, from_address, to_address, inbound_count, opened, kind, rule, created_at,
		direction, author_kind, author_user, request_key, purpose, confirms, state, attempts, code, reason, segments, version)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'in', 'customer', '', '', '', 0, '', 0, '', '', 0, 1)`

// justReceived reports whether a message is a new one of a customer's, with
// nothing that only messages have that are sent.
func justReceived(m store.Message) bool {
	return m.Version == 0 && m.Direction == store.Inbound && m.Author == store.Author{Kind: store.ByCustomer} && m.RequestKey == "" &&
		m.Purpose == "" && m.Confirms == 0 && m.State == "" && m.StateAt.IsZero() && m.DueAt.IsZero() &&
		m.Attempts == 0 && m.AttemptedAt.IsZero() && m.Code == "" && m.Reason == "" && m.Segments == 0 && m.Decision == nil && m.ErasedAt.IsZero()
}

func scanMessage(r row, m *store.Message) error {
	return r.Scan((*int64)(&m.ID), (*string)(&m.Account), (*int64)(&m.Conversation), &m.Seq, &m.Channel, &m.ProviderID, &m.RequestKey,
		(*string)(&m.Direction), (*string)(&m.Author.Kind), (*string)(&m.Author.User), &m.Text, jsonColumn{&m.Extras},
		(*string)(&m.From), (*string)(&m.To), &m.InboundCount, &m.Opened, (*uint8)(&m.Kind), &m.Rule, (*string)(&m.Purpose), (*int64)(&m.Confirms),
		(*string)(&m.State), timeColumn{&m.StateAt}, timeColumn{&m.DueAt}, &m.Attempts, timeColumn{&m.AttemptedAt}, &m.Code, &m.Reason, &m.Segments,
		timeColumn{&m.CreatedAt}, jsonColumn{&m.Decision}, timeColumn{&m.ErasedAt}, &m.Version)
}

// Messages returns messages by id.
func (t *tx) Messages(ids ...store.MessageID) ([]store.Message, error) {
	return byKeys(t, &messagesByID, scanMessage, func(m *store.Message) store.MessageID { return m.ID }, ids)
}

// MessagesFrom returns messages by their providers' ids.
func (t *tx) MessagesFrom(refs ...store.ProviderRef) ([]store.Message, error) {
	return rarely(t, t.Messages, `SELECT id FROM messages WHERE channel = ? AND provider_id = ? AND provider_id <> ''`,
		func(r store.ProviderRef) []any { return []any{r.Channel, r.ProviderID} }, refs)
}

// MessagesByRequest returns messages by their callers' keys.
func (t *tx) MessagesByRequest(account store.AccountID, keys ...string) ([]store.Message, error) {
	return rarely(t, t.Messages, `SELECT id FROM messages WHERE account = ? AND request_key = ? AND request_key <> ''`,
		func(k string) []any { return []any{string(account), k} }, keys)
}

// ListMessages returns messages of a conversation in their order.
func (t *tx) ListMessages(q store.MessageQuery) ([]store.Message, error) {
	if q.Before == 0 {
		q.Before = math.MaxInt64
	}
	if q.After != 0 {
		return all(t, scanMessage, `SELECT `+messageColumns+` FROM messages WHERE conversation = ? AND seq > ? AND seq < ? ORDER BY seq LIMIT ?`,
			int64(q.Conversation), q.After, q.Before, max(q.Limit, 0))
	}
	return all(t, scanMessage, `SELECT `+messageColumns+` FROM messages WHERE conversation = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
		int64(q.Conversation), q.Before, max(q.Limit, 0))
}

// PutMessages writes messages.
func (t *tx) PutMessages(ms ...store.Message) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, m := range ms {
		if err := t.putMessage(m); err != nil {
			return err
		}
		if m.Version == 0 && m.Text != "" || m.Version != 0 && !m.ErasedAt.IsZero() {
			t.unindexed++
		}
	}
	return nil
}

func (t *tx) putMessage(m store.Message) error {
	var extras, decision any
	if m.Extras != nil {
		x := *m.Extras
		x.SentAt, x.NotBefore, x.Expires = record.Time(x.SentAt), record.Time(x.NotBefore), record.Time(x.Expires)
		var err error
		if extras, err = record.Encode(x); err != nil {
			return t.fail(fmt.Errorf("sqlite: Message.Extras: %w", err))
		}
	}
	if justReceived(m) && !t.restores {
		_, err := t.conn.exec(t.ctx, receivedMessage,
			int64(m.ID), string(m.Account), int64(m.Conversation), m.Seq, m.Channel, m.ProviderID, m.Text, extras, string(m.From), string(m.To),
			m.InboundCount, m.Opened, int64(m.Kind), m.Rule, stamp(m.CreatedAt))
		return t.inserted(err, "message", m.ID)
	}
	if m.Decision != nil {
		d := record.CopyDecision(*m.Decision)
		var err error
		if decision, err = record.Encode(d); err != nil {
			return t.fail(fmt.Errorf("sqlite: Message.Decision: %w", err))
		}
	}
	return t.put(messagesTable, "message", m.ID, m.Version,
		int64(m.ID), string(m.Account), int64(m.Conversation), m.Seq, m.Channel, m.ProviderID, m.RequestKey,
		string(m.Direction), string(m.Author.Kind), string(m.Author.User), m.Text, extras, string(m.From), string(m.To),
		m.InboundCount, m.Opened, int64(m.Kind), m.Rule, string(m.Purpose), int64(m.Confirms),
		string(m.State), stamp(m.StateAt), stamp(m.DueAt), m.Attempts, stamp(m.AttemptedAt), m.Code, m.Reason, m.Segments, stamp(m.CreatedAt), decision, stamp(m.ErasedAt))
}
