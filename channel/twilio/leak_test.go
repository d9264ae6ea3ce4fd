package twilio_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
)

// echo answers requests with what they were, put into bytes that are not HTTP,
// as a broken proxy may.
func echo(t *testing.T, answer string) (base string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				body, _ := io.ReadAll(r.Body) // what came of it
				form, _ := url.ParseQuery(string(body) + "&" + r.URL.RawQuery)
				said := form.Get("To") + " " + form.Get("Body") + " " + r.Header.Get("Authorization")
				_, _ = io.WriteString(conn, strings.ReplaceAll(answer, "{}", said)) // the client may be gone
			}
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	return "http://" + listener.Addr().String()
}

// What comes back and is not HTTP may be what was sent: no error quotes it.
func TestErrorsDoNotQuoteWhatCameBack(t *testing.T) {
	const number, text = channel.Address("+14155550123"), "the-body-of-the-message"
	m := channel.Outbound{ID: "710001", From: ours, To: number, Text: text}
	for _, answer := range []string{
		"{}\r\n\r\n", "HTTP/1.1 {}\r\n\r\n", "HTTP/{} 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n{}\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: {}\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{\r\n0\r\n{}\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n{}", "HTTP/1.1 400 {}\r\n\r\n{}",
		"HTTP/1.1 302 Found\r\nLocation: {}\r\n\r\n", "HTTP/1.1 307 Found\r\nLocation: http://{}/%zz\r\n\r\n",
	} {
		cfg := goodConfig()
		cfg.APIURL = echo(t, answer)
		c, err := twilio.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		_, sendErr := c.Send(t.Context(), m)
		_, _, listErr := c.Reconcile(t.Context(), m, time.Unix(1_772_636_400, 0))
		fillErr := c.Backfill(t.Context(), time.Unix(1_772_636_400, 0), func(channel.Inbound) error { return nil })
		body, _, mediaErr := c.FetchMedia(t.Context(), channel.Media{URL: cfg.APIURL + "/1?To=" + url.QueryEscape(string(number)) + "&Body=" + text}, 1000)
		if mediaErr == nil {
			body.Close()
		}
		if sendErr == nil || listErr == nil || fillErr == nil {
			t.Errorf("%q is no error: %v, %v, %v", answer, sendErr, listErr, fillErr)
		}
		if e := channel.AsSendError(sendErr); e.Outcome == channel.NotSent {
			t.Errorf("%q says that nothing was sent", answer)
		}
		for _, err := range []error{sendErr, listErr, fillErr, mediaErr} {
			for ; err != nil; err = errors.Unwrap(err) {
				for _, secret := range []string{"4155550123", text, "Basic", "QUMwMTIz"} { // of the credentials in base 64
					if strings.Contains(err.Error(), secret) {
						t.Errorf("%q: the error tells %q: %v", answer, secret, err)
					}
				}
			}
		}
	}
}

// A file that is packed small and unpacks large is counted as it comes, and
// never unpacked.
func TestFetchMediaUnpacksNothing(t *testing.T) {
	var asked string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get("Accept-Encoding")
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		_, _ = packed.Write(make([]byte, 1<<20)) // the reader may have gone
		_ = packed.Close()
	}))
	defer server.Close()
	cfg := goodConfig()
	cfg.APIURL = server.URL
	c, err := twilio.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	body, _, err := c.FetchMedia(context.Background(), channel.Media{URL: server.URL + "/1"}, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	content, err := io.ReadAll(body)
	if err != nil || len(content) > 10_000 || len(content) < 2 || content[0] != 0x1f || content[1] != 0x8b || asked != "identity" {
		t.Errorf("%d bytes were read (%v), which begin with % x; %q was asked for", len(content), err, content[:min(2, len(content))], asked)
	}
}
