package store

import "github.com/teaminbox/teaminbox/compliance"

// Ledger holds the facts about consent. It is only ever added to.
type Ledger interface {
	// ConsentEntries returns all entries of the keys, by key in the order
	// given, then by id.
	ConsentEntries(keys ...compliance.Key) ([]compliance.Entry, error)
	// AppendConsent adds entries. Their ids come from Tx.NewID. It fails with
	// ErrDuplicate if an id exists, or if the key has an entry with the same
	// Link.Seq, unless that is 0.
	AppendConsent(es ...compliance.Entry) error
}
