package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// hookChannel is a channel whose webhook brings what a test says.
type hookChannel struct {
	channel.Channel
	delivery channel.Delivery
	err      error
}

func newHookChannel() *hookChannel {
	return &hookChannel{Channel: channel.Func("hook", func(context.Context, channel.Outbound) (channel.Receipt, error) {
		return channel.Receipt{}, nil
	})}
}

func (c *hookChannel) ParseWebhook(*http.Request) (channel.Delivery, error) { return c.delivery, c.err }

func (c *hookChannel) Acknowledge(w http.ResponseWriter) {
	w.WriteHeader(http.StatusAccepted)
}

// failingStore is a store whose transactions fail when a test says so.
type failingStore struct {
	store.Store
	err error
}

func (s *failingStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	if s.err != nil {
		return s.err
	}
	return s.Store.Update(ctx, fn)
}

func TestWebhookAnswers(t *testing.T) {
	good := channel.Delivery{Inbound: []channel.Inbound{{ProviderID: "1", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "hello"}}}
	for name, test := range map[string]struct {
		delivery channel.Delivery
		parse    error
		store    error
		status   int
	}{
		"taken":                  {good, nil, nil, http.StatusAccepted},
		"nothing in it":          {channel.Delivery{}, nil, nil, http.StatusAccepted},
		"bad signature":          {good, fmt.Errorf("x: %w", channel.ErrSignature), nil, http.StatusForbidden},
		"too large":              {good, fmt.Errorf("x: %w", channel.ErrTooLarge), nil, http.StatusRequestEntityTooLarge},
		"malformed":              {good, fmt.Errorf("x: %w", channel.ErrMalformed), nil, http.StatusBadRequest},
		"a message without id":   {channel.Delivery{Inbound: []channel.Inbound{good.Inbound[0], {From: alicesCustomer, To: inboxtest.SupportNumber}}}, nil, nil, http.StatusBadRequest},
		"a report on nothing":    {channel.Delivery{Inbound: good.Inbound, Status: []channel.StatusUpdate{{}}}, nil, nil, http.StatusBadRequest},
		"the store fails":        {good, nil, errors.New("disk full"), http.StatusInternalServerError},
		"the engine is overfull": {good, nil, inbox.ErrOverloaded, http.StatusServiceUnavailable},
		"the store is away":      {good, nil, fmt.Errorf("x: %w", store.ErrUnavailable), http.StatusServiceUnavailable},
		"the store is busy":      {good, nil, fmt.Errorf("x: %w", store.ErrBusy), http.StatusServiceUnavailable},
		"something else":         {good, errors.New("surprise"), nil, http.StatusInternalServerError},
	} {
		t.Run(name, func(t *testing.T) {
			ch := newHookChannel()
			ch.delivery, ch.err = test.delivery, test.parse
			db := &failingStore{Store: memory.New()}
			h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Store: db, Channels: []channel.Channel{ch}}})
			hook, err := h.Inbox.Webhook("hook")
			if err != nil {
				t.Fatal(err)
			}
			db.err = test.store
			w := httptest.NewRecorder()
			hook.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil))
			db.err = nil
			if w.Code != test.status {
				t.Errorf("status %d, want %d", w.Code, test.status)
			}
			if after := w.Header().Get("Retry-After"); (after != "") != (test.status == http.StatusServiceUnavailable) {
				t.Errorf("Retry-After is %q", after)
			}
			kept := 0
			if test.status == http.StatusAccepted {
				kept = len(test.delivery.Inbound)
			}
			if strays, err := h.Agent("alice").Strays(t.Context(), 0); err != nil || len(strays) != kept {
				t.Errorf("%d messages are kept, %v; want %d", len(strays), err, kept)
			}
		})
	}
}

func TestWebhookOfWhatHasNone(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	if _, err := h.Inbox.Webhook("pigeon"); !errors.Is(err, inbox.ErrUnknownChannel) {
		t.Errorf("error %v, want ErrUnknownChannel", err)
	}
	if _, err := h.Inbox.Webhook("simulated"); err == nil || !strings.Contains(err.Error(), "simulated") {
		t.Errorf("error %v, want one that names the channel", err)
	}
}

func TestReportOnWhatIsNotOursIsIgnored(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	for _, u := range []channel.StatusUpdate{
		{ProviderID: "SM404", State: channel.DeliverySent},
		{MessageID: "404", State: channel.DeliverySent},
		{MessageID: "'; DROP TABLE", State: channel.DeliverySent},
	} {
		if err := h.Inbox.Status(t.Context(), "simulated", u); err != nil {
			t.Errorf("%+v: %v", u, err)
		}
	}
	if err := h.Inbox.Status(t.Context(), "simulated", channel.StatusUpdate{}); !errors.Is(err, inbox.ErrInvalid) {
		t.Errorf("a report on nothing: error %v, want ErrInvalid", err)
	}
	if n := len(h.Events()); n > 0 {
		t.Errorf("%d events", n)
	}
}
