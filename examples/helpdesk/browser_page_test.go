package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

func reconnected(t *testing.T, b browser) {
	db := dbFile(t)
	server := start(t, db, nil)
	alice, phone := b.signIn(t, "alice", server.url), b.phone(t, server.url)
	phone.say("before")
	alice.click(row(alice, "0123"))
	alice.sees("the message", shows(".message.in", "before"))
	alice.write("#text", "half a sen")

	server.kill()
	alice.sees("that the connection is lost", shows("#connection", "Reconnecting"))
	start(t, db, nil, "-addr", strings.TrimPrefix(server.url, "http://"))
	alice.sees("that it is back", `document.querySelector("#connection").textContent === ""`)
	phone.say("after")
	alice.sees("what was written after", shows(".message.in", "after"))
	alice.sees("her text", `document.querySelector("#text").value === "half a sen"`)
	alice.press("tence")
	alice.press(enter)
	phone.sees("the answer, below what was there before", shows(".message.in", "half a sentence")+" && "+shows(".message.mine", "before"))
}

func keyboard(t *testing.T, b browser) {
	server := start(t, dbFile(t), nil)
	alice, phone := b.signIn(t, "alice", server.url), b.phone(t, server.url)
	for _, from := range []string{"+14155550123", "+14155550124"} {
		phone.choose("#from", from)
		phone.say("from " + from)
		alice.sees("the message", shows("#list .row", from[len(from)-4:]))
	}
	alice.press("j")
	alice.sees("the newest", shows("#customer", "0124")+" && "+shows(".message.in", "from +14155550124"))
	alice.press("j")
	alice.sees("the one below", shows("#customer", "0123")+" && "+shows(".message.in", "from +14155550123"))
	alice.press("k")
	alice.sees("the newest again", shows("#customer", "0124"))
	alice.press("n")
	alice.sees("that it is a note", focused("#text")+` && document.querySelector("#composer").classList.contains("note") && document.querySelector("#text").value === ""`)
	alice.press("just letters: j k r n")
	alice.press(escape)
	alice.press("r")
	alice.sees("that it is a reply", focused("#text")+` && !document.querySelector("#composer").classList.contains("note") && document.querySelector("#text").value === "just letters: j k r n"`)
	alice.press(enter)
	phone.sees("the answer", shows(".message.in", "just letters: j k r n"))

	// Whatever arrives meanwhile, the focus stays where it is.
	alice.press(escape)
	alice.press(escape)
	alice.sees("the focus on the row that was open", focused(".row")+` && document.activeElement.textContent.includes("0124")`)
	for _, from := range []string{"+14155550123", "+14155550124"} {
		phone.choose("#from", from)
		phone.say("to the top")
		alice.sees("it on top", fmt.Sprintf(`document.querySelector("#list .row.unread .name")?.textContent.endsWith(%q) && document.querySelector("#list .row").matches(".unread")`, from[len(from)-4:]))
		alice.sees("the focus where it was", focused(".row")+` && document.activeElement.textContent.includes("0124")`)
	}
}

func narrow(t *testing.T, b browser) {
	server := start(t, dbFile(t), nil)
	alice, phone := b.signIn(t, "alice", server.url), b.phone(t, server.url)
	alice.do("take a small screen", chromedp.EmulateViewport(375, 700, chromedp.EmulateMobile))
	phone.say("hello " + strings.Repeat("and a long word: Donaudampfschifffahrtsgesellschaft, ", 8) + "end")
	listed := shows("#list .row", "0123") + ` && !document.querySelector(".thread").checkVisibility()`
	alice.sees("the list alone", listed)
	alice.click(row(alice, "0123"))
	alice.sees("the conversation alone", shows(".message.in", "hello")+` && !document.querySelector(".side").checkVisibility()`)
	if wide := evaluate[int](alice, `document.documentElement.scrollWidth`); wide > 375 {
		t.Errorf("the page is %d pixels wide on a screen of 375", wide)
	}
	alice.answer("hello to you")
	alice.click("#back")
	alice.sees("the list alone", listed+" && "+focused(".row"))
	alice.click(row(alice, "0123"))
	alice.sees("the conversation", shows(".message.out", "hello to you"))
	alice.do("go back by the browser", chromedp.Evaluate[chromedp.Void](`history.back()`))
	alice.sees("the list alone", listed)
}

func paged(t *testing.T, b browser) {
	fake := twiliotest.NewServer(t)
	server := startOnTwilio(t, fake, dbFile(t))
	write := func(digits int, text string) {
		t.Helper()
		from := fmt.Sprintf("+1415555%04d", digits)
		if err := receive(server, fake, twiliotest.Message{From: from, To: supportNumber, Body: text}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 60 {
		write(100, fmt.Sprintf("message %d", i))
	}
	for i := range 55 {
		write(101+i, "hello")
	}
	alice := b.signIn(t, "alice", server.url)
	rows := func(n int) string { return fmt.Sprintf(`document.querySelectorAll("#list .row").length === %d`, n) }
	alice.sees("the newest conversations", rows(50)+` && !document.querySelector("#more").hidden`)
	alice.click("#more")
	alice.sees("all of them", rows(56)+` && document.querySelector("#more").hidden && document.title === "(56) Team Inbox"`)

	alice.click(row(alice, "0100"))
	alice.sees("the newest messages", shows(".message.in", "message 59")+` && !document.querySelector("[data-seq='1']") && !document.querySelector("#earlier").hidden`)
	const place = `Math.round(document.querySelector("[data-seq='30']").getBoundingClientRect().top)`
	alice.do("scroll up", chromedp.Evaluate[chromedp.Void](`document.querySelector("#messages").scrollTop = 0`))
	before := evaluate[int](alice, place)
	alice.click("#earlier")
	alice.sees("the first message", `document.querySelector("[data-seq='1'] .text")?.textContent === "message 0" && document.querySelector("#earlier").hidden`)
	// The button above the messages is gone, so that they may be higher by it.
	if after := evaluate[int](alice, place); after < before-60 || after > before+60 {
		t.Errorf("what Alice was reading has moved from %d to %d when earlier messages came", before, after)
	}

	write(100, "the newest of all")
	alice.sees("that there is something new below", shows("#newer", "New message"))
	alice.click("#newer")
	alice.sees("it", `document.querySelector("#newer").hidden && document.querySelector(".message:last-child").textContent.includes("the newest of all")`)
}
