package channeltest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// acme is a correct channel with every ability but Listener. What a flaw can
// change is a field.
type acme struct {
	base   string // the provider's URL
	token  string
	client *http.Client

	name        func() string
	printed     func() string
	context     func(context.Context) context.Context
	tries       int
	prepare     func(m *channel.Outbound)
	judge       func(c cause, e *channel.SendError)
	receive     func(m channel.Outbound, r *channel.Receipt)
	unreadable  func() (channel.Receipt, error)
	verify      func(body []byte, signature string) bool
	maxBody     int64
	tooLarge    error
	parseFirst  bool
	leakForged  bool
	duplicates  bool
	parsed      func(d *channel.Delivery, form url.Values)
	acknowledge func(w http.ResponseWriter)
	limits      func() channel.Limits
	since       func(at, since time.Time) bool
	list        func(all []channel.Inbound) []channel.Inbound
	yielded     func(err error) error
	reconcile   func(all []wireMessage, m channel.Outbound, err error) (channel.Receipt, bool, error)
	hosts       func(u *url.URL) bool
	bound       bool
	contentType func(declared string) string
}

var (
	_ channel.Webhook      = (*acme)(nil)
	_ channel.Limiter      = (*acme)(nil)
	_ channel.Backfiller   = (*acme)(nil)
	_ channel.Reconciler   = (*acme)(nil)
	_ channel.MediaFetcher = (*acme)(nil)
)

// cause is why a send failed.
type cause string

const (
	causeEnded      cause = "context ended before"
	causeDial       cause = "no connection"
	causeBroken     cause = "broken connection"
	causeTooMany    cause = "429"
	causeRefused    cause = "4xx"
	causeServer     cause = "5xx"
	causeUnreadable cause = "unreadable"
)

const acmeMaxBody = 1 << 15

func newAcme(base, token string, client *http.Client) *acme {
	a := &acme{base: base, token: token, tries: 1, maxBody: acmeMaxBody, tooLarge: channel.ErrTooLarge, bound: true}
	a.client = &http.Client{
		Transport: client.Transport,
		CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			if !a.hosts(r.URL) {
				return errors.New("acme: redirected to a foreign host")
			}
			return nil
		},
	}
	a.name = func() string { return "acme" }
	a.printed = func() string { return "acme channel" }
	a.context = func(ctx context.Context) context.Context { return ctx }
	a.prepare = func(*channel.Outbound) {}
	a.judge = func(cause, *channel.SendError) {}
	a.receive = func(channel.Outbound, *channel.Receipt) {}
	a.unreadable = func() (channel.Receipt, error) {
		return channel.Receipt{}, a.failed(causeUnreadable, &channel.SendError{Err: errors.New("acme: the answer can't be read")})
	}
	a.verify = func(body []byte, signature string) bool { return hmac.Equal([]byte(sign(body)), []byte(signature)) }
	a.parsed = func(*channel.Delivery, url.Values) {}
	a.acknowledge = func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }
	a.limits = func() channel.Limits { return channel.Limits{BodyRunes: 1000} }
	a.since = func(at, since time.Time) bool { return !at.Before(since) }
	a.list = func(all []channel.Inbound) []channel.Inbound { return all }
	a.yielded = func(err error) error { return err }
	a.reconcile = func(all []wireMessage, m channel.Outbound, err error) (channel.Receipt, bool, error) {
		if err != nil {
			return channel.Receipt{}, false, err
		}
		for _, w := range all {
			if w.Ref == m.ID {
				return channel.Receipt{ProviderID: w.ID, State: channel.DeliveryAccepted}, true, nil
			}
		}
		return channel.Receipt{}, false, nil
	}
	a.hosts = func(u *url.URL) bool { return strings.HasPrefix(u.String(), a.base+"/") }
	a.contentType = func(declared string) string { return declared }
	return a
}

func (a *acme) Name() string { return a.name() }

// Format prints the channel without its token, whatever the verb.
func (a *acme) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, a.printed()) }

func (a *acme) MarshalJSON() ([]byte, error) { return json.Marshal(a.printed()) }

// wireMessage is a message in the provider's own form.
type wireMessage struct {
	ID        string
	Ref       string
	From, To  channel.Address
	Text      string
	MediaURLs []string
	Template  string            `json:",omitempty"`
	Variables map[string]string `json:",omitempty"`
}

func (a *acme) request(ctx context.Context, method, to string, body io.Reader) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, to, body)
	if err != nil {
		return nil, errors.New("acme: the URL can't be parsed")
	}
	r.Header.Set("Authorization", "Bearer "+a.token)
	return r, nil
}

func (a *acme) failed(c cause, e *channel.SendError) *channel.SendError {
	a.judge(c, e)
	return e
}

