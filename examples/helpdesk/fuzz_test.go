package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// FuzzAPI calls every route with arbitrary ids, queries, cursors and bodies, as
// everybody. No call breaks anything; one that is refused, or only reads,
// writes nothing; and nobody sees what is another's.
func FuzzAPI(f *testing.F) {
	d := newDesk(f)
	patterns := slices.Sorted(maps.Keys(routes))
	users := []string{"alice", "bob", "carol", "dave", "", "mallory"}
	for i, pattern := range patterns {
		id := map[need]string{aConversation: d.ours.conversation.String(), aMessage: d.ours.message.String(), aWaiting: d.ours.waiting.String(), aStray: d.ours.stray.String()}[routes[pattern].need]
		_, body := d.ours.about(routes[pattern])
		f.Add(uint8(i), uint8(0), id, "status=open&inbox=support&mine=false&before=1772636400000000-7&after=1&q=ONLY+may&limit=3", "application/json", body, "1")
		f.Add(uint8(i), uint8(2), id, "before=-5-3&after=-1&status=&q=only&conversation=-1&limit=201", "application/json; charset=\"x", `{"text":"\u0000","seq":-1,"inbox":null}`, "+1")
		f.Add(uint8(i), uint8(i), d.others.conversation.String(), "before=9223372036854775807-9223372036854775807&q=may&conversation="+d.ours.conversation.String(), "application/json", `{"seq":1e400}`, "9223372036854775808")
	}
	f.Fuzz(func(t *testing.T, which, who uint8, id, query, contentType, body, last string) {
		pattern, user := patterns[int(which)%len(patterns)], users[int(who)%len(users)]
		route := routes[pattern]
		path, _, _ := strings.Cut(strings.ReplaceAll(route.path, "{id}", id), "?")
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		if route.stream {
			cancel() // or it would go on
		}
		r := (&http.Request{
			Method: route.method(pattern), URL: &url.URL{Path: path, RawQuery: query}, RequestURI: "/", Host: "help.example.com",
			Header: http.Header{"Content-Type": {contentType}, "Last-Event-Id": {last}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		}).WithContext(ctx)
		if user != "" {
			r.Header.Set("Authorization", "Bearer demo-"+user)
		}
		before := version(t, d)
		w := httptest.NewRecorder()
		d.handler.ServeHTTP(w, r)
		wrote := version(t, d) != before
		if w.Code >= 500 && !route.probe || wrote && (w.Code > 299 || r.Method == http.MethodGet) {
			t.Errorf("%s %q?%s as %q with %q: HTTP %d, written: %v; %s", r.Method, path, query, user, body, w.Code, wrote, w.Body)
		}
		if user != "alice" && user != "bob" && user != "carol" && w.Code < 300 && route.need != nothing && !route.stream {
			t.Errorf("%s %q as %q: HTTP %d", r.Method, path, user, w.Code)
		}
		if strings.Contains(w.Body.String(), othersText) || strings.Contains(w.Body.String(), secretText) && user != "alice" && user != "bob" {
			t.Errorf("%s %q as %q shows %s", r.Method, path, user, w.Body)
		}
		if kind := w.Header().Get("Content-Type"); strings.Contains(kind, "json") && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %q as %q: %q is no JSON", r.Method, path, user, w.Body)
		}
		checkPlaces(t, query, last)
	})
}

// version changes with whatever a request writes: that gives ids, appends
// events, or makes another version of a record.
func version(t *testing.T, d *desk) (v [4]int64) {
	t.Helper()
	row := d.file.QueryRowContext(t.Context(), `
		SELECT last_id, last_cursor, (SELECT sum(version) FROM conversations), (SELECT sum(version) FROM strays) FROM counters`)
	if err := row.Scan(&v[0], &v[1], &v[2], &v[3]); err != nil {
		t.Fatal(err)
	}
	return v
}

