package channeltest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/teaminbox/teaminbox/channel"
)

func secretCases() []testCase {
	return []testCase{{
		name: "Secrets/SendError",
		rule: "SendError: its text holds no address, body or credential.",
		run:  secretsSendError,
	}, {
		name: "Secrets/Printed",
		rule: "Credentials are in no printed form of a channel.",
		run:  secretsPrinted,
	}}
}

// private is text that must not appear, with what it is.
type private struct{ what, text string }

func (e *env) credentials() (all []private) {
	for _, s := range e.Secrets {
		all = append(all, private{"a credential", s})
	}
	return all
}

// private returns everything about a message that errors must not tell.
func (e *env) private(m channel.Outbound) []private {
	return append(e.credentials(),
		private{"the body", m.Text},
		private{"the customer's address", strings.TrimPrefix(m.To.Identity(), "+")},
		private{"our address", strings.TrimPrefix(m.From.Identity(), "+")},
	)
}

// leak returns an error if the text contains something private, as it is or
// escaped for a URL.
func leak(text string, all []private) error {
	for _, p := range all {
		if p.text == "" {
			continue
		}
		for _, form := range []string{p.text, url.QueryEscape(p.text), url.PathEscape(p.text)} {
			if strings.Contains(text, form) {
				return fmt.Errorf("it contains %s", p.what)
			}
		}
	}
	return nil
}

// leakOfError looks at every printed form of an error and of all its causes.
func leakOfError(err error, all []private) error {
	if err == nil {
		return nil
	}
	for _, form := range []string{"%v", "%+v", "%#v"} {
		if l := leak(fmt.Sprintf(form, err), all); l != nil {
			return fmt.Errorf("printed with %s, the error (%T): %w", form, err, l)
		}
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, cause := range joined.Unwrap() {
			if l := leakOfError(cause, all); l != nil {
				return l
			}
		}
		return nil
	}
	return leakOfError(errors.Unwrap(err), all)
}

func secretsSendError(e *env) error {
	return e.eachBehaviour(func(e *env, _ Behaviour, m channel.Outbound, a attempt) error {
		return leakOfError(a.err, e.private(m))
	})
}

func secretsPrinted(e *env) error {
	if len(e.Secrets) == 0 {
		return skipf("the harness names no Secrets")
	}
	for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
		if err := leak(fmt.Sprintf(form, e.Channel), e.credentials()); err != nil {
			return fmt.Errorf("the channel printed with %s: %w", form, err)
		}
	}
	if text, err := json.Marshal(e.Channel); err == nil {
		if err := leak(string(text), e.credentials()); err != nil {
			return fmt.Errorf("the channel as JSON: %w", err)
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("channel", "channel", e.Channel)
	if err := leak(log.String(), e.credentials()); err != nil {
		return fmt.Errorf("the channel in a structured log: %w", err)
	}
	return nil
}
