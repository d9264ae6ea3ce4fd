//go:build unix

package main

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/sqlite"
)

// TestFileIsGone deletes the file of a running program. From then on nothing is
// acknowledged, since nobody would find it again, and the program says that it
// is not well; when the file is back, it goes on.
func TestFileIsGone(t *testing.T) {
	fake := twiliotest.NewServer(t)
	db := dbFile(t)
	p := startOnTwilio(t, fake, db)
	if err := receive(p, fake, twiliotest.Message{From: customer, To: supportNumber, Body: "before"}); err != nil {
		t.Fatal(err)
	}
	conv := p.conversations("alice").Conversations[0]
	path := "/api/conversations/" + conv.ID.String() + "/reply"
	if err := os.Rename(db, db+".old"); err != nil {
		t.Fatal(err)
	}
	sid := fake.Receive(twiliotest.Message{From: customer, To: supportNumber, Body: "meanwhile"})
	deliver := func() error {
		return fake.Post(t.Context(), p.url+webhookPath, publicURL+webhookPath, fake.WebhookForm(sid))
	}
	for range 3 {
		if err := deliver(); err == nil || !strings.Contains(err.Error(), "HTTP 500") {
			t.Fatalf("a webhook that would be lost: %v, want HTTP 500", err)
		}
	}
	p.must(http.StatusInternalServerError, "alice", http.MethodPost, path, written{Text: "hello"}, nil)
	p.must(http.StatusServiceUnavailable, "", http.MethodGet, "/readyz", nil, nil)
	if _, err := os.Stat(db); err == nil {
		t.Error("there is a file again, an empty one")
	}
	if !strings.Contains(p.stderr.String(), "not where it was opened") {
		t.Errorf("the log does not say what is wrong:\n%s", p.stderr)
	}
	if err := os.Rename(db+".old", db); err != nil {
		t.Fatal(err)
	}
	if err := deliver(); err != nil {
		t.Errorf("when the file is back: %v", err)
	}
	p.must(http.StatusOK, "alice", http.MethodPost, path, written{Text: "hello"}, nil)
	p.kill()
	p = startOnTwilio(t, fake, db)
	times := make(map[string]int)
	for _, m := range p.messages("alice", conv.ID) {
		times[m.Text]++
	}
	for _, text := range []string{"before", "meanwhile", "hello"} {
		if times[text] != 1 {
			t.Errorf("%q is there %d times", text, times[text])
		}
	}
}

// TestFileIsLocked lets another program hold the file's lock for too long. A
// webhook is told so before its provider stops waiting, and afterwards
// everything goes on.
func TestFileIsLocked(t *testing.T) {
	plainOnly(t)
	t.Parallel()
	fake := twiliotest.NewServer(t)
	path := dbFile(t)
	p := startOnTwilio(t, fake, path)
	other, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	}()
	sid := fake.Receive(twiliotest.Message{From: customer, To: supportNumber, Body: "hello"})
	deliver := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		return fake.Post(ctx, p.url+webhookPath, publicURL+webhookPath, fake.WebhookForm(sid))
	}
	if err := other.Update(t.Context(), func(store.Tx) error {
		// The second comes while the first waits, and waits for it too.
		answers := make(chan error, 8)
		began := time.Now()
		for range cap(answers) {
			go func() { answers <- deliver() }()
		}
		for range cap(answers) {
			err := <-answers
			if took := time.Since(began); err == nil || !strings.Contains(err.Error(), "HTTP 5") || took > providerPatience {
				t.Errorf("a webhook that can't be kept: %v after %v, want HTTP 5xx within %v", err, took, providerPatience)
			}
		}
		p.must(http.StatusOK, "", http.MethodGet, "/healthz", nil, nil)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := deliver(); err != nil {
		t.Errorf("with the lock free again: %v", err)
	}
	if page := p.conversations("alice"); len(page.Conversations) != 1 {
		t.Errorf("there are %d conversations", len(page.Conversations))
	}
}
