package channeltest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// provider is the fake that acme talks to.
type provider struct {
	*httptest.Server
	closing chan struct{}

	mu        sync.Mutex
	behaviour Behaviour
	requests  []Request
	inbound   []channel.Inbound
	media     []hosted
}

type hosted struct {
	content     []byte
	contentType string
	redirect    string
}

const acmeToken = "sesame-5150"

var errNoConnection = errors.New("acme: no connection")

func newProvider(t testing.TB) *provider {
	p := &provider{closing: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /messages", p.take)
	mux.HandleFunc("GET /messages", p.listMessages)
	mux.HandleFunc("GET /inbound", p.listInbound)
	mux.HandleFunc("GET /media/{n}", p.serveMedia)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(func() { close(p.closing); p.Close() })
	return p
}

// client connects to the provider unless it is unreachable.
func (p *provider) client() *http.Client {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if p.behaves() == Unreachable {
			return nil, errNoConnection
		}
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
}

func (p *provider) behaves() Behaviour {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.behaviour
}

// take is the provider's side of a send.
func (p *provider) take(w http.ResponseWriter, r *http.Request) {
	var m wireMessage
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil || r.Header.Get("Authorization") != "Bearer "+acmeToken {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	b, id := p.record(m)
	switch b {
	case Reject, RejectOptOut, RejectMarketing:
		code := map[Behaviour]string{Reject: "invalid", RejectOptOut: "opted-out", RejectMarketing: "no-marketing"}[b]
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"Code":%q}`, code)
	case TooManyRequests:
		w.WriteHeader(http.StatusTooManyRequests)
	case RetryLater:
		w.Header().Set("Retry-After", strconv.Itoa(int(RetryDelay/time.Second)))
		w.WriteHeader(http.StatusTooManyRequests)
	case ServerError:
		http.Error(w, "<h1>Service Unavailable</h1>", http.StatusServiceUnavailable)
	case UnreadableSuccess:
		fmt.Fprint(w, "<p>OK</p>")
	case ResetAfterWrite:
		panic(http.ErrAbortHandler)
	case Hang:
		select {
		case <-r.Context().Done():
		case <-p.closing:
		}
	default:
		fmt.Fprintf(w, `{"ID":%q}`, id)
	}
}

// record notes a request and gives the message an id if it is taken.
func (p *provider) record(m wireMessage) (b Behaviour, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := Request{MessageID: m.Ref, From: m.From, To: m.To, Text: m.Text}
	for _, u := range m.MediaURLs {
		q.Media = append(q.Media, channel.Media{URL: u})
	}
	if m.Template != "" {
		q.Template = &channel.Template{ID: m.Template, Variables: m.Variables}
	}
	q.Taken = !slices.Contains([]Behaviour{Reject, RejectOptOut, RejectMarketing, TooManyRequests, RetryLater}, p.behaviour)
	if q.Taken {
		q.ProviderID = fmt.Sprintf("out-%d", len(p.requests))
	}
	p.requests = append(p.requests, q)
	return p.behaviour, q.ProviderID
}

func (p *provider) listMessages(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := []wireMessage{}
	for _, q := range p.requests {
		if q.Taken {
			all = append(all, wireMessage{ID: q.ProviderID, Ref: q.MessageID, To: q.To})
		}
	}
	encode(w, all)
}

func (p *provider) listInbound(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	encode(w, p.inbound)
}

func encode(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

func (p *provider) serveMedia(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n >= len(p.media) || r.Header.Get("Authorization") != "Bearer "+acmeToken {
		http.NotFound(w, r)
		return
	}
	m := p.media[n]
	if m.redirect != "" {
		http.Redirect(w, r, m.redirect, http.StatusFound)
		return
	}
	w.Header().Set("Content-Type", m.contentType)
	_, _ = w.Write(m.content)
}

func (p *provider) host(m hosted) channel.Media {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.media = append(p.media, m)
	return channel.Media{URL: fmt.Sprintf("%s/media/%d", p.URL, len(p.media)-1), ContentType: m.contentType}
}

// started is the time at which each provider is made. An hour passes between
// two messages that arrive.
var started = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)

func (p *provider) now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return started.Add(time.Duration(len(p.inbound)) * time.Hour)
}

func (p *provider) deliver(m channel.Inbound) string {
	m.SentAt = p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	m.ProviderID = fmt.Sprintf("in-%d", len(p.inbound))
	p.inbound = append(p.inbound, m)
	return m.ProviderID
}

// webhook makes a signed request.
func webhook(form url.Values) *http.Request {
	body := form.Encode()
	r := httptest.NewRequest(http.MethodPost, "https://example.com/webhook", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set(acmeSignature, sign([]byte(body)))
	return r
}

func inboundWebhook(m channel.Inbound) *http.Request {
	form := url.Values{"id": {m.ProviderID}, "from": {string(m.From)}, "to": {string(m.To)}, "text": {m.Text}}
	for name, value := range m.Raw {
		form.Set(name, value)
	}
	rest, err := json.Marshal(map[string]any{
		"Media": m.Media, "Location": m.Location, "Button": m.Button, "ReplyTo": m.ReplyTo, "Referral": m.Referral,
		"ProfileName": m.ProfileName, "Forwarded": m.Forwarded, "Keyword": m.Keyword,
	})
	if err != nil {
		panic(err)
	}
	form.Set("rest", string(rest))
	return webhook(form)
}

func statusWebhook(u channel.StatusUpdate) *http.Request {
	form := url.Values{"id": {u.ProviderID}, "ref": {u.MessageID}, "state": {strconv.Itoa(int(u.State))}, "code": {u.Code}}
	if code := acmeCode(u.Consent); code != "" {
		form.Set("code", code)
	}
	return webhook(form)
}

func consentWebhook(u channel.ConsentUpdate) *http.Request {
	return webhook(url.Values{
		"id": {"preference"}, "from": {string(u.From)}, "to": {string(u.To)}, "preference": {acmeCode(u.Change)}, "at": {u.At.Format(time.RFC3339)},
	})
}

func malformedWebhooks() []*http.Request {
	return []*http.Request{
		webhook(url.Values{"from": {"+14155550123"}, "to": {"+14155550100"}, "text": {body}}),
		webhook(url.Values{"id": {"1", "2"}, "from": {"+14155550123"}, "to": {"+14155550100"}, "rest": {"{}"}}),
		webhook(url.Values{"id": {"1"}, "text": {body}, "rest": {"{}"}}),
	}
}

// acmeHarness connects the kit to acme, with a flaw if change is not nil.
func acmeHarness(change func(*acme)) Harness {
	return Harness{New: func(t testing.TB) Instance {
		p := newProvider(t)
		a := newAcme(p.URL, acmeToken, p.client())
		if change != nil {
			change(a)
		}
		return Instance{
			Channel: a,
			From:    "+14155550100",
			To:      "+14155550123",
			Requests: func() []Request {
				p.mu.Lock()
				defer p.mu.Unlock()
				return slices.Clone(p.requests)
			},
			Behave: func(b Behaviour) bool {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.behaviour = b
				return true
			},
			Secrets:  []string{acmeToken, acmeKey},
			Media:    channel.Media{URL: "https://example.com/menu.png", ContentType: "image/png"},
			Template: &channel.Template{ID: "reminder", Variables: map[string]string{"1": "noon"}},
			Now:      p.now,
			Webhook: &Webhook{
				Inbound: inboundWebhook, Status: statusWebhook, Consent: consentWebhook, Malformed: malformedWebhooks,
				SignatureHeader: acmeSignature, MaxBody: acmeMaxBody,
			},
			Deliver: p.deliver,
			HostMedia: func(content []byte, contentType string) channel.Media {
				return p.host(hosted{content: content, contentType: contentType})
			},
			RedirectMedia: func(url string) channel.Media { return p.host(hosted{redirect: url}) },
		}
	}}
}
