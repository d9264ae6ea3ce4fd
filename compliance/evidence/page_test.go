package evidence_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/compliance/evidence"
)

var at = time.Date(2026, time.May, 4, 9, 30, 0, 0, time.UTC)

// known is evidence of an opt-out and its confirmation, all in one moment.
func known() *compliance.Evidence {
	const carol = channel.Address("+14155550123")
	key := compliance.KeyOf("default", carol)
	entry := compliance.Chain(nil, compliance.Entry{
		ID: 8, Key: key, Kind: compliance.OptOut, Source: compliance.FromContact, OccurredAt: at, RecordedAt: at, Text: "STOP <script>alert(1)</script>",
		Rule: "keyword STOP", Message: "7", Via: "voice", Reason: "they called", Evidence: "recording 17",
	}, "salt")
	entries := []compliance.Entry{entry}
	return &compliance.Evidence{
		Format: compliance.EvidenceFormat, Account: "default", Contact: "1", Name: "Carol & sons", Addresses: []channel.Address{carol}, MadeAt: at.Add(time.Hour),
		Consent: []compliance.ConsentEvidence{{Key: key, State: compliance.Fold(entries), Head: compliance.HeadOf(entries), Entries: entries}},
		Messages: []compliance.MessageEvidence{
			{ID: "9", At: at, Channel: "sms", To: carol, Text: "You have opted out", Author: "system", State: "blocked", StateAt: at, Reason: "too late",
				Decision: &compliance.Record{At: at, Verdict: compliance.NeedsHuman, Reason: "somebody must decide", Entry: 8}},
			{ID: "7", At: at, Incoming: true, Channel: "sms", From: carol, Text: "STOP <script>alert(1)</script>", Media: 2},
		},
	}
}

func pageOf(t *testing.T, e *compliance.Evidence) string {
	t.Helper()
	var page strings.Builder
	if err := evidence.WritePage(&page, e); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// What the contact wrote comes first, then what that meant, and then the answer.
func TestPageTellsWhatHappenedInItsOrder(t *testing.T) {
	rest := pageOf(t, known())
	for _, next := range []string{
		"Carol &amp; sons", "2026-05-04 10:30:00 UTC", "none was changed", "opted out", "entry 8, contact",
		"The contact wrote, message 7", "STOP &lt;script&gt;alert(1)&lt;/script&gt;", "2 file(s)", "opt out</strong>, entry 8", "by the contact, voice", "keyword STOP", "they called", "evidence: recording 17", "message 7",
		"Written to the contact by system", "needs human: somebody must decide", "by entry 8", "too late", known().Consent[0].Head.Hash.String(),
	} {
		_, after, found := strings.Cut(rest, next)
		if !found {
			t.Fatalf("the page does not have %q where it must be, before:\n%s", next, rest)
		}
		rest = after
	}
	if strings.Contains(pageOf(t, known()), "<script") {
		t.Error("what the contact wrote is a part of the page")
	}
}

func TestPageOfNothing(t *testing.T) {
	page := pageOf(t, &compliance.Evidence{Format: compliance.EvidenceFormat})
	for _, word := range []string{"The contact has no address", "Nothing."} {
		if !strings.Contains(page, word) {
			t.Errorf("the page does not have %q", word)
		}
	}
}

func TestPageSaysThatTheLedgerWasChanged(t *testing.T) {
	e := known()
	e.Consent[0].Entries[0].Text = "Go on"
	if page := pageOf(t, e); !strings.Contains(page, "does not hold together") || strings.Contains(page, "none was changed") {
		t.Error("the page does not say it")
	}
}

func TestPageThatCanNotBeWritten(t *testing.T) {
	r, w := io.Pipe()
	full := errors.New("the disk is full")
	r.CloseWithError(full)
	if err := evidence.WritePage(w, known()); !errors.Is(err, full) {
		t.Errorf("the error is %v", err)
	}
}

func ExampleWritePage() {
	// What inbox.Admin.Evidence has returned.
	e := &compliance.Evidence{Format: compliance.EvidenceFormat, Account: "default", Contact: "17"}
	file, err := os.CreateTemp("", "consent-*.html")
	if err != nil {
		panic(err)
	}
	defer os.Remove(file.Name())
	if err := errors.Join(evidence.WritePage(file, e), file.Close()); err != nil {
		panic(err)
	}
}

// What somebody has agreed to, and what was sent with it, is there with all that
// shows that it was right.
func TestPageTellsOfAConsent(t *testing.T) {
	e := known()
	entry := compliance.Chain(nil, compliance.Entry{
		ID: 3, Key: e.Consent[0].Key, Kind: compliance.OptIn, Source: compliance.FromContact, OccurredAt: at, RecordedAt: at, Text: "Yes",
		Reach: compliance.Reach{Purpose: compliance.Marketing, Programme: "news"}, Strength: compliance.ExpressWritten, Disclosure: "Acme: reply YES to get news",
	}, "salt")
	entries := []compliance.Entry{entry}
	e.Consent[0].Entries, e.Consent[0].Head, e.Consent[0].State = entries, compliance.HeadOf(entries), compliance.Fold(entries)
	e.Messages[0].Decision = &compliance.Record{
		At: at, Verdict: compliance.Allow, Reason: "the contact has consented", Consent: 3, Purpose: compliance.Marketing,
		Local: "Mon 10:30 in Europe/London (GB), by country code 44", Version: "jurisdictions 2026-11-30",
	}
	page := pageOf(t, e)
	for _, want := range []string{
		"opt in</strong> (marketing of news), consent express_written, entry 3", "they were told:", "Acme: reply YES to get news",
		"with the consent of entry 3, as marketing; Mon 10:30 in Europe/London (GB), by country code 44; jurisdictions 2026-11-30",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %q:\n%s", want, page)
		}
	}
}

// That there are no words has a reason.
func TestPageTellsOfAnErasure(t *testing.T) {
	e := known()
	if page := pageOf(t, e); strings.Contains(page, "erased") {
		t.Error("something was erased that was not")
	}
	e.Messages[1].Text, e.Messages[1].Media, e.Messages[1].ErasedAt = "", 0, at.Add(time.Minute)
	if page := pageOf(t, e); strings.Count(page, "the words were erased 2026-05-04 09:31:00 UTC") != 1 {
		t.Errorf("the page does not say that a message was erased, and when:\n%s", page)
	}
}
