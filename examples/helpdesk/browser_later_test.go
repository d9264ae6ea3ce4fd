package main

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/compliance/zones"
	"github.com/teaminbox/teaminbox/store"
)

// waitsInLosAngeles is true if a message waits for nine o'clock of the customer.
const waitsInLosAngeles = `/^Will be sent (today|tomorrow) 09:00( AM)? \(customer's time\)$/.test(document.querySelector(".message.mine [data-state=deferred]")?.textContent)`

// What is to be sent later waits where everybody sees it, by the customer's clock,
// and can be taken back.
func sentLater(t *testing.T, b browser) {
	server := start(t, dbFile(t), nil)
	alice, bob, phone := b.signIn(t, "alice", server.url), b.signIn(t, "bob", server.url), b.phone(t, server.url)
	phone.say("hello")
	for _, agent := range []*page{alice, bob} {
		agent.click(row(agent, "0123"))
		agent.sees("the conversation", shows(".message.in", "hello"))
	}
	alice.click("#schedule")
	alice.sees("that there is nothing to send", shows("#composer-problem", "Write the message first")+" && "+focused("#text"))

	alice.write("#text", "See you at nine.")
	alice.do("go to the clock", chromedp.Focus(chromedp.CSS("#schedule")))
	alice.press(enter)
	alice.sees("whose clock it is", shows("#later-clock", "By the customer's clock: Los Angeles, where it is")+" && "+focused("#later-choices input"))
	alice.press(escape)
	alice.sees("her text, and the focus where it was", value+` === "See you at nine." && `+focused("#schedule")+" && "+shows(".message.in", "hello"))
	alice.press(enter)
	morning := `[...document.querySelectorAll("#later-choices label")].find((l) => l.textContent.startsWith("Tomorrow morning")).querySelector("input")`
	alice.do("choose the morning", chromedp.Evaluate[chromedp.Void](morning+`.click()`))
	alice.press(enter)
	for _, agent := range []*page{alice, bob} {
		agent.sees("that it waits, and until when", shows(".message.out[data-waits]", "See you at nine."))
	}
	alice.sees("that it is the customer's morning", waitsInLosAngeles+" && "+value+` === ""`)

	alice.click("[data-act=edit]")
	alice.sees("her text again", focused("#text")+" && "+value+` === "See you at nine." && `+shows(".message.mine [data-state=canceled]", "Canceled"))
	bob.sees("that it does not wait any more", `!document.querySelector("[data-waits]") && `+shows(".message.out [data-state=canceled]", "Canceled"))

	// Another day, by the field; not one that has passed.
	alice.click("#schedule")
	at := func(text string) {
		alice.do("fill in "+text, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
			`{ const field = document.querySelector("#later-at"); field.min = ""; field.value = %q; field.dispatchEvent(new Event("input", { bubbles: true })); }`, text)))
		alice.sees("that it is chosen", `document.querySelector("#later-other").checked`)
		alice.click("#later-send")
	}
	at("2020-01-01T10:00")
	alice.sees("that it has passed", shows("#later-problem", "has passed")+` && document.querySelector("#later-dialog").open`)
	losAngeles, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	day := time.Now().In(losAngeles).AddDate(0, 0, 30)
	want := time.Date(day.Year(), day.Month(), day.Day(), 10, 30, 0, 0, losAngeles)
	at(want.Format("2006-01-02T15:04"))
	alice.sees("that it waits", `document.querySelectorAll(".message[data-waits]").length === 1`)
	messages := server.messages("alice", server.conversations("alice").Conversations[0].ID)
	if got := messages[len(messages)-1]; !got.DueAt.Equal(want) || got.WaitsFor != waitsForItsTime {
		t.Errorf("it is due at %v and waits for %q, want %v", got.DueAt, got.WaitsFor, want)
	}
	bob.sees("it, too", `document.querySelectorAll(".message[data-waits]").length === 1`)
	bob.click("[data-act=cancel]")
	for _, agent := range []*page{alice, bob} {
		agent.sees("that it is canceled", `!document.querySelector("[data-waits]") && document.querySelectorAll(".message.out [data-state=canceled]").length === 2`)
	}

	// Its time comes.
	conv := server.conversations("alice").Conversations[0].ID
	var m message
	soon := time.Now().Add(time.Second)
	server.must(http.StatusOK, "alice", http.MethodPost, "/api/conversations/"+conv.String()+"/reply", planned{written{Text: "It is time."}, trial{NotBefore: soon.Format(time.RFC3339Nano)}}, &m)
	if m.State != store.StateDeferred {
		t.Errorf("it is %s at first, want deferred", m.State)
	}
	phone.sees("what was to be sent then", shows(".message.in", "It is time."))
	if time.Now().Before(soon) {
		t.Error("it came before its time")
	}
	alice.sees("that it is out", `document.querySelector(".message.mine:last-child [data-state=read], .message.mine:last-child [data-state=delivered]") !== null`)
	if evaluate[bool](phone, shows(".message.in", "See you at nine.")) {
		t.Error("the phone shows what was canceled")
	}
}

