package memory

import (
	"fmt"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

func (t *tx) ConsentEntries(keys ...compliance.Key) ([]compliance.Entry, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	var found []compliance.Entry
	for _, key := range keys {
		for k, e := range t.entries.from(entryKey{key: key}) {
			if k.key != key {
				break
			}
			found = append(found, record.CopyEntry(*e))
		}
	}
	return found, nil
}

func (t *tx) AppendConsent(es ...compliance.Entry) error { return write(t, es, (*tx).appendConsent) }

// EraseConsent moves entries, which are the same to whoever has read them before.
func (t *tx) EraseConsent(key, pseudonym compliance.Key) error {
	entries, err := t.ConsentEntries(key)
	if err != nil {
		return err
	}
	return write(t, entries, func(t *tx, e compliance.Entry) error {
		t.entryIDs.delete(t.number, e.ID)
		t.entries.delete(t.number, entryKey{e.Key, e.ID})
		return t.appendConsent(compliance.Erase(e, pseudonym))
	})
}

func (t *tx) appendConsent(e compliance.Entry) error {
	if _, ok := t.entryIDs.get(e.ID); ok {
		return fmt.Errorf("memory: %w: there is a ledger entry %d", store.ErrDuplicate, e.ID)
	}
	for k, other := range t.entries.from(entryKey{key: e.Key}) {
		if k.key != e.Key {
			break
		}
		if e.Link.Seq > 0 && other.Link.Seq == e.Link.Seq {
			return fmt.Errorf("memory: %w: entry %d has the place %d of ledger entry %d", store.ErrDuplicate, other.ID, e.Link.Seq, e.ID)
		}
	}
	e = record.CopyEntry(e)
	t.entryIDs.set(t.number, e.ID, struct{}{})
	t.entries.set(t.number, entryKey{e.Key, e.ID}, &e)
	return nil
}
