package inbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go.opentelemetry.io/otel/trace"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/routing"
)

// instruments are what a host hears of an engine.
type instruments struct {
	t      *testing.T
	reader *sdkmetric.ManualReader
	spans  *tracetest.SpanRecorder
	cfg    inbox.Config
}

func newInstruments(t *testing.T) *instruments {
	i := &instruments{t: t, reader: sdkmetric.NewManualReader(), spans: tracetest.NewSpanRecorder()}
	i.cfg.MeterProvider = sdkmetric.NewMeterProvider(sdkmetric.WithReader(i.reader))
	i.cfg.TracerProvider = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(i.spans))
	return i
}

// read returns all numbers: counts of histograms, sums of counters, values of
// gauges.
func (i *instruments) read() map[string]float64 {
	i.t.Helper()
	var all metricdata.ResourceMetrics
	if err := i.reader.Collect(i.t.Context(), &all); err != nil {
		i.t.Fatal(err)
	}
	numbers := make(map[string]float64)
	name := func(m metricdata.Metrics, set attribute.Set) string {
		var parts []string
		for _, kv := range set.ToSlice() {
			parts = append(parts, string(kv.Key)+"="+kv.Value.String())
		}
		return strings.Join(append([]string{m.Name}, parts...), " ")
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Unit == "" || m.Description == "" {
				i.t.Errorf("%s has the unit %q and the description %q", m.Name, m.Unit, m.Description)
			}
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range d.DataPoints {
					numbers[name(m, p.Attributes)] = float64(p.Value)
				}
			case metricdata.Histogram[float64]:
				for _, p := range d.DataPoints {
					numbers[name(m, p.Attributes)] = float64(p.Count)
				}
			case metricdata.Histogram[int64]:
				for _, p := range d.DataPoints {
					numbers[name(m, p.Attributes)] = float64(p.Count)
				}
			case metricdata.Gauge[int64]:
				for _, p := range d.DataPoints {
					numbers[name(m, p.Attributes)] = float64(p.Value)
				}
			case metricdata.Gauge[float64]:
				for _, p := range d.DataPoints {
					numbers[name(m, p.Attributes)] = p.Value
				}
			default:
				i.t.Errorf("%s is a %T", m.Name, d)
			}
		}
	}
	return numbers
}

// requireNumbers compares those numbers that are wanted.
func (i *instruments) requireNumbers(want map[string]float64) {
	i.t.Helper()
	got := i.read()
	for name, n := range want {
		if got[name] != n {
			i.t.Errorf("%s is %v, want %v; all: %v", name, got[name], n, slices.Sorted(maps.Keys(got)))
		}
	}
}

func TestMetricsCountWhatHappens(t *testing.T) {
	i := newInstruments(t)
	i.cfg.Router = routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) {
		if r.Message.Text == "break" {
			panic("router")
		}
		return routing.Team().Route(t.Context(), r)
	})
	k := newTalk(t, inboxtest.Config{Inbox: i.cfg})
	k.customer.Send("break")
	for range 2 {
		if _, err := k.Inbox.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: "x", From: alicesCustomer, To: "+14155550177", Text: "hi"}); err != nil {
			t.Fatal(err)
		}
	}
	k.Carrier.FailNext(simulated.Fault{}, simulated.Fault{Kind: simulated.Refused}, simulated.Fault{Kind: simulated.Rejected}, simulated.Fault{Kind: simulated.AnswerLost})
	for _, text := range []string{"a", "b", "c"} {
		k.reply(text)
		k.Advance(time.Minute)
	}
	i.requireNumbers(map[string]float64{
		"teaminbox.messages.received teaminbox.acceptance=accepted teaminbox.channel=simulated":  2,
		"teaminbox.messages.received teaminbox.acceptance=stray teaminbox.channel=simulated":     1,
		"teaminbox.messages.received teaminbox.acceptance=duplicate teaminbox.channel=simulated": 1,
		"teaminbox.messages.states teaminbox.channel=simulated teaminbox.message.state=queued":   3,
		"teaminbox.messages.states teaminbox.channel=simulated teaminbox.message.state=retrying": 1,
		"teaminbox.messages.states teaminbox.channel=simulated teaminbox.message.state=rejected": 1,
		"teaminbox.send.duration teaminbox.channel=simulated teaminbox.send.outcome=taken":       1,
		"teaminbox.send.duration teaminbox.channel=simulated teaminbox.send.outcome=not_sent":    1,
		"teaminbox.send.duration teaminbox.channel=simulated teaminbox.send.outcome=rejected":    1,
		"teaminbox.send.duration teaminbox.channel=simulated teaminbox.send.outcome=uncertain":   1,
		"teaminbox.route.duration":                  1,
		"teaminbox.route.duration error.type=panic": 1,
		"teaminbox.respond.duration":                2,
	})
	numbers := i.read()
	if n := numbers["teaminbox.commit.duration"]; n < 10 || n != numbers["teaminbox.commit.changes"] {
		t.Errorf("%v transactions, and %v of known size", n, numbers["teaminbox.commit.changes"])
	}
}

