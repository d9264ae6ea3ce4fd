package store

import "github.com/teaminbox/teaminbox/compliance"

// Ledger holds the facts about consent. They are only ever added to; what is
// personal in them can be erased.
type Ledger interface {
	// ConsentEntries returns all entries of the keys, by key in the order
	// given, then by id.
	ConsentEntries(keys ...compliance.Key) ([]compliance.Entry, error)
	// AppendConsent adds entries. Their ids come from Tx.NewID. It fails with
	// ErrDuplicate if an id exists, or if the key has an entry with the same
	// Link.Seq, unless that is 0.
	AppendConsent(es ...compliance.Entry) error
	// EraseConsent makes each entry of a key what compliance.Erase makes of it:
	// the pseudonym's, with nothing personal left. The key has none then. It
	// fails with ErrDuplicate if the pseudonym has an entry with the Link.Seq of
	// one of them, unless that is 0.
	EraseConsent(key, pseudonym compliance.Key) error
}
