// Package simulation runs engines against everything that can go wrong, one
// step at a time, and checks that the promises of package inbox hold.
//
// It has no code but tests. A run is made from a number, its seed: a few
// engines share a store and a carrier, customers write, people answer, and a
// scheduler of the simulation's own decides who goes on and what fails. The
// engines are the real ones; every call that they make of the store, of the
// channel, of the router and of the responder waits until the scheduler lets
// it go on. So a seed gives the same run every time, on any machine.
//
// # Running it
//
// A few seconds of fixed seeds are a part of every go test. To run seeds that
// nobody has seen, say for how long:
//
//	TEAMINBOX_SIMULATION_FOR=1m go test -run TestFreshSeeds -v ./internal/simulation
//	TEAMINBOX_SIMULATION_FOR=8h go test -timeout 0 -run TestFreshSeeds -v ./internal/simulation
//
// It says how many seeds it has run, and what went on and went wrong in them,
// by kind. To see one run step by step, and, if it breaks an invariant, the
// shortest run that does so too:
//
//	TEAMINBOX_SIMULATION_SEED=17 go test -run TestSeed -v ./internal/simulation
//	TEAMINBOX_SIMULATION_SEED=17 TEAMINBOX_SIMULATION_STORE=sqlite go test -run TestSeed -v ./internal/simulation
//
// # How it works
//
// A plan is a flat list of operations and a list of faults, each of which
// strikes one call of one operation. Both come from the seed. Operations begin
// in the order of the list, and go on beside each other if they are those of
// different engines. Which of them goes on is decided by a priority that each
// call has from the seed, its operation and its number in it, so that a run
// from which operations or faults are taken away goes on much as before.
//
// A run is in a bubble of testing/synctest. Its clock drives the engines'
// timers and runs only when the scheduler says so; the clocks of the engines,
// the store and the carrier follow it, and are stepped besides.
//
// Everything that is committed is written down, in order, by a wrapper of the
// store; the carrier knows what truly was sent. When the plan is done, nothing
// fails any more, time runs on until nothing is left to do, and the checks
// read what happened. Each has the number and the name of a promise.
//
// # Proof that it bites
//
// TestPlantedBugs builds the package with defects that the library does not
// have, runs it with one at a time, and wants each to be found within a few
// hundred seeds, by the check that is there for it.
package simulation
