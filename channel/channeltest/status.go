package channeltest

import (
	"fmt"
	"net/http"

	"github.com/teaminbox/teaminbox/channel"
)

func statusCases() []testCase {
	all := []testCase{{
		name: "Status/OfASentMessage",
		rule: "A channel makes our id come back with every status update.",
		run:  statusOfASentMessage,
	}, {
		name: "Status/Code",
		rule: "Code: the provider's error code.",
		run:  statusCode,
	}, {
		name: "Status/ConsentStopped",
		rule: "ConsentStopped: the customer wants nothing from us any more.",
		run:  func(e *env) error { return statusConsent(e, channel.ConsentStopped) },
	}, {
		name: "Status/MarketingStopped",
		rule: "MarketingStopped: the customer wants nothing more that sells. Everything else still reaches them.",
		run:  func(e *env) error { return statusConsent(e, channel.MarketingStopped) },
	}, {
		name: "Status/NumberVoid",
		rule: "NumberVoid: the address is not the customer's any more.",
		run:  func(e *env) error { return statusConsent(e, channel.NumberVoid) },
	}}
	for s := channel.DeliveryAccepted; s <= channel.DeliveryCanceled; s++ {
		all = append(all, testCase{
			name: "Status/" + s.String(),
			rule: "States are ordered: a later one is never undone by an earlier one. [So each of the provider's words must become the right one.]",
			run:  func(e *env) error { return statusState(e, s) },
		})
	}
	return all
}

// status makes the request for a status update or returns a skip.
func (h *hook) status(u channel.StatusUpdate) (*http.Request, error) {
	if h.make.Status == nil {
		return nil, skipf("the harness makes no Status requests")
	}
	r := h.make.Status(u)
	if r == nil {
		return nil, skipf("the provider can't report that (%v, consent %v)", u.State, u.Consent)
	}
	return r, nil
}

// reported parses the request for a status update and returns what came out,
// which must be one update with the same ids and state.
func (h *hook) reported(u channel.StatusUpdate) (channel.StatusUpdate, error) {
	r, err := h.status(u)
	if err != nil {
		return channel.StatusUpdate{}, err
	}
	d, err := h.ParseWebhook(r)
	if err != nil {
		return channel.StatusUpdate{}, fmt.Errorf("ParseWebhook refused a valid status update: %w", err)
	}
	if len(d.Inbound) != 0 || len(d.Status) != 1 || len(d.Consent) != 0 {
		return channel.StatusUpdate{}, fmt.Errorf("ParseWebhook found %d messages, %d status updates and %d consent updates in a request with one status update", len(d.Inbound), len(d.Status), len(d.Consent))
	}
	got := d.Status[0]
	switch {
	case got.ProviderID != u.ProviderID:
		return got, fmt.Errorf("the ProviderID is %q instead of %q", got.ProviderID, u.ProviderID)
	case got.MessageID != u.MessageID:
		return got, fmt.Errorf("our id is %q instead of %q", got.MessageID, u.MessageID)
	case got.State != u.State:
		return got, fmt.Errorf("the state is %v instead of %v", got.State, u.State)
	}
	return got, nil
}

func statusState(e *env, s channel.DeliveryState) error {
	h, err := e.hook()
	if err != nil {
		return err
	}
	u := channel.StatusUpdate{ProviderID: e.ProviderID(1), MessageID: "710001", State: s}
	got, err := h.reported(u)
	if err == nil && got.Consent != channel.ConsentUnchanged {
		err = fmt.Errorf("the update says of the customer's consent: %v", got.Consent)
	}
	return err
}

func statusOfASentMessage(e *env) error {
	h, err := e.hook()
	if err != nil {
		return err
	}
	m := e.outbound("710001")
	receipt, err := e.accept(m)
	if err != nil {
		return err
	}
	seen, err := e.onlyRequest()
	if err != nil {
		return err
	}
	_, err = h.reported(channel.StatusUpdate{ProviderID: receipt.ProviderID, MessageID: seen.MessageID, State: channel.DeliveryDelivered})
	if err == nil && seen.MessageID != m.ID {
		err = fmt.Errorf("the message %q reached the provider with the id %q", m.ID, seen.MessageID)
	}
	return err
}

func statusCode(e *env) error {
	h, err := e.hook()
	if err != nil {
		return err
	}
	u := channel.StatusUpdate{ProviderID: e.ProviderID(1), MessageID: "710001", State: channel.DeliveryFailed, Code: "30003"}
	got, err := h.reported(u)
	if err == nil && got.Code != u.Code {
		err = fmt.Errorf("the code is %q instead of %q", got.Code, u.Code)
	}
	return err
}

func statusConsent(e *env, c channel.ConsentChange) error {
	h, err := e.hook()
	if err != nil {
		return err
	}
	u := channel.StatusUpdate{ProviderID: e.ProviderID(1), MessageID: "710001", State: channel.DeliveryFailed, Consent: c}
	got, err := h.reported(u)
	if err == nil && got.Consent != c {
		err = fmt.Errorf("the update says of the customer's consent %v instead of %v", got.Consent, c)
	}
	return err
}
