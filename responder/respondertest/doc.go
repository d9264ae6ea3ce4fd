// Package respondertest proves an implementation of [responder.Responder] and
// makes turns for its tests.
//
//	func TestConformance(t *testing.T) {
//		respondertest.Run(t, respondertest.Harness{
//			New: func(t testing.TB) responder.Responder { return faq.New(newFakeModel(t)) },
//		})
//	}
//
// Each case is a subtest that is named for what it checks and that quotes the
// rule when it fails. Run the kit with the race detector: that is how it sees
// that a responder is safe for use from many goroutines.
//
// What a responder should say only its author knows. [Turn] makes the turns
// for such tests:
//
//	turn := respondertest.Turn("When do you open?", func(t *responder.Turn) { t.First = false })
//	reply, err := r.Respond(t.Context(), turn)
package respondertest
