package postgres

import (
	"time"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

const strayColumns = `s.id, s.account, s.channel, s.resolved_at, s.inbound, s.reason, s.received_at, s.resolved_by, s.resolution, s.version`

var (
	straysTable = newTable("stray", "strays", 1,
		numberColumn("id", func(s *store.Stray) int64 { return int64(s.ID) }),
		textColumn("account", func(s *store.Stray) string { return string(s.Account) }),
		textColumn("channel", func(s *store.Stray) string { return s.Channel }),
		textColumn("provider_id", func(s *store.Stray) string { return s.Inbound.ProviderID }),
		timeColumn("resolved_at", func(s *store.Stray) time.Time { return s.ResolvedAt }),
		jsonColumn("inbound", func(s *store.Stray) any { return record.Inbound(s.Inbound) }),
		textColumn("reason", func(s *store.Stray) string { return s.Reason }),
		timeColumn("received_at", func(s *store.Stray) time.Time { return s.ReceivedAt }),
		textColumn("resolved_by", func(s *store.Stray) string { return string(s.ResolvedBy) }),
		textColumn("resolution", func(s *store.Stray) string { return s.Resolution }))

	strayKind = kind[store.StrayID, store.Stray]{
		scan:    scanStray,
		copy:    record.CopyStray,
		id:      func(s *store.Stray) store.StrayID { return s.ID },
		version: func(s *store.Stray) int64 { return s.Version },
	}
)

func scanStray(r scanner, s *store.Stray) error {
	err := r.Scan((*int64)(&s.ID), (*string)(&s.Account), &s.Channel, moment{&s.ResolvedAt}, structure{(*record.Inbound)(&s.Inbound)},
		&s.Reason, moment{&s.ReceivedAt}, (*string)(&s.ResolvedBy), &s.Resolution, &s.Version)
	unpackAll((*string)(&s.Account), &s.Channel, &s.Reason, (*string)(&s.ResolvedBy), &s.Resolution)
	return err
}

// Strays returns strays by id.
func (t *tx) Strays(ids ...store.StrayID) ([]store.Stray, error) {
	return byID(t, &t.strays, strayKind, t.fetchStrays, ids)
}

func (t *tx) fetchStrays(ids []store.StrayID) *fetch {
	return fetchByID(t, &t.strays, strayKind, t.s.guards.stray, `SELECT `+strayColumns+` FROM @strays s WHERE s.id = ANY($1::bigint[])`, numbers, ids)
}

// StraysFrom returns strays by their providers' ids.
func (t *tx) StraysFrom(refs ...store.ProviderRef) ([]store.Stray, error) {
	return byKey(t, &t.origins, &t.strays, strayKind, t.fetchStraysFrom, refs)
}

func (t *tx) fetchStraysFrom(refs []store.ProviderRef) *fetch {
	return fetchByKey(&t.origins, &t.strays, strayKind, t.s.guards.provider, `
		SELECT k.n, `+strayColumns+`
		FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k(channel, provider_id, n)
		JOIN @strays s ON s.channel = k.channel AND s.provider_id = k.provider_id`,
		func(keys []store.ProviderRef) []any {
			return texts2(keys, func(r store.ProviderRef) (string, string) { return r.Channel, r.ProviderID })
		}, refs)
}

// WaitingStrays returns an account's strays that wait.
func (t *tx) WaitingStrays(account store.AccountID, limit int) ([]store.Stray, error) {
	return all(t, t.only(t.s.guards.lists(account, false)), scanStray,
		`SELECT `+strayColumns+` FROM @strays s WHERE s.account = $1 AND s.resolved_at IS NULL ORDER BY s.id LIMIT $2`, pack(string(account)), max(limit, 0))
}

// ListStrays returns an account's strays.
func (t *tx) ListStrays(account store.AccountID, after store.StrayID, limit int) ([]store.Stray, error) {
	return all(t, t.only(t.s.guards.lists(account, false)), scanStray,
		`SELECT `+strayColumns+` FROM @strays s WHERE s.account = $1 AND s.id > $2 ORDER BY s.id LIMIT $3`, pack(string(account)), int64(after), max(limit, 0))
}

// PutStrays writes strays.
func (t *tx) PutStrays(ss ...store.Stray) error {
	if err := t.writable(); err != nil || len(ss) == 0 {
		return err
	}
	if err := know(t, &t.strays, strayKind, ss, t.Strays); err != nil {
		return err
	}
	for _, s := range ss {
		s = record.CopyStray(s)
		ref := store.ProviderRef{Channel: s.Channel, ProviderID: s.Inbound.ProviderID}
		if k := t.strays.known[s.ID]; k != nil && k.exists {
			was := store.ProviderRef{Channel: k.value.Channel, ProviderID: k.value.Inbound.ProviderID}
			t.need(t.s.guards.provider(was), t.s.guards.lists(k.value.Account, true))
			t.origins.drop(was, s.ID)
		}
		slot, err := t.strays.put("stray", s.ID, s, s.Version)
		if err != nil {
			return t.fail(err)
		}
		slot.value.Version = slot.version
		t.need(t.s.guards.provider(ref), t.s.guards.lists(s.Account, true))
		if s.Version != 0 {
			t.need(t.s.guards.stray(s.ID))
		}
		if err := t.origins.take(ref, s.ID, "the provider's id"); err != nil {
			return t.fail(err)
		}
	}
	return nil
}
