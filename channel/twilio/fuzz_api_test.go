package twilio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
)

// answer is what a server says.
type answer struct {
	status int
	header http.Header
	body   string
}

// inTurn returns a transport that plays Twilio: the first requests are
// answered in turn, and those that follow with an empty list.
func inTurn(all ...answer) http.RoundTripper {
	return transportFunc(func(r *http.Request) (*http.Response, error) {
		a := answer{status: http.StatusOK, body: "{}"}
		if len(all) > 0 {
			a, all = all[0], all[1:]
		}
		return &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: -1, Request: r}, nil
	})
}

// channelOver returns a channel on a transport.
func channelOver(t testing.TB, transport http.RoundTripper) *twilio.Channel {
	t.Helper()
	cfg := goodConfig()
	cfg.Transport = transport
	cfg.Now = func() time.Time { return time.Date(2026, time.May, 4, 10, 0, 0, 0, time.UTC) }
	c, err := twilio.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// FuzzSend reads answers to a request to send. Whatever Twilio says, a message
// of which it can't be told is never taken for one that was certainly not sent,
// the time to wait is one that makes sense, and the error tells nothing of the
// message.
func FuzzSend(f *testing.F) {
	const date = "Mon, 04 May 2026 10:00:00 GMT"
	f.Add(201, "", date, `{"sid":"SM0123456789abcdef0123456789abcdef","status":"queued","num_segments":"1"}`)
	f.Add(201, "", date, `{"sid":"SM1","status":"failed","error_code":30007}`)
	f.Add(200, "", date, `<html>`)
	f.Add(200, "", date, `{"sid":null}`)
	f.Add(429, "30", date, `{"code":20429,"message":"Too Many Requests","status":429}`)
	f.Add(429, "Mon, 04 May 2026 10:01:00 GMT", date, `{}`)
	f.Add(429, "Sat, 04 May 2030 10:00:00 GMT", date, `{}`)
	f.Add(429, "9223372036854775807", "", ``)
	f.Add(503, "-1", "yesterday", `{"code":30001}`)
	f.Add(400, "", date, `{"code":21211,"message":"The 'To' number +14155550123 is not a valid phone number: the body was 'the body of the message'","status":400}`)
	f.Add(400, "", date, `{"code":21610,"status":"x"}`)
	f.Add(302, "", date, ``)
	f.Add(100, "1e3", date, `{"code":1e400}`)
	f.Fuzz(func(t *testing.T, status int, retryAfter, date, body string) {
		m := channel.Outbound{ID: "710001", From: ours, To: alice, Text: "the body of the message"}
		c := channelOver(t, inTurn(answer{status, http.Header{"Retry-After": {retryAfter}, "Date": {date}}, body}))
		receipt, err := c.Send(context.Background(), m)
		if err == nil {
			if receipt.ProviderID == "" || receipt.Segments != 1 || status < 200 || status > 399 {
				t.Errorf("HTTP %d with %q became the receipt %+v", status, body, receipt)
			}
			return
		}
		var e *channel.SendError
		if !errors.As(err, &e) || receipt != (channel.Receipt{}) {
			t.Fatalf("HTTP %d with %q: receipt %+v, error %T", status, body, receipt, err)
		}
		for _, form := range []string{"%v", "%+v", "%s"} {
			checkPrivate(t, fmt.Sprintf(form, err), m.Text, string(alice), "sesame-5150")
		}
		if e.RetryAfter < 0 || e.RetryAfter > 24*time.Hour || e.RetryAfter > 0 && e.Outcome != channel.NotSent {
			t.Errorf("HTTP %d with %q: %v, to be tried again after %v", status, retryAfter, e, e.RetryAfter)
		}
		// Nobody knows what a server did before it broke, except that Twilio
		// promises it of the one code; nor what an answer means that can't be
		// read.
		broke := status >= 500 && e.Code != "20429"
		unread := status < 400 && !strings.Contains(e.Reason, "gave it up at once") && e.Code == ""
		if e.Outcome == channel.NotSent && (broke || status < 400) || e.Outcome != channel.Uncertain && (broke && e.Code == "" || unread) {
			t.Errorf("HTTP %d with %q is %v (code %q), though nobody can know", status, body, e.Outcome, e.Code)
		}
		if e.Outcome == channel.Uncertain && (status == 429 || status == 401) {
			t.Errorf("HTTP %d with %q is uncertain", status, body)
		}
	})
}

// FuzzList reads lists of messages and of attachments as Twilio may answer
// them. Whatever they hold, what comes in can be stored, each message once and
// in order, and its attachments are fetched from nowhere but the API.
func FuzzList(f *testing.F) {
	const date = "Mon, 04 May 2026 10:00:00 GMT"
	const in = `{"sid":"SM1","direction":"inbound","from":"+14155550123","to":"+14155550100","body":"hi","num_media":"1","date_created":"Mon, 04 May 2026 09:00:00 +0000"}`
	const out = `{"sid":"SM2","direction":"outbound-api","from":"+14155550100","to":"+14155550123","body":"hello","num_media":"0","date_created":"Mon, 04 May 2026 09:30:00 +0000","status":"sent"}`
	f.Add(200, `{"messages":[`+out+`,`+in+`],"next_page_uri":"/x?Page=1"}`, `{"messages":[`+in+`]}`, `{"media_list":[{"sid":"ME1","content_type":"image/png"}]}`, date)
	f.Add(200, `{"messages":[{"sid":"SM3","direction":"inbound","from":"x","to":"y","num_media":"-1","date_sent":"z"}]}`, `{`, `[]`, "")
	f.Add(200, `{"messages":null,"next_page_uri":"?"}`, ``, ``, date)
	f.Add(200, `{"messages":[`+in+`]}`, `{"messages":[{}]}`, `{"media_list":[{"sid":"../../../x?y#z"},{"sid":null}]}`, date)
	f.Add(404, `{"code":20404,"message":"+14155550123"}`, ``, ``, date)
	f.Fuzz(func(t *testing.T, status int, page1, page2, media, date string) {
		header := http.Header{"Date": {date}}
		pages := []answer{{status, header, page1}, {status, header, page2}}
		lists := []answer{pages[0]}
		if strings.Contains(page1, "next_page_uri") {
			lists = pages
		}
		c := channelOver(t, inTurn(append(lists, answer{status, header, media})...))
		var all []channel.Inbound
		err := c.Backfill(context.Background(), time.Time{}, func(m channel.Inbound) error { all = append(all, m); return nil })
		if err != nil {
			checkPrivate(t, err.Error(), string(alice), string(ours), "sesame-5150")
		}
		seen := map[string]bool{}
		for i, m := range all {
			from, fromErr := channel.ParseAddress(string(m.From))
			to, toErr := channel.ParseAddress(string(m.To))
			if m.ProviderID == "" || fromErr != nil || toErr != nil || from != m.From || to != m.To || !m.Late || !utf8.ValidString(m.Text) || seen[m.ProviderID] {
				t.Errorf("%q brought %+v (seen before: %v)", page1, m, seen[m.ProviderID])
			}
			seen[m.ProviderID] = true
			if i > 0 && m.SentAt.Before(all[i-1].SentAt) {
				t.Errorf("%v comes behind %v", m.SentAt, all[i-1].SentAt)
			}
			for _, file := range m.Media {
				if u, err := url.Parse(file.URL); err != nil || u.Scheme != "https" || u.Host != "api.twilio.com" || u.User != nil {
					t.Errorf("an attachment is at %q", file.URL)
				}
			}
		}
		c = channelOver(t, inTurn(pages...))
		m := channel.Outbound{ID: "710001", From: ours, To: alice, Text: "hello"}
		receipt, found, err := c.Reconcile(context.Background(), m, time.Date(2026, time.May, 4, 9, 30, 0, 0, time.UTC))
		if found && (err != nil || receipt.ProviderID == "") || !found && receipt != (channel.Receipt{}) {
			t.Errorf("%q says %v with %+v, %v", page1, found, receipt, err)
		}
		if err != nil {
			checkPrivate(t, err.Error(), string(alice), string(ours), "sesame-5150")
		}
	})
}

// FuzzMedia leads a download by two redirects. Wherever they lead, nobody but
// Twilio sees the credentials, nobody but Twilio and its storage is asked, and
// nobody in the clear.
func FuzzMedia(f *testing.F) {
	const at = "https://api.twilio.com/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages/MM1/Media/ME1"
	for _, u := range []string{
		"https://media.twiliocdn.com/1", "https://s3-external-1.amazonaws.com/1", "https://attacker.example/1", "//attacker.example/1", "/other",
		"https://api.twilio.com@attacker.example/", "https://attacker.example\\.twilio.com/", "https://twilio.com.attacker.example", "https://eviltwilio.com",
		"http://media.twiliocdn.com/", "https://media.twiliocdn.com:8443/", "https://API.TWILIO.COM:443/", "https://api.twilio.com./", "https://[::1]/",
		"https://169.254.169.254/", "file:///etc/passwd", "https://alice@api.twilio.com/", "https://twilio.com%00.attacker.example/", "https:twilio.com/", "?", "",
	} {
		f.Add(u, at, u)
		f.Add(at, u, at)
		f.Add(at, at, u)
	}
	f.Fuzz(func(t *testing.T, first, second, third string) {
		redirects := []string{second, third}
		c := channelOver(t, transportFunc(func(r *http.Request) (*http.Response, error) {
			_, _, credentials := r.BasicAuth()
			host, _, _ := strings.Cut(strings.ToLower(r.URL.Host), ":")
			atTwilio := host == "twilio.com" || strings.HasSuffix(host, ".twilio.com")
			storage := strings.HasSuffix(host, ".twiliocdn.com") || strings.HasSuffix(host, ".amazonaws.com") || host == "twiliocdn.com" || host == "amazonaws.com"
			if r.URL.Scheme != "https" || r.URL.User != nil || !atTwilio && !storage {
				t.Errorf("%q, redirected to %q, asked %s", first, []string{second, third}, r.URL)
			}
			if !atTwilio && (credentials || r.Header.Get("Authorization") != "") {
				t.Errorf("%q, redirected to %q, showed the credentials to %s", first, []string{second, third}, r.URL)
			}
			resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("picture")), ContentLength: -1, Request: r}
			if len(redirects) > 0 {
				resp.StatusCode, resp.Header = http.StatusFound, http.Header{"Location": {redirects[0]}}
				redirects = redirects[1:]
			}
			return resp, nil
		}))
		body, _, err := c.FetchMedia(context.Background(), channel.Media{URL: first}, 100)
		if err != nil {
			checkPrivate(t, err.Error(), "sesame-5150")
			return
		}
		if content, err := io.ReadAll(body); err != nil || string(content) != "picture" {
			t.Errorf("the content is %q, %v", content, err)
		}
		body.Close()
	})
}
