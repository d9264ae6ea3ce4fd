// Package channeltest proves an implementation of [channel.Channel] and of the
// optional interfaces beside it.
//
// The author of a channel writes a fake of the provider, mostly an
// [net/http/httptest.Server], and a [Harness] that connects the two:
//
//	func TestConformance(t *testing.T) {
//		channeltest.Run(t, channeltest.Harness{New: func(t testing.TB) channeltest.Instance {
//			fake := newFakeProvider(t)
//			return channeltest.Instance{
//				Channel:  acme.New(acme.Config{URL: fake.URL, Token: "sesame-5150"}),
//				From:     "+14155550100",
//				To:       "+14155550123",
//				Requests: fake.Requests,
//				Behave:   fake.Behave,
//				Secrets:  []string{"sesame-5150"},
//			}
//		}})
//	}
//
// Each case is a subtest that is named for what it checks and that quotes the
// rule of the contract when it fails. Which cases run depends on what the
// channel can do: a type assertion finds its optional interfaces, and what the
// harness doesn't supply is skipped with a printed reason. A channel is proven
// when no case is skipped that its provider could show; -v lists them.
//
// Run the kit with the race detector: that is how it sees that a channel is
// safe for use from many goroutines and that it keeps nothing of a message.
//
// What the kit can't see is whether the fake behaves like the provider. Its
// author builds it from the provider's documentation and from recorded
// requests.
package channeltest
