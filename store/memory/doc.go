// Package memory keeps the records of Team Inbox in the memory of the process:
// for tests, demos and simulations.
//
//	s := memory.New()
//	in, err := inbox.New(inbox.Config{Store: s, …})
//
// It keeps every promise of [store.Store] but durability: what it holds is gone
// with the process. Several engines may share one [Store], which plays several
// processes on one database. With [WithClock] the time by which leases are
// measured is the caller's.
//
// # How it works
//
// Every table and every index is a balanced tree whose nodes are never changed
// once a transaction has committed. Update works on the present trees, copies
// the nodes that it changes, and puts the new roots in the place of the old
// ones at the end. So a View costs nothing to begin, sees one moment for as
// long as it lasts, and neither waits for an Update nor holds one up. An Update
// that fails is forgotten. Updates run one after the other.
//
// # Where it is stricter than it must be
//
// The contract leaves some things open. This Store takes the side that shows a
// mistake: an Update in which a write has failed fails too, even if its
// function returns nil; a transaction that is used after its end returns an
// error; and [store.Tx].NewID fails in a View.
package memory
