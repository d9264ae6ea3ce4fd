package responder

import "context"

// FirstMessage returns the responder that answers a customer's first message
// in a conversation with the inbox's FirstReply, and is silent otherwise.
func FirstMessage() Responder {
	return ResponderFunc(func(_ context.Context, t Turn) (Reply, error) {
		if !t.First {
			return Reply{}, nil
		}
		return Reply{Text: t.Inbox.Settings.FirstReply}, nil
	})
}

// Silence returns the responder that never answers.
func Silence() Responder {
	return ResponderFunc(func(context.Context, Turn) (Reply, error) { return Reply{}, nil })
}
