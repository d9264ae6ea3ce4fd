package main

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

const (
	escape = "\u001b"
	enter  = "\r"
)

// dialogs are the cases about what a message is for, when it goes, questions to opt
// in, and decisions.
var dialogs = map[string]func(*testing.T, browser){
	"why somebody has decided":          decidedWithReason,
	"what a message is for":             purposeChosen,
	"a customer is asked to opt in":     askedToOptIn,
	"a message goes later":              sentLater,
	"it is quiet where the customer is": quietThere,
	"what waits far above":              waitsFarAbove,
	"the dialogs can be read":           legibleDialogs,
}

// The agents' page and the customer's phone, in a real browser.
func TestBrowser(t *testing.T) {
	b := startBrowser(t)
	cases := map[string]func(*testing.T, browser){
		"a message is answered":               answered,
		"a note stays with the team":          noted,
		"a claim takes it from the others":    claimed,
		"closed and opened again":             closedAndReopened,
		"who has opted out gets nothing":      optedOut,
		"somebody decides what is meant":      decidedAbout,
		"a stray is put into an inbox":        strayed,
		"without a seat there is nothing":     withoutSeat,
		"what people write is text":           onlyText,
		"what people are called is text":      strangeNames,
		"the window of WhatsApp is shown":     windowOnWhatsApp,
		"what was not sent is obvious":        notSent,
		"what may not have been sent":         perhapsSent,
		"how the program is":                  operated,
		"the connection comes back by itself": reconnected,
		"the keyboard is enough":              keyboard,
		"on a narrow screen":                  narrow,
		"everything can be read":              legible,
		"more than fits on the page":          paged,
		"what was written is found":           searched,
		"the keyboard finds":                  searchedByKeyboard,
		"found in one conversation":           searchedInOne,
		"found long ago":                      searchedLongAgo,
		"what is found late is not shown":     searchedAgain,
		"what is found can be read":           searchedLegibly,
	}
	// Those of the dialogs are long, and have no place in what is run for every change.
	if os.Getenv("TEAMINBOX_BROWSER_DIALOGS") != "" {
		maps.Copy(cases, dialogs)
	} else {
		t.Logf("%d cases about the dialogs are left out; set TEAMINBOX_BROWSER_DIALOGS=1 to run them", len(dialogs))
	}
	for name, test := range cases {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) { t.Parallel(); test(t, b) })
	}
}

func answered(t *testing.T, b browser) {
	server := start(t, dbFile(t), nil)
	alice, bob, phone := b.signIn(t, "alice", server.url), b.signIn(t, "bob", server.url), b.phone(t, server.url)
	alice.sees("that nobody waits", shows("#list-empty", "Nobody is waiting"))

	phone.say("Is the blue one in stock?")
	for _, agent := range []*page{alice, bob} {
		agent.sees("the message", shows("#list .row.unread .name", "+1 415 555 0123")+` && document.querySelector("#list .preview").textContent !== ""`)
		agent.sees("how many are unread", `document.title === "(1) Team Inbox" && document.querySelector("#open-count").textContent === "1"`)
		agent.sees("that the customer waits", shows("#list .waits", "waiting"))
	}

	alice.click(row(alice, "0123"))
	alice.sees("the conversation", shows(".message.in", "Is the blue one in stock?"))
	alice.sees("the automatic answer", shows(".message.automatic", "Thanks for writing"))
	alice.sees("that it is read", `document.title === "Team Inbox" && !document.querySelector(".row.unread")`)
	bob.sees("that he has not read it", `document.title === "(1) Team Inbox"`)

	alice.answer("Yes, three of them.")
	phone.sees("the answer", shows(".message.in", "Yes, three of them."))
	alice.sees("that it was read", `document.querySelector(".message.mine [data-state=read]") !== null`)
	bob.click(row(bob, "0123"))
	bob.sees("who answered", shows(".message.out .facts", "Alice"))
	bob.sees("that nobody waits any more", `!document.querySelector("#list .waits")`)

	phone.say("Lovely, thanks!")
	alice.sees("the next message in the open conversation", shows(".message.in", "Lovely, thanks!"))
	alice.sees("that it is read at once", `document.title === "Team Inbox" && !document.querySelector(".row.unread")`)
	alice.sees("that the text has the focus still", focused("#text"))
	if n := evaluate[int](alice, `performance.getEntriesByType("navigation").length`); n != 1 {
		t.Errorf("the page was loaded %d times", n)
	}
}

