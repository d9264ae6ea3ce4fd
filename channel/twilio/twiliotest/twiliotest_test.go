package twiliotest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

// TestSignature compares with the signatures of Twilio's own library for Node.
func TestSignature(t *testing.T) {
	text, err := os.ReadFile("../testdata/webhooks.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []struct {
			Name      string
			Method    string
			SignedURL string `json:"signed_url"`
			Params    [][2]string
			Token     string
			Signature string
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) == 0 {
		t.Fatal("there are no vectors")
	}
	for _, v := range file.Vectors {
		var form url.Values
		if v.Method == http.MethodPost {
			form = url.Values{}
			for _, p := range v.Params {
				form.Add(p[0], p[1])
			}
		}
		if got := twiliotest.Signature(v.Token, v.SignedURL, form); got != v.Signature {
			t.Errorf("%s: the signature is %s, want %s", v.Name, got, v.Signature)
		}
	}
}

// host is a program that receives webhooks on a port of its own, behind a
// proxy that has the public URL.
type host struct {
	URL        string
	deliveries chan channel.Delivery
	*twilio.Channel
}

const public = "https://example.com/inbox/webhooks/twilio"

func newHost(t *testing.T, fake *twiliotest.Server) *host {
	t.Helper()
	c, err := twilio.New(twilio.Config{
		AccountSID: fake.AccountSID,
		AuthTokens: []string{fake.AuthToken},
		PublicURL:  public,
		APIURL:     fake.URL,
	})
	if err != nil {
		t.Fatal(err)
	}
	h := &host{deliveries: make(chan channel.Delivery, 10), Channel: c}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		delivery, err := c.ParseWebhook(r)
		if err != nil {
			http.Error(w, "refused", http.StatusForbidden)
			return
		}
		h.deliveries <- delivery
		c.Acknowledge(w)
	}))
	t.Cleanup(server.Close)
	h.URL = server.URL
	return h
}

func TestPost(t *testing.T) {
	fake := twiliotest.NewServer(t)
	h := newHost(t, fake)
	sid := fake.Receive(twiliotest.Message{
		From: "whatsapp:+14155550123", To: "whatsapp:+14155550100", Body: "Hello?",
		Media: []twiliotest.Media{{Content: []byte("picture"), ContentType: "image/png"}},
		Extra: url.Values{"ProfileName": {"Alice"}},
	})
	if err := fake.Post(context.Background(), h.URL+"/webhooks/twilio", public, fake.WebhookForm(sid)); err != nil {
		t.Fatal(err)
	}
	m := (<-h.deliveries).Inbound[0]
	if m.ProviderID != sid || m.Text != "Hello?" || m.ProfileName != "Alice" || len(m.Media) != 1 {
		t.Fatalf("the message came in as %+v", m)
	}
	body, contentType, err := h.FetchMedia(context.Background(), m.Media[0], 100)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	content, err := io.ReadAll(body)
	if err != nil || !bytes.Equal(content, []byte("picture")) || contentType != "image/png" {
		t.Errorf("the attachment is %q of %s, %v", content, contentType, err)
	}
	if err := fake.Post(context.Background(), h.URL+"/webhooks/twilio", public+"/other", fake.WebhookForm(sid)); err == nil {
		t.Error("a webhook that was signed for another URL is no failure")
	}
}

func TestPostWantsContentType(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		_, _ = io.WriteString(w, "<Response/>")
	}))
	defer server.Close()
	err := twiliotest.NewServer(t).Post(context.Background(), server.URL, server.URL, nil)
	if err == nil || !strings.Contains(err.Error(), "11200") {
		t.Errorf("the error is %v", err)
	}
}

func TestReport(t *testing.T) {
	fake := twiliotest.NewServer(t)
	h := newHost(t, fake)
	receipt, err := h.Send(context.Background(), channel.Outbound{ID: "710001", From: "+14155550100", To: "+14155550123", Text: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	want := channel.StatusUpdate{
		ProviderID: receipt.ProviderID, MessageID: "710001", State: channel.DeliveryFailed, Code: "30003",
		Reason: "the customer's handset can't be reached; it may be switched off",
	}
	if err := fake.Report(context.Background(), h.URL, receipt.ProviderID, "undelivered", 30003); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]channel.StatusUpdate{want}, (<-h.deliveries).Status); diff != "" {
		t.Errorf("the report came in differently (-want +got):\n%s", diff)
	}
	if err := fake.Report(context.Background(), "", "SM1", "sent", 0); err == nil {
		t.Error("a report on an unknown message is no failure")
	}
}

