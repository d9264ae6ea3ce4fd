package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// Who loses the seat, or the team, hears nothing more of a stream that is open:
// it ends, or goes on without what is no longer theirs.
func TestRevocationReachesAnOpenStream(t *testing.T) {
	d := newDesk(t)
	server := httptest.NewServer(d.handler)
	t.Cleanup(server.Close) // after the streams
	admin := d.engine.Admin(inbox.DefaultAccount)
	bob, alice := openStream(t, server.URL, "bob"), openStream(t, server.URL, "alice")
	if e := bob.next(); e.Conversation != d.ours.conversation {
		t.Fatalf("bob's first event is %+v", e)
	}
	d.must(admin.SaveTeam(t.Context(), store.Team{ID: "support", Name: "Support", Members: []inbox.UserID{"bob"}, Version: 0}))
	d.receive("5", supportNumber, "alice is not of Support any more")
	sales := d.receive("6", "+14155550101", "a question for Sales")
	for {
		e := alice.next()
		if e.Message == sales.Message {
			break
		}
		if e.Conversation == d.ours.conversation && e.Detail.Seq > 1 {
			t.Errorf("alice, no longer of Support, hears %+v", e)
		}
	}
	d.must(admin.SaveUser(t.Context(), inbox.User{ID: "bob", Name: "Bob"}))
	if text := bob.rest(); strings.Contains(text, "Sales") {
		t.Errorf("bob hears %q", text)
	}
	if w := d.serve(d.as("bob", http.MethodGet, "/api/events", "")); w.Code != http.StatusForbidden {
		t.Errorf("bob comes back: HTTP %d, want 403", w.Code)
	}
}

// openedStream is a stream of events that is being read.
type openedStream struct {
	t     *testing.T
	lines *bufio.Scanner
}

func openStream(t *testing.T, server, user string) openedStream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server+"/api/events?after=0", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer demo-"+user)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return openedStream{t, bufio.NewScanner(resp.Body)}
}

// next returns the next event.
func (s openedStream) next() (e event) {
	s.t.Helper()
	for s.lines.Scan() {
		if data, found := strings.CutPrefix(s.lines.Text(), "data: "); found {
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				s.t.Fatal(err)
			}
			return e
		}
	}
	s.t.Fatalf("the stream ended: %v", s.lines.Err())
	return e
}

// rest reads until the server ends the stream, and fails if it does not.
func (s openedStream) rest() string {
	s.t.Helper()
	var all strings.Builder
	for s.lines.Scan() {
		all.WriteString(s.lines.Text())
	}
	if err := s.lines.Err(); err != nil {
		s.t.Errorf("the stream did not end by itself: %v", err)
	}
	return all.String()
}
