package store

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// Stray is a message that came in and belongs to no inbox: it is kept and
// shown until a person says what becomes of it.
type Stray struct {
	ID         StrayID
	Account    AccountID
	Channel    string // the channel's name
	Inbound    channel.Inbound
	Reason     string // why it has no inbox, in plain words
	ReceivedAt time.Time
	ResolvedAt time.Time // zero while it waits
	ResolvedBy UserID
	Resolution string // what became of it, in plain words
	Version    int64
}

// Strays holds messages without an inbox.
type Strays interface {
	Strays(ids ...StrayID) ([]Stray, error)
	StraysFrom(refs ...ProviderRef) ([]Stray, error)
	// WaitingStrays returns an account's strays that wait, by id, at most
	// limit.
	WaitingStrays(account AccountID, limit int) ([]Stray, error)
	// ListStrays returns an account's strays, those that wait and the others, with
	// ids above one, by id, at most limit.
	ListStrays(account AccountID, after StrayID, limit int) ([]Stray, error)
	// PutStrays fails with ErrDuplicate if another stray has the same channel
	// and provider's id.
	PutStrays(ss ...Stray) error
}
