package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/compliance"
)

// What is known about a customer's consent is written down while the helpdesk goes
// on.
func TestEvidenceOfACustomer(t *testing.T) {
	fake := twiliotest.NewServer(t)
	db := dbFile(t)
	p := startOnTwilio(t, fake, db)
	for _, text := range []string{"Where is my order?", "please stop texting me"} {
		if err := receive(p, fake, twiliotest.Message{From: customer, To: supportNumber, Body: text}); err != nil {
			t.Fatal(err)
		}
	}
	p.settle("alice", p.conversations("alice").Cursor)

	cmd, stderr := command(t, nil, "evidence", "-db", db, "-of", customer, "-json")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	e, err := compliance.ReadEvidence(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Verify(); err != nil || len(e.Consent) != 1 || !e.Consent[0].State.OptedOut || len(e.Messages) < 2 {
		t.Errorf("%v, and %+v", err, e)
	}
	var plain map[string]any
	if err := json.Unmarshal(out, &plain); err != nil || plain["account"] != "default" {
		t.Errorf("%v in %v", err, plain)
	}

	cmd, stderr = command(t, nil, "evidence", "-db", db, "-of", customer)
	out, err = cmd.Output()
	if err != nil || !strings.Contains(string(out), "please stop texting me") || !strings.HasPrefix(string(out), "<!DOCTYPE html>") {
		t.Errorf("%v\n%s\n%s", err, stderr, out)
	}
	p.must(http.StatusOK, "alice", http.MethodGet, "/api/conversations", nil, nil) // it goes on
}

func TestEvidenceRefuses(t *testing.T) {
	db := dbFile(t)
	if err := start(t, db, nil).terminate(); err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(t.TempDir(), "fresh.db")
	for what, c := range map[string]struct{ args, want []string }{
		"nothing is said":    {nil, []string{"-db is missing", "-of: "}},
		"more is said":       {[]string{"-db", db, "-of", "+14155550123", "now"}, []string{`"now" is not understood`}},
		"there is no file":   {[]string{"-db", fresh, "-of", "+14155550123"}, []string{"there is no file " + fresh}},
		"nobody has that":    {[]string{"-db", db, "-of", "+14155550177"}, []string{"nobody with the address +14155550177"}},
		"of another account": {[]string{"-db", db, "-of", "+14155550123", "-account", "globex"}, []string{"nobody with the address"}},
	} {
		cmd, stderr := command(t, nil, append([]string{"evidence"}, c.args...)...)
		if err := cmd.Run(); err == nil {
			t.Errorf("%s: it succeeds", what)
		}
		for _, want := range c.want {
			if !strings.Contains(stderr.String(), want) {
				t.Errorf("%s: it does not say %q:\n%s", what, want, stderr)
			}
		}
	}
}
