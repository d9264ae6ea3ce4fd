// Package inboxtest tests a host's own rules, routers and responders with the
// real engine, simulated phones and a clock that the test moves.
//
//	func TestOrders(t *testing.T) {
//		h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Router: myRouter}})
//		customer := h.Phone("+14155550123")
//
//		customer.Send("Where is my order?")
//		h.RequireAlerted("alice", "bob")
//
//		_, err := h.Agent("alice").Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: "On its way."})
//		if err != nil {
//			t.Fatal(err)
//		}
//		h.RequireSent("+14155550123", "On its way.")
//	}
//
// Nothing happens behind the test's back: no goroutine runs, time stands still
// until [Harness.Advance], and work is done by the harness's methods, which
// return when none is left. So a test needs no sleeps and ends the same way
// each time.
//
// The harness comes with a company, see [DefaultUsers], [DefaultTeams] and
// [DefaultInboxes], a store in memory, and one carrier, which a test may make
// fail, see [simulated.Carrier.FailNext].
//
// Only the deadlines of routers, responders and sends are real: one that
// hangs holds the test up for inbox.Config.RouteTimeout and so on, which a
// test of that makes short.
package inboxtest
