package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// requireBrowser in the environment makes a missing browser a failure, so that
// nobody believes that the pages were tested when they were not.
const requireBrowser = "TEAMINBOX_REQUIRE_BROWSER"

// browser is a Chromium. Every page in it has cookies of its own.
type browser struct {
	ctx context.Context
}

func startBrowser(t *testing.T) browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		const missing = "there is no Chromium in PATH: install it (Debian: apt-get install chromium) to test the pages"
		if os.Getenv(requireBrowser) != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // containers seldom allow one, and the pages are our own
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)...)
	t.Cleanup(stop)
	ctx, closeBrowser := chromedp.NewContext(allocator)
	t.Cleanup(closeBrowser)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("%s does not start: %v", path, err)
	}
	return browser{ctx: ctx}
}

// page is a page in a browser, as somebody sees it.
type page struct {
	t    *testing.T
	who  string
	ctx  context.Context
	mu   sync.Mutex
	said []string // what the browser complained of
}

// open opens a page at an address. At the test's end it must not have caused
// an error in a script, nor broken the content security policy.
func (b browser) open(t *testing.T, who, url string) *page {
	t.Helper()
	p := b.blank(t, who)
	t.Cleanup(func() {
		for _, complaint := range p.complaints() {
			t.Errorf("%s's page: %s", p.who, complaint)
		}
	})
	p.do("open "+url, chromedp.EmulateViewport(1280, 800), chromedp.Navigate(url))
	return p
}

func (b browser) blank(t *testing.T, who string) *page {
	t.Helper()
	ctx, closePage := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(closePage)
	p := &page{t: t, who: who, ctx: ctx}
	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			p.photograph(filepath.Join(t.ArtifactDir(), p.who+".png"))
		}
	})
	return p
}

func (p *page) listen(event any) {
	complaint := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		complaint = e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			complaint += " " + e.ExceptionDetails.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "assert" {
			complaint = "console." + string(e.Type)
			for _, arg := range e.Args {
				complaint += " " + string(arg.Value) + arg.Description
			}
		}
	case *log.EventEntryAdded:
		// That a request failed is the page's to handle, not a mistake of it.
		if e.Entry.Level == "error" && e.Entry.Source != "network" {
			complaint = e.Entry.Text
		}
	}
	if complaint != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.said = append(p.said, complaint)
	}
}

// complaints returns what the browser has complained of so far.
func (p *page) complaints() []string {
	// What happened before the answer to a command is heard before it.
	p.do("look at the page", chromedp.Evaluate[chromedp.Void]("0"))
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.said...)
}

func (p *page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s can't %s: %v\n%s", p.who, what, err, p.text())
	}
}

// sees waits until an expression is true on the page, also on the next one if
// the page is just being left.
func (p *page) sees(what, expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	poll := chromedp.Poll[bool]("document.body !== null && ("+expression+")", chromedp.WithPollingInterval(10*time.Millisecond), chromedp.WithPollingTimeout(0))
	for {
		_, err := chromedp.Run(ctx, poll)
		if err == nil {
			return
		}
		if ctx.Err() != nil || !strings.Contains(err.Error(), "navigated") && !strings.Contains(err.Error(), "context with specified id") {
			p.t.Fatalf("%s does not see %s: %v\n%s", p.who, what, err, p.text())
		}
	}
}

