package twilio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// exchange is one request to the REST API and what came of it. It is the
// transport beneath twilio-go for that request alone, and does what twilio-go
// doesn't: it honours a context, goes to another base URL, reads and closes
// the answers that are errors, and remembers what happened on the way.
type exchange struct {
	c     *Channel
	ctx   context.Context
	query string // of a GET request, instead of twilio-go's, which loses parts of values like US.1234567

	begun   bool        // a request was made
	traced  atomic.Bool // the transport tells how it gets on
	linked  atomic.Bool // a connection was there for the request
	heard   atomic.Bool // something came back
	err     error       // why there is no answer, or not all of it
	status  int         // of the answer, or 0
	headers http.Header // of the answer
}

// maxAnswer bounds an answer of the REST API in bytes: a page of 1,000 messages
// is well below it.
const maxAnswer = 32 << 20

var (
	errAnswerTooLong = errors.New("the answer is too long")
	errNotHTTP       = errors.New("what came back is not HTTP")
)

// service returns twilio-go's service on top of the exchange. Credentials are
// set by the exchange, since twilio-go refuses those with punctuation.
func (x *exchange) service() *api.ApiService {
	return api.NewApiService(&client.RequestHandler{Client: &client.Client{
		Credentials: client.NewCredentials("", ""),
		HTTPClient: &http.Client{
			Transport:     x,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}})
}

// RoundTrip makes the request, once. The request of twilio-go is made without
// a context, so that the call's takes its place.
func (x *exchange) RoundTrip(r *http.Request) (*http.Response, error) {
	x.begun = true
	out := r.Clone(httptrace.WithClientTrace(x.ctx, x.trace()))
	x.c.rebase(out)
	if x.query != "" {
		out.URL.RawQuery = x.query
	}
	out.SetBasicAuth(x.c.user, x.c.password.reveal())
	resp, err := x.c.api.RoundTrip(out)
	if err != nil {
		x.err = withoutContents(x.ctx, err, x.heard.Load())
		return nil, err
	}
	defer resp.Body.Close()
	x.status, x.headers = resp.StatusCode, resp.Header
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = errAnswerTooLong
	}
	if err != nil {
		var protocol textproto.ProtocolError
		x.err = withoutContents(x.ctx, err, errors.As(err, &protocol))
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// withoutContents drops from an error of a transport what may be private: the
// URL, if it is named, since those of lists hold telephone numbers; and what
// came back, if it could not be read, since the error quotes it and a proxy may
// have echoed the request.
func withoutContents(ctx context.Context, err error, unreadable bool) error {
	if unreadable && ctx.Err() == nil {
		return errNotHTTP
	}
	var named *url.Error
	if errors.As(err, &named) {
		return named.Err
	}
	return err
}

// rebase sends a request to the configured base of the REST API.
func (c *Channel) rebase(r *http.Request) {
	r.URL.Scheme, r.URL.Host, r.Host = c.apiURL.Scheme, c.apiURL.Host, ""
	r.URL.Path = strings.TrimSuffix(c.apiURL.Path, "/") + r.URL.Path
	r.URL.RawPath = ""
}

// trace notes whether there was a connection. A transport that begins anew has
// made sure that nothing of the request was processed.
func (x *exchange) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { x.traced.Store(true); x.linked.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { x.linked.Store(true) },

		GotFirstResponseByte: func() { x.heard.Store(true) },
	}
}

// neverWritten reports whether certainly nothing of the request has reached
// anybody. From the moment there was a connection that can't be told: what
// writes to it does so beside the call and may go on after it.
func (x *exchange) neverWritten() bool {
	if !x.begun || x.traced.Load() && !x.linked.Load() {
		return true
	}
	// A transport that tells nothing is believed when it says that it could
	// not connect.
	var op *net.OpError
	var dns *net.DNSError
	return !x.traced.Load() && (errors.As(x.err, &dns) || errors.As(x.err, &op) && op.Op == "dial")
}

// retryAfter returns how long the answer asks to wait. A moment is counted
// from the answer's own, so that clocks need not agree.
func (x *exchange) retryAfter() time.Duration {
	value := x.headers.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return min(time.Duration(seconds), time.Duration(nextDay/time.Second)) * time.Second
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, ok := x.now()
	if !ok {
		return 0
	}
	return max(0, min(until.Sub(now), nextDay))
}

// now is the time of the answer by Twilio's clock.
func (x *exchange) now() (time.Time, bool) {
	now, err := http.ParseTime(x.headers.Get("Date"))
	return now, err == nil
}

// failure describes a request that failed without what Twilio's text and the
// URL would give away. cause is what twilio-go returned.
func (x *exchange) failure(doing string, cause error) error {
	var refused *client.TwilioRestError
	switch {
	case x.err != nil:
		return fmt.Errorf("twilio: %s: %w", doing, x.err)
	case errors.As(cause, &refused) && refused.Code != 0:
		return fmt.Errorf("twilio: %s: Twilio answered HTTP %d with the error %d (%s)", doing, x.status, refused.Code, meaningOf(refused.Code).reason)
	case x.status >= 400:
		return fmt.Errorf("twilio: %s: Twilio answered HTTP %d", doing, x.status)
	case x.status != 0:
		return fmt.Errorf("twilio: %s: Twilio's answer (HTTP %d) can't be read", doing, x.status)
	}
	return fmt.Errorf("twilio: %s: no request could be made", doing)
}
