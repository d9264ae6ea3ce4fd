package twilio_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
)

// update rewrites testdata/deliveries.json. What changes in it is to be read
// against testdata/webhooks.json.
var update = flag.Bool("update", false, "rewrite the golden file")

// vector is a request that was signed by Twilio's own library for Node.
type vector struct {
	Name      string            `json:"name"`
	Method    string            `json:"method"`
	URL       string            `json:"url"` // as the receiver sees it, or has it configured
	SignedURL string            `json:"signed_url"`
	Params    [][2]string       `json:"params"`
	Token     string            `json:"token"`
	Signature string            `json:"signature"`
	Headers   map[string]string `json:"headers"`
	Body      string            `json:"body"`
	NodeValid bool              `json:"node_valid"`
	Note      string            `json:"note"`
}

func vectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/webhooks.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []vector `json:"vectors"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) != 42 {
		t.Fatalf("there are %d vectors, 42 were expected", len(file.Vectors))
	}
	return file.Vectors
}

const vectorAccount = "AC0123456789abcdef0123456789abcdef"

// split divides a URL into what a host configures and the bytes in which a
// server receives the rest, without a library that would rewrite them.
func split(raw string) (base, uri string) {
	scheme, rest, _ := strings.Cut(raw, "://")
	rest, _, _ = strings.Cut(rest, "#")
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	base, uri = scheme+"://"+rest[:end], rest[end:]
	if !strings.HasPrefix(uri, "/") {
		uri = "/" + uri
	}
	return base, uri
}

// request is the vector as a server receives it.
func (v vector) request() *http.Request {
	_, uri := split(v.URL)
	r := &http.Request{
		Method:        v.Method,
		RequestURI:    uri,
		URL:           &url.URL{Path: "/somewhere/else"}, // as a router may have left it
		Header:        http.Header{},
		Body:          io.NopCloser(strings.NewReader(v.Body)),
		ContentLength: int64(len(v.Body)),
		Host:          "attacker.example",
	}
	for name, value := range v.Headers {
		r.Header.Set(name, value)
	}
	return r
}

// channel returns a channel for which the vector was signed.
func (v vector) channel(t *testing.T, publicURL string, tokens ...string) *twilio.Channel {
	t.Helper()
	c, err := twilio.New(twilio.Config{
		AccountSID: vectorAccount,
		AuthTokens: tokens,
		PublicURL:  publicURL,
		StatusURL:  publicURL,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// refused are the vectors that no receiver may take for a message, with what
// they fail with. Two others the Node library rejects, but only since it is
// given the configured URL with parts that Twilio drops before it signs.
var refused = map[string]error{
	"url-scheme-behind-proxy":   channel.ErrSignature, // http:// is configured, https:// was signed
	"params-repeated-different": channel.ErrMalformed, // authentic, but which value counts?
	"json-body":                 channel.ErrMalformed, // authentic, but no message
}

var documented = map[string]bool{"url-userinfo-dropped": true, "url-fragment-dropped": true}

func TestVectors(t *testing.T) {
	golden := map[string]channel.Delivery{}
	for _, v := range vectors(t) {
		if !v.NodeValid && refused[v.Name] == nil && !documented[v.Name] {
			t.Errorf("%s: the vector is invalid for a reason that is not known here: %s", v.Name, v.Note)
		}
		base, _ := split(v.URL)
		// The host may configure the base or the webhook's whole URL.
		for _, public := range []string{base, v.URL} {
			delivery, err := v.channel(t, public, v.Token).ParseWebhook(v.request())
			if want := refused[v.Name]; !errors.Is(err, want) {
				t.Errorf("%s with %s: the error is %v, want %v", v.Name, public, err, want)
			}
			if previous, seen := golden[v.Name]; seen {
				if diff := cmp.Diff(previous, delivery); diff != "" {
					t.Errorf("%s depends on how the URL is configured (-base +whole):\n%s", v.Name, diff)
				}
			}
			golden[v.Name] = delivery
		}
	}
	compareGolden(t, "testdata/deliveries.json", golden)
}

func compareGolden(t *testing.T, path string, got map[string]channel.Delivery) {
	t.Helper()
	if *update {
		text, err := json.MarshalIndent(got, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]channel.Delivery
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the vectors say is read differently (-golden +got):\n%s", diff)
	}
}

// TestVectorsKeepEverything compares with the vectors' own parameters: each is
// in a field or in Raw.
func TestVectorsKeepEverything(t *testing.T) {
	for _, v := range vectors(t) {
		if refused[v.Name] != nil {
			continue
		}
		delivery, err := v.channel(t, v.URL, v.Token).ParseWebhook(v.request())
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		kept, err := json.Marshal(delivery)
		if err != nil {
			t.Fatal(err)
		}
		var decoded any
		decoder := json.NewDecoder(bytes.NewReader(kept))
		decoder.UseNumber()
		if err := decoder.Decode(&decoded); err != nil {
			t.Fatal(err)
		}
		values := map[string]bool{}
		collect(decoded, values)
		for _, p := range v.Params {
			name, value := p[0], p[1]
			switch {
			case value == "", values[value], value == "false", name == "AccountSid":
			case len(delivery.Status) == 1:
				// A status update has no room for more than its fields.
			case name == "OptOutType" && values[strings.ToLower(value)]:
			case name == "NumMedia" && value == strconv.Itoa(len(delivery.Inbound[0].Media)):
			case name == "Forwarded" && delivery.Inbound[0].Forwarded:
			case name == "ExternalUserId" && values[strings.TrimPrefix(value, "whatsapp:")]:
			default:
				t.Errorf("%s: %s=%q is lost", v.Name, name, value)
			}
		}
	}
}

// collect gathers all strings and numbers of decoded JSON.
func collect(decoded any, into map[string]bool) {
	switch x := decoded.(type) {
	case string:
		into[x] = true
	case json.Number:
		into[x.String()] = true
	case []any:
		for _, e := range x {
			collect(e, into)
		}
	case map[string]any:
		for _, e := range x {
			collect(e, into)
		}
	}
}

// TestVectorsTampered changes each vector in every way that would matter.
func TestVectorsTampered(t *testing.T) {
	for _, v := range vectors(t) {
		if errors.Is(refused[v.Name], channel.ErrSignature) {
			continue
		}
		base, uri := split(v.URL)
		c := v.channel(t, base, v.Token)
		for what, change := range map[string]func(r *http.Request){
			"no signature":     func(r *http.Request) { r.Header.Del("X-Twilio-Signature") },
			"another path":     func(r *http.Request) { r.RequestURI = "/other" + uri },
			"a longer query":   func(r *http.Request) { r.RequestURI = uri + "&x=1" },
			"a query":          func(r *http.Request) { r.RequestURI = uri + "?x=1" },
			"another method":   func(r *http.Request) { r.Method = map[string]string{"GET": "POST", "POST": "GET"}[r.Method] },
			"one letter lower": func(r *http.Request) { lower(r) },
		} {
			if what == "another method" && v.Method == "GET" {
				// A POST without a form is signed like a GET. It has no
				// parameters, so it is malformed.
				r := v.request()
				change(r)
				if _, err := c.ParseWebhook(r); !errors.Is(err, channel.ErrMalformed) {
					t.Errorf("%s with %s: %v", v.Name, what, err)
				}
				continue
			}
			if what == "another method" && v.Headers["Content-Type"] == "application/json" {
				continue // a GET of the same URL has the same signature
			}
			r := v.request()
			change(r)
			if _, err := c.ParseWebhook(r); !errors.Is(err, channel.ErrSignature) {
				t.Errorf("%s with %s: the error is %v", v.Name, what, err)
			}
		}
		for what, tokens := range map[string][]string{
			"another token":    {"ffffffffffffffffffffffffffffffff"},
			"a longer token":   {v.Token + "0"},
			"two wrong tokens": {"ffffffffffffffffffffffffffffffff", "00000000000000000000000000000000"},
		} {
			if _, err := v.channel(t, base, tokens...).ParseWebhook(v.request()); !errors.Is(err, channel.ErrSignature) {
				t.Errorf("%s with %s: the error is %v", v.Name, what, err)
			}
		}
		_, err := v.channel(t, base, "ffffffffffffffffffffffffffffffff", v.Token).ParseWebhook(v.request())
		if !errors.Is(err, refused[v.Name]) {
			t.Errorf("%s with the second of two tokens: %v", v.Name, err)
		}
	}
}

// lower changes the case of the first letter of a signature that has another
// case.
func lower(r *http.Request) {
	const header = "X-Twilio-Signature"
	changed := false
	r.Header.Set(header, strings.Map(func(c rune) rune {
		if !changed && 'A' <= c && c <= 'Z' {
			changed = true
			return c - 'A' + 'a'
		}
		return c
	}, r.Header.Get(header)))
}
