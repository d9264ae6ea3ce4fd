// Package compliancetest proves an implementation of
// [compliance.OptOutPolicy].
//
//	func TestConformance(t *testing.T) {
//		compliancetest.Run(t, compliancetest.Harness{
//			New: func(testing.TB) compliance.OptOutPolicy { return acme.Policy{} },
//		})
//	}
//
// Each case is a subtest that is named for what it checks and that quotes the
// rule when it fails. The rules are those that bind every policy: the purity
// that the engine relies on, the words that the law and the carriers prescribe,
// and what may never reach a contact that has opted out. Where policies may
// differ the kit is silent (whether "please stop texting me" is an opt-out or
// a matter for a person, say), or the [Harness] has a field for it.
//
// Run the kit with the race detector: that is how it sees that a policy is
// safe for use from many goroutines.
package compliancetest