func noted(t *testing.T, b browser) {
	server := start(t, dbFile(t), nil)
	alice, bob, phone := b.signIn(t, "alice", server.url), b.signIn(t, "bob", server.url), b.phone(t, server.url)
	phone.say("hello")
	for _, agent := range []*page{alice, bob} {
		agent.click(row(agent, "0123"))
		agent.sees("the conversation", shows(".message.in", "hello"))
	}
	alice.click("#as-note")
	alice.sees("that it will be a note", shows("#send", "Add note"))
	alice.answer("She is the one from Tuesday.")
	bob.sees("the note", shows(".message.note", "She is the one from Tuesday."))
	bob.sees("whose it is", shows(".message.note .facts", "Alice"))

	// A note that waits for its end must not become a message to the customer.
	alice.write("#text", "She is impo")
	alice.press(escape)
	alice.press(escape)
	alice.sees("the list without a conversation", shows("#nothing", "Choose a conversation"))
	alice.click(row(alice, "0123"))
	alice.sees("the note that she began", focused("#text")+` && document.querySelector("#text").value === "She is impo" && document.querySelector("#composer").classList.contains("note")`)

	bob.answer("We look into it.")
	phone.sees("the answer that came later", shows(".message.in", "We look into it."))
	if evaluate[bool](phone, shows("body", "Tuesday")) {
		t.Error("the phone shows the note")
	}
}

func claimed(t *testing.T, b browser) {
	server := start(t, dbFile(t), nil)
	alice, bob, phone := b.signIn(t, "alice", server.url), b.signIn(t, "bob", server.url), b.phone(t, server.url)
	phone.say("hello")
	for _, agent := range []*page{alice, bob} {
		agent.click(row(agent, "0123"))
		agent.sees("the conversation", shows(".message.in", "hello"))
	}
	bob.write("#text", "Good morn")

	alice.click("#claim")
	alice.sees("her claim", shows("#banner", "only you answer")+" && "+shows("#list .claimed", "Yours"))
	alice.sees("the focus on what can be done next", focused("#release"))
	bob.sees("that it has gone, and why", `!document.querySelector("#list .row") && `+shows("#gone", "Alice has claimed"))
	bob.sees("that his text is kept", shows("#gone", "is kept"))
	alice.click("[data-view=mine]")
	alice.sees("it among hers", `document.querySelectorAll("#list .row").length === 1`)

	alice.click("#release")
	bob.sees("it in the list again", shows("#list .row .preview", "hello")+` || `+shows("#list .row .preview", "Thanks for writing"))
	alice.sees("it no more among hers", shows("#list-empty", "You have claimed no conversation"))
	bob.click(row(bob, "0123"))
	bob.sees("his text", `document.querySelector("#text").value === "Good morn"`)
	bob.press(escape)
	bob.press(escape)
	bob.sees("the list without a conversation", shows("#nothing", "Choose a conversation"))

	// Nor does a row go away without a word.
	alice.click("#claim")
	bob.sees("who has claimed it", shows(".toast", "Alice has claimed the conversation with +1 415 555 0123"))
	bob.sees("that it has gone", `!document.querySelector("#list .row")`)
}

func closedAndReopened(t *testing.T, b browser) {
	server := start(t, dbFile(t), nil)
	alice, phone := b.signIn(t, "alice", server.url), b.phone(t, server.url)
	phone.say("hello")
	alice.click(row(alice, "0123"))
	alice.click("#close")
	alice.sees("that it is closed", shows("#banner", "Closed")+` && !document.querySelector("#list .row")`)
	alice.sees("the focus on what can be done next", focused("#reopen"))
	alice.click("[data-view=closed]")
	alice.sees("it among the closed ones", `document.querySelectorAll("#list .row").length === 1`)

	phone.say("One more thing")
	alice.sees("that it is open again", `!document.querySelector("#list .row") && document.querySelector("#reopen").hidden && !document.querySelector("#close").hidden`)
	alice.click("[data-view=open]")
	alice.sees("it among the open ones", shows("#list .row", "0123"))
	alice.click("#close")
	alice.sees("that it is closed", shows("#banner", "Closed"))
	alice.click("#reopen")
	alice.sees("it in the list again", shows("#list .row", "0123"))
}

