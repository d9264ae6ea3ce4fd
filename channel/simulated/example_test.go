package simulated_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
)

// printer is a sink that prints what it takes. In a service the engine is the
// sink.
type printer struct{}

func (printer) Receive(_ context.Context, m channel.Inbound) error {
	fmt.Printf("in: %s: %s\n", m.From, m.Text)
	return nil
}

func (printer) Status(_ context.Context, u channel.StatusUpdate) error {
	fmt.Printf("status: message %s is %s\n", u.MessageID, u.State)
	return nil
}

func (printer) Consent(_ context.Context, u channel.ConsentUpdate) error {
	fmt.Printf("consent: %s: %s\n", u.From, u.Change)
	return nil
}

// A customer writes, and we answer.
func Example() {
	ctx := context.Background()
	carrier, err := simulated.New(simulated.Config{})
	if err != nil {
		log.Fatal(err)
	}
	alice := carrier.Phone("+14155550123")

	if _, err := alice.Send("+14155550100", "Do you have a table for two?"); err != nil {
		log.Fatal(err)
	}
	if _, err := carrier.Deliver(ctx, printer{}); err != nil {
		log.Fatal(err)
	}

	answer := channel.Outbound{ID: "1", From: "+14155550100", To: "+14155550123", Text: "Yes, at eight."}
	if _, err := carrier.Send(ctx, answer); err != nil {
		log.Fatal(err)
	}
	if _, err := carrier.Deliver(ctx, printer{}); err != nil {
		log.Fatal(err)
	}
	for _, m := range alice.Messages() {
		fmt.Printf("phone: %s (received: %v)\n", m.Text, m.Received)
	}
	// Output:
	// in: +14155550123: Do you have a table for two?
	// status: message 1 is sent
	// status: message 1 is delivered
	// phone: Do you have a table for two? (received: false)
	// phone: Yes, at eight. (received: true)
}

// The answer to a send is lost, but the phone has the message.
func ExampleCarrier_FailNext() {
	ctx := context.Background()
	carrier, err := simulated.New(simulated.Config{})
	if err != nil {
		log.Fatal(err)
	}
	carrier.FailNext(
		simulated.Fault{Kind: simulated.Refused, RetryAfter: time.Minute},
		simulated.Fault{Kind: simulated.AnswerLost},
	)
	m := channel.Outbound{ID: "1", From: "+14155550100", To: "+14155550123", Text: "Your order is ready"}
	for range 2 {
		_, err := carrier.Send(ctx, m)
		failure := channel.AsSendError(err)
		fmt.Println(failure.Outcome, failure.RetryAfter)
	}
	for _, a := range carrier.Sent() {
		fmt.Println("taken:", a.Taken)
	}
	_, found, err := carrier.Reconcile(ctx, m, time.Time{})
	fmt.Println("found:", found, err)
	// Output:
	// not sent 1m0s
	// uncertain 0s
	// taken: false
	// taken: true
	// found: true <nil>
}

// One item at a time, by a clock that stands still until it is moved.
func ExampleCarrier_Step() {
	ctx := context.Background()
	clock := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	carrier, err := simulated.New(simulated.Config{Now: func() time.Time { return clock }})
	if err != nil {
		log.Fatal(err)
	}
	carrier.DisturbNext(simulated.Disturbance{Delay: time.Minute})
	bob := carrier.Phone("+14155550123")
	for _, text := range []string{"first", "second"} {
		if _, err := bob.Send("+14155550100", text); err != nil {
			log.Fatal(err)
		}
	}
	for {
		some, err := carrier.Step(ctx, printer{})
		if err != nil {
			log.Fatal(err)
		}
		if some {
			continue
		}
		items, due := carrier.Pending()
		if items == 0 {
			break
		}
		fmt.Println("waiting until", due.Format(time.TimeOnly))
		clock = due
	}
	// Output:
	// in: +14155550123: second
	// waiting until 09:01:00
	// in: +14155550123: first
}

// What only WhatsApp can do.
func ExamplePhone_SendMessage() {
	carrier, err := simulated.New(simulated.Config{})
	if err != nil {
		log.Fatal(err)
	}
	carol := carrier.Phone("whatsapp:+14155550123")
	_, err = carol.SendMessage(channel.Inbound{
		To:          "whatsapp:+14155550100",
		Text:        "Confirm",
		ProfileName: "Carol",
		Button:      &channel.Button{Text: "Confirm", Payload: "booking-17"},
		Media:       []channel.Media{carrier.Host([]byte("%PDF-1.7"), "application/pdf")},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range carol.Messages() {
		fmt.Println(m.Number, m.Button.Payload, m.Media[0].ContentType)
	}
	// Output: whatsapp:+14155550100 booking-17 application/pdf
}

// A page that shows phones follows them like this.
func ExampleCarrier_Watch() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	carrier, err := simulated.New(simulated.Config{})
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		for _, text := range []string{"Hello", "Anybody there?"} {
			if _, err := carrier.Phone("+14155550123").Send("+14155550100", text); err != nil {
				log.Print(err)
			}
		}
	}()
	for m := range carrier.Watch(ctx, 0) {
		fmt.Println(m.Seq, m.Phone, m.Text)
		if m.Seq == 2 {
			break
		}
	}
	// Output:
	// 1 +14155550123 Hello
	// 2 +14155550123 Anybody there?
}

// A test waits for the answer to a customer.
func ExamplePhone_Wait() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	carrier, err := simulated.New(simulated.Config{})
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		m := channel.Outbound{ID: "1", From: "+14155550100", To: "+14155550123", Text: "We are open until six."}
		if _, err := carrier.Send(ctx, m); err != nil {
			log.Print(err)
		}
	}()
	got, err := carrier.Phone("+14155550123").Wait(ctx, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(got[0].Text)
	// Output: We are open until six.
}

// A customer has switched off what sells, in their app.
func ExampleCarrier_ReportConsent() {
	carrier, err := simulated.New(simulated.Config{})
	if err != nil {
		log.Fatal(err)
	}
	stop := channel.ConsentUpdate{From: "whatsapp:+14155550123", To: "whatsapp:+14155550100", Change: channel.MarketingStopped}
	if err := carrier.ReportConsent(stop, simulated.Disturbance{}); err != nil {
		log.Fatal(err)
	}
	if _, err := carrier.Deliver(context.Background(), printer{}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// consent: whatsapp:+14155550123: marketing stopped
}