func TestMetricsOfWebhooks(t *testing.T) {
	i := newInstruments(t)
	ch := newHookChannel()
	i.cfg.Channels = []channel.Channel{ch}
	h := inboxtest.New(t, inboxtest.Config{Inbox: i.cfg})
	hook, err := h.Inbox.Webhook("hook")
	if err != nil {
		t.Fatal(err)
	}
	for _, ch.err = range []error{nil, fmt.Errorf("x: %w", channel.ErrSignature), errors.New("surprise")} {
		hook.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil))
	}
	i.requireNumbers(map[string]float64{
		"teaminbox.webhook.duration http.response.status_code=202 teaminbox.channel=hook": 1,
		"teaminbox.webhook.duration http.response.status_code=403 teaminbox.channel=hook": 1,
		"teaminbox.webhook.duration http.response.status_code=500 teaminbox.channel=hook": 1,
	})
}

func TestGaugesWhileRunRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newInstruments(t)
		c := newCompany(t, simulated.Config{})
		release := make(chan struct{})
		i.cfg.Router = routing.RouterFunc(func(context.Context, routing.Request) (routing.Decision, error) {
			<-release
			return routing.Decision{}, nil
		})
		stop := run(t, c.engine(i.cfg))
		if _, err := c.carrier.Phone(alicesCustomer).Send(inboxtest.SupportNumber, "hi"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		i.requireNumbers(map[string]float64{
			"teaminbox.turns.active":                             1,
			"teaminbox.changes.waiting":                          0,
			"teaminbox.work.lag":                                 0,
			"teaminbox.backfill.lag teaminbox.channel=simulated": 1,
		})
		close(release)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		for name := range i.read() {
			if strings.HasSuffix(name, ".active") || strings.HasSuffix(name, ".lag") {
				t.Errorf("%s is observed after the end", name)
			}
		}
	})
}

func TestTracesTellWhatWasDoneAndNothingPrivate(t *testing.T) {
	i := newInstruments(t)
	i.cfg.Router = routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) {
		return routing.Decision{}, errors.New("no router for " + string(r.Conversation.Theirs) + " who wrote " + r.Message.Text)
	})
	k := newTalk(t, inboxtest.Config{Inbox: i.cfg})
	m := k.reply("secret answer")
	k.Settle()
	byName := make(map[string]sdktrace.ReadOnlySpan)
	for _, s := range i.spans.Ended() {
		byName[s.Name()] = s
		text, err := json.Marshal(tracetest.SpanStubFromReadOnlySpan(s))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"5550123", "hello", "secret answer"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("span %s has %q in it: %s", s.Name(), secret, text)
			}
		}
	}
	if diff := cmp.Diff([]string{"respond", "route", "send simulated", "turn"}, slices.Sorted(maps.Keys(byName))); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
	send, turn := byName["send simulated"], byName["turn"]
	if send.Parent().SpanID() != turn.SpanContext().SpanID() {
		t.Error("the send is no part of its turn")
	}
	want := []attribute.KeyValue{attribute.String("teaminbox.conversation.id", k.conv.String()), attribute.String("teaminbox.message.id", m.ID.String())}
	if diff := cmp.Diff(want, send.Attributes(), cmp.AllowUnexported(attribute.Value{})); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if s := byName["route"].Status(); s.Description != "_OTHER" {
		t.Errorf("the router's failure is told as %+v", s)
	}
}

func TestWhatTheRouterCallsIsTracedWithinIt(t *testing.T) {
	i := newInstruments(t)
	var seen string
	i.cfg.Router = routing.RouterFunc(func(ctx context.Context, r routing.Request) (routing.Decision, error) {
		if s, ok := trace.SpanFromContext(ctx).(sdktrace.ReadOnlySpan); ok {
			seen = s.Name()
		}
		return routing.Team().Route(ctx, r)
	})
	newTalk(t, inboxtest.Config{Inbox: i.cfg})
	if seen != "route" {
		t.Errorf("what the router calls is traced within %q, want route", seen)
	}
}
