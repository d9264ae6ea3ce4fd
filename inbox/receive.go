package inbox

import (
	"context"
	"fmt"

	"github.com/teaminbox/teaminbox/channel"
)

// Receive takes in a message that came in on a channel, for hosts that receive
// in their own way; [Inbox.Webhook] and listeners call it by themselves. When
// it returns nil, the message is durable. Receiving a message twice has no
// effect but an Acceptance that says so.
//
// ProviderID, From and To must be set; otherwise the error is ErrInvalid. A
// message to an address of no inbox is kept as a stray, see Agent.Strays.
func (in *Inbox) Receive(ctx context.Context, channelName string, m channel.Inbound) (Acceptance, error) {
	if err := in.checkInbound(channelName, &m); err != nil {
		return Acceptance{}, err
	}
	var a Acceptance
	err := in.update(ctx, func(t *tx) error {
		var err error
		a, err = in.accept(t, channelName, m)
		return err
	})
	return a, err
}

// Status takes in a provider's report on an outbound message. It may come
// early, twice and in any order. A report on a message that is not ours is
// ignored.
func (in *Inbox) Status(ctx context.Context, channelName string, u channel.StatusUpdate) error {
	if _, ok := in.channels[channelName]; !ok {
		return fmt.Errorf("%w: %q", ErrUnknownChannel, channelName)
	}
	if err := checkStatus(u); err != nil {
		return err
	}
	return in.update(ctx, func(t *tx) error { return in.report(t, channelName, u) })
}

func checkStatus(u channel.StatusUpdate) error {
	if u.ProviderID == "" && u.MessageID == "" {
		return invalid("StatusUpdate", "has neither ProviderID nor MessageID; set at least one")
	}
	return nil
}

func (in *Inbox) checkInbound(channelName string, m *channel.Inbound) error {
	if _, ok := in.channels[channelName]; !ok {
		return fmt.Errorf("%w: %q", ErrUnknownChannel, channelName)
	}
	switch {
	case m.ProviderID == "":
		return invalid("Inbound.ProviderID", "is empty; it tells a message from its repetition")
	case m.From == "":
		return invalid("Inbound.From", "is empty; it is the customer's address")
	case m.To == "":
		return invalid("Inbound.To", "is empty; it is the address that the customer wrote to")
	}
	// Consent is kept by address, so one person must not have two spellings.
	var err error
	if m.From, err = channel.ParseAddress(string(m.From)); err != nil {
		return invalid("Inbound.From", "is no address: %v", err)
	}
	if m.To, err = channel.ParseAddress(string(m.To)); err != nil {
		return invalid("Inbound.To", "is no address: %v", err)
	}
	m.Text, m.ProfileName = validText(m.Text), validText(m.ProfileName)
	return nil
}

// receiveAll takes in everything that one webhook brought, in one transaction:
// the provider hears that we have all of it, or that we have not.
func (in *Inbox) receiveAll(ctx context.Context, channelName string, d channel.Delivery) error {
	for i := range d.Inbound {
		if err := in.checkInbound(channelName, &d.Inbound[i]); err != nil {
			return err
		}
	}
	for _, u := range d.Status {
		if err := checkStatus(u); err != nil {
			return err
		}
	}
	return in.update(ctx, func(t *tx) error {
		for _, m := range d.Inbound {
			if _, err := in.accept(t, channelName, m); err != nil {
				return err
			}
		}
		for _, u := range d.Status {
			if err := in.report(t, channelName, u); err != nil {
				return err
			}
		}
		return nil
	})
}
