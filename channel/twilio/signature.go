package twilio

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/teaminbox/teaminbox/channel"
)

// signatureHeader carries base64(HMAC-SHA1(auth token, URL + parameters)). The
// parameters of a form are sorted by name, and name and value follow each
// other without delimiters; a GET request and a JSON body add nothing, and the
// URL of the latter holds the body's hash. Source: Twilio, Security, Validating
// requests.
const signatureHeader = "X-Twilio-Signature"

// bodyHash is the query parameter with the hexadecimal SHA-256 of a JSON body.
const bodyHash = "bodySHA256"

// request is a webhook whose signature is right.
type request struct {
	method string
	json   []byte // the body, if it is no form
	params form   // of the form, or of the query of a GET request
	query  form
}

// verify reads a webhook and checks its signature. A body that can't be read
// as what it says has no right signature.
func (c *Channel) verify(r *http.Request) (request, error) {
	body, err := c.readBody(r)
	if err != nil {
		return request{}, err
	}
	signature := r.Header.Get(signatureHeader)
	if signature == "" {
		return request{}, fmt.Errorf("twilio: the request has no %s: %w", signatureHeader, channel.ErrSignature)
	}
	uri, ok := requestURI(r)
	if !ok {
		return request{}, fmt.Errorf("twilio: the request has no RequestURI, as a server receives it: %w", channel.ErrSignature)
	}
	_, rawQuery, _ := strings.Cut(uri, "?")
	v := request{method: r.Method, query: parseForm(rawQuery)}
	switch {
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		v.params = v.query
		ok = c.signed(signature, uri, "")
	case isJSON(r):
		v.json = body
		ok = hasHash(v.query[bodyHash], body) && c.signed(signature, uri, "")
	default:
		v.params = parseForm(string(body))
		ok = c.signed(signature, uri, v.params.signedText())
	}
	if !ok {
		return request{}, fmt.Errorf("twilio: no auth token fits the request to this URL: %w", channel.ErrSignature)
	}
	return v, nil
}

// usualBody is for how much of a body there is room from the beginning, in
// bytes, if its sender announces so much. More than the usual has to come before
// room is made for it.
const usualBody = 4 << 10

// readBody reads the body of a webhook whole, up to the limit.
func (c *Channel) readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil, nil
	}
	if r.ContentLength > c.maxBody {
		return nil, fmt.Errorf("twilio: the body has %d bytes, the limit is %d: %w", r.ContentLength, c.maxBody, channel.ErrTooLarge)
	}
	var buffer bytes.Buffer
	buffer.Grow(int(min(max(r.ContentLength, 0), usualBody)) + bytes.MinRead)
	_, err := buffer.ReadFrom(io.LimitReader(r.Body, c.maxBody+1))
	body := buffer.Bytes()
	var cut *http.MaxBytesError
	switch {
	case errors.As(err, &cut):
		return nil, fmt.Errorf("twilio: the body has more than the host's limit of %d bytes: %w", cut.Limit, channel.ErrTooLarge)
	case err != nil:
		return nil, fmt.Errorf("twilio: the body broke off: %w (%w)", channel.ErrMalformed, err)
	case int64(len(body)) > c.maxBody:
		return nil, fmt.Errorf("twilio: the body has more than the limit of %d bytes: %w", c.maxBody, channel.ErrTooLarge)
	}
	return body, nil
}

// signed reports whether one of the tokens has signed one of the URLs as which
// Twilio may know the request URI.
func (c *Channel) signed(signature, uri, params string) bool {
	got := []byte(signature)
	for _, u := range c.public.candidates(uri) {
		for _, token := range c.tokens {
			mac := hmac.New(sha1.New, []byte(token.reveal()))
			// A hash's Write returns no error.
			_, _ = io.WriteString(mac, u)
			_, _ = io.WriteString(mac, params)
			want := base64.StdEncoding.EncodeToString(mac.Sum(nil))
			if hmac.Equal([]byte(want), got) {
				return true
			}
		}
	}
	return false
}

func isJSON(r *http.Request) bool {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && mediaType == "application/json"
}

// hasHash reports whether the one hash of the query is the body's.
func hasHash(hashes []string, body []byte) bool {
	if len(hashes) != 1 {
		return false
	}
	want := sha256.Sum256(body)
	got, err := hex.DecodeString(hashes[0])
	return err == nil && subtle.ConstantTimeCompare(want[:], got) == 1
}
