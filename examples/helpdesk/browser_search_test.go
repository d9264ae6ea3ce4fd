package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

// hits is an expression that is true if these are found, the newest first: each
// with its text, and what is marked in square brackets.
func hits(want ...string) string {
	return fmt.Sprintf(`JSON.stringify([...document.querySelectorAll("#hits .hit .snippet")].map((n) =>
		[...n.childNodes].map((c) => c.nodeName === "MARK" ? "[" + c.textContent + "]" : c.textContent).join(""))) === JSON.stringify([%s])`, quoted(want))
}

func quoted(texts []string) string {
	for i, text := range texts {
		texts[i] = fmt.Sprintf("%q", text)
	}
	return strings.Join(texts, ",")
}

// customers write to Support by a fake Twilio.
type customers struct {
	t    *testing.T
	fake *twiliotest.Server
	*process
}

func startWithCustomers(t *testing.T) customers {
	fake := twiliotest.NewServer(t)
	return customers{t, fake, startOnTwilio(t, fake, dbFile(t))}
}

func (c customers) write(digits int, text string) {
	c.t.Helper()
	if err := receive(c.process, c.fake, twiliotest.Message{From: fmt.Sprintf("+1415555%04d", digits), To: supportNumber, Body: text}); err != nil {
		c.t.Fatal(err)
	}
}

func searched(t *testing.T, b browser) {
	server := startWithCustomers(t)
	server.write(150, "Viele <b>Grüße</b>, where is my order?")
	server.write(151, "Good morning! "+strings.Repeat("I have been waiting for ever. ", 20)+"What about order 4711? "+strings.Repeat("It is late. ", 50))
	alice := b.signIn(t, "alice", server.url)
	alice.click(row(alice, "0150"))
	alice.answer("We look after your order.")
	alice.press(escape)
	alice.press("n")
	alice.answer("The ORDER is lost, perhaps.")
	alice.sees("the note", shows(".message.note", "ORDER"))

	alice.write("#search-text", "order")
	alice.sees("what was found", hits("The [ORDER] is lost, perhaps.", "We look after your [order].",
		"…have been waiting for ever. What about [order] 4711? "+strings.Repeat("It is late. ", 16)+"…",
		"Viele <b>Grüße</b>, where is my [order]?"))
	alice.sees("how much", shows("#found", "4 messages"))
	alice.sees("that those who listen hear it", `document.querySelector("#announcer").textContent === "4 messages"`)
	for i, about := range []string{"Note · You · Acme Support · SMS", "You · Acme Support · SMS", "Customer · Acme Support · SMS", "Customer · Acme Support · SMS"} {
		alice.sees("whose it is", shows(fmt.Sprintf("#hits li:nth-child(%d) .about", i+1), about))
	}
	alice.sees("customers and times", shows("#hits li:first-child .name", "+1 415 555 0150")+` && document.querySelectorAll("#hits time[datetime]").length === 4`)
	alice.sees("which is a note", `document.querySelectorAll("#hits .hit.note").length === 1 && document.querySelector("#hits li:first-child .hit.note") !== null`)
	alice.sees("what was found instead of the list", `!document.querySelector("#list").checkVisibility() && !document.querySelector("#views").checkVisibility()`)

	alice.write("#search-text", " grus")
	alice.sees("the words, without their accents", hits("Viele <b>[Grüß]e</b>, where is my [order]?"))
	alice.sees("that the text has not become markup", `document.querySelector("#hits b") === null`)
	alice.click("#hits .hit")
	alice.sees("the message, which stands out", shows(".message[data-found].in mark", "Grüß")+` && document.querySelectorAll(".message mark").length === 2`)
	alice.sees("that it is the open one", `document.querySelector("#hits .hit[aria-current=true]") !== null`)
	alice.write("#search-text", " refund")
	alice.sees("that nothing is found", hits()+" && "+shows("#found", "Nothing found for “order grus refund”"))

	alice.click("#search-clear")
	alice.sees("the list", shows("#list .row", "0151")+` && document.querySelector("#search-text").value === "" && `+focused("#list .row[aria-current]"))
}

