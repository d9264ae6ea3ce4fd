// Package storetest proves an implementation of [store.Store].
//
// The author of a store writes a [Harness] that opens fresh stores, and runs
// the kit from a test:
//
//	func TestConformance(t *testing.T) {
//		storetest.Run(t, storetest.Harness{
//			Open: func(t testing.TB) store.Store {
//				s, err := acme.Open(filepath.Join(t.TempDir(), "inbox.db"))
//				if err != nil {
//					t.Fatal(err)
//				}
//				t.Cleanup(func() { s.Close() })
//				return s
//			},
//			Reopen: func(t testing.TB, s store.Store) store.Store {
//				again, err := acme.Open(s.(*acme.Store).Path())
//				if err != nil {
//					t.Fatal(err)
//				}
//				t.Cleanup(func() { again.Close() })
//				return again
//			},
//		})
//	}
//
// Each case is a subtest with a store of its own. It is named for what it
// checks, and when it fails, it quotes the rule of the contract that is broken.
// To work on one area, run it alone:
//
//	go test -run TestConformance/leases
//
// The cases need no more than the contract: they put what a record belongs to
// before the record, draw ids with NewID (but for a few that are large), take
// an error from the write or from Update alike, and try again after
// [store.ErrConflict]. Where the contract leaves a choice, both sides pass.
// Cases about time take the store's clock as it is, or move it where the
// Harness can.
//
// What the harness can't show is skipped with a printed reason; -v lists it. A
// store that several processes share is proven when nothing is skipped.
//
// Run the kit with the race detector, and a few times over: some cases have
// many goroutines meet, and find a mistake with luck rather than each time.
//
// What the kit can't see is what happens when a process or a machine dies.
// Whether an Update that has returned survives that is for the store's author
// to test, with a process that is killed.
package storetest