// checkPlaces reads texts as places in lists and streams. What is one has the
// same meaning after having been written down.
func checkPlaces(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		var first, second store.Position
		if parsePosition(text, &first) == nil {
			if err := parsePosition(positionText(first), &second); err != nil || second != first {
				t.Errorf("the place %q is %v, and again %v, %v", text, first, second, err)
			}
		}
		r := &http.Request{Header: http.Header{"Last-Event-Id": {text}}, URL: &url.URL{RawQuery: url.Values{"after": {"7"}}.Encode()}}
		c, err := cursorOf(r, 42)
		switch {
		case text == "":
			if c != 7 || err != nil {
				t.Errorf("without a Last-Event-ID the cursor is %v, %v; want that of the URL", c, err)
			}
		case err == nil && (c < 0 || c.String() != text):
			t.Errorf("the Last-Event-ID %q is the cursor %v", text, c)
		}
	}
}

// FuzzStartConfig starts with arbitrary flags and variables. What is refused is
// told without a token, and what is taken is complete.
func FuzzStartConfig(f *testing.F) {
	const sid = "AC0123456789abcdef0123456789abcdef"
	f.Add("", "", "", "", "")
	f.Add("-addr\n127.0.0.1:0\n-public-url\nhttps://help.example.com", sid, "token-5150-long,another-5150", "+14155550100, whatsapp:+14155550100", "")
	f.Add("-public-url\nhttps://alice:pass@h/#x", sid, "token with spaces", "ACME,12345,,+1 (415) 555-0100", "ftp://x")
	f.Add("-lease-ttl\n999ms", "", "", "", "")
	f.Add("-help\n-db\nfile://x", "AC", ",", "+", "http://[::1]:namedport")
	f.Add("x\n--\n-addr", sid, "\x00", "+1,+1", "https://api.example.com?x")
	f.Fuzz(func(t *testing.T, args, account, tokens, numbers, apiURL string) {
		env := map[string]string{"TWILIO_ACCOUNT_SID": account, "TWILIO_AUTH_TOKEN": tokens, "TWILIO_NUMBERS": numbers, "TWILIO_API_URL": apiURL}
		var flags []string
		if args != "" {
			flags = strings.Split(args, "\n")
		}
		var usage strings.Builder
		cfg, err := readConfig(flags, func(name string) string { return env[name] }, &usage)
		told := usage.String()
		if err == nil {
			if cfg.twilio.enabled() != (len(cfg.twilio.numbers) > 0) || cfg.twilio.enabled() != (len(cfg.twilio.authTokens) > 0) || cfg.twilio.enabled() && cfg.publicURL == "" || cfg.db == "" || cfg.leaseTTL < time.Second {
				t.Errorf("%q with %q is taken as %+v", flags, env, cfg)
			}
			seen := map[channel.Address]bool{}
			for _, n := range cfg.twilio.numbers {
				if canonical, err := channel.ParseAddress(string(n)); err != nil || canonical != n || seen[n] {
					t.Errorf("%q has the number %q", numbers, n)
				}
				seen[n] = true
			}
			_, err = newLine(cfg)
		}
		if err != nil && !errors.Is(err, flag.ErrHelp) {
			told += err.Error()
		}
		for _, token := range list(tokens) {
			if len(token) >= 8 && strings.Contains(told, token) && !strings.Contains(args+account+numbers+apiURL, token) {
				t.Errorf("it tells a token: %s", told)
			}
		}
	})
}

// A place in a list goes through the page's URL and back.
func TestPlacesGoThroughText(t *testing.T) {
	for _, at := range []time.Time{time.Unix(0, 0), time.UnixMicro(1_772_636_400_000_001), time.UnixMicro(-1), {}} {
		for _, id := range []inbox.ConversationID{0, 1, 1<<63 - 1} {
			want := store.Position{LastAt: at.UTC(), ID: id}
			var got store.Position
			if err := parsePosition(positionText(want), &got); err != nil || got != want {
				t.Errorf("%v comes back as %v, %v", want, got, err)
			}
		}
	}
}
