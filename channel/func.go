package channel

import "context"

// Func returns a Channel that sends by calling send. It suits small adapters
// and tests.
func Func(name string, send func(ctx context.Context, m Outbound) (Receipt, error)) Channel {
	return funcChannel{name: name, send: send}
}

type funcChannel struct {
	name string
	send func(ctx context.Context, m Outbound) (Receipt, error)
}

func (f funcChannel) Name() string { return f.name }

func (f funcChannel) Send(ctx context.Context, m Outbound) (Receipt, error) { return f.send(ctx, m) }
