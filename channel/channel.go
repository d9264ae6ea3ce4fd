package channel

import (
	"context"
	"io"
	"net/http"
	"time"
)

// A Channel sends messages through one provider account.
//
// The engine calls Send from many goroutines at once, but not twice at once for
// messages of one conversation, unless an earlier call has not returned though
// its context has ended. Send may block for as long as its context
// allows (by default 15 seconds, see inbox.Config.SendTimeout) and must return
// soon after the context ends. It must not keep the Outbound or anything that
// it points to, and it must not retry: the engine does, and only when the
// channel says that nothing was sent.
//
// Name is constant: it is stored with every message, and a host that renames
// a channel has made another one.
//
// A nil error means that the provider has taken the message over. An error
// should be a [*SendError], which says whether the message certainly was not
// sent; any other error counts as [Uncertain], and the message is then not sent
// again by itself, unless a [Reconciler] finds out that it was not sent.
//
// Test your implementation with package channel/channeltest.
type Channel interface {
	Name() string
	Send(ctx context.Context, m Outbound) (Receipt, error)
}

// Webhook is a Channel whose provider reports by HTTP requests.
//
// ParseWebhook verifies the request's signature first and only then parses
// what it has verified. It reads the body itself and bounds it. It is called
// from many goroutines at once, does no I/O but reading the request, and
// keeps nothing. Its errors wrap [ErrSignature], [ErrTooLarge] or
// [ErrMalformed]; nothing of such a request is stored. A request that is
// authentic and names its message, but has parts that can't be understood, is
// no error: those parts are described in [Inbound.Problems].
//
// Acknowledge writes the provider's idea of an empty, successful answer. It is
// called once everything that ParseWebhook returned is durable.
type Webhook interface {
	Channel
	ParseWebhook(r *http.Request) (Delivery, error)
	Acknowledge(w http.ResponseWriter)
}

// Listener is a Channel that receives by itself, without webhooks.
//
// Listen blocks until the context ends and hands over what comes in, one call
// at a time for each sender, in the order in which it came. An error of the
// sink means that the item is not durable: the Listener must offer it again.
type Listener interface {
	Channel
	Listen(ctx context.Context, s Sink) error
}

// Sink takes what a [Listener] receives. All methods return nil only after
// the item is durable; offering an item twice has no effect.
type Sink interface {
	Receive(ctx context.Context, m Inbound) error
	Status(ctx context.Context, u StatusUpdate) error
	Consent(ctx context.Context, u ConsentUpdate) error
}

// Limiter is a Channel that knows the limits of messages from one address to
// another. Limits is called often and must not block.
type Limiter interface {
	Channel
	Limits(from, to Address) Limits
}

// Limits bounds outbound messages between two addresses. A zero field is no limit.
type Limits struct {
	BodyRunes  int           // longest body in Unicode code points
	MediaCount int           // most attachments
	Window     time.Duration // how long after the customer's last message free text is allowed

	// SegmentsPerSecond is how much the sender's address may send in a second,
	// to all customers together. The engine lets what is more wait for its
	// turn. A message that is not divided into segments counts as one.
	SegmentsPerSecond float64
}

// MediaFetcher is a Channel whose inbound media need the provider's
// credentials or care.
//
// FetchMedia opens one attachment. It fetches from the provider's hosts alone,
// never hands credentials to another, and the reader fails when the content
// is larger than max bytes. The caller closes the reader. The returned type
// is the one that the provider declared.
type MediaFetcher interface {
	Channel
	FetchMedia(ctx context.Context, m Media, max int64) (body io.ReadCloser, contentType string, err error)
}

// Backfiller is a Channel that can list what came in since a moment, for the
// time in which the host was down. It calls yield in the order of arrival and
// stops at yield's first error, which it returns. Messages that webhooks
// delivered as well carry the same provider id.
type Backfiller interface {
	Channel
	Backfill(ctx context.Context, since time.Time, yield func(Inbound) error) error
}

// Reconciler is a Channel that can find out whether an uncertain send
// happened. It returns the receipt and true if the provider has the message,
// false if it certainly has not and will not have it, and an error if that
// can't be told yet. The engine asks half a minute after the attempt, and after
// an error again, less and less often, for about an hour. After false the
// message is sent again, so when in doubt return an error. attempted is when
// the attempt began, by the host's clock.
type Reconciler interface {
	Channel
	Reconcile(ctx context.Context, m Outbound, attempted time.Time) (Receipt, bool, error)
}
