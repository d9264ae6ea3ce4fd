package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

// importedConsent runs "helpdesk import-consent" as a process and returns what it
// has said, and its exit code.
func importedConsent(t *testing.T, args ...string) (said string, code int) {
	t.Helper()
	cmd, stderr := command(t, nil, append([]string{"import-consent"}, args...)...)
	out, err := cmd.Output()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out) + stderr.String(), cmd.ProcessState.ExitCode()
}

// TestImportConsentBesideAHelpdesk imports a list beside a helpdesk that runs:
// those in it are not written to any more, whether they are known or not.
func TestImportConsentBesideAHelpdesk(t *testing.T) {
	const stranger = "+14155550177"
	list := filepath.Join(t.TempDir(), "list.csv")
	err := os.WriteFile(list, []byte("address,kind,occurred_at,via,text,evidence\r\n"+
		customer+",opt_out,2025-11-23T14:05:00Z,system,,list of our former provider\r\n"+
		"4155550178,opt_out,2025-11-23T14:05:00Z,system,,list of our former provider\r\n"+
		stranger+",opt_out,2025-11-23T14:05:00Z,email,\"No, thanks\",mail 12\r\n"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for what, db := range map[string]string{"a file": dbFile(t), "Postgres": newDatabase(t)} {
		t.Run(what, func(t *testing.T) {
			fake := twiliotest.NewServer(t)
			p := startOnTwilio(t, fake, db)
			if err := receive(p, fake, twiliotest.Message{From: customer, To: supportNumber, Body: "hello"}); err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"Up to line 4: 2 added, 0 known already, 1 refused", "Up to line 4: 0 added, 2 known already, 1 refused"} {
				said, code := importedConsent(t, "-db", db, "-as", "carol", list)
				for _, want := range []string{want, "line 3: address is no E.164 number; write it with +", "refused lines of " + list + ": 1; correct those"} {
					if !strings.Contains(said, want) || code != 1 {
						t.Errorf("the exit code is %d, want 1, and it must say %q:\n%s", code, want, said)
					}
				}
			}
			if err := receive(p, fake, twiliotest.Message{From: stranger, To: supportNumber, Body: "hello"}); err != nil {
				t.Fatal(err)
			}
			page := p.conversations("alice")
			if len(page.Conversations) != 2 {
				t.Fatalf("alice sees %+v", page.Conversations)
			}
			for _, c := range page.Conversations {
				if !c.OptedOut {
					t.Errorf("%+v has not opted out", c)
				}
				p.must(http.StatusUnprocessableEntity, "alice", http.MethodPost, "/api/conversations/"+c.ID.String()+"/reply", written{Text: "Hi", RequestKey: c.ID.String()}, nil)
			}
		})
	}
}

func TestImportConsentRefuses(t *testing.T) {
	db := dbFile(t)
	if err := start(t, db, nil).terminate(); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "bad.csv")
	if err := os.WriteFile(bad, []byte("number;stop\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		args []string
		want []string
	}{
		"nothing is said":           {nil, []string{"0 files are named; name one", "-db is missing"}},
		"the database is not there": {[]string{"-db", db + "2", bad}, []string{"there is no file " + db + "2"}},
		"a kind of URL":             {[]string{"-db", "mysql://localhost/x", bad}, []string{"of a kind that is not supported"}},
		"the file is not there":     {[]string{"-db", db, bad + "2"}, []string{bad + "2"}},
		"the file is no good":       {[]string{"-db", db, bad}, []string{"not separated by commas"}},
	} {
		said, code := importedConsent(t, c.args...)
		for _, want := range c.want {
			if code != 1 || !strings.Contains(said, want) {
				t.Errorf("%s: the exit code is %d, want 1, and it must say %q:\n%s", what, code, want, said)
			}
		}
	}
	if said, code := importedConsent(t, "-help"); code != 0 || !strings.Contains(said, "address,kind,occurred_at") {
		t.Errorf("-help: the exit code is %d\n%s", code, said)
	}
}
