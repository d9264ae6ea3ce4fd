package channeltest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/teaminbox/teaminbox/channel"
)

func signatureCases() []testCase {
	const rule = "ParseWebhook verifies the request's signature first and only then parses what it has verified. "
	return []testCase{{
		name: "Signature/Missing",
		rule: rule + "ErrSignature: the request is not authentic.",
		run:  signatureMissing,
	}, {
		name: "Signature/Wrong",
		rule: rule + "ErrSignature: the request is not authentic.",
		run:  signatureWrong,
	}, {
		name: "Signature/OfAnotherRequest",
		rule: rule + "ErrSignature: the request is not authentic.",
		run:  signatureOfAnotherRequest,
	}, {
		name: "Signature/TamperedText",
		rule: rule + "ErrSignature: the request is not authentic.",
		run:  signatureTamperedText,
	}, {
		name: "Signature/TamperedMessageID",
		rule: rule + "[Our id in a status update settles an uncertain send, so it is signed as well.]",
		run:  signatureTamperedMessageID,
	}, {
		name: "Signature/BeforeParsing",
		rule: rule + "[What is wrong with a forged request is not found out.]",
		run:  signatureBeforeParsing,
	}}
}

// signed returns the nth request and the header with its signature, or a skip.
func (e *env) signed(n int) (*hook, *http.Request, string, error) {
	h, err := e.hook()
	if err != nil {
		return nil, nil, "", err
	}
	header := h.make.SignatureHeader
	if header == "" {
		return nil, nil, "", skipf("the harness names no SignatureHeader")
	}
	r, err := h.request(e.inbound(n))
	if err != nil {
		return nil, nil, "", err
	}
	if r.Header.Get(header) == "" {
		return nil, nil, "", fmt.Errorf("harness: the request has no header %s", header)
	}
	return h, r, header, nil
}

func signatureMissing(e *env) error {
	h, r, header, err := e.signed(1)
	if err != nil {
		return err
	}
	r.Header.Del(header)
	if err := h.refused(r, channel.ErrSignature); err != nil {
		return fmt.Errorf("a request without %s: %w", header, err)
	}
	return nil
}

// corrupt changes the first character of a header.
func corrupt(r *http.Request, header string) {
	value := r.Header.Get(header)
	first := "A"
	if strings.HasPrefix(value, first) {
		first = "B"
	}
	r.Header.Set(header, first+value[min(1, len(value)):])
}

func signatureWrong(e *env) error {
	changes := map[string]func(r *http.Request, header string){
		"empty":       func(r *http.Request, header string) { r.Header.Set(header, "") },
		"garbage":     func(r *http.Request, header string) { r.Header.Set(header, "\x00=,;%") },
		"cut short":   func(r *http.Request, header string) { v := r.Header.Get(header); r.Header.Set(header, v[:len(v)/2]) },
		"changed":     corrupt,
		"of any text": func(r *http.Request, header string) { r.Header.Set(header, strings.Repeat("0", 64)) },
	}
	for what, change := range changes {
		h, r, header, err := e.signed(1)
		if err != nil {
			return err
		}
		change(r, header)
		if err := h.refused(r, channel.ErrSignature); err != nil {
			return fmt.Errorf("a signature that is %s: %w", what, err)
		}
	}
	return nil
}

func signatureOfAnotherRequest(e *env) error {
	h, r, header, err := e.signed(1)
	if err != nil {
		return err
	}
	_, other, _, err := e.signed(2)
	if err != nil {
		return err
	}
	r.Header.Set(header, other.Header.Get(header))
	if _, err := h.ParseWebhook(other); err != nil {
		return fmt.Errorf("ParseWebhook refused a valid request: %w", err)
	}
	return h.refused(r, channel.ErrSignature)
}

// replace changes a text wherever a request carries it and reports whether it
// was there.
func replace(r *http.Request, from, to string) (bool, error) {
	var content []byte
	if r.Body != nil {
		var err error
		if content, err = io.ReadAll(r.Body); err != nil {
			return false, fmt.Errorf("harness: reading the request's body: %w", err)
		}
	}
	found := bytes.Contains(content, []byte(from)) || strings.Contains(r.URL.String(), from)
	content = bytes.ReplaceAll(content, []byte(from), []byte(to))
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
	r.URL.Path = strings.ReplaceAll(r.URL.Path, from, to)
	r.URL.RawPath = strings.ReplaceAll(r.URL.RawPath, from, to)
	r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, from, to)
	r.RequestURI = strings.ReplaceAll(r.RequestURI, from, to)
	return found, nil
}

func signatureTamperedText(e *env) error {
	h, _, _, err := e.signed(1)
	if err != nil {
		return err
	}
	m := e.inbound(1)
	m.Text = "payalice"
	r, err := h.request(m)
	if err != nil {
		return err
	}
	found, err := replace(r, "payalice", "paycarol")
	if err != nil {
		return err
	}
	if !found {
		return skipf("the request does not carry the text as it is")
	}
	return h.refused(r, channel.ErrSignature)
}

func signatureTamperedMessageID(e *env) error {
	h, _, header, err := e.signed(1)
	if err != nil {
		return err
	}
	r, err := h.status(channel.StatusUpdate{ProviderID: e.ProviderID(1), MessageID: "710001", State: channel.DeliveryDelivered})
	if err != nil {
		return err
	}
	if r.Header.Get(header) == "" {
		return fmt.Errorf("harness: the status request has no header %s", header)
	}
	found, err := replace(r, "710001", "710002")
	if err != nil {
		return err
	}
	if !found {
		return skipf("the request does not carry our id as it is")
	}
	return h.refused(r, channel.ErrSignature)
}

func signatureBeforeParsing(e *env) error {
	for _, garbage := range []string{"", "{", "a=%zz&=&;", "<xml", "\x00\xff"} {
		h, r, header, err := e.signed(1)
		if err != nil {
			return err
		}
		corrupt(r, header)
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(garbage)), int64(len(garbage))
		if err := h.refused(r, channel.ErrSignature); err != nil {
			return fmt.Errorf("a forged request with the body %q: %w", garbage, err)
		}
	}
	return nil
}
