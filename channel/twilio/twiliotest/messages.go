package twiliotest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// message is a message resource.
type message struct {
	sid        string
	direction  string
	from, to   string
	body       string
	status     string
	code       int
	service    string
	media      []string // ids
	callback   string
	created    time.Time
	sent       time.Time // zero: not yet
	parameters url.Values
}

// create answers a request to send a message.
func (s *Server) create(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		refuse(w, http.StatusBadRequest, 20001)
		return
	}
	made, call, answer := s.take(r.PostForm)
	if call.Taken {
		s.tell(call)
	}
	if answer != nil {
		answer(s, w, r)
		return
	}
	s.answer(w, http.StatusCreated, func() any { return made })
}

// take records a request, and makes a message of it if the behaviour and the
// request allow that. It returns the message's resource as it is at that moment:
// the answer tells of nothing that comes later, like Twilio's. A nil answer means
// that resource.
func (s *Server) take(form url.Values) (map[string]any, Call, func(*Server, http.ResponseWriter, *http.Request)) {
	s.mu.Lock()
	choose := s.choose
	s.mu.Unlock()
	b := choose(form) // may use the fake
	s.mu.Lock()
	defer s.mu.Unlock()
	if code := s.wrong(form); b.taken && code != 0 {
		b = Refuse(http.StatusBadRequest, code)
	}
	call := Call{Form: form, Taken: b.taken, Status: b.status, Code: b.code}
	if !b.taken {
		s.calls = append(s.calls, call)
		return nil, call, b.answer
	}
	m := &message{
		sid:       s.newID("SM"),
		direction: "outbound-api",
		from:      form.Get("From"),
		to:        form.Get("To"),
		body:      form.Get("Body"),
		status:    "queued",
		service:   form.Get("MessagingServiceSid"),
		callback:  form.Get("StatusCallback"),
		created:   now(),
	}
	if form.Has("MediaUrl") {
		m.sid = s.newID("MM")
		m.media = form["MediaUrl"]
	}
	if m.service != "" {
		m.status = "accepted"
	}
	call.SID = m.sid
	s.messages = append(s.messages, m)
	s.calls = append(s.calls, call)
	return s.resource(m), call, b.answer
}

// tell lets the test know of a message that was taken.
func (s *Server) tell(call Call) {
	s.mu.Lock()
	fn := s.taken
	s.mu.Unlock()
	fn(call) // may use the fake
}

// wrong returns the code with which Twilio refuses a request, or 0.
func (s *Server) wrong(form url.Values) int {
	template, contents := form.Has("ContentSid"), form.Get("Body") != "" || form.Has("MediaUrl")
	switch {
	case form.Get("To") == "":
		return 21604
	case form.Get("From") == "" && form.Get("MessagingServiceSid") == "":
		return 21603
	case !template && !contents:
		return 21619
	case utf8.RuneCountInString(form.Get("Body")) > 1600:
		return 21617
	case len(form["MediaUrl"]) > 10:
		return 21623
	case form.Get("To") == form.Get("From"):
		return 21266
	case s.blocked[[2]string{form.Get("To"), form.Get("From")}]:
		return 21610
	}
	if variables := form.Get("ContentVariables"); variables != "" && !json.Valid([]byte(variables)) {
		return 21656
	}
	return 0
}

// fetch answers a request for one message.
func (s *Server) fetch(w http.ResponseWriter, r *http.Request) {
	m := s.message(strings.TrimSuffix(r.PathValue("sid"), ".json"))
	if m == nil {
		refuse(w, http.StatusNotFound, 20404)
		return
	}
	s.answer(w, http.StatusOK, func() any { return s.resource(m) })
}

// message returns the message with an id, or nil.
func (s *Server) message(sid string) *message {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages {
		if m.sid == sid {
			return m
		}
	}
	return nil
}

// resource is the JSON form of a message. s.mu is held.
func (s *Server) resource(m *message) map[string]any {
	date := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.Format(time.RFC1123Z)
	}
	uri := "/2010-04-01/Accounts/" + s.AccountSID + "/Messages/" + m.sid
	var code, text, service any
	if m.code != 0 {
		code, text = m.code, "error "+strconv.Itoa(m.code)
	}
	if m.service != "" {
		service = m.service
	}
	return map[string]any{
		"sid": m.sid, "account_sid": s.AccountSID, "api_version": "2010-04-01",
		"from": m.from, "to": m.to, "body": m.body, "direction": m.direction, "status": m.status,
		"num_media": strconv.Itoa(len(m.media)), "num_segments": "1", "messaging_service_sid": service,
		"error_code": code, "error_message": text, "price": nil, "price_unit": "USD",
		"date_created": date(m.created), "date_updated": date(cmp.Or(m.sent, m.created)), "date_sent": date(m.sent),
		"uri": uri + ".json", "subresource_uris": map[string]string{"media": uri + "/Media.json"},
	}
}

// answer writes what content returns, which is called with s.mu held.
func (s *Server) answer(w http.ResponseWriter, status int, content func() any) {
	s.mu.Lock()
	text, err := json.Marshal(content())
	s.mu.Unlock()
	if err != nil {
		s.t.Errorf("twiliotest: encoding an answer: %v", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// refuse answers with one of Twilio's errors. Like Twilio's, its text tells
// what a log should not.
func refuse(w http.ResponseWriter, status, code int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"code": %d, "message": "The 'To' number +14155550123 is refused", "more_info": "https://www.twilio.com/docs/errors/%d", "status": %d}`, code, code, status)
}