// TestReportComesLate reports in the wrong order: the host hears each report, and
// the message stays where it was furthest.
func TestReportComesLate(t *testing.T) {
	fake := twiliotest.NewServer(t)
	h := newHost(t, fake)
	attempted := time.Now()
	m := channel.Outbound{ID: "710001", From: "+14155550100", To: "+14155550123", Text: "hello"}
	receipt, err := h.Send(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []string{"delivered", "sent", "queued"} {
		if err := fake.Report(context.Background(), h.URL, receipt.ProviderID, status, 0); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []channel.DeliveryState{channel.DeliveryDelivered, channel.DeliverySent, channel.DeliveryAccepted} {
		if got := (<-h.deliveries).Status[0].State; got != want {
			t.Errorf("the report says %v, want %v", got, want)
		}
	}
	if r, sent, err := h.Reconcile(context.Background(), m, attempted); err != nil || !sent || r.State != channel.DeliveryDelivered {
		t.Errorf("the message is %v (sent: %v, %v), want delivered", r.State, sent, err)
	}
}

// TestOnTake calls back before the request is answered, which the answer does
// not know of.
func TestOnTake(t *testing.T) {
	fake := twiliotest.NewServer(t)
	h := newHost(t, fake)
	var early []channel.StatusUpdate
	fake.OnTake(func(c twiliotest.Call) {
		if err := fake.Report(context.Background(), h.URL, c.SID, "undelivered", 30003); err != nil {
			t.Error(err)
		}
		early = (<-h.deliveries).Status
	})
	receipt, err := h.Send(context.Background(), channel.Outbound{ID: "710001", From: "+14155550100", To: "+14155550123", Text: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	if len(early) != 1 || early[0].ProviderID != receipt.ProviderID || early[0].State != channel.DeliveryFailed {
		t.Errorf("before the answer came it was reported %+v, want that %s failed", early, receipt.ProviderID)
	}
	if receipt.State != channel.DeliveryAccepted {
		t.Errorf("the answer says %v, want accepted", receipt.State)
	}
	fake.Behave(twiliotest.Refuse(400, 21211))
	early = nil
	if _, err := h.Send(context.Background(), channel.Outbound{From: "+14155550100", To: "+14155550123", Text: "hello"}); err == nil || early != nil {
		t.Errorf("of a message that was refused: %v, and %v was reported", err, early)
	}
}

// TestBehaveEach treats each request differently, and reads back how.
func TestBehaveEach(t *testing.T) {
	fake := twiliotest.NewServer(t)
	h := newHost(t, fake)
	how := map[string]twiliotest.Behaviour{
		"taken":       twiliotest.Accept(),
		"limited":     twiliotest.RateLimit(0),
		"refused":     twiliotest.Refuse(400, 21211),
		"broken":      twiliotest.Break(503),
		"dropped":     twiliotest.Reset(),
		"unreachable": twiliotest.Unreachable(),
	}
	fake.BehaveEach(func(form url.Values) twiliotest.Behaviour { return how[form.Get("Body")] })
	outcomes := map[string]string{}
	texts := []string{"taken", "limited", "refused", "broken", "dropped", "unreachable", "too late"}
	for _, text := range texts {
		_, err := h.Send(context.Background(), channel.Outbound{From: "+14155550100", To: "+14155550123", Text: text})
		outcomes[text] = "sent"
		if err != nil {
			outcomes[text] = channel.AsSendError(err).Outcome.String()
		}
	}
	if diff := cmp.Diff(map[string]string{
		"taken": "sent", "limited": "not sent", "refused": "rejected", "broken": "uncertain", "dropped": "uncertain",
		"unreachable": "uncertain", "too late": "not sent",
	}, outcomes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	calls := map[string]twiliotest.Call{}
	for _, c := range fake.Calls() {
		if c.Taken != (c.SID != "") {
			t.Errorf("%q: taken is %v, but the id is %q", c.Form.Get("Body"), c.Taken, c.SID)
		}
		calls[c.Form.Get("Body")] = twiliotest.Call{Taken: c.Taken, Status: c.Status, Code: c.Code}
	}
	if diff := cmp.Diff(map[string]twiliotest.Call{
		"taken": {Taken: true, Status: 201}, "limited": {Status: 429, Code: 20429}, "refused": {Status: 400, Code: 21211},
		"broken": {Taken: true, Status: 503}, "dropped": {Taken: true}, "unreachable": {},
	}, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestBlock(t *testing.T) {
	fake := twiliotest.NewServer(t)
	h := newHost(t, fake)
	send := func() string {
		_, err := h.Send(context.Background(), channel.Outbound{From: "+14155550100", To: "+14155550123", Text: "hello"})
		if err == nil {
			return ""
		}
		return channel.AsSendError(err).Code
	}
	write := func(text string) {
		fake.Receive(twiliotest.Message{From: "+14155550123", To: "+14155550100", Body: text})
	}
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() {}, ""},
		{func() { write("stop") }, "21610"},
		{func() { write("hello") }, "21610"},
		{func() { write("START") }, ""},
		{func() { fake.Block("+14155550123", "+14155550100") }, "21610"},
	} {
		step.do()
		if got := send(); got != step.want {
			t.Errorf("the send ends with the code %q, want %q", got, step.want)
		}
	}
}

// TestRefusals asks without package twilio, which would refuse by itself.
func TestRefusals(t *testing.T) {
	fake := twiliotest.NewServer(t)
	good := url.Values{"From": {"+14155550100"}, "To": {"+14155550123"}, "Body": {"hello"}}
	for _, test := range []struct {
		name     string
		account  string
		password string
		change   func(url.Values)
		status   int
		code     int
	}{
		{"nothing wrong", "", "", nil, 201, 0},
		{"a wrong password", "", "wrong", nil, 401, 20003},
		{"another account", "ACffffffffffffffffffffffffffffffff", "", nil, 404, 20404},
		{"no receiver", "", "", func(f url.Values) { f.Del("To") }, 400, 21604},
		{"no sender", "", "", func(f url.Values) { f.Del("From") }, 400, 21603},
		{"nothing to say", "", "", func(f url.Values) { f.Del("Body") }, 400, 21619},
		{"too much to say", "", "", func(f url.Values) { f.Set("Body", strings.Repeat("a", 1601)) }, 400, 21617},
		{"too many attachments", "", "", func(f url.Values) { f["MediaUrl"] = make([]string, 11) }, 400, 21623},
		{"to ourselves", "", "", func(f url.Values) { f.Set("To", "+14155550100") }, 400, 21266},
		{"variables that are no JSON", "", "", func(f url.Values) { f.Set("ContentVariables", "{") }, 400, 21656},
	} {
		t.Run(test.name, func(t *testing.T) {
			form := url.Values{}
			for name, values := range good {
				form[name] = values
			}
			if test.change != nil {
				test.change(form)
			}
			account, password := fake.AccountSID, fake.AuthToken
			if test.account != "" {
				account = test.account
			}
			if test.password != "" {
				password = test.password
			}
			r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, fake.URL+"/2010-04-01/Accounts/"+account+"/Messages.json", strings.NewReader(form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.SetBasicAuth(fake.AccountSID, password)
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			var answer struct{ Code int }
			if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != test.status || answer.Code != test.code {
				t.Errorf("the answer is HTTP %d with the code %d, want %d with %d", resp.StatusCode, answer.Code, test.status, test.code)
			}
		})
	}
}

func TestFetchMessage(t *testing.T) {
	fake := twiliotest.NewServer(t)
	sid := fake.Receive(twiliotest.Message{From: "+14155550123", To: "+14155550100", Body: "hello"})
	for path, want := range map[string]int{"/Messages/" + sid + ".json": 200, "/Messages/SM1.json": 404, "/Messages/SM1/Media.json": 404, "/Calls.json": 404} {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, fake.URL+"/2010-04-01/Accounts/"+fake.AccountSID+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(fake.APIKey, fake.APISecret)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: HTTP %d, want %d", path, resp.StatusCode, want)
		}
	}
}
