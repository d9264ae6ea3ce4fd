package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance/zones"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// ask makes a request of alice's, and reads the answer unless to is nil.
func (d *desk) ask(method, path, body string, to any) (status int, text string) {
	d.t.Helper()
	w := d.serve(d.as("alice", method, path, body))
	if to != nil {
		d.must(json.Unmarshal(w.Body.Bytes(), to))
	}
	return w.Code, w.Body.String()
}

// What is wrong with a request is named, with what would be right.
func TestBadFieldsOfAMessageAreNamed(t *testing.T) {
	d := newDesk(t)
	conv := "/api/conversations/" + d.ours.conversation.String()
	d.rest()
	before := d.kept()
	for _, c := range []struct{ what, method, path, body, want string }{
		{"a purpose that is none", http.MethodPost, conv + "/reply", `{"text":"hi","purpose":"sales"}`, "purpose must be conversational, transactional or marketing"},
		{"a purpose that is nobody's here", http.MethodPost, conv + "/reply", `{"text":"hi","purpose":"emergency"}`, "purpose must be conversational"},
		{"a moment in words", http.MethodPost, conv + "/reply", `{"text":"hi","not_before":"tomorrow"}`, "not_before must be a time like"},
		{"an end in words", http.MethodPost, conv + "/reply", `{"text":"hi","expires":"soon"}`, "expires must be a time like"},
		{"an end that has passed", http.MethodPost, conv + "/reply", `{"text":"hi","expires":"2020-01-01T00:00:00Z"}`, "Draft.Expires has passed"},
		{"a moment in a far year", http.MethodPost, conv + "/reply", `{"text":"hi","not_before":"2999-01-01T00:00:00Z"}`, "Draft.NotBefore is more than a year ahead"},
		{"a programme with a control character", http.MethodPost, conv + "/reply", `{"text":"hi","programme":"\u0000"}`, "Draft.Programme has a control character"},
		{"a note with a purpose", http.MethodPost, conv + "/note", `{"text":"hm","purpose":"marketing"}`, `unknown field "purpose"`},
		{"a trial with a purpose that is none", http.MethodGet, conv + "/sendability?purpose=sales", "", "purpose must be conversational, transactional or marketing"},
		{"a trial at a moment in words", http.MethodGet, conv + "/sendability?not_before=tomorrow", "", "not_before must be a time like"},
		{"an empty question", http.MethodPost, conv + "/ask", `{"text":" "}`, "ConsentQuestion.Text is empty"},
		{"a question of a purpose that is none", http.MethodPost, conv + "/ask", `{"text":"Reply YES","purpose":"sales"}`, "ConsentQuestion.Purpose must be marketing"},
		{"a question of a strength that is none", http.MethodPost, conv + "/ask", `{"text":"Reply YES","strength":"strong"}`, "ConsentQuestion.Strength is not known"},
		{"marketing without a strength", http.MethodPost, conv + "/ask", `{"text":"Reply YES","purpose":"marketing"}`, "ConsentQuestion.Strength is empty"},
		{"a programme with a space", http.MethodPost, conv + "/ask", `{"text":"Reply YES","programme":" news"}`, "ConsentQuestion.Programme begins or ends with a space"},
	} {
		var p problem
		if status, text := d.ask(c.method, c.path, c.body, &p); status != http.StatusBadRequest || !strings.Contains(p.Detail, c.want) {
			t.Errorf("%s: HTTP %d, %s; want 400 and %q", c.what, status, text, c.want)
		}
	}
	if d.kept() != before {
		t.Error("something has changed")
	}
}

