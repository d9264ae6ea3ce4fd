package inbox_test

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/compliance/zones"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

// A customer is asked whether they want offers, says yes, and gets one; by night it
// waits for the morning where they are.
func ExampleAgent_AskConsent() {
	h := inboxtest.New(exampleT, inboxtest.Config{
		Start: time.Date(2026, time.January, 5, 17, 0, 0, 0, time.UTC), // noon in New York
		Inbox: inbox.Config{OptOut: compliance.Standard{Places: zones.Numbers()}},
	})
	ctx := context.Background()
	customer := h.Phone("+12125550123")
	customer.Send("Do you have winter tyres?")
	conv, alice := customer.Conversation(), h.Agent("alice")

	_, err := alice.AskConsent(ctx, conv, inbox.ConsentQuestion{
		Text:     "Acme Support: reply YES to get offers by text, about 4 a month. Msg & data rates may apply. Consent is no condition of purchase. Reply STOP to opt out.",
		Strength: compliance.ExpressWritten,
	})
	if err != nil {
		panic(err)
	}
	h.Settle()
	customer.Send("Yes")
	h.Advance(12 * time.Hour) // midnight

	m, err := alice.Reply(ctx, conv, inbox.Draft{Text: "Acme Support: winter tyres, half price. Reply STOP to opt out.", Purpose: compliance.Marketing})
	if err != nil {
		panic(err)
	}
	fmt.Println(m.State, m.DueAt.Format(time.RFC3339))
	fmt.Println(m.Reason)
	// Output:
	// deferred 2026-01-06T14:00:00Z
	// it is quiet hours where the contact is, until 09:00 in America/New_York (by area code 212)
}

// Before anybody writes, a composer shows what may be sent.
func ExampleAgent_Sendability() {
	h := inboxtest.New(exampleT, inboxtest.Config{})
	customer := h.Phone("whatsapp:+12125550123")
	customer.Send("Is my bike ready?")
	h.Advance(25 * time.Hour)
	for _, d := range []inbox.Draft{{Text: "It is."}, {Template: &channel.Template{ID: "HX1"}}} {
		s, err := h.Agent("alice").Sendability(context.Background(), customer.Conversation(), d)
		if err != nil {
			panic(err)
		}
		fmt.Println(s.Status)
	}
	// Output:
	// template_only
	// allowed
}

// A message is to be sent in the morning, and is withdrawn.
func ExampleAgent_Cancel() {
	h := inboxtest.New(exampleT, inboxtest.Config{})
	customer := h.Phone("+12125550123")
	customer.Send("Is my bike ready?")
	alice := h.Agent("alice")
	m, err := alice.Reply(context.Background(), customer.Conversation(), inbox.Draft{
		Text: "It is. Come by today!", Plan: store.Plan{NotBefore: h.Now().Add(23 * time.Hour), Expires: h.Now().Add(33 * time.Hour)},
	})
	if err != nil {
		panic(err)
	}
	if err := alice.Cancel(context.Background(), m.ID); err != nil {
		panic(err)
	}
	h.Advance(48 * time.Hour)
	fmt.Println(m.State, len(h.Carrier.Sent()))
	// Output: deferred 0
}

// exampleT stands for the *testing.T of a test.
var exampleT = exampleTB{}

type exampleTB struct {
	testing.TB // for the methods that the harness does not call
}

func (exampleTB) Helper()                  {}
func (exampleTB) Context() context.Context { return context.Background() }
func (exampleTB) Output() io.Writer        { return io.Discard }
func (exampleTB) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}