func (a *acme) Send(ctx context.Context, m channel.Outbound) (receipt channel.Receipt, err error) {
	ctx = a.context(ctx)
	if ctx.Err() != nil {
		return channel.Receipt{}, a.failed(causeEnded, &channel.SendError{Outcome: channel.NotSent, Err: ctx.Err()})
	}
	a.prepare(&m)
	for range a.tries {
		if receipt, err = a.sendOnce(ctx, m); err == nil {
			a.receive(m, &receipt)
			return receipt, nil
		}
	}
	return receipt, err
}

func (a *acme) sendOnce(ctx context.Context, m channel.Outbound) (channel.Receipt, error) {
	w := wireMessage{Ref: m.ID, From: m.From, To: m.To, Text: m.Text}
	for _, media := range m.Media {
		w.MediaURLs = append(w.MediaURLs, media.URL)
	}
	if m.Template != nil {
		w.Template, w.Variables = m.Template.ID, m.Template.Variables
	}
	content, err := json.Marshal(w)
	if err != nil {
		return channel.Receipt{}, &channel.SendError{Outcome: channel.NotSent, Err: errors.New("acme: the message can't be encoded")}
	}
	r, err := a.request(ctx, http.MethodPost, a.base+"/messages", bytes.NewReader(content))
	if err != nil {
		return channel.Receipt{}, &channel.SendError{Outcome: channel.NotSent, Err: err}
	}
	answer, err := a.client.Do(r)
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err
	}
	switch {
	case errors.Is(err, errNoConnection):
		return channel.Receipt{}, a.failed(causeDial, &channel.SendError{Outcome: channel.NotSent, Err: err})
	case err != nil:
		return channel.Receipt{}, a.failed(causeBroken, &channel.SendError{Err: err})
	}
	defer answer.Body.Close()
	content, err = io.ReadAll(io.LimitReader(answer.Body, 1<<16))
	var said struct{ ID, Code string }
	if err == nil {
		err = json.Unmarshal(content, &said)
	}
	e := &channel.SendError{Code: said.Code, Consent: acmeConsent[said.Code]}
	switch {
	case answer.StatusCode == http.StatusTooManyRequests:
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		e.Outcome, e.RetryAfter = channel.NotSent, time.Duration(seconds)*time.Second
		return channel.Receipt{}, a.failed(causeTooMany, e)
	case answer.StatusCode >= 500:
		return channel.Receipt{}, a.failed(causeServer, e)
	case answer.StatusCode >= 400:
		e.Outcome = channel.Rejected
		return channel.Receipt{}, a.failed(causeRefused, e)
	case err != nil || said.ID == "":
		return a.unreadable()
	}
	return channel.Receipt{ProviderID: said.ID, State: channel.DeliveryAccepted}, nil
}

func (a *acme) ParseWebhook(r *http.Request) (channel.Delivery, error) {
	var reader io.Reader = r.Body
	if a.maxBody > 0 {
		reader = io.LimitReader(r.Body, a.maxBody+1)
	}
	body, err := io.ReadAll(reader)
	switch {
	case err != nil:
		return channel.Delivery{}, fmt.Errorf("%w: the body can't be read", channel.ErrMalformed)
	case a.maxBody > 0 && int64(len(body)) > a.maxBody:
		return channel.Delivery{}, fmt.Errorf("%w: acme", a.tooLarge)
	}
	if a.parseFirst {
		if _, err := acmeForm(body); err != nil {
			return channel.Delivery{}, err
		}
	}
	if !a.verify(body, r.Header.Get(acmeSignature)) {
		if a.leakForged {
			return channel.Delivery{}, fmt.Errorf("%w: %s", channel.ErrSignature, body)
		}
		return channel.Delivery{}, fmt.Errorf("%w: acme", channel.ErrSignature)
	}
	form, err := acmeForm(body)
	if err != nil {
		return channel.Delivery{}, err
	}
	for _, values := range form {
		if len(values) > 1 && !a.duplicates {
			return channel.Delivery{}, fmt.Errorf("%w: a parameter comes twice", channel.ErrMalformed)
		}
	}
	d, err := acmeDelivery(form)
	if err == nil {
		a.parsed(&d, form)
	}
	return d, err
}

const (
	acmeSignature = "X-Acme-Signature"
	acmeKey       = "webhook-key-6613"
)