func searchedByKeyboard(t *testing.T, b browser) {
	server := startWithCustomers(t)
	for i := range 23 {
		server.write(120+i, fmt.Sprintf("order no %d", i))
	}
	alice := b.signIn(t, "alice", server.url)
	alice.sees("the list", `document.querySelectorAll("#list .row").length === 23`)
	found := func(n int) string { return fmt.Sprintf(`document.querySelectorAll("#hits .hit").length === %d`, n) }
	alice.press("/")
	alice.sees("the field", focused("#search-text"))
	alice.press("ord/")
	alice.sees("a page of hits, and the letters in the field", found(20)+` && document.querySelector("#search-text").value === "ord/" && `+shows("#found", "The newest 20"))

	alice.press(kb.ArrowDown + kb.ArrowDown + kb.ArrowUp + kb.ArrowDown)
	alice.sees("the second hit", focused("#hits li:nth-child(2) .hit"))
	alice.press(enter)
	alice.sees("the conversation, at the message", shows("#customer", "0141")+" && "+focused(".message[data-found].in"))
	alice.press(escape)
	alice.sees("the hit again", focused("#hits li:nth-child(2) .hit")+" && "+shows("#customer", "0141"))
	alice.press("j")
	alice.sees("the next one", shows("#customer", "0140")+" && "+focused("#hits li:nth-child(3) .hit[aria-current]"))
	alice.press("k")
	alice.sees("the one before", shows("#customer", "0141")+" && "+focused("#hits li:nth-child(2) .hit[aria-current]"))

	alice.press(kb.End + kb.Tab)
	alice.sees("the way on", focused("#older"))
	alice.press(enter)
	alice.sees("all hits, and the first of those that came", found(23)+` && document.querySelector("#older").hidden && `+focused("#hits li:nth-child(21) .hit")+" && "+shows("#found", "23 messages"))
	alice.press(kb.Home + kb.ArrowUp)
	alice.sees("the field", focused("#search-text"))
	alice.press(enter)
	alice.sees("the first", shows("#customer", "0142")+" && "+focused(".message[data-found]"))

	alice.press("/")
	alice.press("xyzzy")
	alice.sees("what was typed over what was there", `document.querySelector("#search-text").value === "xyzzy" && `+shows("#found", "Nothing found"))
	alice.press(escape)
	alice.sees("the list, and the row that is open", `!document.querySelector("#results").checkVisibility() && `+focused("#list .row[aria-current]"))
	alice.press(escape)
	alice.sees("no conversation", shows("#nothing", "Choose a conversation"))
}

func searchedInOne(t *testing.T, b browser) {
	server := startWithCustomers(t)
	server.write(150, "an order")
	server.write(151, "another order")
	alice := b.signIn(t, "alice", server.url)
	alice.click(row(alice, "0150"))
	alice.write("#search-text", "order")
	alice.sees("both", hits("another [order]", "an [order]"))
	alice.click("#search-here")
	alice.sees("the one of the open conversation", hits("an [order]")+` && document.querySelector("#search-here").ariaPressed === "true" && `+shows("#search-here", "Only +1 415 555 0150"))
	alice.click("#search-all")
	alice.sees("both", hits("another [order]", "an [order]"))
	alice.click("#hits li:first-child .hit")
	alice.sees("the other conversation", shows("#customer", "0151")+" && "+shows("#search-here", "Only +1 415 555 0151"))
	alice.press(escape)
	alice.press(escape)
	alice.sees("the list", shows("#list .row", "0150"))

	alice.do("take a small screen", chromedp.EmulateViewport(375, 700, chromedp.EmulateMobile))
	alice.sees("the conversation alone", `!document.querySelector(".side").checkVisibility()`)
	alice.click("#search-in")
	alice.sees("the field alone", focused("#search-text")+` && !document.querySelector(".thread").checkVisibility() && `+shows("#search-here[aria-pressed=true]", "0151"))
	alice.press("order")
	alice.sees("what is in it", hits("another [order]"))
	alice.click("#hits .hit")
	alice.sees("the message", shows(".message[data-found] mark", "order")+` && !document.querySelector(".side").checkVisibility()`)
	alice.click("#back")
	alice.sees("the hits", hits("another [order]")+" && "+focused("#hits .hit"))
	alice.press(escape)
	alice.sees("the list", shows("#list .row", "0150")+` && document.querySelector("#scopes").hidden`)

	// With somebody else's claim it has gone, from here too.
	id := evaluate[string](alice, fmt.Sprintf(`document.querySelector(%q).dataset.id`, row(alice, "0151")))
	alice.write("#search-text", "order")
	alice.sees("both", hits("another [order]", "an [order]"))
	server.must(http.StatusOK, "bob", http.MethodPost, "/api/conversations/"+id+"/claim", nil, nil)
	alice.sees("what is left", hits("an [order]"))
}