// The answer tells of what is asked about, and of where the customer's clock is.
func TestSendabilityFollowsWhatIsChosen(t *testing.T) {
	d := newDesk(t)
	path := "/api/conversations/" + d.ours.conversation.String() + "/sendability"
	for query, want := range map[string]sendability{
		"":                       {Status: inbox.SendAllowed, Purpose: "conversational"},
		"?purpose=transactional": {Status: inbox.SendAllowed, Purpose: "transactional"},
		"?purpose=marketing&programme=news&text=Sale&not_before=2100-01-01T12:00:00Z": {Status: inbox.SendBlocked, Purpose: "marketing"},
	} {
		var got sendability
		if status, text := d.ask(http.MethodGet, path+query, "", &got); status != http.StatusOK || got.Status != want.Status || got.Purpose != want.Purpose || got.Zone != "America/Los_Angeles" {
			t.Errorf("%q: HTTP %d, %s, want %+v in Los Angeles", query, status, text, want)
		}
	}
}

// A message that waits is there with its moment, and can be withdrawn once and for
// all; what was sent can't be.
func TestMessageThatWaitsIsCanceled(t *testing.T) {
	d := newDesk(t)
	conv := "/api/conversations/" + d.ours.conversation.String()
	at := time.Now().Add(72 * time.Hour).UTC().Truncate(time.Second)
	body, err := json.Marshal(planned{written{Text: "See you.", RequestKey: "k"}, trial{Purpose: "transactional", Programme: "visits", NotBefore: at.Format(time.RFC3339)}})
	d.must(err)
	var m message
	if status, text := d.ask(http.MethodPost, conv+"/reply", string(body), &m); status != http.StatusOK ||
		m.State != store.StateDeferred || m.WaitsFor != waitsForItsTime || !m.DueAt.Equal(at) || m.Purpose != "transactional" || m.Programme != "visits" {
		t.Fatalf("HTTP %d, %s; want it to wait until %v", status, text, at)
	}
	cancel := "/api/messages/" + m.ID.String() + "/cancel"
	for range 2 {
		if status, text := d.ask(http.MethodPost, cancel, "", nil); status != http.StatusNoContent {
			t.Errorf("HTTP %d, %s, want 204 however often", status, text)
		}
	}
	var all []message
	d.ask(http.MethodGet, conv+"/messages", "", &all)
	for _, got := range all {
		if got.ID == m.ID && got.State != store.StateCanceled {
			t.Errorf("it is %s, want canceled", got.State)
		}
	}
	var p problem
	if status, _ := d.ask(http.MethodPost, "/api/messages/"+d.ours.message.String()+"/cancel", "", &p); status != http.StatusConflict || p.Detail != "the message can't be canceled any more: it is unconfirmed already" {
		t.Errorf("HTTP %d, %q", status, p.Detail)
	}
}

// One question is open at a time, nobody who has opted out is asked, and the page
// learns what became of it.
func TestQuestionAndItsAnswer(t *testing.T) {
	d := newDesk(t)
	conv := "/api/conversations/" + d.ours.conversation.String()
	body := func(key string) string {
		return `{"text":"Acme: reply YES to get offers. Reply STOP to opt out.","purpose":"marketing","programme":"news","strength":"express_written","evidence":"order 7","request_key":"` + key + `"}`
	}
	var first, again message
	if status, text := d.ask(http.MethodPost, conv+"/ask", body("a"), &first); status != http.StatusOK || first.Meant != "asked" {
		t.Fatalf("HTTP %d, %s", status, text)
	}
	if d.ask(http.MethodPost, conv+"/ask", body("a"), &again); again.ID != first.ID {
		t.Errorf("the same request has made %v, want %v", again.ID, first.ID)
	}
	var p problem
	if status, _ := d.ask(http.MethodPost, conv+"/ask", body("b"), &p); status != http.StatusConflict || !strings.Contains(p.Detail, "has been asked already") {
		t.Errorf("a second question: HTTP %d, %q, want 409", status, p.Detail)
	}
	became := func() *asked {
		var all []message
		d.ask(http.MethodGet, conv+"/messages", "", &all)
		for _, m := range all {
			if m.ID == first.ID {
				return m.Asked
			}
		}
		return nil
	}
	if got := became(); got == nil || got.Answer != "" || got.About != "marketing of news" || got.Until.Sub(first.At) != 7*24*time.Hour {
		t.Errorf("the question is %+v, want it open for seven days", got)
	}
	d.receive("stop", supportNumber, "STOP")
	if got := became(); got == nil || got.Answer != "opt_out" || got.At.IsZero() {
		t.Errorf("the question is %+v, want it answered by an opt-out", got)
	}
	if status, _ := d.ask(http.MethodPost, conv+"/ask", body("c"), &p); status != http.StatusUnprocessableEntity || !strings.Contains(p.Detail, "opted out") {
		t.Errorf("after a STOP: HTTP %d, %q, want 422", status, p.Detail)
	}
}