func optedOut(t *testing.T, b browser) {
	server := start(t, dbFile(t), nil)
	alice, phone := b.signIn(t, "alice", server.url), b.phone(t, server.url)
	phone.say("hello")
	alice.click(row(alice, "0123"))
	phone.click("[data-say=STOP]")
	alice.sees("that the customer has opted out", shows("#stop", "has opted out")+" && "+shows("#list .stop", "Opted out"))
	alice.sees("with which message", shows(".message.in .reason", "opted out with this message"))
	phone.sees("the confirmation", shows(".message.in", "You have opted out"))

	alice.write("#text", "Are you sure?")
	alice.press(enter)
	alice.sees("why it is not sent", shows("#composer-problem", "opted out"))
	alice.sees("her text", focused("#text")+` && document.querySelector("#text").value === "Are you sure?"`)

	phone.click("[data-say=START]")
	alice.sees("that the customer is back", `document.querySelector("#stop").hidden && !document.querySelector("#list .stop")`)
	alice.press(enter)
	phone.sees("the answer", shows(".message.in", "Are you sure?"))
}

// A message that may mean stop is decided about by one agent, and all of them
// see it.
func decidedAbout(t *testing.T, b browser) {
	server := start(t, dbFile(t), nil)
	alice, bob, phone := b.signIn(t, "alice", server.url), b.signIn(t, "bob", server.url), b.phone(t, server.url)
	phone.say("hello")
	for _, agent := range []*page{alice, bob} {
		agent.click(row(agent, "0123"))
		agent.sees("the conversation", shows(".message.in", "hello"))
	}
	phone.say("cancelar")
	for _, agent := range []*page{alice, bob} {
		agent.sees("the question", shows("#held", "Does “cancelar” mean stop?")+" && "+shows("#list .held", "Stop?"))
		agent.sees("until when there is time", `/decides itself as an opt-out at \d\d:\d\d( [AP]M)? tomorrow\./.test(document.querySelector("#held-until").textContent)`)
	}
	alice.answer("We look at your order.")
	phone.sees("her answer, as she has read it", shows(".message.in", "We look at your order."))
	alice.sees("the question still", shows("#held", "Does “cancelar” mean stop?"))

	bob.do("go to the button", chromedp.Focus(chromedp.CSS("#keep-writing")))
	bob.press(enter)
	for _, agent := range []*page{alice, bob} {
		agent.sees("that somebody has decided", `document.querySelector("#held").hidden && !document.querySelector("#list .held")`)
	}
	bob.sees("the focus where he goes on", focused("#text"))

	phone.say("enough")
	for _, agent := range []*page{alice, bob} {
		agent.sees("the next question", shows("#held", "Does “enough” mean stop?"))
	}
	alice.click("#opt-out")
	for _, agent := range []*page{alice, bob} {
		agent.sees("that the customer has opted out", shows("#stop", "has opted out")+` && document.querySelector("#held").hidden && `+shows("#list .stop", "Opted out"))
	}
}

func strayed(t *testing.T, b browser) {
	server := start(t, dbFile(t), nil)
	alice, phone := b.signIn(t, "alice", server.url), b.phone(t, server.url)
	phone.choose("#to", "+14155550199")
	phone.say("Do I reach anybody?")
	alice.sees("that something strayed", shows(".toast", "belongs to no inbox")+` && document.querySelector("#strays-count").textContent === "1"`)
	alice.click("[data-view=strays]")
	alice.sees("the stray", shows(".stray .text", "Do I reach anybody?"))
	alice.click(".stray [data-act=adopt][data-inbox=support]")
	alice.sees("the conversation", shows(".message.in", "Do I reach anybody?")+" && "+shows("#list .row", "0123"))
	alice.sees("that no stray is left", `document.querySelector("#strays-count").textContent === ""`)
	alice.answer("Yes, us.")
	phone.sees("the answer", shows(".message.in", "Yes, us."))

	phone.say("And once more")
	alice.click("[data-view=strays]")
	alice.sees("the next stray", shows(".stray .text", "And once more"))
	alice.click(".stray [data-act=dismiss]")
	alice.sees("that no stray is left", shows("#strays-empty", "No strays"))
}

func withoutSeat(t *testing.T, b browser) {
	server := start(t, dbFile(t), nil)
	dave := b.open(t, "dave", server.url)
	dave.click("[data-user=dave]")
	dave.sees("that he has no seat", shows("#sign-in-problem", "You have no licensed seat"))
	dave.sees("nothing else", `document.querySelector("#desk").hidden`)
	dave.click("[data-user=alice]")
	dave.sees("what Alice sees", shows("#me", "Alice"))
	dave.click("#sign-out")
	dave.sees("the choice again", shows("#sign-in", "choose who you are"))
}

