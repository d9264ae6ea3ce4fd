package main

import (
	"bufio"
	"context"
	"database/sql"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/store"
)

// The canaries: each stands in one place only, and none may be in a log.
const (
	canaryNumber = "+14155550187"
	canaryText   = "a text of the customer's, 5150-in"
	canaryReply  = "a reply of alice's, 5150-out"
	canaryNote   = "a note of bob's, 5150-note"
	canaryName   = "Carol Canary"
)

// Through a whole run, with everything going wrong that can, no number, text,
// name or credential is in the log, however much is logged.
func TestLogsTellNothing(t *testing.T) {
	fake := twiliotest.NewServer(t)
	logged := new(buffer)
	was := log.Writer()
	log.SetOutput(logged) // net/http's complaints
	t.Cleanup(func() { log.SetOutput(was) })
	env := func(name string) string {
		for _, pair := range onTwilio(fake) {
			if value, found := strings.CutPrefix(pair, name+"="); found {
				return value
			}
		}
		return ""
	}
	db := dbFile(t)
	cfg, err := readConfig([]string{"-addr", "127.0.0.1:0", "-db", db, "-public-url", publicURL}, env, logged)
	if err != nil {
		t.Fatal(err)
	}
	p, end := runHere(t, cfg, logged)
	misbehave(t, p, fake)
	breakStore(t, p, fake, db)
	if err := end(); err != nil {
		t.Errorf("the program ended with %v", err)
	}

	text := logged.String()
	for what, canary := range map[string]string{
		"the customer's number": strings.TrimPrefix(canaryNumber, "+"), "our number": strings.TrimPrefix(supportNumber, "+"), "a text": canaryText, "a reply": canaryReply,
		"a note": canaryNote, "a name": canaryName, "the auth token": fake.AuthToken, "a user's token": "demo-alice",
	} {
		for _, form := range []string{canary, url.QueryEscape(canary), url.PathEscape(canary)} {
			if i := strings.Index(text, form); i >= 0 {
				t.Errorf("%s is in the log: …%s", what, text[max(0, i-200):min(len(text), i+len(form)+50)])
			}
		}
	}
	// If these were not there, the rest would prove nothing.
	for _, want := range []string{
		"a webhook was refused", "it is kept as a stray", "+1•••0187", "a message was not taken over by its provider", "21211", "uncertain",
		"a webhook could not be taken in", "a request failed", "ending: no more requests",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the log does not tell of %q:\n%s", want, text)
		}
	}
}

// runHere runs the program in this process, with everything logged, and returns
// it and how to end it.
func runHere(t *testing.T, cfg config, logged *buffer) (p *process, end func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	read, write := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, cfg, slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug - 8})), write)
		_ = write.Close() // of a pipe: no error
		ended <- err
	}()
	t.Cleanup(cancel)
	p = &process{t: t, stderr: logged}
	lines := bufio.NewScanner(read)
	for p.url == "" && lines.Scan() {
		if _, at, found := strings.Cut(lines.Text(), "Team Inbox is at "); found {
			p.url = at
		}
	}
	go func() { _, _ = io.Copy(io.Discard, read) }()
	if p.url == "" {
		t.Fatalf("the program ended: %v\n%s", <-ended, logged)
	}
	return p, func() error { cancel(); return <-ended }
}

