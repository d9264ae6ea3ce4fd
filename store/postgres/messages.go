package postgres

import (
	"math"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

const messageColumns = `m.id, m.account, m.conversation, m.seq, m.channel, m.provider_id, m.request_key, m.direction, m.author_kind, m.author_user, m.text, m.extras,
	m.from_address, m.to_address, m.inbound_count, m.opened, m.kind, m.rule, m.purpose, m.confirms, m.state, m.state_at, m.due_at, m.attempts, m.attempted_at,
	m.code, m.reason, m.segments, m.created_at, m.decision, m.erased_at, m.version`

var (
	messagesTable = newTable("message", "messages", 1,
		numberColumn("id", func(m *store.Message) int64 { return int64(m.ID) }),
		textColumn("account", func(m *store.Message) string { return string(m.Account) }),
		numberColumn("conversation", func(m *store.Message) int64 { return int64(m.Conversation) }),
		numberColumn("seq", func(m *store.Message) int64 { return m.Seq }),
		textColumn("channel", func(m *store.Message) string { return m.Channel }),
		textColumn("provider_id", func(m *store.Message) string { return m.ProviderID }),
		textColumn("request_key", func(m *store.Message) string { return m.RequestKey }),
		textColumn("direction", func(m *store.Message) string { return string(m.Direction) }),
		textColumn("author_kind", func(m *store.Message) string { return string(m.Author.Kind) }),
		textColumn("author_user", func(m *store.Message) string { return string(m.Author.User) }),
		textColumn("text", func(m *store.Message) string { return m.Text }),
		jsonColumn("extras", func(m *store.Message) any {
			if m.Extras == nil {
				return nil
			}
			return *m.Extras
		}),
		textColumn("from_address", func(m *store.Message) string { return string(m.From) }),
		textColumn("to_address", func(m *store.Message) string { return string(m.To) }),
		numberColumn("inbound_count", func(m *store.Message) int64 { return m.InboundCount }),
		boolColumn("opened", func(m *store.Message) bool { return m.Opened }),
		numberColumn("kind", func(m *store.Message) int64 { return int64(m.Kind) }),
		textColumn("rule", func(m *store.Message) string { return m.Rule }),
		textColumn("purpose", func(m *store.Message) string { return string(m.Purpose) }),
		numberColumn("confirms", func(m *store.Message) int64 { return int64(m.Confirms) }),
		textColumn("state", func(m *store.Message) string { return string(m.State) }),
		timeColumn("state_at", func(m *store.Message) time.Time { return m.StateAt }),
		timeColumn("due_at", func(m *store.Message) time.Time { return m.DueAt }),
		numberColumn("attempts", func(m *store.Message) int64 { return int64(m.Attempts) }),
		timeColumn("attempted_at", func(m *store.Message) time.Time { return m.AttemptedAt }),
		textColumn("code", func(m *store.Message) string { return m.Code }),
		textColumn("reason", func(m *store.Message) string { return m.Reason }),
		numberColumn("segments", func(m *store.Message) int64 { return int64(m.Segments) }),
		timeColumn("created_at", func(m *store.Message) time.Time { return m.CreatedAt }),
		jsonColumn("decision", func(m *store.Message) any {
			if m.Decision == nil {
				return nil
			}
			return *m.Decision
		}),
		timeColumn("erased_at", func(m *store.Message) time.Time { return m.ErasedAt }))

	messageKind = kind[store.MessageID, store.Message]{
		scan:    scanMessage,
		copy:    record.CopyMessage,
		id:      func(m *store.Message) store.MessageID { return m.ID },
		version: func(m *store.Message) int64 { return m.Version },
	}
)

func scanMessage(r scanner, m *store.Message) error {
	err := r.Scan((*int64)(&m.ID), (*string)(&m.Account), (*int64)(&m.Conversation), &m.Seq, &m.Channel, &m.ProviderID, &m.RequestKey,
		(*string)(&m.Direction), (*string)(&m.Author.Kind), (*string)(&m.Author.User), &m.Text, structure{&m.Extras},
		(*string)(&m.From), (*string)(&m.To), &m.InboundCount, &m.Opened, &m.Kind, &m.Rule, (*string)(&m.Purpose), (*int64)(&m.Confirms),
		(*string)(&m.State), moment{&m.StateAt}, moment{&m.DueAt}, &m.Attempts, moment{&m.AttemptedAt}, &m.Code, &m.Reason, &m.Segments,
		moment{&m.CreatedAt}, structure{&m.Decision}, moment{&m.ErasedAt}, &m.Version)
	unpackAll((*string)(&m.Account), &m.Channel, &m.ProviderID, &m.RequestKey, (*string)(&m.Direction), (*string)(&m.Author.Kind),
		(*string)(&m.Author.User), &m.Text, (*string)(&m.From), (*string)(&m.To), &m.Rule, (*string)(&m.Purpose), (*string)(&m.State),
		&m.Code, &m.Reason)
	return err
}

// Messages returns messages by id.
func (t *tx) Messages(ids ...store.MessageID) ([]store.Message, error) {
	return byID(t, &t.messages, messageKind, t.fetchMessages, ids)
}

func (t *tx) fetchMessages(ids []store.MessageID) *fetch {
	return fetchByID(t, &t.messages, messageKind, t.s.guards.message, `SELECT `+messageColumns+` FROM @messages m WHERE m.id = ANY($1::bigint[])`, numbers, ids)
}

// MessagesFrom returns messages by their providers' ids.
func (t *tx) MessagesFrom(refs ...store.ProviderRef) ([]store.Message, error) {
	refs = slices.DeleteFunc(slices.Clone(refs), func(r store.ProviderRef) bool { return r.ProviderID == "" })
	return byKey(t, &t.providers, &t.messages, messageKind, t.fetchMessagesFrom, refs)
}

func (t *tx) fetchMessagesFrom(refs []store.ProviderRef) *fetch {
	return fetchByKey(&t.providers, &t.messages, messageKind, t.s.guards.provider, `
		SELECT k.n, `+messageColumns+`
		FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k(channel, provider_id, n)
		JOIN @messages m ON m.channel = k.channel AND m.provider_id = k.provider_id AND m.provider_id <> ''`,
		func(keys []store.ProviderRef) []any {
			return texts2(keys, func(r store.ProviderRef) (string, string) { return r.Channel, r.ProviderID })
		}, refs)
}

// MessagesByRequest returns messages by their callers' keys.
func (t *tx) MessagesByRequest(account store.AccountID, keys ...string) ([]store.Message, error) {
	var full []store.RequestRef
	for _, k := range keys {
		if k != "" {
			full = append(full, store.RequestRef{Account: account, Key: k})
		}
	}
	return byKey(t, &t.requests, &t.messages, messageKind, t.fetchMessagesByRequest, full)
}

func (t *tx) fetchMessagesByRequest(refs []store.RequestRef) *fetch {
	return fetchByKey(&t.requests, &t.messages, messageKind, t.forRequest, `
		SELECT k.n, `+messageColumns+`
		FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k(account, request_key, n)
		JOIN @messages m ON m.account = k.account AND m.request_key = k.request_key AND m.request_key <> ''`,
		func(keys []store.RequestRef) []any {
			return texts2(keys, func(r store.RequestRef) (string, string) { return string(r.Account), r.Key })
		}, refs)
}

func (t *tx) forRequest(r store.RequestRef) guard { return t.s.guards.request(r.Account, r.Key) }

// ListMessages returns messages of a conversation in their order.
func (t *tx) ListMessages(q store.MessageQuery) ([]store.Message, error) {
	if q.Before == 0 {
		q.Before = math.MaxInt64
	}
	g := t.only(t.s.guards.conversation(q.Conversation))
	if q.After != 0 {
		return all(t, g, scanMessage, `SELECT `+messageColumns+` FROM @messages m WHERE m.conversation = $1 AND m.seq > $2 AND m.seq < $3 ORDER BY m.seq LIMIT $4`,
			int64(q.Conversation), q.After, q.Before, max(q.Limit, 0))
	}
	return all(t, g, scanMessage, `SELECT `+messageColumns+` FROM @messages m WHERE m.conversation = $1 AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3`,
		int64(q.Conversation), q.Before, max(q.Limit, 0))
}

// PutMessages writes messages.
func (t *tx) PutMessages(ms ...store.Message) error {
	if err := t.writable(); err != nil || len(ms) == 0 {
		return err
	}
	if err := know(t, &t.messages, messageKind, ms, t.Messages); err != nil {
		return err
	}
	for _, m := range ms {
		m = record.CopyMessage(m)
		if s := t.messages.known[m.ID]; s != nil && s.exists {
			t.needForMessage(s.value)
			t.dropKeys(s.value)
			if !searchedAlike(s.value, m) {
				t.need(t.s.guards.lists(s.value.Account, true), t.s.guards.lists(m.Account, true))
			}
		} else {
			t.need(t.s.guards.lists(m.Account, true))
		}
		slot, err := t.messages.put("message", m.ID, m, m.Version)
		if err != nil {
			return t.fail(err)
		}
		slot.value.Version = slot.version
		if m.Version != 0 {
			t.need(t.s.guards.message(m.ID))
		}
		t.needForMessage(m)
		if err := t.takeKeys(m); err != nil {
			return t.fail(err)
		}
	}
	return nil
}

// needForMessage notes the guards of the keys by which a message can be found.
func (t *tx) needForMessage(m store.Message) {
	t.need(t.s.guards.conversation(m.Conversation))
	if m.ProviderID != "" {
		t.need(t.s.guards.provider(store.ProviderRef{Channel: m.Channel, ProviderID: m.ProviderID}))
	}
	if m.RequestKey != "" {
		t.need(t.s.guards.request(m.Account, m.RequestKey))
	}
}

func (t *tx) dropKeys(m store.Message) {
	if m.ProviderID != "" {
		t.providers.drop(store.ProviderRef{Channel: m.Channel, ProviderID: m.ProviderID}, m.ID)
	}
	if m.RequestKey != "" {
		t.requests.drop(store.RequestRef{Account: m.Account, Key: m.RequestKey}, m.ID)
	}
}

func (t *tx) takeKeys(m store.Message) error {
	if m.ProviderID != "" {
		if err := t.providers.take(store.ProviderRef{Channel: m.Channel, ProviderID: m.ProviderID}, m.ID, "the provider's id"); err != nil {
			return err
		}
	}
	if m.RequestKey != "" {
		return t.requests.take(store.RequestRef{Account: m.Account, Key: m.RequestKey}, m.ID, "the request key")
	}
	return nil
}
