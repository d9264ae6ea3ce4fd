// Package routingtest proves an implementation of [routing.Router] and makes
// requests for its tests.
//
//	func TestConformance(t *testing.T) {
//		routingtest.Run(t, routingtest.Harness{
//			New: func(t testing.TB) routing.Router { return crm.NewRouter(newFakeCRM(t)) },
//		})
//	}
//
// Each case is a subtest that is named for what it checks and that quotes the
// rule when it fails. Run the kit with the race detector: that is how it sees
// that a router is safe for use from many goroutines.
//
// What a router should decide only its author knows. [Request] makes the
// requests for such tests:
//
//	r := routingtest.Request("Where is my invoice?", func(r *routing.Request) { r.Contact.Language = "de" })
//	d, err := router.Route(t.Context(), r)
package routingtest