func sign(body []byte) string {
	h := hmac.New(sha256.New, []byte(acmeKey))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

func acmeForm(body []byte) (url.Values, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("id") == "" {
		return nil, fmt.Errorf("%w: acme", channel.ErrMalformed)
	}
	return form, nil
}

// acmeConsent is what acme's codes say about consent.
var acmeConsent = map[string]channel.ConsentChange{
	"opted-out": channel.ConsentStopped, "no-marketing": channel.MarketingStopped,
	"marketing-again": channel.MarketingResumed, "number-gone": channel.NumberVoid,
}

// acmeCode returns the code that says something about consent, or "".
func acmeCode(c channel.ConsentChange) string {
	for code, change := range acmeConsent {
		if change == c {
			return code
		}
	}
	return ""
}

// acmeDelivery reads what inboundWebhook, statusWebhook and consentWebhook write.
func acmeDelivery(form url.Values) (channel.Delivery, error) {
	if form.Has("state") {
		state, err := strconv.Atoi(form.Get("state"))
		if err != nil {
			return channel.Delivery{}, fmt.Errorf("%w: state", channel.ErrMalformed)
		}
		code := form.Get("code")
		return channel.Delivery{Status: []channel.StatusUpdate{{
			ProviderID: form.Get("id"), MessageID: form.Get("ref"), State: channel.DeliveryState(state),
			Code: code, Consent: acmeConsent[code],
		}}}, nil
	}
	if form.Has("preference") {
		at, err := time.Parse(time.RFC3339, form.Get("at"))
		if err != nil {
			return channel.Delivery{}, fmt.Errorf("%w: at", channel.ErrMalformed)
		}
		return channel.Delivery{Consent: []channel.ConsentUpdate{{
			From: channel.Address(form.Get("from")), To: channel.Address(form.Get("to")),
			Change: acmeConsent[form.Get("preference")], At: at, Code: form.Get("preference"),
		}}}, nil
	}
	m := channel.Inbound{
		ProviderID: form.Get("id"), From: channel.Address(form.Get("from")), To: channel.Address(form.Get("to")),
		Text: strings.ToValidUTF8(form.Get("text"), "\ufffd"),
	}
	if m.From == "" || m.To == "" {
		return channel.Delivery{}, fmt.Errorf("%w: from or to is missing", channel.ErrMalformed)
	}
	if err := json.Unmarshal([]byte(form.Get("rest")), &m); err != nil {
		return channel.Delivery{}, fmt.Errorf("%w: rest", channel.ErrMalformed)
	}
	for name, values := range form {
		if !slices.Contains([]string{"id", "from", "to", "text", "rest"}, name) {
			if m.Raw == nil {
				m.Raw = map[string]string{}
			}
			m.Raw[name] = values[0]
		}
	}
	return channel.Delivery{Inbound: []channel.Inbound{m}}, nil
}

func (a *acme) Acknowledge(w http.ResponseWriter) { a.acknowledge(w) }

func (a *acme) Limits(_, _ channel.Address) channel.Limits { return a.limits() }

// get reads a list from the provider.
func (a *acme) get(ctx context.Context, path string, into any) error {
	r, err := a.request(ctx, http.MethodGet, a.base+path, nil)
	if err != nil {
		return err
	}
	answer, err := a.client.Do(r)
	if err != nil {
		return errors.New("acme: the provider could not be asked")
	}
	defer answer.Body.Close()
	return json.NewDecoder(answer.Body).Decode(into)
}

func (a *acme) Backfill(ctx context.Context, since time.Time, yield func(channel.Inbound) error) error {
	var all []channel.Inbound
	if err := a.get(a.context(ctx), "/inbound", &all); err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(m channel.Inbound) bool { return !a.since(m.SentAt, since) })
	for i := range all {
		all[i].Late = true
	}
	for _, m := range a.list(all) {
		if err := yield(m); err != nil {
			if err = a.yielded(err); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *acme) Reconcile(ctx context.Context, m channel.Outbound, _ time.Time) (channel.Receipt, bool, error) {
	var all []wireMessage
	err := a.get(a.context(ctx), "/messages", &all)
	return a.reconcile(all, m, err)
}

func (a *acme) FetchMedia(ctx context.Context, m channel.Media, limit int64) (io.ReadCloser, string, error) {
	u, err := url.Parse(m.URL)
	if err != nil || !a.hosts(u) {
		return nil, "", errors.New("acme: the media are on a foreign host")
	}
	r, err := a.request(a.context(ctx), http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, "", err
	}
	answer, err := a.client.Do(r) //nolint:bodyclose // the caller closes it, as FetchMedia's contract says
	if err != nil {
		return nil, "", errors.New("acme: the media can't be fetched")
	}
	if !a.bound {
		limit = math.MaxInt64
	}
	return &boundedBody{ReadCloser: answer.Body, left: limit}, a.contentType(answer.Header.Get("Content-Type")), nil
}

// boundedBody fails when there is more than is left.
type boundedBody struct {
	io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if int64(n) > b.left {
		n, b.left = int(b.left), 0
		return n, errors.New("acme: the media are too large")
	}
	b.left -= int64(n)
	return n, err
}
