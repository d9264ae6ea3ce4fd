package twiliotest

import (
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Behaviour is how the fake treats requests to send a message. Other requests
// are always answered, unless the fake is [Unreachable].
type Behaviour struct {
	taken  bool // a message is made of the request
	status int  // of the answer, 0 for none
	code   int  // of the error in the answer
	closed bool // nobody is let in any more
	answer func(s *Server, w http.ResponseWriter, r *http.Request)
}

// Behave makes the fake treat all following requests to send alike. A fresh
// fake accepts.
func (s *Server) Behave(b Behaviour) {
	s.BehaveEach(func(url.Values) Behaviour { return b })
	if b.closed {
		s.closeDoor()
	}
}

// BehaveEach lets choose say how the fake treats each following request to
// send, by the request's form. It is called once for each, from many
// goroutines.
func (s *Server) BehaveEach(choose func(form url.Values) Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.choose = choose
}

func (s *Server) closeDoor() {
	// A failure would be one of closing twice.
	_ = s.server.Listener.Close()
	s.server.CloseClientConnections()
}

// Accept takes messages that Twilio would take, and says so.
func Accept() Behaviour { return Behaviour{taken: true, status: http.StatusCreated} }

// Refuse takes no message and answers with one of Twilio's errors, like
// Refuse(400, 21211).
func Refuse(status, code int) Behaviour {
	return Behaviour{status: status, code: code, answer: func(_ *Server, w http.ResponseWriter, _ *http.Request) { refuse(w, status, code) }}
}

// RateLimit takes no message and answers HTTP 429. It asks to wait for so many
// whole seconds, or does not say for how long.
func RateLimit(after time.Duration) Behaviour {
	const status, code = http.StatusTooManyRequests, 20429
	return Behaviour{status: status, code: code, answer: func(_ *Server, w http.ResponseWriter, _ *http.Request) {
		if after > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(after/time.Second)))
		}
		refuse(w, status, code)
	}}
}

// Break takes the message and then answers with a page in HTML, as a gateway
// does: Break(503), or Break(201) for a success that can't be read.
func Break(status int) Behaviour {
	return Behaviour{taken: true, status: status, answer: func(_ *Server, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = w.Write([]byte("<html><body>Something went wrong</body></html>"))
	}}
}

// Reset takes the message and drops the connection without an answer.
func Reset() Behaviour {
	return Behaviour{taken: true, answer: func(*Server, http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler) // the server closes the connection
	}}
}

// Hang takes the message and does not answer before the caller gives up or the
// test ends.
func Hang() Behaviour {
	return Behaviour{taken: true, answer: func(s *Server, _ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-s.done:
		}
	}}
}

// Unreachable closes the fake's door for good: no connection comes about any
// more, and those that are there are cut.
func Unreachable() Behaviour {
	return Behaviour{closed: true, answer: func(s *Server, _ http.ResponseWriter, _ *http.Request) {
		s.closeDoor() // chosen for a request that has come in already
		panic(http.ErrAbortHandler)
	}}
}
