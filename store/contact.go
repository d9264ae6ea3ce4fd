package store

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// Contact is a customer.
type Contact struct {
	ID         ContactID
	Account    AccountID
	Name       string
	Addresses  []channel.Address // no two contacts of an account share an identity
	Language   string            // BCP 47, or ""
	TimeZone   string            // IANA, or ""
	Region     string            // ISO 3166-1, or ""
	Attributes map[string]string // the host's own
	CreatedAt  time.Time
	Version    int64
}

// Identity is an address's person, whatever its medium within the family.
type Identity struct {
	Account AccountID
	Family  channel.Family
	Value   string // see channel.Address.Identity
}

// IdentityOf returns the identity of an address within an account.
func IdentityOf(account AccountID, a channel.Address) Identity {
	return Identity{Account: account, Family: a.Family(), Value: a.Identity()}
}

// Contacts holds customers.
type Contacts interface {
	Contacts(ids ...ContactID) ([]Contact, error)
	// ContactsAt returns the contacts that own the identities, each once.
	ContactsAt(ids ...Identity) ([]Contact, error)
	// PutContacts fails with ErrDuplicate if an identity belongs to another
	// contact of the account.
	PutContacts(cs ...Contact) error
}
