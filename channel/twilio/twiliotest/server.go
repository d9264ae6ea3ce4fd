package twiliotest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"
)

// Server is a fake of Twilio. Its methods may be called from many goroutines.
type Server struct {
	// URL is the base of the REST API, like http://127.0.0.1:40000.
	URL string

	// AccountSID and AuthToken are the one account's. The token signs
	// webhooks; with the AccountSID it opens the REST API, and so do APIKey
	// and APISecret.
	AccountSID, AuthToken string
	APIKey, APISecret     string

	t      testing.TB
	server *httptest.Server
	done   chan struct{} // closed when the test ends

	mu       sync.Mutex
	choose   func(form url.Values) Behaviour
	taken    func(Call) // see OnTake
	calls    []Call
	messages []*message // in the order of their making
	media    map[string]media
	blocked  map[[2]string]bool // customer and our number
	made     int                // ids
}

// Call is a request to send a message.
type Call struct {
	Form   url.Values // as received
	Taken  bool       // a message was made of it, whatever the answer was
	SID    string     // of the message, if it was taken
	Status int        // HTTP status of the answer, 0 if there was none
	Code   int        // Twilio's code in the answer, 0 if there was none
}

// NewServer starts a fake that ends with the test.
func NewServer(t testing.TB) *Server {
	s := &Server{
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		AuthToken:  "fedcba98765432100123456789abcdef",
		APIKey:     "SK0123456789abcdef0123456789abcdef",
		APISecret:  "abcdefghijklmnopqrstuvwxyz012345",
		t:          t,
		done:       make(chan struct{}),
		choose:     func(url.Values) Behaviour { return Accept() },
		taken:      func(Call) {},
		media:      map[string]media{},
		blocked:    map[[2]string]bool{},
	}
	mux := http.NewServeMux()
	const account = "/2010-04-01/Accounts/{account}"
	mux.HandleFunc("POST "+account+"/Messages.json", s.authenticated(s.create))
	mux.HandleFunc("GET "+account+"/Messages.json", s.authenticated(s.list))
	mux.HandleFunc("GET "+account+"/Messages/{sid}", s.authenticated(s.fetch))
	mux.HandleFunc("GET "+account+"/Messages/{sid}/Media.json", s.authenticated(s.listMedia))
	mux.HandleFunc("GET "+account+"/Messages/{sid}/Media/{media}", s.authenticated(s.serveMedia))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, 20404) })
	s.server = httptest.NewServer(mux)
	s.URL = s.server.URL
	t.Cleanup(func() {
		close(s.done)
		s.server.Close()
	})
	return s
}

// Calls returns the requests to send a message so far, in order. Requests with
// wrong credentials are not among them.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// OnTake lets fn know of each message that the fake makes of a request from
// now on, before the request is answered: what fn does, like calling back with
// [Server.Report], is faster than the answer. It is called from many
// goroutines.
func (s *Server) OnTake(fn func(Call)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = fn
}

// Block puts a customer on the block list of one of our numbers, as a STOP
// does.
func (s *Server) Block(customer, ours string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blocked[[2]string{customer, ours}] = true
}

// authenticated lets through what has the account's credentials.
func (s *Server) authenticated(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		switch {
		case !ok, user == s.AccountSID && password != s.AuthToken, user == s.APIKey && password != s.APISecret,
			user != s.AccountSID && user != s.APIKey:
			w.Header().Set("WWW-Authenticate", `Basic realm="Twilio API"`)
			refuse(w, http.StatusUnauthorized, 20003)
		case r.PathValue("account") != s.AccountSID:
			refuse(w, http.StatusNotFound, 20404)
		default:
			next(w, r)
		}
	}
}

// newID returns an id of Twilio's form. s.mu is held.
func (s *Server) newID(prefix string) string {
	s.made++
	return fmt.Sprintf("%s%032x", prefix, s.made)
}

// now is the moment in Twilio's whole seconds.
func now() time.Time {
	//nolint:forbidigo // the fake lives in real time, as Twilio does
	return time.Now().UTC().Truncate(time.Second)
}