// misbehave lets everybody outside do what they should not.
func misbehave(t *testing.T, p *process, fake *twiliotest.Server) {
	t.Helper()
	hook := p.url + webhookPath
	hello := twiliotest.Message{From: canaryNumber, To: supportNumber, Body: canaryText, Extra: url.Values{"ProfileName": {canaryName}}}
	if err := receive(p, fake, hello); err != nil {
		t.Fatal(err)
	}
	form := fake.WebhookForm(fake.Receive(hello))
	for what, change := range map[string]func(url.Values) string{
		"signed for another URL": func(url.Values) string { return "https://attacker.example/" },
		"without a sender":       func(f url.Values) string { f.Del("From"); return publicURL + webhookPath },
		"a sender that is none":  func(f url.Values) string { f.Set("From", canaryNumber+"x"); return publicURL + webhookPath },
		"two texts":              func(f url.Values) string { f.Add("Body", canaryText+"!"); return publicURL + webhookPath },
		"too large": func(f url.Values) string {
			f.Set("Body", strings.Repeat(canaryText, 20_000))
			return publicURL + webhookPath
		},
	} {
		bad := url.Values{}
		for name, values := range form {
			bad[name] = append([]string(nil), values...)
		}
		signedFor := change(bad)
		if err := fake.Post(t.Context(), hook, signedFor, bad); err == nil {
			t.Errorf("a webhook %s was taken", what)
		}
	}
	for _, to := range []string{"+14155550199", "whatsapp:" + supportNumber} {
		from := canaryNumber
		if strings.HasPrefix(to, "whatsapp:") {
			from = "whatsapp:" + from
		}
		if err := receive(p, fake, twiliotest.Message{From: from, To: to, Body: canaryText}); err != nil {
			t.Fatal(err)
		}
	}
	page := p.conversations("alice")
	conv := "/api/conversations/" + page.Conversations[len(page.Conversations)-1].ID.String()
	p.must(http.StatusOK, "bob", http.MethodPost, conv+"/note", written{Text: canaryNote}, nil)
	p.must(http.StatusForbidden, "dave", http.MethodPost, conv+"/reply", written{Text: canaryReply}, nil)
	p.must(http.StatusNotFound, "carol", http.MethodPost, conv+"/reply", written{Text: canaryReply}, nil)
	p.must(http.StatusBadRequest, "alice", http.MethodPost, conv+"/reply", map[string]string{"text": canaryReply, canaryNote: ""}, nil)
	p.must(http.StatusBadRequest, "alice", http.MethodPost, conv+"/reply", written{Text: canaryReply + "\x1b"}, nil)
	p.must(http.StatusUnauthorized, "", http.MethodGet, "/api/conversations?token=demo-alice&q="+url.QueryEscape(canaryText), nil, nil)
	for _, test := range []struct {
		behaviour twiliotest.Behaviour
		state     store.State
	}{
		{twiliotest.Refuse(400, 21211), store.StateRejected},
		{twiliotest.Break(503), store.StateUnconfirmed},
		{twiliotest.Break(201), store.StateUnconfirmed},
		{twiliotest.Reset(), store.StateUnconfirmed},
		{twiliotest.Accept(), store.StateAccepted},
		{twiliotest.RateLimit(1e9), store.StateRetrying}, // the last: it holds back what follows
	} {
		fake.Behave(test.behaviour)
		var reply message
		p.must(http.StatusOK, "alice", http.MethodPost, conv+"/reply", written{Text: canaryReply}, &reply)
		p.await("alice", page.Cursor, "the outcome "+string(test.state), func(e event) bool { return e.Message == reply.ID && e.Detail.State == test.state })
	}
	if err := receive(p, fake, twiliotest.Message{From: canaryNumber, To: supportNumber, Body: "STOP"}); err != nil {
		t.Fatal(err)
	}
	p.must(http.StatusUnprocessableEntity, "alice", http.MethodPost, conv+"/reply", written{Text: canaryReply}, nil)
}

// breakStore takes a table away under the program, and gives it back.
func breakStore(t *testing.T, p *process, fake *twiliotest.Server, db string) {
	t.Helper()
	file, err := sql.Open("sqlite", db+"?_pragma=busy_timeout(30000)")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	exec := func(text string) {
		t.Helper()
		if _, err := file.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	page := p.conversations("alice")
	exec("ALTER TABLE messages RENAME TO taken_away")
	if err := receive(p, fake, twiliotest.Message{From: canaryNumber, To: supportNumber, Body: canaryText}); err == nil || !strings.Contains(err.Error(), "500") {
		t.Errorf("a message that can't be kept: %v", err)
	}
	note := "/api/conversations/" + page.Conversations[0].ID.String() + "/note"
	p.must(http.StatusInternalServerError, "alice", http.MethodPost, note, written{Text: canaryNote, RequestKey: canaryReply}, nil)
	exec("ALTER TABLE taken_away RENAME TO messages")
	p.must(http.StatusOK, "alice", http.MethodPost, note, written{Text: canaryNote, RequestKey: canaryReply}, nil)
}