func onlyText(t *testing.T, b browser) {
	const evil = `<script>broken=1</script><img src=x onerror="broken=1"><b>bold</b> &amp; "quoted"`
	server := start(t, dbFile(t), nil)
	alice, phone := b.signIn(t, "alice", server.url), b.phone(t, server.url)
	phone.say(evil)
	alice.click(row(alice, "0123"))
	alice.sees("every character", shows(".message.in .text", evil))
	alice.answer(evil)
	alice.sees("every character", shows("#list .preview", evil))
	phone.sees("every character", shows(".message.in .text", evil))
	phone.choose("#to", "+14155550199")
	phone.say(evil)
	alice.click("[data-view=strays]")
	alice.sees("every character", shows(".stray .text", evil))
	for _, p := range []*page{alice, phone} {
		if evaluate[bool](p, `"broken" in window || document.querySelector("img, b, body script") !== null`) {
			t.Errorf("on %s's page the text has become markup", p.who)
		}
	}
}

func notSent(t *testing.T, b browser) {
	fake := twiliotest.NewServer(t)
	server := startOnTwilio(t, fake, dbFile(t))
	if err := receive(server, fake, twiliotest.Message{From: customer, To: supportNumber, Body: "hello"}); err != nil {
		t.Fatal(err)
	}
	alice := b.open(t, "alice", server.url)
	alice.sees("the choice", shows("#sign-in", "choose who you are"))
	if evaluate[bool](alice, shows("#phones-line", "phones")) {
		t.Error("the page offers phones, though the program is on Twilio")
	}
	alice.click("[data-user=alice]")
	alice.click(row(alice, "0123"))
	const out = ":is([data-state=accepted], [data-state=sent], [data-state=delivered])"
	alice.sees("that the automatic answer is out", `document.querySelector(".automatic `+out+`") !== null`)
	fake.Behave(twiliotest.Refuse(400, 30006))
	alice.answer("Good morning")
	alice.sees("that it was not sent, and why", shows(".message.failed .state", "Not sent")+" && "+shows(".failure", "30006"))
	alice.click(".failure button")
	alice.sees("her text", focused("#text")+` && document.querySelector("#text").value === "Good morning"`)
	fake.Behave(twiliotest.Accept())
	alice.press(enter)
	alice.sees("that it is out", `document.querySelectorAll(".message.mine").length === 2 && document.querySelector(".message.mine `+out+`") !== null`)
}

func perhapsSent(t *testing.T, b browser) {
	fake := twiliotest.NewServer(t)
	server := startOnTwilio(t, fake, dbFile(t))
	if err := receive(server, fake, twiliotest.Message{From: customer, To: supportNumber, Body: "hello"}); err != nil {
		t.Fatal(err)
	}
	alice := b.signIn(t, "alice", server.url)
	alice.click(row(alice, "0123"))
	const out = ":is([data-state=accepted], [data-state=sent], [data-state=delivered])"
	alice.sees("that the automatic answer is out", `document.querySelector(".automatic `+out+`") !== null`)
	fake.Behave(twiliotest.Break(500))
	for _, text := range []string{"Good morning", "Good evening"} {
		alice.answer(text)
		alice.sees("that nobody knows", shows(".message.failed:last-child .text", text)+" && "+shows(".message.failed:last-child .state", "Perhaps not sent")+
			" && "+shows(".message.failed:last-child .failure", "The provider is asked until"))
	}
	fake.Behave(twiliotest.Accept())
	alice.click(".failure button:first-of-type") // it was sent
	alice.sees("that the first counts as sent", `document.querySelectorAll(".message.failed").length === 1 && document.querySelector(".message.mine [data-state=sent]") !== null`)
	alice.click(".failure button:last-of-type") // send again
	alice.sees("that the second is out", `!document.querySelector(".message.failed") && document.querySelectorAll(".message.mine `+out+`").length === 2`)
	sent := make(map[string]int)
	for _, call := range fake.Calls() {
		sent[call.Form.Get("Body")]++
	}
	if sent["Good morning"] != 1 || sent["Good evening"] != 2 {
		t.Errorf("Twilio was given %v, want the first once and the second twice", sent)
	}
}

func operated(t *testing.T, b browser) {
	server := start(t, dbFile(t), nil)
	alice := b.signIn(t, "alice", server.url)
	alice.click(".nothing a")
	alice.sees("that all is well", shows("#state", "Live and ready")+` && document.querySelector("#state").dataset.good === "true"`)
	alice.sees("the channel", shows("#channels", "listening")+" && "+shows("#no-tasks", "None"))
	alice.sees("the lag", shows("#figures", "Oldest work due for"))
	dave := b.open(t, "dave", server.url)
	dave.click("[data-user=dave]")
	dave.sees("that there is nothing", shows("#sign-in-problem", "no licensed seat"))
	dave.do("look all the same", chromedp.Navigate(server.url+"/operator.html"))
	dave.sees("that it is not for everybody", shows("#state", "no licensed seat"))
}
