package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
)

// The Twilio account of the company.
const (
	accountSID      = "AC0123456789abcdef0123456789abcdef"
	authToken       = "fedcba98765432100123456789abcdef"
	signatureHeader = "X-Twilio-Signature"
)

// sids makes ids of Twilio's form. Like Twilio's they are in no order, and no
// two are the same whatever process makes them.
type sids struct {
	base uint64
	made atomic.Int64
}

func newSIDs() *sids { return &sids{base: rand.Uint64()} }

func (s *sids) next() string {
	n := s.base + uint64(s.made.Add(1))
	return fmt.Sprintf("SM%016x%016x", scatter(int(n)), s.base^n)
}

// parameter is one of a form's.
type parameter struct{ name, value string }

// inboundForm returns what Twilio tells of a customer's message, in the order
// of the names.
func inboundForm(sid, from, text string) []parameter {
	return []parameter{
		{"AccountSid", accountSID},
		{"ApiVersion", "2010-04-01"},
		{"Body", text},
		{"From", from},
		{"FromCity", "SPRINGFIELD"},
		{"FromCountry", "US"},
		{"FromState", "IL"},
		{"FromZip", "62701"},
		{"MessageSid", sid},
		{"NumMedia", "0"},
		{"NumSegments", "1"},
		{"SmsMessageSid", sid},
		{"SmsSid", sid},
		{"SmsStatus", "received"},
		{"To", string(ours)},
		{"ToCity", "SAN FRANCISCO"},
		{"ToCountry", "US"},
		{"ToState", "CA"},
		{"ToZip", "94105"},
	}
}

// statusForm returns what Twilio tells of a message of ours, in the order of the
// names.
func statusForm(sid, to, status string) []parameter {
	return []parameter{
		{"AccountSid", accountSID},
		{"ApiVersion", "2010-04-01"},
		{"From", string(ours)},
		{"MessageSid", sid},
		{"MessageStatus", status},
		{"SmsSid", sid},
		{"SmsStatus", status},
		{"To", to},
	}
}

// encoded returns the body of a form.
func encoded(form []parameter) string {
	var b strings.Builder
	for i, p := range form {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.name)
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(p.value))
	}
	return b.String()
}

// decoded returns the parameters of a body in the order of their names.
func decoded(body string) ([]parameter, error) {
	form := make([]parameter, 0, 24)
	for pair := range strings.SplitSeq(body, "&") {
		name, value, _ := strings.Cut(pair, "=")
		value, err := url.QueryUnescape(value)
		if err != nil {
			return nil, err
		}
		form = append(form, parameter{name, value})
	}
	slices.SortFunc(form, func(a, b parameter) int { return strings.Compare(a.name, b.name) })
	return form, nil
}

// signature signs a form as Twilio does: one pass over the URL and the
// parameters in the order of their names.
func signature(address string, form []parameter) string {
	mac := hmac.New(sha1.New, []byte(authToken))
	_, _ = io.WriteString(mac, address) // a hash's Write returns no error
	for _, p := range form {
		_, _ = io.WriteString(mac, p.name)
		_, _ = io.WriteString(mac, p.value)
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// webhook returns the signed request by which Twilio tells of something.
func webhook(ctx context.Context, address string, form []parameter) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(encoded(form)))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	r.Header.Set(signatureHeader, signature(address, form))
	return r, nil
}
