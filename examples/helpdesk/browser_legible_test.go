package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

// faint lists the texts on the page that stand out too little from what is
// behind them: WCAG 2.2, success criterion 1.4.3, asks for a contrast of 4.5.
const faint = `(() => {
	const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
	const parse = (colour) => { context.clearRect(0, 0, 1, 1); context.fillStyle = colour; context.fillRect(0, 0, 1, 1); return context.getImageData(0, 0, 1, 1).data; };
	const linear = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
	const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
	const behind = (node) => {
		for (; node; node = node.parentElement) {
			const c = parse(getComputedStyle(node).backgroundColor);
			if (c[3] === 255) return c;
		}
		return [255, 255, 255];
	};
	const all = [];
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		const node = walker.currentNode.parentElement;
		if (walker.currentNode.data.trim() === "" || !node.checkVisibility() || node.closest("[aria-disabled=true]")) continue;
		const [a, b] = [luminance(parse(getComputedStyle(node).color)), luminance(behind(node))];
		const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (contrast < 4.5) all.push(contrast.toFixed(2) + ": " + walker.currentNode.data);
	}
	return all;
})()`

// nameless lists what can be used on the page and has no name for those who
// hear it.
const nameless = `[...document.querySelectorAll("button, a, input, textarea, select, [tabindex='0'], nav, aside")]
	.filter((n) => n.checkVisibility())
	.filter((n) => !n.ariaLabel && !n.labels?.length && (n.matches("nav, aside, [tabindex]") || n.textContent.trim() === ""))
	.map((n) => n.outerHTML.slice(0, 100))`

func legible(t *testing.T, b browser) {
	fake := twiliotest.NewServer(t)
	server := startOnTwilio(t, fake, dbFile(t))
	for i := range 30 {
		from := channel.Address(fmt.Sprintf("+141555501%02d", i))
		text := "Hello from " + string(from) + strings.Repeat(" and so on", i)
		for range 1 + i%3 {
			if err := receive(server, fake, twiliotest.Message{From: string(from), To: supportNumber, Body: text}); err != nil {
				t.Fatal(err)
			}
		}
	}
	alice := b.signIn(t, "alice", server.url)
	alice.sees("all conversations", `document.querySelectorAll("#list .row").length === 30`)
	alice.click(row(alice, "0129"))
	fake.Behave(twiliotest.Refuse(400, 30006))
	alice.answer("An answer that is refused")
	alice.sees("the refusal", shows(".failure", "30006"))
	alice.answer("An answer")
	alice.press(escape)
	alice.press("n")
	alice.answer("A note")
	alice.click("#claim")
	alice.sees("the claim", shows("#banner", "only you answer"))
	if err := receive(server, fake, twiliotest.Message{From: "+14155550129", To: supportNumber, Body: "STOP"}); err != nil {
		t.Fatal(err)
	}
	if err := receive(server, fake, twiliotest.Message{From: "+14155550128", To: supportNumber, Body: "cancelar"}); err != nil {
		t.Fatal(err)
	}
	alice.sees("who may have", shows("#list .held", "Stop?"))
	alice.sees("that the customer has opted out", shows("#stop", "has opted out"))
	phones := start(t, dbFile(t), nil)
	phone := b.phone(t, phones.url)
	phone.say("hello")
	phone.sees("the automatic answer", shows(".message.in", "Thanks for writing"))
	for _, p := range []*page{alice, phone} {
		for _, scheme := range []string{"light", "dark"} {
			p.colours(scheme)
			for _, width := range []int64{1280, 375} {
				p.do("resize", chromedp.EmulateViewport(width, 800))
				for _, text := range evaluate[[]string](p, faint) {
					t.Errorf("on %s's page, %s, %d pixels wide, is too faint: %s", p.who, scheme, width, text)
				}
				if wide := evaluate[int64](p, `document.documentElement.scrollWidth`); wide > width {
					t.Errorf("%s's page is %d pixels wide on a screen of %d", p.who, wide, width)
				}
			}
		}
		for _, what := range evaluate[[]string](p, nameless) {
			t.Errorf("on %s's page, has no name: %s", p.who, what)
		}
	}
}
