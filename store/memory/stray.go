package memory

import (
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

func (t *tx) Strays(ids ...store.StrayID) ([]store.Stray, error) {
	return read(t, &t.strays, ids, record.CopyStray)
}

func (t *tx) StraysFrom(refs ...store.ProviderRef) ([]store.Stray, error) {
	return find(t, &t.origins, &t.strays, refs, record.CopyStray)
}

func (t *tx) WaitingStrays(account store.AccountID, limit int) ([]store.Stray, error) {
	return firstOf(t, &t.waiting, account, limit, record.CopyStray)
}

func (t *tx) ListStrays(account store.AccountID, after store.StrayID, limit int) ([]store.Stray, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	var found []store.Stray
	for id, s := range t.strays.from(after) {
		if len(found) >= limit {
			break
		}
		if id > after && s.Account == account {
			found = append(found, record.CopyStray(*s))
		}
	}
	return found, nil
}

func (t *tx) PutStrays(ss ...store.Stray) error { return write(t, ss, (*tx).putStray) }

func (t *tx) putStray(s store.Stray) error {
	var stored int64
	old, replaces := t.strays.get(s.ID)
	if replaces {
		stored = old.Version
	}
	if err := checkVersion("stray", s.ID, stored, s.Version); err != nil {
		return err
	}
	origin := originOf(&s)
	if other, ok := owner(&t.origins, origin, s.ID); ok {
		return duplicate("stray", s.ID, "provider's id", other)
	}
	var had []store.ProviderRef
	if replaces {
		had = append(had, originOf(old))
		t.waiting.delete(t.number, numbered[store.StrayID]{old.Account, old.ID})
	}
	s = record.CopyStray(s)
	s.Version++
	t.strays.set(t.number, s.ID, &s)
	reindex(t, &t.origins, s.ID, had, []store.ProviderRef{origin})
	if s.ResolvedAt.IsZero() {
		t.waiting.set(t.number, numbered[store.StrayID]{s.Account, s.ID}, &s)
	}
	return nil
}

func originOf(s *store.Stray) store.ProviderRef {
	return store.ProviderRef{Channel: s.Channel, ProviderID: s.Inbound.ProviderID}
}
