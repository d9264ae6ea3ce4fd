package channeltest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/teaminbox/teaminbox/channel"
)

// limit returns the declared limit of a body or a skip.
func (h *hook) limit() (int, error) {
	if h.make.MaxBody <= 0 {
		return 0, skipf("the harness names no MaxBody")
	}
	return int(h.make.MaxBody), nil
}

func webhookTooLarge(e *env) error {
	h, err := e.hook()
	if err != nil {
		return err
	}
	limit, err := h.limit()
	if err != nil {
		return err
	}
	for _, length := range []string{"declared", "unknown"} {
		m := e.inbound(1)
		m.Text = strings.Repeat("a", limit+1)
		r, err := h.request(m)
		if err != nil {
			return err
		}
		if length == "unknown" {
			r.ContentLength = -1
		}
		if err := h.refused(r, channel.ErrTooLarge); err != nil {
			return fmt.Errorf("a body over the limit of %d bytes, whose length is %s: %w", limit, length, err)
		}
	}
	return nil
}

// refused parses a request that must fail with the sentinel.
func (h *hook) refused(r *http.Request, want error) error {
	d, err := h.ParseWebhook(r)
	switch {
	case err == nil:
		return fmt.Errorf("ParseWebhook accepted it, the error %w is due", want)
	case !errors.Is(err, want):
		return fmt.Errorf("ParseWebhook failed with an error that does not wrap %q: %w", want.Error(), err)
	case len(d.Inbound) > 0 || len(d.Status) > 0:
		return errors.New("ParseWebhook returned an error together with a message or status update")
	}
	return nil
}

// endless is a body that goes on for much longer than anybody should read.
type endless struct{ read, end int }

func (b *endless) Read(p []byte) (int, error) {
	if b.read >= b.end {
		return 0, io.EOF
	}
	p = p[:min(len(p), b.end-b.read)]
	for i := range p {
		p[i] = 'a'
	}
	b.read += len(p)
	return len(p), nil
}

func webhookBoundedRead(e *env) error {
	h, err := e.hook()
	if err != nil {
		return err
	}
	limit, err := h.limit()
	if err != nil {
		return err
	}
	r, err := h.request(e.inbound(1))
	if err != nil {
		return err
	}
	// Whoever reads in blocks may read some more than the limit.
	const block = 64 << 10
	stream := &endless{end: limit + 64*block}
	r.Body, r.ContentLength = io.NopCloser(stream), -1
	_, err = h.ParseWebhook(r)
	if err == nil {
		return errors.New("ParseWebhook accepted an endless body")
	}
	if stream.read > limit+block {
		return fmt.Errorf("ParseWebhook read %d bytes of a body, the limit is %d", stream.read, limit)
	}
	if !errors.Is(err, channel.ErrTooLarge) && !errors.Is(err, channel.ErrSignature) {
		return fmt.Errorf("ParseWebhook failed on an endless body with another error than ErrTooLarge: %w", err)
	}
	return nil
}

func webhookMalformed(e *env) error {
	h, err := e.hook()
	if err != nil {
		return err
	}
	if h.make.Malformed == nil {
		return skipf("the harness makes no Malformed requests")
	}
	requests := h.make.Malformed()
	if len(requests) == 0 {
		return errors.New("harness: Malformed made no request")
	}
	for i, r := range requests {
		if err := h.refused(r, channel.ErrMalformed); err != nil {
			return fmt.Errorf("malformed request %d: %w", i, err)
		}
	}
	return nil
}

func webhookErrorsTellNothing(e *env) error {
	h, err := e.hook()
	if err != nil {
		return err
	}
	var requests []*http.Request
	if h.make.SignatureHeader != "" {
		r, err := h.request(e.inbound(1))
		if err != nil {
			return err
		}
		r.Header.Del(h.make.SignatureHeader)
		requests = append(requests, r)
		if r, err = h.request(e.inbound(2)); err != nil {
			return err
		}
		corrupt(r, h.make.SignatureHeader)
		requests = append(requests, r)
	}
	if h.make.Malformed != nil {
		requests = append(requests, h.make.Malformed()...)
	}
	if h.make.MaxBody > 0 {
		m := e.inbound(3)
		m.Text = strings.Repeat(body, int(h.make.MaxBody)/len(body)+1)
		r, err := h.request(m)
		if err != nil {
			return err
		}
		requests = append(requests, r)
	}
	if len(requests) == 0 {
		return skipf("the harness has neither SignatureHeader nor Malformed nor MaxBody")
	}
	for _, r := range requests {
		_, err := h.ParseWebhook(r)
		if err == nil {
			return errors.New("ParseWebhook accepted a request that is forged, malformed or too large")
		}
		if l := leakOfError(err, e.private(e.outbound(""))); l != nil {
			return l
		}
	}
	return nil
}
