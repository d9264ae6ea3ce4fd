package main

import (
	"context"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

// good returns the request that a route answers well.
func (d *desk) good(user, pattern string) *http.Request {
	r := routes[pattern]
	if r.need == aSignature {
		form := d.twilio.StatusForm("SM0123456789abcdef0123456789abcdef", "delivered", 0)
		if r.path == webhookPath {
			form = d.twilio.WebhookForm(d.twilio.Receive(twiliotest.Message{From: customer, To: supportNumber, Body: "hello"}))
		}
		return d.twilio.Request(publicURL+r.path, form)
	}
	path, body := d.ours.about(r)
	return d.as(user, r.method(pattern), path, body)
}

// Whoever is not signed in, has no seat, or has no business with what a route
// is about, learns nothing and changes nothing.
func TestDeniedByDefault(t *testing.T) {
	d := newDesk(t)
	d.rest()
	// Nobody is known by what stands in a URL.
	inURL := func(path, token string) string {
		values := url.Values{}
		for _, name := range []string{"token", "access_token", "authorization", "user", "helpdesk", "session"} {
			values.Set(name, token)
		}
		return path + map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + values.Encode()
	}
	for pattern, r := range routes {
		if r.need == nothing {
			continue
		}
		before := d.kept()
		refused := func(what string, want int, request *http.Request) {
			t.Helper()
			// A stream that is not refused would go on.
			ctx, cancel := context.WithTimeout(t.Context(), patience/10)
			defer cancel()
			w := d.serve(request.WithContext(ctx))
			if w.Code != want {
				t.Errorf("%s, %s: HTTP %d, want %d", pattern, what, w.Code, want)
			}
			for _, secret := range []string{secretText, othersText, customer} {
				if strings.Contains(w.Body.String(), secret) {
					t.Errorf("%s, %s: the answer has %q", pattern, what, secret)
				}
			}
		}
		method := r.method(pattern)
		path, body := d.ours.about(r)
		if r.need == aSignature {
			refused("without a signature", http.StatusForbidden, d.as("alice", method, path, "Body=x"))
			elsewhere := d.good("", pattern)
			elsewhere.Header.Set("X-Twilio-Signature", twiliotest.Signature(d.twilio.AuthToken, publicURL+"/elsewhere"+r.path, url.Values{}))
			refused("signed for another URL", http.StatusForbidden, elsewhere)
		} else {
			refused("nobody", http.StatusUnauthorized, d.as("", method, path, body))
			refused("an unknown user", http.StatusUnauthorized, d.as("mallory", method, path, body))
			refused("a token in the URL", http.StatusUnauthorized, d.as("", method, inURL(path, "demo-alice"), body))
			basic := d.as("", method, path, body)
			basic.SetBasicAuth("alice", "demo-alice")
			refused("a password", http.StatusUnauthorized, basic)
			forged := d.as("", method, path, body)
			forged.AddCookie(&http.Cookie{Name: cookieName, Value: "alice"})
			refused("a cookie of one's own", http.StatusUnauthorized, forged)
			refused("a user without a seat", http.StatusForbidden, d.as("dave", method, path, body))
		}
		if r.need >= aConversation {
			elsewhere, otherBody := d.others.about(r)
			refused("in another account", http.StatusNotFound, d.as("alice", method, elsewhere, otherBody))
			missing, missingBody := d.ours.about(r, "9000000")
			refused("about nothing", http.StatusNotFound, d.as("alice", method, missing, missingBody))
		}
		if strings.Contains(r.path, "{id}") {
			for _, id := range []string{"0", "-1", "x", "1%20OR%201=1", "99999999999999999999"} {
				bad, _ := d.ours.about(r, id)
				refused("about "+id, http.StatusNotFound, d.as("alice", method, bad, body))
			}
		}
		if r.need == aConversation || r.need == aMessage || r.need == aWaiting {
			refused("of another inbox", http.StatusNotFound, d.as("carol", method, path, body))
		}
		if d.kept() != before {
			t.Errorf("%s has changed what is kept", pattern)
		}
	}
	before := d.kept()
	adopt := d.as("carol", http.MethodPost, "/api/strays/"+d.ours.stray.String()+"/adopt", `{"inbox":"support"}`)
	if w := d.serve(adopt); w.Code != http.StatusNotFound || d.kept() != before {
		t.Errorf("carol puts a stray into an inbox that is not hers: HTTP %d", w.Code)
	}
}

// What a list shows is its reader's alone.
func TestListsShowNothingOfOthers(t *testing.T) {
	d := newDesk(t)
	for _, path := range []string{"/api/conversations", "/api/conversations?inbox=support", "/api/conversations?status=open&inbox=", "/api/conversations?mine=true",
		"/api/search?q=only", "/api/search?q=only+may&inbox=support", "/api/search?q=" + customer,
	} {
		if body := d.serve(d.as("carol", http.MethodGet, path, "")).Body.String(); strings.Contains(body, secretText) || strings.Contains(body, othersText) {
			t.Errorf("%s shows carol %s", path, body)
		}
	}
	for user, want := range map[string]bool{"alice": true, "carol": false} {
		for _, path := range []string{"/api/conversations", "/api/search?q=only"} {
			body := d.serve(d.as(user, http.MethodGet, path, "")).Body.String()
			if strings.Contains(body, secretText) != want || strings.Contains(body, othersText) {
				t.Errorf("%s sees %s", user, body)
			}
		}
	}
	if body := d.serve(d.as("alice", http.MethodGet, "/api/strays", "")).Body.String(); strings.Contains(body, othersText) || !strings.Contains(body, "is anybody there?") {
		t.Errorf("the strays are %s", body)
	}
}

// Every route is of use to whoever may use it: else the refusals above would
// prove nothing.
func TestEveryRouteAnswers(t *testing.T) {
	d := newDesk(t)
	for pattern, r := range routes {
		if r.stream {
			continue // see TestRevocationReachesAnOpenStream, and the page's tests
		}
		if r.need >= aConversation && r.method(pattern) == http.MethodPost {
			d = newDesk(t) // what another route has done may be in the way
		}
		if pattern == "POST /api/conversations/{id}/release" {
			d.serve(d.good("alice", "POST /api/conversations/{id}/claim"))
		}
		if strings.Contains(pattern, "/hold/") {
			d.receive("what holds", supportNumber, "cancelar")
		}
		if r.method(pattern) == http.MethodGet {
			d.rest()
		}
		before := d.kept()
		w := d.serve(d.good("alice", pattern))
		if good := w.Code >= 200 && w.Code <= 299; !good && (!r.probe || w.Code != http.StatusServiceUnavailable) {
			t.Errorf("%s: HTTP %d, %s", pattern, w.Code, w.Body)
		}
		changed := d.kept() != before
		writes := r.need != nothing && r.method(pattern) == http.MethodPost
		switch pattern {
		case "POST /api/conversations/{id}/reopen", "POST /webhooks/twilio/status": // it is open; the message is not ours
			writes = false
		}
		if changed != writes {
			t.Errorf("%s changes what is kept: %v, want %v", pattern, changed, writes)
		}
	}
}

// A page of another site can make a browser send requests with the user's
// cookie; none of those changes anything. (A request that only reads may be
// sent, but the browser shows its answer to nobody.)
func TestPagesOfOtherSitesChangeNothing(t *testing.T) {
	d := newDesk(t)
	d.rest()
	before := d.kept()
	for pattern, r := range routes {
		if r.method(pattern) == http.MethodGet {
			continue
		}
		for what, header := range map[string]http.Header{
			"another site":       {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://attacker.example"}},
			"a sister's site":    {"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://blog.example.com"}},
			"an old browser":     {"Origin": {"https://attacker.example"}},
			"a sandboxed frame":  {"Origin": {"null"}},
			"a lie of a browser": {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"http://example.com"}},
		} {
			request := d.good("", pattern)
			for name, values := range header {
				request.Header[name] = values
			}
			request.AddCookie(&http.Cookie{Name: cookieName, Value: "demo-alice"})
			if w := d.serve(request); w.Code != http.StatusForbidden {
				t.Errorf("%s from %s: HTTP %d, want 403", pattern, what, w.Code)
			}
		}
		if r.body == "" {
			continue
		}
		for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp"} {
			request := d.good("alice", pattern)
			request.Header.Set("Content-Type", kind)
			if w := d.serve(request); w.Code != http.StatusUnsupportedMediaType {
				t.Errorf("%s as %q: HTTP %d, want 415", pattern, kind, w.Code)
			}
		}
	}
	if d.kept() != before {
		t.Error("something has changed")
	}
	session := d.serve(d.good("", "POST /api/session")).Result()
	defer session.Body.Close()
	for _, cookie := range session.Cookies() {
		if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Domain != "" {
			t.Errorf("the cookie is %+v", cookie)
		}
	}
	if len(session.Cookies()) != 1 {
		t.Errorf("the sign-in sets %d cookies", len(session.Cookies()))
	}
}