func searchedLongAgo(t *testing.T, b browser) {
	server := startWithCustomers(t)
	for i := range 170 {
		server.write(150, fmt.Sprintf("message %d", i))
	}
	alice := b.signIn(t, "alice", server.url)
	alice.write("#search-text", `"message 40"`)
	alice.sees("it", hits("[message 40]"))
	alice.click("#hits .hit")
	alice.sees("it in its place", shows(".message[data-found] .text", "message 40")+` && (() => {
		const pane = document.querySelector("#messages").getBoundingClientRect(), found = document.querySelector("[data-found]").getBoundingClientRect();
		return found.top > pane.top && found.bottom < pane.bottom && document.documentElement.scrollHeight === innerHeight;
	})()`)
	between := func(first, last int) string {
		return fmt.Sprintf(`(() => { const all = [...document.querySelectorAll(".message.in .text")].map((n) => n.textContent); return all[0] === "message %d" && all.at(-1) === "message %d"; })()`, first, last)
	}
	// The automatic answer is the second message.
	alice.sees("what is around it", between(0, 90)+` && document.querySelector("#earlier").hidden && !document.querySelector("#later").hidden`)
	alice.sees("that the newest ones are unread", `document.title === "(1) Team Inbox" && `+shows("#newer", "New message"))
	alice.click("#later")
	alice.sees("what comes then", between(0, 140))

	// What is new does not come between.
	server.write(150, "the newest of all")
	alice.sees("it in the list", `document.querySelector("#list .preview").textContent === "the newest of all"`)
	alice.sees("those that were there", between(0, 140))
	alice.click("#newer")
	alice.sees("the end", `document.querySelector(".message:last-child .text").textContent === "the newest of all" && document.querySelector("#later").hidden && document.querySelector("#newer").hidden`)
	alice.sees("that it is read", `document.title === "Team Inbox"`)

	// Who answers from there sees the answer.
	alice.click("#hits .hit")
	alice.sees("it in its place", shows(".message[data-found] .text", "message 40")+` && !document.querySelector("#later").hidden && `+shows("#newer", "Newest messages"))
	alice.answer("An answer to that")
	alice.sees("the answer below the newest", `document.querySelector(".message:last-child .text").textContent === "An answer to that" && document.querySelector("#later").hidden && document.querySelector("#text").value === ""`)
	alice.sees("that nobody waits", `!document.querySelector("#list .waits")`)
}

// Answers may come in another order than the questions.
func searchedAgain(t *testing.T, b browser) {
	server := startWithCustomers(t)
	server.write(150, "one")
	server.write(150, "two")
	alice := b.signIn(t, "alice", server.url)
	alice.do("hold an answer back", chromedp.Evaluate[chromedp.Void](`{
		const real = window.fetch;
		window.fetch = (path, init) => {
			if (!path.includes("q=one")) return real(path, init);
			init.signal.addEventListener("abort", () => { window.aborted = true; });
			return new Promise((resolve) => { window.release = () => resolve(real(path, { ...init, signal: undefined }).finally(() => { window.released = true; })); });
		};
	}`))
	alice.write("#search-text", "one")
	alice.sees("that it is asked for, and takes time", `"release" in window && `+shows("#found", "Searching"))
	alice.do("select what is there", chromedp.Evaluate[chromedp.Void](`document.querySelector("#search-text").select()`))
	alice.write("#search-text", "two")
	alice.sees("the answer to the second question", hits("[two]")+" && window.aborted")
	alice.do("let the first answer go", chromedp.Evaluate[chromedp.Void](`window.release()`))
	alice.sees("no other", `window.released && `+hits("[two]"))

	// An answer that does not come is told.
	alice.do("cut the line", chromedp.Evaluate[chromedp.Void](`{ const real = window.fetch; window.heal = () => { window.fetch = real; }; window.fetch = () => Promise.reject(new TypeError("cut")); }`))
	alice.write("#search-text", " and")
	alice.sees("that there is no answer", hits()+" && "+shows("#found.problem", "The helpdesk does not answer"))
	alice.do("mend the line", chromedp.Evaluate[chromedp.Void](`window.heal()`))
	alice.click("#search-again")
	alice.sees("the answer", shows("#found", "Nothing found for “two and”")+` && document.querySelector("#search-again").hidden`)
}

func searchedLegibly(t *testing.T, b browser) {
	server := startWithCustomers(t)
	for i := range 22 {
		server.write(120+i, "My order is late: "+strings.Repeat("Donaudampfschifffahrtsgesellschaft", i%4))
	}
	alice := b.signIn(t, "alice", server.url)
	alice.click(row(alice, "0141"))
	alice.answer("We look after your order.")
	alice.press(escape)
	alice.press("n")
	alice.answer("The order is lost.")
	alice.click("#close")
	alice.sees("that it is closed", shows("#banner", "Closed"))
	for _, found := range []string{"order", "order xyzzy"} {
		alice.press("/")
		alice.press(found)
		alice.sees("what was found", shows("#found", map[bool]string{true: "The newest", false: "Nothing"}[found == "order"]))
		if found == "order" {
			alice.click("#hits .hit")
			alice.sees("the message", shows(".message[data-found].note mark", "order")+" && "+shows("#hits .tag", "Closed"))
		}
		for _, width := range []int64{1280, 375} {
			alice.do("resize", chromedp.EmulateViewport(width, 800))
			if width == 375 && found == "order" {
				alice.click("#search-in")
				alice.sees("what was found in it", shows("#search-here[aria-pressed=true]", "Only"))
			}
			for _, scheme := range []string{"light", "dark"} {
				alice.colours(scheme)
				for _, text := range evaluate[[]string](alice, faint) {
					t.Errorf("%s, %d pixels wide, is too faint: %s", scheme, width, text)
				}
			}
			if wide := evaluate[int64](alice, `document.documentElement.scrollWidth`); wide > width {
				t.Errorf("the page is %d pixels wide on a screen of %d", wide, width)
			}
			for _, what := range evaluate[[]string](alice, nameless) {
				t.Errorf("has no name: %s", what)
			}
		}
		alice.press(escape)
		alice.do("take the wide screen again", chromedp.EmulateViewport(1280, 800))
	}
}
