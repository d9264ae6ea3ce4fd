package main

import (
	"testing"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

// Whoever answers on WhatsApp sees until when free text may be sent.
func windowOnWhatsApp(t *testing.T, b browser) {
	fake := twiliotest.NewServer(t)
	server := startOnTwilio(t, fake, dbFile(t))
	if err := receive(server, fake, twiliotest.Message{From: "whatsapp:" + customer, To: "whatsapp:" + supportNumber, Body: "Is my bike ready?"}); err != nil {
		t.Fatal(err)
	}
	alice := b.open(t, "alice", server.url)
	alice.click("[data-user=alice]")
	alice.click("#list .row")
	alice.sees("until when there is time", `/^WhatsApp's window for free text closes at \d\d:\d\d( [AP]M)?( tomorrow)?\.$/.test(document.querySelector("#sendability").textContent) && !document.querySelector("#sendability").hidden`)
}
