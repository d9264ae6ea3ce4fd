package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// find searches as a user, who must be answered.
func (d *desk) find(user string, query ...string) hitPage {
	d.t.Helper()
	values := url.Values{}
	for i := 0; i < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	w := d.serve(d.as(user, http.MethodGet, "/api/search?"+values.Encode(), ""))
	if w.Code != http.StatusOK {
		d.t.Fatalf("%s searches %q: HTTP %d, %s", user, query, w.Code, w.Body)
	}
	var page hitPage
	d.must(json.Unmarshal(w.Body.Bytes(), &page))
	return page
}

// texts are those of the hits, with what is marked in square brackets.
func (p hitPage) texts() []string {
	texts := []string{}
	for _, h := range p.Hits {
		units := utf16.Encode([]rune(h.Message.Text))
		var b strings.Builder
		at := 0
		for _, m := range h.Marks {
			b.WriteString(string(utf16.Decode(units[at:m[0]])) + "[" + string(utf16.Decode(units[m[0]:m[1]])) + "]")
			at = m[1]
		}
		texts = append(texts, b.String()+string(utf16.Decode(units[at:])))
	}
	return texts
}

func TestSearch(t *testing.T) {
	d := newDesk(t)
	expect := func(user string, query []string, want ...string) hitPage {
		t.Helper()
		page := d.find(user, query...)
		if got := page.texts(); !slices.Equal(got, append([]string{}, want...)) {
			t.Errorf("%s finds %q with %q, want %q", user, got, query, want)
		}
		return page
	}
	d.receive("5", supportNumber, "👍🏽👩‍👩‍👧 Grüße, and where is order 4711?")
	sales := d.receive("6", salesNumber, "An order, please").Conversation
	_, err := d.engine.Agent(inbox.DefaultAccount, "bob").Note(t.Context(), d.ours.conversation, "the ORDER is lost", "")
	d.must(err)

	all := expect("alice", []string{"q", "order"}, "the [ORDER] is lost", "An [order], please", "👍🏽👩‍👩‍👧 Grüße, and where is [order] 4711?")
	note := all.Hits[0]
	if note.Message.Direction != store.Note || note.Message.User != "bob" || note.Message.Seq == 0 || note.Conversation.ID != d.ours.conversation || note.Conversation.Address != customer || note.Conversation.Inbox != "support" {
		t.Errorf("bob's note is the hit %+v", note)
	}
	expect("bob", []string{"q", `grusse "WHERE is"`}, "👍🏽👩‍👩‍👧 [Grüße], and [where is] order 4711?")
	expect("carol", []string{"q", "order"}, "An [order], please")
	expect("alice", []string{"q", "order", "inbox", "sales"}, "An [order], please")
	expect("alice", []string{"q", "order", "inbox", "nowhere"})
	expect("alice", []string{"q", "order", "conversation", sales.String()}, "An [order], please")
	expect("alice", []string{"q", "order", "conversation", sales.String(), "inbox", "support"})
	expect("alice", []string{"q", "?"})
	if w := d.serve(d.as("alice", http.MethodGet, "/api/search?q=nothing", "")); strings.TrimSpace(w.Body.String()) != `{"hits":[]}` {
		t.Errorf("nothing found is written as %s", w.Body)
	}

	first := expect("alice", []string{"q", "order", "limit", "2"}, "the [ORDER] is lost", "An [order], please")
	last := expect("alice", []string{"q", "order", "limit", "2", "before", first.Next.String()}, "👍🏽👩‍👩‍👧 Grüße, and where is [order] 4711?")
	if last.Next != 0 || all.Next != 0 {
		t.Errorf("after the last pages come %v and %v", last.Next, all.Next)
	}

	d.must(d.engine.Agent(inbox.DefaultAccount, "bob").Claim(t.Context(), d.ours.conversation))
	expect("alice", []string{"q", "order"}, "An [order], please")
	w := d.serve(d.as("alice", http.MethodGet, "/api/search?q=order&conversation="+d.ours.conversation.String(), ""))
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), `"claimed_by":"bob"`) {
		t.Errorf("alice searches what bob has claimed: HTTP %d, %s", w.Code, w.Body)
	}
	for user, conversation := range map[string]inbox.ConversationID{"carol": d.ours.conversation, "alice": d.others.conversation, "bob": 9_000_000} {
		w := d.serve(d.as(user, http.MethodGet, "/api/search?q=only&conversation="+conversation.String(), ""))
		if w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "only") {
			t.Errorf("%s searches what is not theirs: HTTP %d, %s", user, w.Code, w.Body)
		}
	}
}

func TestSearchPageIsBounded(t *testing.T) {
	d := newDesk(t)
	for i := range pageSize + 1 {
		_, err := d.engine.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: "many" + string(rune('A'+i)), From: customer, To: supportNumber, Text: "many"})
		d.must(err)
	}
	page := d.find("alice", "q", "many")
	if len(page.Hits) != pageSize || page.Next != page.Hits[pageSize-1].Message.ID {
		t.Errorf("the first page has %d hits and goes on at %v", len(page.Hits), page.Next)
	}
	if page := d.find("alice", "q", "many", "limit", "200"); len(page.Hits) != pageSize+1 || page.Next != 0 {
		t.Errorf("the largest page has %d hits and goes on at %v", len(page.Hits), page.Next)
	}
}

func TestSearchNamesWhatIsWrong(t *testing.T) {
	d := newDesk(t)
	for name, values := range map[string][]string{
		"conversation": {"x", "-1", "0", "01", "1.5", "9223372036854775808"},
		"before":       {"x", "-1", "0", "1-2", "9223372036854775808"},
		"limit":        {"x", "-1", "0", "201", "1e1", "9223372036854775808"},
	} {
		for _, value := range values {
			w := d.serve(d.as("alice", http.MethodGet, "/api/search?q=only&"+name+"="+value, ""))
			if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"detail":"`+name+` must be`) {
				t.Errorf("%s=%s: HTTP %d, %s", name, value, w.Code, w.Body)
			}
		}
	}
}
