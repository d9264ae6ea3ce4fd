package twilio_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

// web is a transport that plays the hosts of the internet and notes what was
// asked of whom.
type web struct {
	redirects map[string]string // URL to URL
	asked     []string          // URLs, with "user:password@" if there were credentials
}

func (w *web) RoundTrip(r *http.Request) (*http.Response, error) {
	u := *r.URL
	asked := u.String()
	if user, password, ok := r.BasicAuth(); ok {
		asked = strings.Replace(asked, "://", "://"+user+":"+password+"@", 1)
	} else if r.Header.Get("Authorization") != "" {
		asked += " with credentials of another kind"
	}
	w.asked = append(w.asked, asked)
	resp := &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"image/png"}}, Request: r,
		Body: io.NopCloser(strings.NewReader("picture")), ContentLength: -1,
	}
	if to, found := w.redirects[u.String()]; found {
		resp.StatusCode, resp.Header = http.StatusTemporaryRedirect, http.Header{"Location": {to}}
		if to == "" {
			resp.Header.Del("Location")
		}
	}
	return resp, nil
}

const mediaPath = "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages/MM1/Media/ME1"

// TestFetchMediaHosts is about who is asked, and who sees the credentials.
func TestFetchMediaHosts(t *testing.T) {
	const (
		atTwilio = "https://api.twilio.com" + mediaPath
		login    = "AC0123456789abcdef0123456789abcdef:sesame-5150@"
		signedIn = "https://" + login + "api.twilio.com" + mediaPath
	)
	for _, test := range []struct {
		name      string
		url       string
		redirects map[string]string
		asked     []string
		ok        bool
	}{
		{"Twilio", atTwilio, nil, []string{signedIn}, true},
		{"a subdomain of Twilio", "https://mcs.us1.twilio.com/v1/x", nil, []string{"https://" + login + "mcs.us1.twilio.com/v1/x"}, true},
		{"Twilio in capitals with its port", "https://API.Twilio.com:443/x", nil, []string{"https://" + login + "API.Twilio.com:443/x"}, true},
		{"Twilio's storage", atTwilio, map[string]string{atTwilio: "https://media.twiliocdn.com/AC/1?sig=a%2Fb"},
			[]string{signedIn, "https://media.twiliocdn.com/AC/1?sig=a%2Fb"}, true},
		{"Amazon's storage", atTwilio, map[string]string{atTwilio: "https://s3-external-1.amazonaws.com/media.twiliocdn.com/1"},
			[]string{signedIn, "https://s3-external-1.amazonaws.com/media.twiliocdn.com/1"}, true},
		{"by way of Twilio", atTwilio, map[string]string{atTwilio: "/other", "https://api.twilio.com/other": "https://media.twiliocdn.com/1"},
			[]string{signedIn, "https://" + login + "api.twilio.com/other", "https://media.twiliocdn.com/1"}, true},

		{"another host", "https://attacker.example/1", nil, nil, false},
		{"a host that only ends alike", "https://eviltwilio.com/1", nil, nil, false},
		{"a host that only begins alike", "https://api.twilio.com.attacker.example/1", nil, nil, false},
		{"without encryption", "http://api.twilio.com/1", nil, nil, false},
		{"another port", "https://api.twilio.com:8443/1", nil, nil, false},
		{"storage that Twilio did not name", "https://media.twiliocdn.com/1", nil, nil, false},
		{"a user in the URL", "https://alice:x@api.twilio.com/1", nil, nil, false},
		{"no URL", "://", nil, nil, false},
		{"no host", "https:///1", nil, nil, false},
		{"a redirect to another host", atTwilio, map[string]string{atTwilio: "https://attacker.example/1"}, []string{signedIn}, false},
		{"a redirect into the network", atTwilio, map[string]string{atTwilio: "https://169.254.169.254/latest/meta-data"}, []string{signedIn}, false},
		{"a redirect without encryption", atTwilio, map[string]string{atTwilio: "http://media.twiliocdn.com/1"}, []string{signedIn}, false},
		{"a redirect with a user", atTwilio, map[string]string{atTwilio: "https://alice@media.twiliocdn.com/1"}, []string{signedIn}, false},
		{"a redirect to a file", atTwilio, map[string]string{atTwilio: "file:///etc/passwd"}, []string{signedIn}, false},
		{"a redirect nowhere", atTwilio, map[string]string{atTwilio: ""}, []string{signedIn}, false},
		{"a redirect in a circle", atTwilio, map[string]string{atTwilio: atTwilio}, []string{signedIn, signedIn, signedIn, signedIn}, false},
		{"storage that redirects elsewhere", atTwilio,
			map[string]string{atTwilio: "https://media.twiliocdn.com/1", "https://media.twiliocdn.com/1": "https://attacker.example/1"},
			[]string{signedIn, "https://media.twiliocdn.com/1"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg, w := goodConfig(), &web{redirects: test.redirects}
			cfg.Transport = w
			c, err := twilio.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			body, contentType, err := c.FetchMedia(context.Background(), channel.Media{URL: test.url, ContentType: "image/jpeg"}, 100)
			if diff := cmp.Diff(test.asked, w.asked); diff != "" {
				t.Errorf("other hosts were asked (-want +got):\n%s", diff)
			}
			if !test.ok {
				if err == nil {
					t.Error("there is no error")
				} else if strings.Contains(err.Error(), "sesame") || !strings.HasPrefix(err.Error(), "twilio: ") {
					t.Errorf("the error is %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(body)
			if err != nil || string(content) != "picture" || contentType != "image/png" {
				t.Errorf("the content is %q of %s, %v", content, contentType, err)
			}
		})
	}
}

// TestFetchMediaRebased fetches what a webhook names at Twilio's usual host.
func TestFetchMediaRebased(t *testing.T) {
	fake := twiliotest.NewServer(t)
	c := newChannel(t, fake)
	u := strings.Replace(fake.HostMedia([]byte("picture"), "image/png"), fake.URL, "https://api.twilio.com", 1)
	body, _, err := c.FetchMedia(context.Background(), channel.Media{URL: u}, 7)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if content, err := io.ReadAll(body); err != nil || string(content) != "picture" {
		t.Errorf("the content is %q, %v", content, err)
	}
}

func TestFetchMediaGone(t *testing.T) {
	fake := twiliotest.NewServer(t)
	if _, _, err := newChannel(t, fake).FetchMedia(context.Background(), channel.Media{URL: fake.URL + mediaPath}, 100); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("the error is %v", err)
	}
}

// TestFetchMediaSize reads contents around the limit, with an announced length
// and without, in large and in small pieces.
func TestFetchMediaSize(t *testing.T) {
	for _, announced := range []bool{true, false} {
		for size := 8; size <= 12; size++ {
			for _, piece := range []int{1, 3, 100} {
				t.Run(fmt.Sprint(announced, size, piece), func(t *testing.T) {
					const limit = 10
					cfg := goodConfig()
					body := &closing{Reader: strings.NewReader(strings.Repeat("x", size))}
					cfg.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
						resp := &http.Response{StatusCode: 200, Header: http.Header{}, Body: body, Request: r, ContentLength: -1}
						if announced {
							resp.ContentLength = int64(size)
						}
						return resp, nil
					})
					c, err := twilio.New(cfg)
					if err != nil {
						t.Fatal(err)
					}
					r, contentType, err := c.FetchMedia(context.Background(), channel.Media{URL: "https://api.twilio.com/1", ContentType: "image/png"}, limit)
					var content []byte
					if err == nil {
						if contentType != "image/png" {
							t.Errorf("the type is %q, the webhook declared image/png", contentType)
						}
						content, err = readPieces(r, piece)
						r.Close()
					}
					if (err != nil) != (size > limit) {
						t.Errorf("%d bytes: the error is %v", size, err)
					}
					if err == nil && len(content) != size || len(content) > limit {
						t.Errorf("%d of %d bytes were read", len(content), size)
					}
					if !body.closed {
						t.Error("the body is still open")
					}
				})
			}
		}
	}
}

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

func readPieces(r io.Reader, piece int) ([]byte, error) {
	var all bytes.Buffer
	buffer := make([]byte, piece)
	for {
		n, err := r.Read(buffer)
		all.Write(buffer[:n])
		if errors.Is(err, io.EOF) {
			return all.Bytes(), nil
		}
		if err != nil {
			return all.Bytes(), err
		}
	}
}
