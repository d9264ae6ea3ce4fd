package memory

import (
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

func (t *tx) Messages(ids ...store.MessageID) ([]store.Message, error) {
	return read(t, &t.messages, ids, record.CopyMessage)
}

func (t *tx) MessagesFrom(refs ...store.ProviderRef) ([]store.Message, error) {
	return find(t, &t.providers, &t.messages, refs, record.CopyMessage)
}

func (t *tx) MessagesByRequest(account store.AccountID, keys ...string) ([]store.Message, error) {
	full := make([]named[string], len(keys))
	for i, k := range keys {
		full[i] = named[string]{account, k}
	}
	return find(t, &t.requests, &t.messages, full, record.CopyMessage)
}

func (t *tx) ListMessages(q store.MessageQuery) ([]store.Message, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	before := q.Before
	if before == 0 {
		before = 1<<63 - 1
	}
	entries := t.places.below(within{q.Conversation, before})
	if q.After != 0 {
		entries = t.places.from(within{q.Conversation, q.After})
	}
	var found []store.Message
	for k, id := range entries {
		if k.conversation != q.Conversation || len(found) >= q.Limit || k.n >= before {
			break
		}
		if k.n <= q.After {
			continue
		}
		m, _ := t.messages.get(id)
		found = append(found, record.CopyMessage(*m))
	}
	return found, nil
}

func (t *tx) PutMessages(ms ...store.Message) error { return write(t, ms, (*tx).putMessage) }

func (t *tx) putMessage(m store.Message) error {
	var stored int64
	old, replaces := t.messages.get(m.ID)
	if replaces {
		stored = old.Version
	}
	if err := checkVersion("message", m.ID, stored, m.Version); err != nil {
		return err
	}
	has := keysOf(&m)
	for _, k := range has.place {
		if other, ok := owner(&t.places, k, m.ID); ok {
			return duplicate("message", m.ID, "place", other)
		}
	}
	for _, k := range has.provider {
		if other, ok := owner(&t.providers, k, m.ID); ok {
			return duplicate("message", m.ID, "provider's id", other)
		}
	}
	for _, k := range has.request {
		if other, ok := owner(&t.requests, k, m.ID); ok {
			return duplicate("message", m.ID, "request key", other)
		}
	}
	var had messageKeys
	if replaces {
		had = keysOf(old)
	}
	m = record.CopyMessage(m)
	m.Version++
	t.messages.set(t.number, m.ID, &m)
	reindex(t, &t.places, m.ID, had.place, has.place)
	reindex(t, &t.providers, m.ID, had.provider, has.provider)
	reindex(t, &t.requests, m.ID, had.request, has.request)
	return nil
}

// messageKeys are the unique keys of a message, as far as it has them.
type messageKeys struct {
	place    []within
	provider []store.ProviderRef
	request  []named[string]
}

func keysOf(m *store.Message) (k messageKeys) {
	k.place = []within{{m.Conversation, m.Seq}}
	if m.ProviderID != "" {
		k.provider = []store.ProviderRef{{Channel: m.Channel, ProviderID: m.ProviderID}}
	}
	if m.RequestKey != "" {
		k.request = []named[string]{{m.Account, m.RequestKey}}
	}
	return k
}
