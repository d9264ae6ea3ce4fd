package main

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

const (
	publicURL     = "https://help.example.com"
	supportNumber = "+14155550100"
	salesNumber   = "+14155550101"
	customer      = "+14155550123"
)

// onTwilio returns the environment of a helpdesk whose Twilio is a fake.
func onTwilio(fake *twiliotest.Server) []string {
	return []string{
		"TWILIO_ACCOUNT_SID=" + fake.AccountSID,
		"TWILIO_AUTH_TOKEN=" + fake.AuthToken,
		"TWILIO_NUMBERS=" + supportNumber + "," + salesNumber + ",whatsapp:" + supportNumber,
		"TWILIO_API_URL=" + fake.URL,
		"TWILIO_SEGMENTS_PER_SECOND=1000", // a test has no time
	}
}

func startOnTwilio(t *testing.T, fake *twiliotest.Server, db string) *process {
	t.Helper()
	return start(t, db, onTwilio(fake), "-public-url", publicURL)
}

// receive lets a customer write, and Twilio hand it over. The error says that
// the program did not acknowledge it.
func receive(p *process, fake *twiliotest.Server, m twiliotest.Message) error {
	sid := fake.Receive(m)
	return fake.Post(p.t.Context(), p.url+webhookPath, publicURL+webhookPath, fake.WebhookForm(sid))
}

