package main

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// aYearAgo makes what is in a database a year older than it is, and closes it.
func aYearAgo(t *testing.T, db string) {
	t.Helper()
	s, err := openStore(t.Context(), db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx store.Tx) error {
		boxes, err := tx.Inboxes(inbox.DefaultAccount)
		if err != nil {
			return err
		}
		q := store.ConversationQuery{Account: inbox.DefaultAccount, Limit: 100}
		for _, b := range boxes {
			q.Inboxes = append(q.Inboxes, b.ID)
		}
		convs, err := tx.ListConversations(q)
		if err != nil {
			return err
		}
		for i := range convs {
			convs[i].LastAt, convs[i].Status = convs[i].LastAt.AddDate(-1, 0, -1), store.Closed
		}
		return tx.PutConversations(convs...)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// What is old is erased while the helpdesk goes on, but what is under a legal hold,
// and nothing is by a trial.
func TestRetain(t *testing.T) {
	fake := twiliotest.NewServer(t)
	db := dbFile(t)
	p := startOnTwilio(t, fake, db)
	const other = "+14155550188"
	for from, text := range map[string]string{customer: "Where is my xylophone?", other: "Where is my zither?"} {
		if err := receive(p, fake, twiliotest.Message{From: from, To: supportNumber, Body: text}); err != nil {
			t.Fatal(err)
		}
	}
	p.settle("alice", p.conversations("alice").Cursor)
	if err := p.terminate(); err != nil {
		t.Fatal(err)
	}
	aYearAgo(t, db)
	startOnTwilio(t, fake, db)

	for _, c := range []struct{ flag, want string }{
		{"-dry-run", "Would erase the words of 1 conversations, "},
		{"", "Erased the words of 1 conversations, "},
		{"", "Erased the words of 0 conversations, "},
	} {
		args := []string{"retain", "-db", db, "-days", "365", "-as", "carol", "-keep", other}
		if c.flag != "" {
			args = append(args, c.flag)
		}
		cmd, stderr := command(t, nil, args...)
		out, err := cmd.Output()
		if err != nil || !strings.HasPrefix(string(out), c.want) || !strings.Contains(string(out), " 1 are kept,") {
			t.Fatalf("%v\n%s\n%s", err, out, stderr)
		}
		left := map[string]bool{}
		for _, suffix := range []string{"", "-wal"} {
			file, err := os.ReadFile(db + suffix)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			for _, w := range []string{"xylophone", "zither", customer[1:]} {
				left[w] = left[w] || bytes.Contains(file, []byte(w))
			}
		}
		if trial := c.flag != ""; left["xylophone"] != trial || !left["zither"] || !left[customer[1:]] {
			t.Errorf("%s: is in the file: %v", c.flag, left)
		}
	}
}

func TestRetainRefuses(t *testing.T) {
	db := dbFile(t)
	if err := start(t, db, nil).terminate(); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct{ args, want []string }{
		"nothing is said":    {nil, []string{"-db is missing", "-days is missing"}},
		"no secret":          {[]string{"-db", db, "-days", "365", "-contacts"}, []string{secretsVariable + " is not set"}},
		"no address":         {[]string{"-db", db, "-days", "365", "-keep", "bob"}, []string{"-keep: "}},
		"nobody is known":    {[]string{"-db", db, "-days", "365", "-keep", "+14155550177"}, []string{"-keep: nobody with the address"}},
		"no such account":    {[]string{"-db", db, "-days", "365", "-account", "defualt"}, []string{`account "defualt"`}},
		"too little is kept": {[]string{"-db", db, "-days", "365", "-evidence-years", "1"}, []string{"Retention.EvidenceYears"}},
	} {
		cmd, stderr := command(t, nil, append([]string{"retain"}, c.args...)...)
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
