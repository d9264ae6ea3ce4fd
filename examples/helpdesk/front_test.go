package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/inbox"
)

// front is what one of several processes takes for Twilio. It passes on
// everything, and knows which process it was that sends.
type front struct {
	*httptest.Server

	t     *testing.T
	sends atomic.Int64
	hook  atomic.Pointer[func(inbox.MessageID)]
}

func newFront(t *testing.T, fake *twiliotest.Server) *front {
	t.Helper()
	target, err := url.Parse(fake.URL)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{t: t}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		// Twilio gave no answer, or the process has gone.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			if err := f.sending(r); err != nil {
				panic(http.ErrAbortHandler) // the process has gone before it had said all
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// sending counts a request to send and calls the hook, if there is one.
func (f *front) sending(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := url.ParseQuery(string(body))
	if err != nil {
		f.t.Errorf("a request to send: %v", err)
		return err
	}
	id, err := sentMessage(form)
	if err != nil {
		f.t.Errorf("a request to send: %v", err)
		return err
	}
	f.sends.Add(1)
	if hook := f.hook.Swap(nil); hook != nil {
		(*hook)(id)
	}
	return nil
}

// onSend calls a function when the process sends next: the message is in
// Twilio's hands then, and nobody knows what becomes of it.
func (f *front) onSend(hook func(inbox.MessageID)) { f.hook.Store(&hook) }
