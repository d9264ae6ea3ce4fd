package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const value = `document.querySelector("#text").value`

// Whoever only answers never has to choose. Whoever chooses learns before sending
// what may be sent, and keeps the text that is refused.
func purposeChosen(t *testing.T, b browser) {
	server := start(t, dbFile(t), nil)
	alice, phone := b.signIn(t, "alice", server.url), b.phone(t, server.url)
	phone.say("hello")
	alice.click(row(alice, "0123"))
	alice.sees("an answer, and nothing else to fill in", shows(".message.in", "hello")+
		` && document.querySelector("#purpose").value === "" && document.querySelector("#programme").hidden && document.querySelector("#ask").hidden`)
	alice.sees("the hint", shows("#composer-hint", "Enter sends"))

	alice.choose("#purpose", "marketing")
	alice.sees("that it may not be sent, before she has written anything", shows("#sendability", "Marketing needs a consent"))
	alice.sees("what goes with it", shows("#ask", "Ask to opt in")+` && document.querySelector("#programme").checkVisibility()`)
	alice.write("#text", "Our sale begins.")
	alice.press(enter)
	alice.sees("why it is refused, once", shows("#composer-problem", "marketing needs a consent")+` && !document.querySelector("#sendability").checkVisibility()`)
	alice.sees("her text and what it is for", value+` === "Our sale begins." && document.querySelector("#purpose").value === "marketing"`)

	alice.choose("#purpose", "transactional")
	alice.sees("that nothing is against it", `document.querySelector("#sendability").hidden && document.querySelector("#composer-problem").textContent === "" && `+shows("#composer-hint", "Enter sends"))
	alice.do("go to the text", chromedp.Focus(chromedp.CSS("#text")))
	alice.press(enter)
	phone.sees("the message", shows(".message.in", "Our sale begins."))
	alice.sees("what it was for", shows(".message.mine .facts", "Transactional"))
	alice.sees("that the next one is an answer again", value+` === "" && document.querySelector("#purpose").value === ""`)

	alice.choose("#purpose", "marketing")
	alice.sees("the line", shows("#sendability", "Marketing needs a consent"))
	alice.click("#as-note")
	alice.sees("that a note is for nothing and goes at once", `!document.querySelector("#purpose").checkVisibility() && !document.querySelector("#schedule").checkVisibility() && document.querySelector("#sendability").hidden`)
}

// A question to opt in is prepared, sent and answered, and everybody sees how it
// stands.
func askedToOptIn(t *testing.T, b browser) {
	server := start(t, dbFile(t), nil)
	alice, bob, phone := b.signIn(t, "alice", server.url), b.signIn(t, "bob", server.url), b.phone(t, server.url)
	phone.say("hello")
	for _, agent := range []*page{alice, bob} {
		agent.click(row(agent, "0123"))
		agent.sees("the automatic answer", shows(".message.automatic", "Thanks for writing"))
	}
	alice.write("#text", "Our sale begins.")
	alice.choose("#purpose", "marketing")
	alice.write("#programme", "sale")
	alice.sees("that it needs a consent", shows("#sendability", "Marketing needs a consent"))
	alice.click("#ask")
	alice.sees("the prepared question", focused("#ask-text")+` && document.querySelector("#ask-text").value.startsWith("Acme Support: Reply YES to get sale by text.")`)
	alice.write("#ask-programme", " alerts")
	alice.sees("that the question names it", `document.querySelector("#ask-text").value.includes("to get sale alerts by text")`)
	alice.write("#ask-text", " Thank you!")
	alice.choose("#ask-purpose", "")
	alice.sees("that her own words stay", `document.querySelector("#ask-text").value.includes("Thank you!") && document.querySelector("#ask-strength").disabled`)
	alice.choose("#ask-purpose", "marketing")
	alice.click("#ask-send")
	for _, agent := range []*page{alice, bob} {
		agent.sees("the question, and that it is open", shows(".message.out .reason", "Asked to opt in (marketing of sale alerts). Open until")+` && !document.querySelector("dialog[open]")`)
	}
	alice.sees("her text, and what it is for", value+` === "Our sale begins." && document.querySelector("#purpose").value === "marketing"`)

	alice.click("#ask")
	alice.click("#ask-send")
	alice.sees("that one question is enough", shows("#ask-problem", "has been asked already"))
	alice.sees("what she has written", `document.querySelector("#ask-text").value.startsWith("Acme Support: Reply YES")`)
	alice.press(escape)
	alice.sees("the conversation still", `!document.querySelector("dialog[open]") && `+shows(".message.in", "hello")+" && "+focused("#ask"))

	phone.sees("the question", shows(".message.in", "Thank you!"))
	phone.say("YES")
	for _, agent := range []*page{alice, bob} {
		agent.sees("the answer", shows(".message.out .reason[data-answer=opt_in]", "They said yes: opted in")+" && "+shows(".message.in .reason", "opted in with this message"))
	}
	alice.sees("that the consent is not for everything", shows("#sendability", "Marketing needs a consent"))
	alice.write("#programme", " alerts")
	alice.sees("what the text lacks", shows("#sendability", "the text lacks the name of who it is from, Acme Support"))
	alice.write("#text", " Acme Support. Reply STOP to opt out.")
	alice.sees("that nothing is against it", `document.querySelector("#sendability").hidden`)
	alice.press(enter)
	phone.sees("the offer", shows(".message.in", "Our sale begins."))
	alice.sees("what it was a part of", shows(".message.mine .facts", "Marketing (sale alerts)"))

	phone.click("[data-say=STOP]")
	alice.sees("that the customer has opted out", shows("#stop", "has opted out"))
	alice.choose("#purpose", "marketing")
	alice.click("#ask")
	alice.click("#ask-send")
	alice.sees("that nobody who has opted out is asked", shows("#ask-problem", "opted out"))
}

