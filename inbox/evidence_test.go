package inbox_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/compliance/evidence"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
)

// daves is a customer of nobody yet.
const daves channel.Address = "+14155550188"

// Whoever asks why a text was sent finds all of it: what the customer wrote, what
// the ledger made of it, what was sent and what was decided about that.
func TestEvidence(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	customer := h.Phone(alicesCustomer)
	customer.Send("hello <b>there</b>")
	alice := h.Agent("alice")
	if _, err := alice.Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: "Good morning"}); err != nil {
		t.Fatal(err)
	}
	if _, err := alice.Note(t.Context(), customer.Conversation(), "between us", ""); err != nil {
		t.Fatal(err)
	}
	h.Settle()
	h.Advance(time.Minute)
	customer.Send("Stop!")
	h.Settle()
	h.Advance(time.Minute)
	customer.Send("START")
	h.Settle()
	h.Phone(daves).Send("hello from another")
	h.Settle()

	e, err := h.Admin().Evidence(t.Context(), "+1 (415) 555-0123")
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Verify(); err != nil {
		t.Error(err)
	}
	var talk []string
	for _, m := range e.Messages {
		who := "we"
		if m.Incoming {
			who = "they"
		}
		talk = append(talk, who+": "+m.Text)
		if m.Incoming == (m.Decision != nil) || !m.Incoming && (m.Decision.Verdict != compliance.Allow || m.State == "" || m.Author == "") {
			t.Errorf("%+v has the decision %+v", m, m.Decision)
		}
	}
	want := []string{"they: hello <b>there</b>", "we: Good morning", "they: Stop!", "we: Acme Support: You have opted out", "they: START", "we: Acme Support: You have opted in"}
	if len(talk) != len(want) {
		t.Fatalf("the talk is %q, want %q", talk, want)
	}
	for i := range want {
		if !strings.HasPrefix(talk[i], want[i]) {
			t.Errorf("message %d is %q, want %q", i, talk[i], want[i])
		}
	}
	if len(e.Consent) != 1 || len(e.Consent[0].Entries) != 2 || e.Consent[0].State.OptedOut || e.Consent[0].Head.Seq != 2 {
		t.Errorf("the ledger has %+v", e.Consent)
	}

	var file bytes.Buffer
	if err := e.WriteJSON(&file); err != nil {
		t.Fatal(err)
	}
	text := file.String()
	again, err := compliance.ReadEvidence(&file)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Verify(); err != nil {
		t.Errorf("what was kept: %v", err)
	}
	if diff := cmp.Diff(e, again, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("what was kept is another: %s", diff)
	}
	for _, word := range []string{`"kind": "opt_out"`, `"verdict": "allow"`, `"hash": "`, `"format": "teaminbox consent evidence 1"`} {
		if !strings.Contains(text, word) {
			t.Errorf("the JSON does not have %s", word)
		}
	}

	var page bytes.Buffer
	if err := evidence.WritePage(&page, e); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"hello &lt;b&gt;there&lt;/b&gt;", "opt out", "keyword STOP", "the contact has not opted out", "the one confirmation of an opt-out", e.Consent[0].Head.Hash.String(), "none was changed"} {
		if !strings.Contains(page.String(), word) {
			t.Errorf("the page does not have %q", word)
		}
	}
	if strings.Contains(page.String(), "between us") || strings.Contains(text, "between us") || strings.Contains(text, "hello from another") {
		t.Error("there is something in the evidence that is not about the contact")
	}

	again.Consent[0].Entries[0].Text = "Please go on"
	page.Reset()
	if err := evidence.WritePage(&page, again); err != nil || !strings.Contains(page.String(), "does not hold together") {
		t.Errorf("a page of evidence that was changed does not say so, %v", err)
	}
}

func TestEvidenceOfNobody(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	if _, err := h.Admin().Evidence(t.Context(), daves); !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("of somebody who has never written: %v", err)
	}
	if _, err := h.Admin().Evidence(t.Context(), ""); !errors.Is(err, inbox.ErrInvalid) {
		t.Errorf("of no address: %v", err)
	}
	// An opt-out may be all that there is.
	if _, err := h.Inbox.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: "stray", From: daves, To: "+14155550199", Text: "STOP"}); err != nil {
		t.Fatal(err)
	}
	e, err := h.Admin().Evidence(t.Context(), daves)
	if err != nil || len(e.Messages) != 0 || e.Contact != "" || !e.Consent[0].State.OptedOut {
		t.Errorf("of somebody who wrote to a number of no inbox: %+v, %v", e, err)
	}
}

func TestEvidenceThatWasChanged(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	h.Phone(alicesCustomer).Send("STOP")
	h.Settle()
	for name, tamper := range map[string]func(*compliance.Evidence){
		"another format":        func(e *compliance.Evidence) { e.Format = "teaminbox consent evidence 2" },
		"another state":         func(e *compliance.Evidence) { e.Consent[0].State.OptedOut = false },
		"another head":          func(e *compliance.Evidence) { e.Consent[0].Head.Hash[0]++ },
		"no head":               func(e *compliance.Evidence) { e.Consent[0].Head = compliance.Head{} },
		"an entry less":         func(e *compliance.Evidence) { e.Consent[0].Entries = nil },
		"an entry of another's": func(e *compliance.Evidence) { e.Consent[0].Key.Identity = "+14155550124" },
		"another word":          func(e *compliance.Evidence) { e.Consent[0].Entries[0].Text = "START" },
	} {
		e, err := h.Admin().Evidence(t.Context(), alicesCustomer)
		if err != nil {
			t.Fatal(err)
		}
		if tamper(e); e.Verify() == nil {
			t.Errorf("%s: Verify finds nothing", name)
		}
	}
	for _, bad := range []string{"", "{", `{} {}`, `{"consent": [{"state": {"since": 1}}]}`} {
		if e, err := compliance.ReadEvidence(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is read as %+v", bad, e)
		}
	}
}
