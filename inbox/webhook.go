package inbox

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"go.opentelemetry.io/otel/trace"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// drainedBody is how much of a body that is too large is read and thrown away
// before the answer, in bytes.
const drainedBody = 1 << 20

// retryAfter is what an engine asks of a provider that is overloaded or has lost
// its store, in seconds.
const retryAfter = 2

// Webhook returns the handler for a channel's webhooks: inbound messages and
// status callbacks. Mount it at the URL that the channel is configured with.
//
// It answers 2xx only when everything that the request brought is durable.
// Otherwise it answers 403 (the signature does not match), 413 (the body is
// too large), 400 (the request is malformed), 503 with Retry-After (too much
// is waiting, or the store is busy or can't be reached) or 500 (the store failed); nothing
// is stored then.
//
// The error is ErrUnknownChannel, or says that the channel has no webhooks.
func (in *Inbox) Webhook(channelName string) (http.Handler, error) {
	ch, ok := in.channels[channelName]
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrUnknownChannel, channelName)
	}
	hook, ok := ch.(channel.Webhook)
	if !ok {
		return nil, fmt.Errorf("inbox: channel %q has no webhooks", channelName)
	}
	return &webhookHandler{in: in, channel: hook}, nil
}

type webhookHandler struct {
	in      *Inbox
	channel channel.Webhook
}

func (h *webhookHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begun := h.in.now()
	ctx, end := h.in.telemetry.span(r.Context(), "receive "+h.channel.Name(), trace.SpanKindServer, 0, 0)
	delivery, err := h.channel.ParseWebhook(r)
	if err == nil {
		err = h.in.receiveAll(ctx, h.channel.Name(), delivery)
	}
	end(err)
	if err == nil {
		noted := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		h.channel.Acknowledge(noted)
		h.in.telemetry.answered(ctx, h.channel.Name(), h.in.now().Sub(begun), noted.status)
		return
	}
	status := statusFor(err)
	h.in.telemetry.answered(ctx, h.channel.Name(), h.in.now().Sub(begun), status)
	if status == http.StatusRequestEntityTooLarge {
		// Whoever is still writing would not hear the answer.
		_, _ = io.CopyN(io.Discard, r.Body, drainedBody)
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
	}
	if status >= http.StatusInternalServerError {
		h.in.log.Error("a webhook could not be taken in; the provider is told so", "channel", h.channel.Name(), "status", status, "err", err)
	} else {
		h.in.log.Warn("a webhook was refused", "channel", h.channel.Name(), "status", status, "err", err)
	}
	http.Error(w, http.StatusText(status), status)
}

// statusWriter notes with which status a channel acknowledges.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func statusFor(err error) int {
	switch {
	case errors.Is(err, channel.ErrSignature):
		return http.StatusForbidden
	case errors.Is(err, channel.ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, channel.ErrMalformed), errors.Is(err, ErrInvalid):
		return http.StatusBadRequest
	case errors.Is(err, ErrOverloaded), errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrBusy):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
