package main

import (
	"bytes"
	"encoding/base64"
	"os"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/compliance"
)

var secretEnv = secretsVariable + "=" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("s"), 32))

// A customer is erased while the helpdesk goes on, nothing is left of them in the
// file, and their opt-out is.
func TestEraseACustomer(t *testing.T) {
	fake := twiliotest.NewServer(t)
	db := dbFile(t)
	p := startOnTwilio(t, fake, db)
	for _, text := range []string{"Where is my xylophone?", "STOP"} {
		if err := receive(p, fake, twiliotest.Message{From: customer, To: supportNumber, Body: text}); err != nil {
			t.Fatal(err)
		}
	}
	p.settle("alice", p.conversations("alice").Cursor)

	for range 2 { // it can be repeated
		cmd, stderr := command(t, []string{secretEnv}, "erase", "-db", db, "-of", customer, "-as", "carol", "-reason", "ticket 4711")
		if out, err := cmd.Output(); err != nil || !strings.HasPrefix(string(out), "Erased ") {
			t.Fatalf("%v\n%s\n%s", err, out, stderr)
		}
	}
	for _, suffix := range []string{"", "-wal"} {
		file, err := os.ReadFile(db + suffix)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for _, w := range []string{customer[1:], "xylophone"} {
			if bytes.Contains(file, []byte(w)) {
				t.Errorf("%s is still in the file%s", w, suffix)
			}
		}
	}
	cmd, stderr := command(t, []string{secretEnv}, "evidence", "-db", db, "-of", customer, "-json")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	e, err := compliance.ReadEvidence(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	last := e.Consent[len(e.Consent)-1]
	if err := e.Verify(); err != nil || !last.State.OptedOut || last.Entries[len(last.Entries)-1].Kind != compliance.Erased {
		t.Errorf("%v, and %+v", err, last)
	}
}

func TestEraseRefuses(t *testing.T) {
	db := dbFile(t)
	if err := start(t, db, nil).terminate(); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct{ env, args, want []string }{
		"nothing is said":  {nil, nil, []string{"-db is missing", "-of: ", "-reason is missing", secretsVariable + " is not set"}},
		"no secret":        {[]string{secretsVariable + "=!"}, []string{"-db", db, "-of", customer, "-reason", "x"}, []string{"secret 1 is not base64"}},
		"a short secret":   {[]string{secretsVariable + "=c2hvcnQ="}, []string{"-db", db, "-of", customer, "-reason", "x"}, []string{"PseudonymSecrets[0] has 5 bytes"}},
		"nobody is erased": {[]string{secretEnv}, []string{"-db", db, "-of", "+14155550177", "-reason", "x"}, []string{"nobody with the address"}},
	} {
		cmd, stderr := command(t, c.env, append([]string{"erase"}, c.args...)...)
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
