package twilio_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

// TestHTTP2 sends over the protocol that Twilio speaks, on which connections
// are shared and requests end one by one.
func TestHTTP2(t *testing.T) {
	var aborts atomic.Bool
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("the protocol is %s", r.Proto)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		if aborts.Load() {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"sid": "SM1", "status": "queued"}`)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	c := newChannel(t, twiliotest.NewServer(t), func(c *twilio.Config) {
		c.APIURL, c.Transport = server.URL, server.Client().Transport
	})
	for range 3 {
		if _, err := c.Send(context.Background(), hello()); err != nil {
			t.Fatal(err)
		}
	}
	aborts.Store(true)
	_, err := c.Send(context.Background(), hello())
	if got := channel.AsSendError(err); err == nil || got.Outcome != channel.Uncertain {
		t.Errorf("a request that was cut is %v", err)
	}
	server.CloseClientConnections()
	server.Listener.Close()
	// Whether the transport has noticed yet is not for a test to wait for: a
	// send is uncertain or not sent, and never anything else.
	_, err = c.Send(context.Background(), hello())
	if got := channel.AsSendError(err); err == nil || got.Outcome == channel.Rejected {
		t.Errorf("without a connection: %v", err)
	}
}
