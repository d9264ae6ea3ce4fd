package main

import (
	"net/url"
	"testing"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

// A customer chooses a name, the type of a file and the label of a place too.
func strangeNames(t *testing.T, b browser) {
	const evil = `<img src=x onerror="broken=1"><script>broken=1</script>`
	fake := twiliotest.NewServer(t)
	server := startOnTwilio(t, fake, dbFile(t))
	err := receive(server, fake, twiliotest.Message{
		From: "whatsapp:" + customer, To: "whatsapp:" + supportNumber, Media: []twiliotest.Media{{Content: []byte(evil), ContentType: "a" + evil}},
		Extra: url.Values{"ProfileName": {"n" + evil}, "ButtonText": {"b" + evil}, "Latitude": {"0"}, "Longitude": {"0"}, "Label": {"l" + evil}, "Address": {"javascript:broken=1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	alice := b.open(t, "alice", server.url)
	alice.click("[data-user=alice]")
	alice.sees("the name, in the list", shows("#list .row .name", "n"+evil))
	alice.click("#list .row")
	alice.sees("the name, above the messages", shows("#customer", "n"+evil))
	for what, text := range map[string]string{"the file": "a" + evil, "the button": "b" + evil, "the place": "l" + evil} {
		alice.sees(what, shows(".attachment", text))
	}
	alice.sees("the address, which is no link", shows(".attachment", "javascript:broken=1")+` && document.querySelector(".message a") === null`)
	if evaluate[bool](alice, `"broken" in window || document.querySelector("img, body script") !== null`) {
		t.Error("on alice's page a name has become markup")
	}
}
