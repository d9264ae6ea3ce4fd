package store

import (
	"slices"

	"github.com/teaminbox/teaminbox/compliance"
)

// Prefetcher is a Tx for which every read is a round trip: it gains from
// knowing what will be read by keys, and reads all of it at once. Prefetch
// changes no answer.
//
// Whoever prefetches has put several changes into one transaction, and none of
// them should wait for long because of another. So the Update may fail with a
// [*BusyError] where it would have waited.
type Prefetcher interface {
	Tx
	Prefetch(k Keys) error
}

// BusyError is the [ErrBusy] of an Update that has prefetched.
type BusyError struct {
	// Keys are those of the prefetched that other transactions hold. If there
	// are none, it is not known what they hold.
	Keys Keys
	Err  error // the Store's own, an ErrBusy
}

func (e *BusyError) Error() string { return e.Err.Error() }

func (e *BusyError) Unwrap() error { return e.Err }

// Keys are what a transaction is likely to read by keys.
type Keys struct {
	Providers     []ProviderRef // messages and strays
	Requests      []RequestRef
	Identities    []Identity
	Threads       []Thread
	Consent       []compliance.Key
	Contacts      []ContactID
	Conversations []ConversationID
	Messages      []MessageID
	Tasks         []ConversationID
	Leases        []ConversationID
	Marks         []MarkRef
	Events        []EventQuery // with LastEvent of their accounts; for a View, as an Update that has read events holds up who adds some
}

// Add adds the keys of another list.
func (k *Keys) Add(more Keys) {
	k.Providers = append(k.Providers, more.Providers...)
	k.Requests = append(k.Requests, more.Requests...)
	k.Identities = append(k.Identities, more.Identities...)
	k.Threads = append(k.Threads, more.Threads...)
	k.Consent = append(k.Consent, more.Consent...)
	k.Contacts = append(k.Contacts, more.Contacts...)
	k.Conversations = append(k.Conversations, more.Conversations...)
	k.Messages = append(k.Messages, more.Messages...)
	k.Tasks = append(k.Tasks, more.Tasks...)
	k.Leases = append(k.Leases, more.Leases...)
	k.Marks = append(k.Marks, more.Marks...)
	k.Events = append(k.Events, more.Events...)
}

// Meet reports whether both have a key in common.
func (k Keys) Meet(other Keys) bool {
	return meet(k.Providers, other.Providers) || meet(k.Requests, other.Requests) || meet(k.Identities, other.Identities) ||
		meet(k.Threads, other.Threads) || meet(k.Consent, other.Consent) || meet(k.Contacts, other.Contacts) ||
		meet(k.Conversations, other.Conversations) || meet(k.Messages, other.Messages) || meet(k.Tasks, other.Tasks) ||
		meet(k.Leases, other.Leases) || meet(k.Marks, other.Marks) || meet(k.Events, other.Events)
}

func meet[K comparable](a, b []K) bool {
	return slices.ContainsFunc(a, func(k K) bool { return slices.Contains(b, k) })
}
