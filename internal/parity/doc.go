// Package parity plays the same scripts over store/memory, store/sqlite and
// store/postgres, and wants the same history of each.
//
// It has no code but tests. A script drives a real engine through whatever a
// host, its agents and its customers can do: one written by hand, which is a
// tour of the library, and others that are made from a number, their seed.
// Each runs on a clock that stands still until the script moves it, with
// phones that are simulated, and from one goroutine, so that a script means
// the same on every store.
//
// A history has an entry for each step: what it returned, as a value or as an
// error; the events that came of it; what was handed to the provider; and when
// the next piece of work is due. The last entry is everything that the store
// holds. Stores choose ids, fences and cursors in their own way, so each is
// replaced by the order of its first appearance.
//
// The conformance kit, store/storetest, holds every store to the rules of the
// contract, one at a time. This package finds what no rule was written for.
//
// # Running it
//
//	go test ./internal/parity
//
// A few seeds are a part of every go test. A difference names the script, the
// step and the seed, which is then played alone by
//
//	TEAMINBOX_PARITY_SEED=17 go test -run TestSeeds ./internal/parity
//
// and TEAMINBOX_PARITY_SEEDS=500 plays so many from TEAMINBOX_PARITY_SEED on.
// Postgres is what package internal/pgtest finds; without one it is skipped,
// and the other two are compared.
package parity
