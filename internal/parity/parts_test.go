package parity

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/responder"
	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/store"
)

// router sends what is about a price to sales, gives what asks for carol to
// her, and fails where a text says so.
type router struct{}

func (router) Route(_ context.Context, r routing.Request) (routing.Decision, error) {
	switch text := strings.ToLower(r.Message.Text); {
	case strings.Contains(text, "price") && r.Inbox.Account == store.DefaultAccount:
		return routing.Decision{Teams: []store.TeamID{"sales"}, Reason: "asks for a price"}, nil
	case strings.Contains(text, "carol") && r.Inbox.Account == store.DefaultAccount:
		return routing.Decision{Users: []store.UserID{"carol"}, Reason: "asks for carol"}, nil
	case strings.Contains(text, "broken router"):
		return routing.Decision{}, errors.New("the CRM is down")
	}
	return routing.ToTeam(r), nil
}

// answers is the standard responder, which also answers whoever asks when the
// shop opens, and fails where a text says so.
type answers struct{}

func (answers) Respond(ctx context.Context, t responder.Turn) (responder.Reply, error) {
	switch text := strings.ToLower(t.Message.Text); {
	case strings.Contains(text, "when do you open"):
		return responder.Reply{Text: "At nine."}, nil
	case strings.Contains(text, "broken responder"):
		panic("no idea")
	}
	return responder.FirstMessage().Respond(ctx, t)
}

// unconfirmed is the host's policy: codes are sent again, offers are not, and
// the rest is held.
func unconfirmed(m store.Message) inbox.UnconfirmedAction {
	switch {
	case strings.Contains(m.Text, "code"):
		return inbox.ResendUnconfirmed
	case strings.Contains(m.Text, "offer"):
		return inbox.AssumeSent
	}
	return inbox.HoldUnconfirmed
}

// plain is a channel that can do nothing but send. What becomes of the next
// sends is ordered before.
type plain struct {
	next []error
	sent int
}

func (p *plain) Name() string { return plainName }

func (p *plain) Send(_ context.Context, _ channel.Outbound) (channel.Receipt, error) {
	p.sent++
	if len(p.next) > 0 {
		err := p.next[0]
		p.next = p.next[1:]
		if err != nil {
			return channel.Receipt{}, err
		}
	}
	return channel.Receipt{ProviderID: fmt.Sprintf("plain-%d", p.sent), State: channel.DeliverySent, Segments: 1}, nil
}