// A question that was taken back before it went is open no more: the answer is to
// the next one.
func TestQuestionThatWasCanceled(t *testing.T) {
	d := newDesk(t)
	conv := "/api/conversations/" + d.ours.conversation.String()
	var first, second message
	d.ask(http.MethodPost, conv+"/ask", `{"text":"Reply YES to hear from us."}`, &first)
	if status, text := d.ask(http.MethodPost, "/api/messages/"+first.ID.String()+"/cancel", "", nil); status != http.StatusNoContent {
		t.Fatalf("HTTP %d, %s", status, text)
	}
	if status, text := d.ask(http.MethodPost, conv+"/ask", `{"text":"Reply YES to hear from us again."}`, &second); status != http.StatusOK {
		t.Fatalf("HTTP %d, %s", status, text)
	}
	d.receive("stop", supportNumber, "STOP")
	var all []message
	d.ask(http.MethodGet, conv+"/messages", "", &all)
	for _, m := range all {
		if m.ID == first.ID && (m.State != store.StateCanceled || m.Asked == nil || m.Asked.Answer != "") || m.ID == second.ID && (m.Asked == nil || m.Asked.Answer != "opt_out") {
			t.Errorf("%q is %s and %+v", m.Text, m.State, m.Asked)
		}
	}
}

// Who has decided about what may be a wish to stop stands at the message, with the
// reason.
func TestDecisionIsShownAtItsMessage(t *testing.T) {
	for act, want := range map[string]decided{
		"release": {User: "alice", Reason: "He means the order."},
		"opt-out": {OptOut: true, User: "alice", Reason: "He means the order."},
	} {
		d := newDesk(t)
		conv := "/api/conversations/" + d.ours.conversation.String()
		held := d.receive("what holds", supportNumber, "cancelar")
		find := func() *decided {
			var all []message
			d.ask(http.MethodGet, conv+"/messages", "", &all)
			for _, m := range all {
				if m.ID == held.Message {
					return m.Decided
				}
			}
			t.Fatal("the message is not there")
			return nil
		}
		if got := find(); got != nil {
			t.Errorf("before anybody has decided there is %+v", got)
		}
		if status, text := d.ask(http.MethodPost, conv+"/hold/"+act, `{"reason":"He means the order."}`, nil); status != http.StatusOK {
			t.Fatalf("HTTP %d, %s", status, text)
		}
		got := find()
		if got == nil || got.At.IsZero() {
			t.Fatalf("%s: the message has %+v", act, got)
		}
		got.At = time.Time{}
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", act, diff)
		}
	}
}

func TestZoneOfACustomer(t *testing.T) {
	at := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		what         string
		address      channel.Address
		zone, region string
		want         string
	}{
		{"the area code", "+14155550123", "", "", "America/Los_Angeles"},
		{"the country", "whatsapp:+447700900123", "", "", "Europe/London"},
		{"the contact's own", "+14155550123", "Europe/Paris", "", "Europe/Paris"},
		{"an area code with two clocks", "+18505550123", "", "", ""},
		{"a number of all the country", "+18005550123", "", "", ""},
		{"a number of all the country, and the state", "+18005550123", "", "US-CO", "America/Denver"},
		{"no number", "messenger:7", "", "", ""},
	} {
		v := inbox.View{Conversation: store.Conversation{Theirs: c.address, LastAt: at}, Contact: store.Contact{TimeZone: c.zone, Region: c.region}}
		if got := zoneOf(zones.Numbers(), v); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}
