package channeltest

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/teaminbox/teaminbox/channel"
)

func webhookCases() []testCase {
	return []testCase{{
		name: "Webhook/Inbound",
		rule: "Inbound: ProviderID, From and To are always there.",
		run:  webhookInbound,
	}, {
		name: "Webhook/TextUntouched",
		rule: "Text is what the customer wrote, untouched but for bytes that are not UTF-8, which become U+FFFD.",
		run:  webhookTextUntouched,
	}, {
		name: "Webhook/Raw",
		rule: "Raw holds the provider's parameters that have no field here, by their own names, so that nothing that came in is lost.",
		run:  webhookRaw,
	}, {
		name: "Webhook/Replay",
		rule: "ParseWebhook keeps nothing. [A replay is parsed alike; the engine drops it by its ProviderID.]",
		run:  webhookReplay,
	}, {
		name: "Webhook/Concurrent",
		rule: "ParseWebhook is called from many goroutines at once.",
		run:  webhookConcurrent,
	}, {
		name: "Webhook/TooLarge",
		rule: "ErrTooLarge: the body is over the channel's limit.",
		run:  webhookTooLarge,
	}, {
		name: "Webhook/BoundedRead",
		rule: "ParseWebhook reads the body itself and bounds it.",
		run:  webhookBoundedRead,
	}, {
		name: "Webhook/Malformed",
		rule: "ErrMalformed: the request is not one that the provider makes.",
		run:  webhookMalformed,
	}, {
		name: "Webhook/ErrorsTellNothing",
		rule: "Errors hold no address, body or credential.",
		run:  webhookErrorsTellNothing,
	}, {
		name: "Webhook/Acknowledge",
		rule: "Acknowledge writes the provider's idea of an empty, successful answer.",
		run:  webhookAcknowledge,
	}}
}

// hook is a channel's Webhook with the harness's requests.
type hook struct {
	*env
	channel.Webhook
	make *Webhook
}

// hook returns a skip if the channel is no Webhook.
func (e *env) hook() (*hook, error) {
	w, ok := e.Channel.(channel.Webhook)
	if !ok {
		return nil, skipf("the channel is no channel.Webhook")
	}
	if e.Webhook == nil || e.Webhook.Inbound == nil {
		return nil, errors.New("harness: the channel is a channel.Webhook, but Instance.Webhook or its Inbound is nil")
	}
	return &hook{env: e, Webhook: w, make: e.Webhook}, nil
}

// inbound returns a customer's message, the nth.
func (e *env) inbound(n int) channel.Inbound {
	return channel.Inbound{ProviderID: e.ProviderID(n), From: e.To, To: e.From, Text: body}
}

// request makes the request for a message or returns a skip.
func (h *hook) request(m channel.Inbound) (*http.Request, error) {
	r := h.make.Inbound(m)
	if r == nil {
		return nil, skipf("the harness can't make a request for such a message")
	}
	return r, nil
}

// receive parses the request for a message and returns what came out, which
// must be one message with the same ids and addresses.
func (h *hook) receive(m channel.Inbound) (channel.Inbound, error) {
	r, err := h.request(m)
	if err != nil {
		return channel.Inbound{}, err
	}
	d, err := h.ParseWebhook(r)
	if err != nil {
		return channel.Inbound{}, fmt.Errorf("ParseWebhook refused a valid request: %w", err)
	}
	if len(d.Inbound) != 1 || len(d.Status) != 0 || len(d.Consent) != 0 {
		return channel.Inbound{}, fmt.Errorf("ParseWebhook found %d messages, %d status updates and %d consent updates in a request with one message", len(d.Inbound), len(d.Status), len(d.Consent))
	}
	got := d.Inbound[0]
	switch {
	case got.ProviderID != m.ProviderID:
		return got, fmt.Errorf("the ProviderID is %q instead of %q", got.ProviderID, m.ProviderID)
	case got.From != m.From:
		return got, fmt.Errorf("the customer's address is %q instead of %q", got.From, m.From)
	case got.To != m.To:
		return got, fmt.Errorf("our address is %q instead of %q", got.To, m.To)
	}
	return got, nil
}