// Who has decided about what may mean stop, when, and why, stands at the message.
func decidedWithReason(t *testing.T, b browser) {
	server := start(t, dbFile(t), nil)
	alice, bob, phone := b.signIn(t, "alice", server.url), b.signIn(t, "bob", server.url), b.phone(t, server.url)
	phone.say("hello")
	for _, agent := range []*page{alice, bob} {
		agent.click(row(agent, "0123"))
		agent.sees("the conversation", shows(".message.in", "hello"))
	}
	const reason = "She means <b>the order</b>."
	for _, decision := range []struct{ text, act, said string }{
		{"cancelar", "#keep-writing", "decided: no wish to stop"},
		{"enough", "#opt-out", "decided: an opt-out"},
	} {
		phone.say(decision.text)
		bob.sees("the question", shows("#held", "Does “"+decision.text+"” mean stop?"))
		bob.write("#hold-reason", reason)
		bob.click(decision.act)
		for agent, who := range map[*page]string{alice: "Bob ", bob: "You "} {
			agent.sees("who has decided, and why", shows(".message.in .reason", who+decision.said)+" && "+shows(".message.in .reason", "“"+reason+"”")+` && document.querySelector("#held").hidden`)
			if evaluate[bool](agent, `document.querySelector(".message b") !== null`) {
				t.Errorf("on %s's page the reason has become markup", agent.who)
			}
		}
		bob.sees("an empty reason for the next one", `document.querySelector("#hold-reason").value === ""`)
	}
}

// What is new can be read and named, by day and by night, also on a small screen.
func legibleDialogs(t *testing.T, b browser) {
	server := start(t, dbFile(t), nil)
	alice, phone := b.signIn(t, "alice", server.url), b.phone(t, server.url)
	phone.say("hello")
	alice.click(row(alice, "0123"))
	alice.sees("the conversation", shows(".message.automatic", "Thanks for writing"))
	alice.write("#text", "See you. "+strings.Repeat("And so on. ", 20))
	alice.click("#schedule")
	alice.click("#later-send")
	alice.sees("that it waits", shows(".message.mine .state", "Will be sent"))
	alice.choose("#purpose", "marketing")
	alice.click("#ask")
	alice.click("#ask-send")
	alice.sees("the question", shows(".message.mine .reason", "Asked to opt in"))
	phone.say("cancelar")
	alice.sees("the decision to make", shows("#held", "mean stop?"))
	alice.sees("what is against it", shows("#sendability", "a person must decide first"))
	check := func(what string) {
		for _, scheme := range []string{"light", "dark"} {
			alice.colours(scheme)
			for _, width := range []int64{1280, 375} {
				alice.do("resize", chromedp.EmulateViewport(width, 800))
				for _, text := range evaluate[[]string](alice, faint) {
					t.Errorf("%s, %s, %d pixels wide: too faint is %s", what, scheme, width, text)
				}
				if wide := evaluate[int64](alice, `Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll("dialog[open]")].map((d) => d.getBoundingClientRect().right))`); wide > width {
					t.Errorf("%s: it is %d pixels wide on a screen of %d", what, wide, width)
				}
			}
		}
		for _, unnamed := range evaluate[[]string](alice, nameless) {
			t.Errorf("%s has no name: %s", what, unnamed)
		}
	}
	check("the page")
	alice.write("#text", "Sale")
	alice.click("#schedule")
	alice.sees("the moments", `document.querySelector("#later-dialog").open`)
	check("the dialog of moments")
	alice.press(escape)
	alice.click("#ask")
	alice.sees("the question", `document.querySelector("#ask-dialog").open`)
	check("the dialog of the question")
}
