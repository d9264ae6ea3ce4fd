package inbox

import (
	"context"
	"fmt"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
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
	accepted, err := in.takeIn(ctx, in.update, channelName, channel.Delivery{Inbound: []channel.Inbound{m}})
	if err != nil {
		return Acceptance{}, err
	}
	return accepted[0], nil
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
	return in.update(ctx, func(t *tx) error { return in.report(t, channelName, u) }, in.expectReports(channelName, []channel.StatusUpdate{u}))
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
	for i := range d.Consent {
		if err := checkConsent(&d.Consent[i]); err != nil {
			return err
		}
	}
	_, err := in.takeIn(ctx, in.update, channelName, d)
	return err
}

// takeIn takes in what a provider has delivered in one change.
//
// A message that was sound and can't be put into its inbox all the same, since
// what is stored contradicts itself or a part of the engine panics, is kept as
// a stray: its provider would offer it in vain, and give up.
func (in *Inbox) takeIn(ctx context.Context, commit func(context.Context, func(*tx) error, ...expectation) error, channelName string, d channel.Delivery) ([]Acceptance, error) {
	messages := d.Inbound
	accepted := make([]Acceptance, len(messages))
	err := commit(ctx, func(t *tx) error {
		for i, m := range messages {
			var err error
			if accepted[i], err = in.accept(t, channelName, m); err != nil {
				return err
			}
		}
		for _, u := range d.Status {
			if err := in.report(t, channelName, u); err != nil {
				return err
			}
		}
		for _, u := range d.Consent {
			if err := in.reportConsent(t, channelName, u); err != nil {
				return err
			}
		}
		return nil
	}, in.expectDelivery(channelName, d)...)
	switch {
	case err == nil:
		in.telemetry.accepted(ctx, channelName, accepted)
		return accepted, nil
	case !unfit(err):
		return nil, err
	case len(messages)+len(d.Status)+len(d.Consent) > 1:
		return in.takeInSingly(ctx, commit, channelName, d)
	case len(messages) == 0:
		return nil, err
	}
	in.log.Error("a message can't be put into its inbox; it is kept as a stray", "channel", channelName,
		"from", messages[0].From, "to", messages[0].To, "provider_id", messages[0].ProviderID, "err", err)
	why := "could not be put into its inbox: " + firstRunes(err.Error(), 300)
	ref := store.ProviderRef{Channel: channelName, ProviderID: messages[0].ProviderID}
	err = commit(ctx, func(t *tx) error {
		known, err := t.MessagesFrom(ref)
		if err != nil {
			return err
		}
		if len(known) > 0 { // it was only to be completed, and stays as it is
			accepted[0] = Acceptance{Duplicate: true, Conversation: known[0].Conversation, Message: known[0].ID}
			return nil
		}
		account, err := in.accountOf(t, store.Endpoint{Channel: channelName, Address: messages[0].To})
		if err == nil {
			accepted[0], err = in.acceptStray(t, account, ref, messages[0], why)
		}
		return err
	})
	if err == nil {
		in.telemetry.accepted(ctx, channelName, accepted)
	}
	return accepted, err
}

// accountOf returns whose an address of ours is.
func (in *Inbox) accountOf(t *tx, end store.Endpoint) (store.AccountID, error) {
	box, err := in.inboxAt(t, end)
	switch {
	case err != nil:
		return "", err
	case box == nil:
		return in.strayAccount(t)
	}
	return box.Account, nil
}

// takeInSingly takes messages and reports in one by one, in their order, since
// one of them can't be taken in as it should.
func (in *Inbox) takeInSingly(ctx context.Context, commit func(context.Context, func(*tx) error, ...expectation) error, channelName string, d channel.Delivery) ([]Acceptance, error) {
	all := make([]Acceptance, 0, len(d.Inbound))
	for _, m := range d.Inbound {
		accepted, err := in.takeIn(ctx, commit, channelName, channel.Delivery{Inbound: []channel.Inbound{m}})
		if err != nil {
			return all, err
		}
		all = append(all, accepted...)
	}
	for _, u := range d.Status {
		if _, err := in.takeIn(ctx, commit, channelName, channel.Delivery{Status: []channel.StatusUpdate{u}}); err != nil {
			return all, err
		}
	}
	for _, u := range d.Consent {
		if _, err := in.takeIn(ctx, commit, channelName, channel.Delivery{Consent: []channel.ConsentUpdate{u}}); err != nil {
			return all, err
		}
	}
	return all, nil
}
