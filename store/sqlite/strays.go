package sqlite

import (
	"fmt"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

const strayColumns = `id, account, channel, provider_id, resolved_at, inbound, reason, received_at, resolved_by, resolution, version`

var (
	straysTable = newVersioned("strays", "id", "account, channel, provider_id",
		"resolved_at, inbound, reason, received_at, resolved_by, resolution")
	straysByID = newKeyed(`SELECT ` + strayColumns + ` FROM strays WHERE id IN %s`)
)

func scanStray(r row, s *store.Stray) error {
	var providerID string
	return r.Scan((*int64)(&s.ID), (*string)(&s.Account), &s.Channel, &providerID, timeColumn{&s.ResolvedAt}, jsonColumn{(*record.Inbound)(&s.Inbound)},
		&s.Reason, timeColumn{&s.ReceivedAt}, (*string)(&s.ResolvedBy), &s.Resolution, &s.Version)
}

// Strays returns strays by id.
func (t *tx) Strays(ids ...store.StrayID) ([]store.Stray, error) {
	return byKeys(t, &straysByID, scanStray, func(s *store.Stray) store.StrayID { return s.ID }, ids)
}

// StraysFrom returns strays by their providers' ids.
func (t *tx) StraysFrom(refs ...store.ProviderRef) ([]store.Stray, error) {
	return rarely(t, t.Strays, `SELECT id FROM strays WHERE channel = ? AND provider_id = ?`,
		func(r store.ProviderRef) []any { return []any{r.Channel, r.ProviderID} }, refs)
}

// WaitingStrays returns an account's strays that wait.
func (t *tx) WaitingStrays(account store.AccountID, limit int) ([]store.Stray, error) {
	return all(t, scanStray, `SELECT `+strayColumns+` FROM strays WHERE account = ? AND resolved_at IS NULL ORDER BY id LIMIT ?`, string(account), max(limit, 0))
}

// ListStrays returns an account's strays. There are few: none in an account whose
// numbers all belong to an inbox.
func (t *tx) ListStrays(account store.AccountID, after store.StrayID, limit int) ([]store.Stray, error) {
	return all(t, scanStray, `SELECT `+strayColumns+` FROM strays WHERE account = ? AND id > ? ORDER BY id LIMIT ?`, string(account), int64(after), max(limit, 0))
}

// PutStrays writes strays.
func (t *tx) PutStrays(ss ...store.Stray) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, s := range ss {
		s.Inbound.SentAt = record.Time(s.Inbound.SentAt)
		in, err := record.Encode(record.Inbound(s.Inbound))
		if err != nil {
			return t.fail(fmt.Errorf("sqlite: Stray.Inbound: %w", err))
		}
		if err := t.put(straysTable, "stray", s.ID, s.Version, int64(s.ID), string(s.Account), s.Channel, s.Inbound.ProviderID,
			stamp(s.ResolvedAt), in, s.Reason, stamp(s.ReceivedAt), string(s.ResolvedBy), s.Resolution); err != nil {
			return err
		}
	}
	return nil
}