// Whatever is asked, and whatever the answer is, it has the headers that keep a
// browser from running, framing or guessing anything.
func TestEveryAnswerHasTheHeaders(t *testing.T) {
	d := newDesk(t)
	check := func(what string, request *http.Request) {
		t.Helper()
		h := d.serve(request).Header()
		policy := map[string]string{}
		for directive := range strings.SplitSeq(h.Get("Content-Security-Policy"), ";") {
			name, sources, _ := strings.Cut(strings.TrimSpace(directive), " ")
			policy[name] = sources
		}
		for name, want := range map[string]string{"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "frame-ancestors": "'none'", "base-uri": "'none'", "form-action": "'none'"} {
			if policy[name] != want {
				t.Errorf("%s: the policy has %s %s, want %s", what, name, policy[name], want)
			}
		}
		if strings.Contains(h.Get("Content-Security-Policy"), "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: the headers are %v", what, h)
		}
	}
	for pattern, r := range routes {
		for _, user := range []string{"alice", "dave", ""} {
			request := d.good(user, pattern)
			if r.stream { // one that has ended before it began
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				request = request.WithContext(ctx)
			}
			check(pattern+" as "+user, request)
		}
		path, _ := d.ours.about(r, "x")
		check(pattern+", badly", d.as("alice", http.MethodPost, path, "{"))
		check(pattern+", another method", d.as("alice", http.MethodPatch, path, ""))
		foreign := d.as("alice", http.MethodPost, path, "")
		foreign.Header.Set("Sec-Fetch-Site", "cross-site")
		check(pattern+", from another site", foreign)
	}
	for _, path := range []string{"/index.html", "/app.js", "/none", "/../auth.go", "/web/", "/api/none", "//attacker.example"} {
		check(path, d.as("", http.MethodGet, path, ""))
	}
}