func webhookInbound(e *env) error {
	h, err := e.hook()
	if err != nil {
		return err
	}
	m := e.inbound(1)
	got, err := h.receive(m)
	switch {
	case err != nil:
		return err
	case got.Text != m.Text:
		return fmt.Errorf("the text is %q instead of %q", got.Text, m.Text)
	case len(got.Media) > 0 || got.Location != nil || got.Button != nil || got.ReplyTo != nil || got.Referral != nil:
		return fmt.Errorf("a text message has parts that were not sent: %+v", got)
	case len(got.Problems) > 0:
		return fmt.Errorf("a plain text message has Problems: %q", got.Problems)
	case got.Late:
		return errors.New("a message from a webhook is marked as fetched by a backfill")
	}
	return nil
}

func webhookTextUntouched(e *env) error {
	h, err := e.hook()
	if err != nil {
		return err
	}
	sent := append([]string{
		"  white space around it \n",
		"line\r\nline",
		"",
		"STOP",
		"%41 is not A, and + is no space",
		"\u202eright to left\ufeff",
	}, texts...)
	for i, text := range sent {
		m := e.inbound(i)
		m.Text = text
		got, err := h.receive(m)
		if isSkip(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("text %q: %w", text, err)
		}
		if got.Text != text {
			return fmt.Errorf("the text %q became %q", text, got.Text)
		}
	}
	m := e.inbound(len(sent))
	m.Text = "caf\xe9"
	got, err := h.receive(m)
	if isSkip(err) {
		return nil
	}
	if err == nil && got.Text != "caf\ufffd" {
		err = fmt.Errorf("the text %q became %q", m.Text, got.Text)
	}
	return err
}

func webhookRaw(e *env) error {
	h, err := e.hook()
	if err != nil {
		return err
	}
	m := e.inbound(1)
	m.Raw = map[string]string{"ChanneltestUnheardOf": "kept & whole", "channeltest_other": "é"}
	got, err := h.receive(m)
	if err != nil {
		return err
	}
	for name, want := range m.Raw {
		if value, ok := got.Raw[name]; !ok || value != want {
			return fmt.Errorf("the unknown parameter %s=%q is %q in Raw (there: %v)", name, want, value, ok)
		}
	}
	if got.Text != m.Text {
		return fmt.Errorf("beside unknown parameters the text became %q", got.Text)
	}
	return nil
}

func webhookReplay(e *env) error {
	h, err := e.hook()
	if err != nil {
		return err
	}
	m := e.inbound(1)
	first, err := h.receive(m)
	if err != nil {
		return err
	}
	second, err := h.receive(m)
	if err != nil {
		return fmt.Errorf("at the second time: %w", err)
	}
	if diff := cmp.Diff(first, second, cmpopts.EquateEmpty()); diff != "" {
		return fmt.Errorf("the same request was parsed differently the second time (-first +second):\n%s", diff)
	}
	return nil
}

func webhookConcurrent(e *env) error {
	h, err := e.hook()
	if err != nil {
		return err
	}
	const n = 32
	failures := make(chan error, n)
	var done sync.WaitGroup
	for i := range n {
		m := e.inbound(i)
		m.From = e.Customer(i)
		m.Text = fmt.Sprintf("message %d", i)
		done.Go(func() {
			got, err := h.receive(m)
			if err == nil && got.Text != m.Text {
				err = fmt.Errorf("the text %q became %q", m.Text, got.Text)
			}
			if err == nil {
				h.Acknowledge(httptest.NewRecorder())
			}
			failures <- err
		})
	}
	done.Wait()
	close(failures)
	for err := range failures {
		if err != nil {
			return fmt.Errorf("with %d calls at once: %w", n, err)
		}
	}
	return nil
}

func webhookAcknowledge(e *env) error {
	h, err := e.hook()
	if err != nil {
		return err
	}
	var first *httptest.ResponseRecorder
	for range 2 {
		w := httptest.NewRecorder()
		h.Acknowledge(w)
		if w.Code < 200 || w.Code > 299 {
			return fmt.Errorf("Acknowledge wrote the status %d", w.Code)
		}
		if first == nil {
			first = w
		} else if !bytes.Equal(first.Body.Bytes(), w.Body.Bytes()) {
			return fmt.Errorf("Acknowledge wrote %q and then %q", first.Body, w.Body)
		}
	}
	return nil
}