func TestWholeWayOfAMessage(t *testing.T) {
	fake := twiliotest.NewServer(t)
	p := startOnTwilio(t, fake, dbFile(t))
	p.must(http.StatusOK, "", http.MethodGet, "/healthz", nil, nil)

	// A signed webhook comes in, is durable, and alerts the team.
	if err := receive(p, fake, twiliotest.Message{From: customer, To: supportNumber, Body: "Where is my order?"}); err != nil {
		t.Fatal(err)
	}
	alert := p.await("alice", 0, "the alert", func(e event) bool { return e.Type == store.Alerted })
	if diff := cmp.Diff([]inbox.UserID{"alice", "bob"}, alert.Detail.Users); diff != "" {
		t.Errorf("alerted (-want +got):\n%s", diff)
	}
	page := p.conversations("alice")
	if len(page.Conversations) != 1 || page.Conversations[0].Address != customer || page.Conversations[0].Unread != 1 {
		t.Fatalf("alice's list is %+v, want the one conversation, unread", page.Conversations)
	}
	if got := p.conversations("carol"); len(got.Conversations) > 0 {
		t.Errorf("carol, of Sales, sees %+v", got.Conversations)
	}
	p.must(http.StatusForbidden, "dave", http.MethodGet, "/api/conversations", nil, nil)
	p.must(http.StatusUnauthorized, "mallory", http.MethodGet, "/api/conversations", nil, nil)

	// A member answers; it goes out through Twilio's API.
	conv := "/api/conversations/" + page.Conversations[0].ID.String()
	p.must(http.StatusOK, "bob", http.MethodPost, conv+"/claim", nil, nil)
	p.must(http.StatusConflict, "alice", http.MethodPost, conv+"/reply", written{Text: "me too"}, nil)
	p.must(http.StatusOK, "bob", http.MethodPost, conv+"/release", nil, nil)
	var reply message
	p.must(http.StatusOK, "alice", http.MethodPost, conv+"/reply", written{Text: "On its way.", RequestKey: "one"}, &reply)
	accepted := func(e event) bool { return e.Message == reply.ID && e.Detail.State == store.StateAccepted }
	last := p.await("alice", alert.Cursor, "that Twilio has the reply", accepted)
	calls := fake.Calls()
	if len(calls) != 2 {
		t.Fatalf("%d calls of the API, want the automatic answer and the reply: %+v", len(calls), calls)
	}
	if got := calls[0].Form.Get("Body"); !strings.HasPrefix(got, "Thanks for writing to Acme Support.") {
		t.Errorf("the automatic answer is %q", got)
	}
	form := maps.Clone(calls[1].Form)
	callback := form.Get("StatusCallback")
	if u, err := url.Parse(callback); err != nil || !strings.HasPrefix(callback, publicURL+statusPath+"?") || !slices.Contains(slices.Concat(slices.Collect(maps.Values(u.Query()))...), reply.ID.String()) {
		t.Errorf("status callback is %q, want %s%s with our id %v in the query", callback, publicURL, statusPath, reply.ID)
	}
	delete(form, "StatusCallback")
	if diff := cmp.Diff(url.Values{"From": {supportNumber}, "To": {customer}, "Body": {"On its way."}}, form); diff != "" {
		t.Errorf("call (-want +got):\n%s", diff)
	}

	// Its delivery state climbs, and never falls.
	for _, status := range []string{"delivered", "sent", "queued"} {
		if err := fake.Report(t.Context(), p.url, calls[1].SID, status, 0); err != nil {
			t.Fatal(err)
		}
	}
	p.await("alice", last.Cursor, "that the reply was delivered", func(e event) bool {
		return e.Message == reply.ID && e.Detail.State == store.StateDelivered
	})
	messages := p.messages("alice", page.Conversations[0].ID)
	if got := messages[len(messages)-1]; got.State != store.StateDelivered || got.Text != "On its way." {
		t.Errorf("the reply is %+v, want it delivered", got)
	}

	// Who says STOP is texted no more; Twilio itself has confirmed it.
	if err := receive(p, fake, twiliotest.Message{From: customer, To: supportNumber, Body: "STOP"}); err != nil {
		t.Fatal(err)
	}
	var refusal problem
	p.must(http.StatusUnprocessableEntity, "alice", http.MethodPost, conv+"/reply", written{Text: "But wait!"}, &refusal)
	if !strings.Contains(refusal.Detail, "opted out") {
		t.Errorf("the refusal says %q", refusal.Detail)
	}
	p.must(http.StatusOK, "alice", http.MethodPost, conv+"/close", nil, nil)
	if err := receive(p, fake, twiliotest.Message{From: customer, To: supportNumber, Body: "START"}); err != nil {
		t.Fatal(err)
	}
	p.must(http.StatusOK, "alice", http.MethodPost, conv+"/reply", written{Text: "Welcome back."}, &reply)
	p.await("alice", last.Cursor, "that Twilio has the next reply", accepted)
	var bodies []string
	for _, c := range fake.Calls() {
		bodies = append(bodies, c.Form.Get("Body"))
	}
	if diff := cmp.Diff([]string{"On its way.", "Welcome back."}, bodies[1:]); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if err := p.terminate(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

func TestWhatTwilioRefusesIsShown(t *testing.T) {
	fake := twiliotest.NewServer(t)
	p := startOnTwilio(t, fake, dbFile(t))
	if err := receive(p, fake, twiliotest.Message{From: "whatsapp:" + customer, To: "whatsapp:" + supportNumber, Body: "hi", Extra: url.Values{"ProfileName": {"Erin"}}}); err != nil {
		t.Fatal(err)
	}
	page := p.conversations("alice")
	if page.Conversations[0].Customer != "Erin" {
		t.Errorf("the customer is %q, want the name in WhatsApp", page.Conversations[0].Customer)
	}
	for _, test := range []struct {
		behaviour twiliotest.Behaviour
		state     store.State
		code      string
	}{
		{twiliotest.Refuse(400, 63016), store.StateRejected, "63016"},
		{twiliotest.Break(503), store.StateUnconfirmed, ""},
		{twiliotest.Break(201), store.StateUnconfirmed, ""},
		{twiliotest.Reset(), store.StateUnconfirmed, ""},
		{twiliotest.RateLimit(1e9), store.StateRetrying, "20429"}, // the last: it holds back what follows
	} {
		fake.Behave(test.behaviour)
		var reply message
		p.must(http.StatusOK, "alice", http.MethodPost, "/api/conversations/"+page.Conversations[0].ID.String()+"/reply", written{Text: "hello"}, &reply)
		e := p.await("alice", page.Cursor, "the outcome "+string(test.state), func(e event) bool { return e.Message == reply.ID && e.Detail.State == test.state })
		if e.Detail.Code != test.code || e.Detail.Reason == "" {
			t.Errorf("%s: code %q, reason %q; want code %q and a reason", test.state, e.Detail.Code, e.Detail.Reason, test.code)
		}
	}
}

func TestBadRequestsStoreNothing(t *testing.T) {
	fake := twiliotest.NewServer(t)
	p := startOnTwilio(t, fake, dbFile(t))
	sid := fake.Receive(twiliotest.Message{From: customer, To: supportNumber, Body: "hello"})
	good := fake.WebhookForm(sid)
	with := func(change func(url.Values)) url.Values {
		form := make(url.Values)
		for name, values := range good {
			form[name] = slices.Clone(values)
		}
		change(form)
		return form
	}
	for name, test := range map[string]struct {
		form   url.Values
		signed string // for which URL
		status string
	}{
		"signed for another URL":   {good, "https://evil.example.com" + webhookPath, "HTTP 403"},
		"without the sender":       {with(func(f url.Values) { f.Del("From") }), publicURL + webhookPath, "HTTP 400"},
		"of another account":       {with(func(f url.Values) { f.Set("AccountSid", "AC"+strings.Repeat("f", 32)) }), publicURL + webhookPath, "HTTP 40"},
		"with an id that is empty": {with(func(f url.Values) { f.Set("MessageSid", ""); f.Set("SmsSid", ""); f.Set("SmsMessageSid", "") }), publicURL + webhookPath, "HTTP 400"},
		"too large":                {with(func(f url.Values) { f.Set("Body", strings.Repeat("x", 257<<10)) }), publicURL + webhookPath, "HTTP 413"},
	} {
		err := fake.Post(t.Context(), p.url+webhookPath, test.signed, test.form)
		if err == nil || !strings.Contains(err.Error(), test.status) {
			t.Errorf("%s: %v, want %s", name, err, test.status)
		}
	}
	if page := p.conversations("alice"); len(page.Conversations) > 0 || page.Cursor != 0 {
		t.Errorf("something was stored: %+v", page)
	}
	if err := fake.Post(t.Context(), p.url+webhookPath, publicURL+webhookPath, good); err != nil {
		t.Errorf("the message itself: %v", err)
	}
}

func TestAStrangersNumberIsAStray(t *testing.T) {
	fake := twiliotest.NewServer(t)
	p := startOnTwilio(t, fake, dbFile(t))
	if err := receive(p, fake, twiliotest.Message{From: customer, To: "+14155550199", Body: "Anybody there?"}); err != nil {
		t.Fatal(err)
	}
	var strays []stray
	p.must(http.StatusOK, "carol", http.MethodGet, "/api/strays", nil, &strays)
	if len(strays) != 1 || strays[0].Text != "Anybody there?" {
		t.Fatalf("strays are %+v", strays)
	}
	var adopted struct {
		Conversation inbox.ConversationID `json:"conversation"`
	}
	p.must(http.StatusOK, "carol", http.MethodPost, "/api/strays/"+strays[0].ID.String()+"/adopt", map[string]string{"inbox": "sales"}, &adopted)
	if got := p.messages("carol", adopted.Conversation); len(got) == 0 || got[0].Text != "Anybody there?" {
		t.Errorf("the conversation is %+v", got)
	}
}

func TestConfigNamesEveryError(t *testing.T) {
	cmd, stderr := command(t, []string{"TWILIO_ACCOUNT_SID=ACME", "TWILIO_NUMBERS=+1415555x,Support", "TWILIO_SEGMENTS_PER_SECOND=fast"}, "-addr", "nowhere", "-public-url", "help.example.com")
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("ended with %v, want exit code 1", err)
	}
	for _, name := range []string{"-addr", "-public-url", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_NUMBERS: number 1", "TWILIO_NUMBERS: number 2", "TWILIO_SEGMENTS_PER_SECOND"} {
		if !strings.Contains(stderr.String(), name) {
			t.Errorf("the errors do not name %s:\n%s", name, stderr)
		}
	}
}

func TestDemoIsPlayedFromBothSides(t *testing.T) {
	db := dbFile(t)
	p := start(t, db, nil)
	say := map[string]string{"from": customer, "to": supportNumber, "text": "hello"}
	p.must(http.StatusNoContent, "", http.MethodPost, "/phones/messages", say, nil)
	alert := p.await("bob", 0, "the alert", func(e event) bool { return e.Type == store.Alerted })
	conv := "/api/conversations/" + alert.Conversation.String()
	var reply message
	p.must(http.StatusOK, "bob", http.MethodPost, conv+"/reply", written{Text: "Hi there."}, &reply)
	p.await("bob", alert.Cursor, "that it was delivered", func(e event) bool { return e.Message == reply.ID && e.Detail.State == store.StateDelivered })
	p.must(http.StatusNoContent, "", http.MethodPost, "/phones/read", map[string]string{"phone": customer}, nil)
	p.await("bob", alert.Cursor, "that it was read", func(e event) bool { return e.Message == reply.ID && e.Detail.State == store.StateRead })
	say["from"] = "not a number\x00"
	p.must(http.StatusBadRequest, "", http.MethodPost, "/phones/messages", say, nil)
	for _, path := range []string{"/", "/app.js", "/phone.html", "/style.css"} {
		p.must(http.StatusOK, "", http.MethodGet, path, nil, nil)
	}
	if err := p.terminate(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	p = start(t, db, nil) // on the same file
	if got := p.messages("bob", alert.Conversation); len(got) != 3 || got[2].Text != "Hi there." || got[2].State != store.StateRead {
		t.Errorf("after the restart: %+v", got)
	}
}

func TestDemoAndTwilioShareAFile(t *testing.T) {
	fake := twiliotest.NewServer(t)
	db := dbFile(t)
	for range 2 {
		if err := start(t, db, nil).terminate(); err != nil {
			t.Fatal(err)
		}
		p := startOnTwilio(t, fake, db)
		if err := receive(p, fake, twiliotest.Message{From: customer, To: supportNumber, Body: "hello"}); err != nil {
			t.Fatal(err)
		}
		if page := p.conversations("alice"); len(page.Conversations) != 1 {
			t.Errorf("alice sees %+v", page.Conversations)
		}
		if err := p.terminate(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStreamOfACursorThatIsOfNoUseSaysReset(t *testing.T) {
	p := start(t, dbFile(t), nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/api/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer demo-alice")
	r.Header.Set("Last-Event-ID", "99999")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body) // it ends by itself
	if err != nil || !strings.Contains(string(body), "event: reset") {
		t.Errorf("the stream is %q, %v", body, err)
	}
}