// Where it is quiet, the page says until when, offers that moment, and shows what
// waits for it.
func quietThere(t *testing.T, b browser) {
	// Of these it is quiet somewhere at any moment.
	from, place := "", ""
	var nine time.Time
	for _, number := range []string{"+14155550123", "+447700900123", "+16715550123", "+18085550123"} {
		located, _ := zones.Numbers().Locate(channel.Address(number))
		zone := located[0].Zone
		if now := time.Now().In(zone); now.Hour() >= 21 || now.Hour() < 8 {
			from, place = number, map[string]string{"+1415": "Los Angeles", "+4477": "London", "+1671": "Guam", "+1808": "Honolulu"}[number[:5]]
			nine = time.Date(now.Year(), now.Month(), now.Day(), 9, 0, 0, 0, zone)
			if now.Hour() >= 21 {
				nine = nine.AddDate(0, 0, 1)
			}
		}
	}
	db, fake := dbFile(t), twiliotest.NewServer(t)
	server := startOnTwilio(t, fake, db)
	if err := receive(server, fake, twiliotest.Message{From: from, To: supportNumber, Body: "hello"}); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(list, []byte("address,kind,occurred_at,via,text,evidence,strength\r\n"+
		from+",opt_in,2025-11-23T14:05:00Z,web_form,I want offers,form 12,express_written\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, code := importedConsent(t, "-db", db, "-as", "carol", list); code != 0 {
		t.Fatal(said)
	}
	server.kill()
	// Whoever has just written is answered at any hour.
	file, err := sql.Open("sqlite", db)
	if err == nil {
		_, err = file.ExecContext(t.Context(), "UPDATE conversations SET last_inbound = last_inbound - ?", (3 * time.Hour).Microseconds())
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	server = startOnTwilio(t, fake, db)

	alice := b.signIn(t, "alice", server.url)
	alice.click(row(alice, "0123"))
	alice.sees("that an answer may go, and what time it is there", shows("#sendability", "where the contact is")+" && "+shows("#send-then", "Send later"))
	alice.choose("#purpose", "marketing")
	alice.write("#text", "A sale! Acme Support. Reply STOP to opt out.")
	alice.sees("that it is quiet there", shows("#sendability", "It is quiet hours where the contact is, until 09:00")+` && document.querySelector("#sendability").dataset.status === "quiet"`)
	alice.click("#send-then")
	alice.sees("that moment, before all others", `document.querySelector("#later-choices label:first-child").textContent.startsWith("When it is quiet no more")`)
	alice.click("#later-send")
	alice.sees("that it waits", shows(".message.mine [data-state=deferred]", "(customer's time)"))

	alice.choose("#purpose", "marketing")
	alice.write("#text", "Another sale! Acme Support. Reply STOP to opt out.")
	alice.press(enter)
	alice.sees("until when it waits", fmt.Sprintf(`/^Quiet until 09:00( AM)? in %s$/.test(document.querySelector(".message.mine:last-child [data-state=deferred]")?.textContent)`, place))
	for _, m := range server.messages("alice", server.conversations("alice").Conversations[0].ID) {
		if m.State == store.StateDeferred && !m.DueAt.Equal(nine) {
			t.Errorf("%q is due at %v, want %v", m.Text, m.DueAt, nine)
		}
	}
	alice.click(".message:last-child [data-act=cancel]")
	alice.sees("that it is canceled", shows(".message.mine:last-child [data-state=canceled]", "Canceled")+` && document.querySelectorAll("[data-waits]").length === 1`)
	for _, call := range fake.Calls() {
		if call.Form.Get("Body") != "" && call.Form.Get("To") == from && call.Form.Get("Body")[0] == 'A' {
			t.Errorf("Twilio was given %q", call.Form.Get("Body"))
		}
	}
}

// What waits is followed, however much has been written since.
func waitsFarAbove(t *testing.T, b browser) {
	server := start(t, dbFile(t), nil)
	alice, phone := b.signIn(t, "alice", server.url), b.phone(t, server.url)
	phone.say("hello")
	alice.sees("the conversation", shows("#list .row", "0123"))
	conv := "/api/conversations/" + server.conversations("alice").Conversations[0].ID.String()
	var m message
	later := time.Now().Add(72 * time.Hour).Format(time.RFC3339)
	server.must(http.StatusOK, "bob", http.MethodPost, conv+"/reply", planned{written{Text: "In three days."}, trial{NotBefore: later}}, &m)
	for i := range 60 {
		server.must(http.StatusOK, "bob", http.MethodPost, conv+"/note", written{Text: fmt.Sprintf("note %d", i)}, nil)
	}
	alice.click(row(alice, "0123"))
	alice.sees("the newest", shows(".message.note", "note 59")+` && !document.querySelector("[data-waits]")`)
	alice.click("#earlier")
	alice.sees("what waits", shows(".message[data-waits]", "In three days."))
	server.must(http.StatusNoContent, "bob", http.MethodPost, "/api/messages/"+m.ID.String()+"/cancel", nil, nil)
	alice.sees("that it is canceled", `!document.querySelector("[data-waits]") && `+shows(".message.out [data-state=canceled]", "Canceled"))
}
