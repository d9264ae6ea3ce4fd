package sqlite

import (
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

const strayColumns = `id, account, channel, provider_id, resolved_at, inbound, reason, received_at, resolved_by, resolution, version`

var (
	straysTable = newVersioned("strays", "id", "account, channel, provider_id",
		"resolved_at, inbound, reason, received_at, resolved_by, resolution")
	straysByID = newKeyed(`SELECT ` + strayColumns + ` FROM strays WHERE id IN %s`)
)

// inbound is a channel.Inbound with the names that its fields have in the
// file.
type inbound struct {
	ProviderID      string            `json:"provider_id"`
	From            channel.Address   `json:"from"`
	To              channel.Address   `json:"to"`
	Text            string            `json:"text"`
	Media           []channel.Media   `json:"media,omitempty"`
	Location        *channel.Location `json:"location,omitempty"`
	Button          *channel.Button   `json:"button,omitempty"`
	ReplyTo         *channel.ReplyTo  `json:"reply_to,omitempty"`
	Referral        *channel.Referral `json:"referral,omitempty"`
	ProfileName     string            `json:"profile_name,omitempty"`
	UserID          string            `json:"user_id,omitempty"`
	Forwarded       bool              `json:"forwarded,omitempty"`
	Region          string            `json:"region,omitempty"`
	Keyword         channel.Keyword   `json:"keyword,omitempty"`
	ProviderReplied bool              `json:"provider_replied,omitempty"`
	SentAt          time.Time         `json:"sent_at,omitzero"`
	Late            bool              `json:"late,omitempty"`
	Problems        []string          `json:"problems,omitempty"`
	Raw             map[string]string `json:"raw,omitempty"`
}

func scanStray(r row, s *store.Stray) error {
	var providerID string
	return r.Scan((*int64)(&s.ID), (*string)(&s.Account), &s.Channel, &providerID, timeColumn{&s.ResolvedAt}, jsonColumn{(*inbound)(&s.Inbound)},
		&s.Reason, timeColumn{&s.ReceivedAt}, (*string)(&s.ResolvedBy), &s.Resolution, &s.Version)
}

// Strays returns strays by id.
func (t *tx) Strays(ids ...store.StrayID) ([]store.Stray, error) {
	return byKeys(t, &straysByID, scanStray, func(s *store.Stray) store.StrayID { return s.ID }, ids)
}

// StraysFrom returns strays by their providers' ids.
func (t *tx) StraysFrom(refs ...store.ProviderRef) ([]store.Stray, error) {
	return eachKey(t, scanStray, `SELECT `+strayColumns+` FROM strays WHERE channel = ? AND provider_id = ?`,
		func(r store.ProviderRef) []any { return []any{r.Channel, r.ProviderID} }, refs)
}

// WaitingStrays returns an account's strays that wait.
func (t *tx) WaitingStrays(account store.AccountID, limit int) ([]store.Stray, error) {
	return all(t, scanStray, `SELECT `+strayColumns+` FROM strays WHERE account = ? AND resolved_at IS NULL ORDER BY id LIMIT ?`, string(account), max(limit, 0))
}

// PutStrays writes strays.
func (t *tx) PutStrays(ss ...store.Stray) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, s := range ss {
		s.Inbound.SentAt = kept(s.Inbound.SentAt)
		in, err := encode(inbound(s.Inbound))
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
