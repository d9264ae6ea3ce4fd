package channel_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/channel"
)

func ExampleParseAddress() {
	a, err := channel.ParseAddress("WhatsApp:+1 (415) 555-0123")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(a))
	fmt.Println(a.Family(), a.Identity(), a.Masked())
	// Output:
	// whatsapp:+14155550123
	// whatsapp +14155550123 whatsapp:+1•••0123
}

// A channel that sends by a function of the host's own.
func ExampleFunc() {
	acme := channel.Func("acme", func(_ context.Context, m channel.Outbound) (channel.Receipt, error) {
		if m.Text == "" {
			return channel.Receipt{}, &channel.SendError{Outcome: channel.Rejected, Code: "empty", Reason: "a message needs a text"}
		}
		return channel.Receipt{ProviderID: "acme-1", State: channel.DeliveryAccepted}, nil
	})

	receipt, err := acme.Send(context.Background(), channel.Outbound{To: "+14155550123", Text: "Your table is ready"})
	fmt.Println(receipt.ProviderID, err)
	_, err = acme.Send(context.Background(), channel.Outbound{To: "+14155550123"})
	fmt.Println(err)
	// Output:
	// acme-1 <nil>
	// channel: message rejected (code empty): a message needs a text
}

func ExampleAsSendError() {
	for _, err := range []error{
		&channel.SendError{Outcome: channel.NotSent, Reason: "too many requests"},
		errors.New("connection reset"),
	} {
		fmt.Println(channel.AsSendError(err).Outcome)
	}
	// Output:
	// not sent
	// uncertain
}
