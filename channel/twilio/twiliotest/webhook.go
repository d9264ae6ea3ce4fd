package twiliotest

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Message is a customer's message on its way to us.
type Message struct {
	From, To string // like +14155550123 or whatsapp:+14155550123
	Body     string
	Media    []Media
	At       time.Time // when it arrives; zero: at once

	// Extra are further parameters of the webhook, like ProfileName.
	Extra url.Values
}

// Media is a file that comes with a message.
type Media struct {
	Content     []byte
	ContentType string
}

// Receive makes a message arrive at Twilio and returns its id. Nobody is told:
// see [Server.WebhookForm]. If a telephone number of ours gets one of the words
// STOP and START by themselves, the fake blocks or unblocks the sender.
func (s *Server) Receive(m Message) (sid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	prefix := "SM"
	if len(m.Media) > 0 {
		prefix = "MM"
	}
	at := m.At.UTC().Truncate(time.Second)
	if m.At.IsZero() {
		at = now()
	}
	arrived := &message{
		sid:        s.newID(prefix),
		direction:  "inbound",
		from:       m.From,
		to:         m.To,
		body:       m.Body,
		status:     "received",
		created:    at,
		sent:       at,
		parameters: maps.Clone(m.Extra),
	}
	for _, file := range m.Media {
		arrived.media = append(arrived.media, s.keep(arrived.sid, file.Content, file.ContentType))
	}
	s.messages = append(s.messages, arrived)
	if strings.HasPrefix(m.To, "+") {
		switch strings.ToUpper(strings.TrimSpace(m.Body)) {
		case "STOP":
			s.blocked[[2]string{m.From, m.To}] = true
		case "START":
			delete(s.blocked, [2]string{m.From, m.To})
		}
	}
	return arrived.sid
}

// WebhookForm returns the parameters with which Twilio hands over a message
// that it has received. An unknown id fails the test.
func (s *Server) WebhookForm(sid string) url.Values {
	m := s.message(sid)
	if m == nil {
		s.t.Errorf("twiliotest: there is no message %s", sid)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	form := url.Values{
		"MessageSid": {sid}, "SmsSid": {sid}, "SmsMessageSid": {sid}, "AccountSid": {s.AccountSID},
		"From": {m.from}, "To": {m.to}, "Body": {m.body}, "NumMedia": {strconv.Itoa(len(m.media))},
		"NumSegments": {"1"}, "SmsStatus": {"received"}, "ApiVersion": {"2010-04-01"},
	}
	for i, id := range m.media {
		form.Set("MediaUrl"+strconv.Itoa(i), s.mediaURL(id))
		form.Set("MediaContentType"+strconv.Itoa(i), s.media[id].contentType)
	}
	maps.Copy(form, m.parameters)
	return form
}

// StatusForm returns the parameters with which Twilio reports that a message
// of ours has a status, like delivered. A code is sent along unless it is 0.
func (s *Server) StatusForm(sid, status string, code int) url.Values {
	form := url.Values{
		"MessageSid": {sid}, "SmsSid": {sid}, "AccountSid": {s.AccountSID}, "ApiVersion": {"2010-04-01"},
		"MessageStatus": {status}, "SmsStatus": {status},
	}
	if m := s.message(sid); m != nil {
		form.Set("From", m.from)
		form.Set("To", m.to)
	}
	if code != 0 {
		form.Set("ErrorCode", strconv.Itoa(code))
	}
	return form
}

// Signature returns the value of X-Twilio-Signature for a POST of a form to a
// URL, or, if the form is nil, for a GET.
func Signature(token, rawURL string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(token))
	rawURL, _, _ = strings.Cut(rawURL, "#")
	_, _ = io.WriteString(mac, rawURL)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		values := slices.Clone(form[name])
		slices.Sort(values)
		for _, value := range slices.Compact(values) {
			_, _ = io.WriteString(mac, name+value)
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Request returns a signed POST of a form to a URL, as a server receives it.
// It is for handlers; a client can't send it.
func (s *Server) Request(rawURL string, form url.Values) *http.Request {
	u, err := url.Parse(rawURL)
	if err != nil {
		s.t.Fatalf("twiliotest: %v", err)
	}
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, u.RequestURI(), strings.NewReader(form.Encode()))
	r.Host = u.Host
	s.sign(r, rawURL, form)
	return r
}

func (s *Server) sign(r *http.Request, rawURL string, form url.Values) {
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	r.Header.Set("User-Agent", "TwilioProxy/1.1")
	r.Header.Set("X-Twilio-Signature", Signature(s.AuthToken, rawURL, form))
}

// Post sends a signed form to a program under test: to target, where it
// listens, signed for the public URL. Give one URL twice if they are the same.
// Like Twilio it takes an answer that is not 2xx, or that has no Content-Type,
// for a failure.
func (s *Server) Post(ctx context.Context, target, public string, form url.Values) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("twiliotest: %w", err)
	}
	s.sign(r, public, form)
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return fmt.Errorf("twiliotest: %w", err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return fmt.Errorf("twiliotest: the webhook answered HTTP %d", resp.StatusCode)
	case resp.Header.Get("Content-Type") == "" && resp.ContentLength != 0:
		return fmt.Errorf("twiliotest: the webhook's answer has no Content-Type (Twilio's error 11200)")
	}
	return nil
}

// progress orders the statuses of a message of ours.
var progress = map[string]int{
	"accepted": 1, "scheduled": 1, "queued": 2, "sending": 3, "sent": 4,
	"delivered": 5, "undelivered": 5, "failed": 5, "canceled": 5, "read": 6,
}

// Report moves a message of ours on to a status, and calls back the URL that
// came with it, if any. If listen is not "", the request goes to that scheme,
// host and port instead, signed for the URL all the same. A message that is
// further already stays where it is, and the report comes late, as Twilio's
// sometimes do.
func (s *Server) Report(ctx context.Context, listen, sid, status string, code int) error {
	s.mu.Lock()
	callback, found := "", false
	for _, m := range s.messages {
		if m.sid == sid {
			callback, found = m.callback, true
			if progress[status] > progress[m.status] {
				m.status, m.code = status, code
			}
			if m.sent.IsZero() {
				m.sent = now()
			}
		}
	}
	s.mu.Unlock()
	switch {
	case !found:
		return fmt.Errorf("twiliotest: there is no message %s", sid)
	case callback == "":
		return nil
	}
	target := callback
	if listen != "" {
		u, err := url.Parse(callback)
		if err != nil {
			return fmt.Errorf("twiliotest: %w", err)
		}
		target = strings.TrimSuffix(listen, "/") + u.RequestURI()
	}
	return s.Post(ctx, target, callback, s.StatusForm(sid, status, code))
}
