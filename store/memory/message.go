package memory

import "github.com/teaminbox/teaminbox/store"

func (t *tx) Messages(ids ...store.MessageID) ([]store.Message, error) {
	return read(t, &t.messages, ids, copyMessage)
}

func (t *tx) MessagesFrom(refs ...store.ProviderRef) ([]store.Message, error) {
	return read(t, &t.providers, refs, copyMessage)
}

func (t *tx) MessagesByRequest(account store.AccountID, keys ...string) ([]store.Message, error) {
	full := make([]named[string], len(keys))
	for i, k := range keys {
		full[i] = named[string]{account, k}
	}
	return read(t, &t.requests, full, copyMessage)
}

func (t *tx) ListMessages(q store.MessageQuery) ([]store.Message, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	place := within{q.Conversation, q.Before}
	if q.Before == 0 {
		place.n = 1<<63 - 1
	}
	entries := t.places.below(place)
	if q.After != 0 {
		entries = t.places.from(within{q.Conversation, q.After})
	}
	var found []store.Message
	for k, m := range entries {
		if q.After != 0 && k.n == q.After && k.conversation == q.Conversation {
			continue
		}
		if k.conversation != q.Conversation || len(found) >= q.Limit || q.After != 0 && q.Before != 0 && k.n >= q.Before {
			break
		}
		found = append(found, copyMessage(*m))
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
	place, provider, request := messageKeys(&m)
	if owner, ok := t.places.get(place); ok && owner.ID != m.ID {
		return duplicate("message", m.ID, "place", owner.ID)
	}
	if owner, ok := t.providers.get(provider); ok && owner.ID != m.ID {
		return duplicate("message", m.ID, "provider's id", owner.ID)
	}
	if owner, ok := t.requests.get(request); ok && owner.ID != m.ID {
		return duplicate("message", m.ID, "request key", owner.ID)
	}
	if replaces {
		wasPlace, wasProvider, wasRequest := messageKeys(old)
		if wasPlace != place {
			t.places.delete(t.number, wasPlace)
		}
		if wasProvider != provider {
			t.providers.delete(t.number, wasProvider)
		}
		if wasRequest != request {
			t.requests.delete(t.number, wasRequest)
		}
	}
	m = copyMessage(m)
	m.Version++
	t.messages.set(t.number, m.ID, &m)
	t.places.set(t.number, place, &m)
	if m.ProviderID != "" {
		t.providers.set(t.number, provider, &m)
	}
	if m.RequestKey != "" {
		t.requests.set(t.number, request, &m)
	}
	return nil
}

// messageKeys returns a message's unique keys. Those with an empty id are
// never in an index.
func messageKeys(m *store.Message) (within, store.ProviderRef, named[string]) {
	return within{m.Conversation, m.Seq},
		store.ProviderRef{Channel: m.Channel, ProviderID: m.ProviderID},
		named[string]{m.Account, m.RequestKey}
}
