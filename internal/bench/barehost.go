package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// bareHost is the bare server: net/http, a check of the signature in one pass,
// and the bare writers.
type bareHost struct {
	*bare
	public string
}

func newBareHost(ctx context.Context, j job, public string) (host, error) {
	b, err := newBare(ctx, j)
	if err != nil {
		return nil, err
	}
	return &bareHost{b, public}, nil
}

func (h *bareHost) obey(_ context.Context, o order) error {
	if o.Do == orderUsage {
		return nil
	}
	return errors.New("the bare server can't")
}

// emptyAnswer is what Twilio wants to hear.
const emptyAnswer = `<?xml version="1.0" encoding="UTF-8"?><Response/>`

func (h *bareHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	form, err := decoded(string(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if signature(h.public, form) != r.Header.Get(signatureHeader) {
		http.Error(w, "the signature is wrong", http.StatusForbidden)
		return
	}
	a, err := arrivalOf(form)
	if err == nil {
		err = h.take(r.Context(), a)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	_, _ = io.WriteString(w, emptyAnswer) // nobody is left to tell
}

// arrivalOf keeps what has no column as the store does.
func arrivalOf(form []parameter) (arrival, error) {
	var a arrival
	raw := make(map[string]string, len(form))
	for _, p := range form {
		switch p.name {
		case "MessageSid":
			a.provider = p.value
		case "From":
			a.address = p.value
		case "Body":
			a.text = p.value
		case "AccountSid", "To", "NumMedia", "FromCountry", "SmsSid", "SmsMessageSid":
		default:
			raw[p.name] = p.value
		}
	}
	text, err := json.Marshal(map[string]any{"raw": raw})
	extras := string(text)
	a.extras = &extras
	return a, err
}