// The policy allows nothing inline, so nothing of the pages may be.
func TestPagesHaveNothingInline(t *testing.T) {
	pages, err := fs.Glob(webFiles, "web/*.html")
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	inline := regexp.MustCompile(`(?i)<script(\s+(type|defer|async)(="[^"]*")?)*\s*>|<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:`)
	scripts, err := fs.Glob(webFiles, "web/*.js")
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	markup := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|DOMParser|\bhref\b|window\.open`)
	for files, bad := range map[*[]string]*regexp.Regexp{&pages: inline, &scripts: markup} {
		for _, name := range *files {
			text, err := fs.ReadFile(webFiles, name)
			if err != nil {
				t.Fatal(err)
			}
			if found := bad.Find(text); found != nil {
				t.Errorf("%s has %q", name, found)
			}
		}
	}
}

// endless is a JSON text without an end, which counts what is read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	if e.read == 0 && len(p) > 0 {
		p[0] = '"'
	}
	e.read += len(p)
	return len(p), nil
}

// No route reads a body without end. What asks for none reads none; what asks
// for one says that it is too large, and has read little more than its limit.
func TestNoRouteReadsABodyWithoutEnd(t *testing.T) {
	d := newDesk(t)
	for pattern, r := range routes {
		if r.stream {
			continue
		}
		before := d.kept()
		body := new(endless)
		request := d.good("alice", pattern)
		request.Body, request.ContentLength = io.NopCloser(body), -1
		w := d.serve(request)
		most := 0
		switch {
		case r.body != "":
			most = largestBody + 64<<10
		case r.need == aSignature:
			most = 2 << 20 // the sender is heard out for a while, or it would not hear the answer
		}
		if body.read > most {
			t.Errorf("%s has read %d bytes, at most %d are reasonable", pattern, body.read, most)
		}
		if most > 0 && (w.Code != http.StatusRequestEntityTooLarge || d.kept() != before) {
			t.Errorf("%s answers with HTTP %d, want 413 and nothing changed", pattern, w.Code)
		}
	}
}

// No route that asks for JSON takes other than it asks for.
func TestNoRouteTakesOtherJSON(t *testing.T) {
	d := newDesk(t)
	before := d.kept()
	for pattern, r := range routes {
		if r.body == "" {
			continue
		}
		_, good := d.ours.about(r)
		name, _, _ := strings.Cut(good, ":")
		for what, body := range map[string]string{
			"a field that is unknown": strings.Replace(good, "{", `{"admin":true,`, 1),
			"something behind it":     good + "{}",
			"a list":                  "[" + good + "]",
			"half of it":              good[:len(good)-2],
			"another type":            name + ":[{}]}",
			"white space":             " ",
		} {
			request := d.good("alice", pattern)
			request.Body, request.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
			if w := d.serve(request); w.Code != http.StatusBadRequest {
				t.Errorf("%s with %s: HTTP %d, want 400: %s", pattern, what, w.Code, w.Body)
			}
		}
	}
	if d.kept() != before {
		t.Error("something has changed")
	}
}

// Twilio delivers again what it believes to be lost, and whoever has seen a
// request can send it again: the second time it changes nothing.
func TestWebhookIsTakenInOnce(t *testing.T) {
	d := newDesk(t)
	form := d.twilio.WebhookForm(d.twilio.Receive(twiliotest.Message{From: customer, To: supportNumber, Body: "hello"}))
	before := d.kept()
	for i := range 3 {
		if w := d.serve(d.twilio.Request(publicURL+webhookPath, form)); w.Code != http.StatusOK {
			t.Fatalf("delivery %d: HTTP %d", i+1, w.Code)
		}
		if now := d.kept(); (now != before) != (i == 0) {
			t.Errorf("delivery %d changes what is kept: %v", i+1, now != before)
		} else {
			before = now
		}
	}
	// The parts of a request that the signature does not cover say nothing.
	changed := d.twilio.Request(publicURL+webhookPath, form)
	changed.Host = "attacker.example"
	changed.Header.Set("X-Forwarded-Host", "attacker.example")
	changed.Header.Set("Authorization", "Bearer demo-alice")
	if w := d.serve(changed); w.Code != http.StatusOK || d.kept() != before {
		t.Errorf("with other headers: HTTP %d", w.Code)
	}
	// What it does cover can't be changed.
	form.Set("Body", "STOP")
	changed.Body = io.NopCloser(strings.NewReader(form.Encode()))
	if w := d.serve(changed); w.Code != http.StatusForbidden || d.kept() != before {
		t.Errorf("with another text: HTTP %d, want 403 and nothing changed", w.Code)
	}
}

// A path that no file can have is the asker's mistake, not the server's.
func TestPathThatIsNoTextIsNotFound(t *testing.T) {
	d := newDesk(t)
	for _, path := range []string{"/%ff", "/api/conversations/0/%ab", "/none"} {
		if w := d.serve(d.as("alice", http.MethodGet, path, "")); w.Code != http.StatusNotFound {
			t.Errorf("%s: HTTP %d, want 404", path, w.Code)
		}
	}
}