// text returns what stands on the page, for those who read of a failure.
func (p *page) text() string {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.title + "\n" + document.body.innerText`))
	if err != nil {
		return fmt.Sprintf("(the page can't be read: %v)", err)
	}
	return text
}

func (p *page) photograph(file string) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(file, picture, 0o600)
	}
	if err != nil {
		p.t.Logf("no picture of %s's page: %v", p.who, err)
	}
}

func evaluate[T any](p *page, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %s: %v", p.who, expression, err)
	}
	return value
}

func (p *page) click(selector string) {
	p.t.Helper()
	p.do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// press presses keys one after the other, wherever the focus is. As with a real
// keyboard, a key that the page handles itself types nothing.
func (p *page) press(keys string) {
	p.t.Helper()
	for _, key := range keys {
		k, known := kb.Keys[key]
		if !known {
			p.t.Fatalf("there is no key for %q", key)
		}
		event := input.DispatchKeyEventParams{
			Key: k.Key, Code: k.Code, Text: k.Text, UnmodifiedText: k.Unmodified,
			WindowsVirtualKeyCode: k.Windows, NativeVirtualKeyCode: k.Native,
		}
		for _, event.Type = range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
			call(p, "press "+strconv.QuoteRune(key), input.DispatchKeyEvent, event)
		}
	}
}

// write puts a text into a field, as pasting does.
func (p *page) write(selector, text string) {
	p.t.Helper()
	p.do("go to "+selector, chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.Focus(chromedp.CSS(selector)))
	call(p, "write", input.InsertText, input.InsertTextParams{Text: text})
}

func call[P, R any](p *page, what string, command cdp.Command[P, R], params P) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if _, err := chromedp.Call(ctx, command, params); err != nil {
		p.t.Fatalf("%s can't %s: %v", p.who, what, err)
	}
}

// choose chooses an option of a select.
func (p *page) choose(selector, value string) {
	p.t.Helper()
	p.do("choose "+value, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`{ const s = document.querySelector(%q); s.value = %q; s.dispatchEvent(new Event("change")); }`, selector, value)))
	p.sees("the option "+value, fmt.Sprintf(`document.querySelector(%q).value === %q`, selector, value))
}

// shows is an expression that is true if an element can be seen and has a
// text.
func shows(selector, text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%q)].some((n) => n.checkVisibility() && n.textContent.includes(%q))`, selector, text)
}

// focused is an expression that is true if an element has the focus.
func focused(selector string) string {
	return fmt.Sprintf(`document.activeElement?.matches(%q) === true`, selector)
}

func (p *page) colours(scheme string) {
	p.t.Helper()
	call(p, "see in the "+scheme, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
}

// signIn opens the agents' page as a user.
func (b browser) signIn(t *testing.T, user, url string) *page {
	t.Helper()
	p := b.open(t, user, url)
	p.click("[data-user=" + user + "]")
	p.sees("the list", shows("#desk #views", "Open"))
	return p
}

// phone opens the page of the customer's phones, on one that writes to
// Support.
func (b browser) phone(t *testing.T, url string) *page {
	t.Helper()
	p := b.open(t, "the customer", url+"/phone.html")
	p.sees("the numbers", `document.querySelector("#to").value !== ""`)
	p.choose("#to", supportNumber)
	return p
}

// say sends a text from the phone that is chosen.
func (p *page) say(text string) {
	p.t.Helper()
	p.write("#text", text)
	p.press(enter)
	p.sees("what they wrote", shows(".message.mine", text))
}

// answer writes in the open conversation and presses Enter.
func (p *page) answer(text string) {
	p.t.Helper()
	p.write("#text", text)
	p.press(enter)
	p.sees("that it is taken", shows(".message", text)+` && document.querySelector("#text").value === ""`)
}

// row is the selector of the row of a customer in the list, by the last digits
// of the number.
func row(p *page, digits string) string {
	p.t.Helper()
	p.sees("the row of "+digits, shows("#list .row .name", digits))
	id := evaluate[string](p, fmt.Sprintf(`[...document.querySelectorAll("#list .row")].find((r) => r.querySelector(".name").textContent.endsWith(%q)).dataset.id`, digits))
	return "#list .row[data-id='" + id + "']"
}

// The test of the tests: a page that breaks the rules is noticed.
func TestBrowserNoticesErrors(t *testing.T) {
	b := startBrowser(t)
	server := start(t, dbFile(t), nil)
	p := b.blank(t, "a page with mistakes")
	p.do("open the page", chromedp.Navigate(server.url))
	p.do("make mistakes", chromedp.Evaluate[chromedp.Void](`
		queueMicrotask(() => { throw new Error("thrown"); });
		Promise.reject(new Error("rejected"));
		console.error("printed");
		document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.broken = true'><p style='color: red'>");`))
	for _, want := range []string{"thrown", "rejected", "printed", "inline event handler", "inline style"} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		for heard := false; !heard; {
			heard = strings.Contains(strings.Join(p.complaints(), "\n"), want)
			if ctx.Err() != nil {
				t.Fatalf("a mistake that says %q went unnoticed among %q", want, p.complaints())
			}
		}
		cancel()
	}
}
