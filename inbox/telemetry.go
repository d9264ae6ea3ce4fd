package inbox

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// scope names the library in metrics and traces. What it measures is listed in
// docs/telemetry.md; a change of a name is a change of the API.
const scope = "github.com/teaminbox/teaminbox/inbox"

// The names of attributes. None ever holds an address or a text.
const (
	attrChannel      = attribute.Key("teaminbox.channel")
	attrAcceptance   = attribute.Key("teaminbox.acceptance")
	attrState        = attribute.Key("teaminbox.message.state")
	attrOutcome      = attribute.Key("teaminbox.send.outcome")
	attrTaskKind     = attribute.Key("teaminbox.task.kind")
	attrConversation = attribute.Key("teaminbox.conversation.id")
	attrMessage      = attribute.Key("teaminbox.message.id")
	attrErrorType    = attribute.Key("error.type")
	attrStatus       = attribute.Key("http.response.status_code")
)

// telemetry is what the engine measures. It is used from many goroutines.
type telemetry struct {
	tracer trace.Tracer
	meter  metric.Meter

	received  metric.Int64Counter
	states    metric.Int64Counter
	failed    metric.Int64Counter
	setAside  metric.Int64Counter
	refused   metric.Int64Counter
	fetched   metric.Int64Counter
	webhook   metric.Float64Histogram
	send      metric.Float64Histogram
	route     metric.Float64Histogram
	respond   metric.Float64Histogram
	commit    metric.Float64Histogram
	batch     metric.Int64Histogram
	optionsOf sync.Map // labels to metric.MeasurementOption: there are few, and making one costs
}

// Durations are in seconds, from a tenth of a millisecond to a minute.
var durations = metric.WithExplicitBucketBoundaries(
	0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

func newTelemetry(meters metric.MeterProvider, tracers trace.TracerProvider) (*telemetry, error) {
	if meters == nil {
		meters = otel.GetMeterProvider()
	}
	if tracers == nil {
		tracers = otel.GetTracerProvider()
	}
	t := &telemetry{tracer: tracers.Tracer(scope), meter: meters.Meter(scope)}
	var errs []error
	counter := func(name, unit, description string) metric.Int64Counter {
		c, err := t.meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
		errs = append(errs, err)
		return c
	}
	duration := func(name, description string) metric.Float64Histogram {
		h, err := t.meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description), durations)
		errs = append(errs, err)
		return h
	}
	t.received = counter("teaminbox.messages.received", "{message}", "Inbound messages that were taken in.")
	t.states = counter("teaminbox.messages.states", "{message}", "Outbound messages that came into a state.")
	t.failed = counter("teaminbox.tasks.failed", "{failure}", "Failures of tasks.")
	t.setAside = counter("teaminbox.tasks.set_aside", "{task}", "Tasks that failed too often and wait for a person.")
	t.refused = counter("teaminbox.changes.refused", "{change}", "Changes that were refused because too much was waiting.")
	t.fetched = counter("teaminbox.backfill.messages", "{message}", "Messages that no webhook had brought and that were fetched.")
	t.webhook = duration("teaminbox.webhook.duration", "From a webhook's request to its answer.")
	t.send = duration("teaminbox.send.duration", "Calls of Channel.Send.")
	t.route = duration("teaminbox.route.duration", "Calls of Router.Route.")
	t.respond = duration("teaminbox.respond.duration", "Calls of Responder.Respond.")
	t.commit = duration("teaminbox.commit.duration", "Transactions that write.")
	batch, err := t.meter.Int64Histogram("teaminbox.commit.changes", metric.WithUnit("{change}"),
		metric.WithDescription("Changes that shared a transaction."), metric.WithExplicitBucketBoundaries(1, 2, 4, 8, 16, 32, 64, 128, 256))
	t.batch = batch
	return t, errors.Join(append(errs, err)...)
}

// labels are up to two attributes of a measurement.
type labels struct{ first, second attribute.KeyValue }

// with returns the attributes of a measurement. Their values come from small
// sets.
func (t *telemetry) with(l labels) metric.MeasurementOption {
	if known, ok := t.optionsOf.Load(l); ok {
		return known.(metric.MeasurementOption)
	}
	var all []attribute.KeyValue
	for _, kv := range []attribute.KeyValue{l.first, l.second} {
		if kv.Valid() {
			all = append(all, kv)
		}
	}
	option := metric.WithAttributeSet(attribute.NewSet(all...))
	t.optionsOf.Store(l, option)
	return option
}

// accepted counts messages that were taken in.
func (t *telemetry) accepted(ctx context.Context, channelName string, all []Acceptance) {
	if !t.received.Enabled(ctx) {
		return
	}
	for _, a := range all {
		what := "accepted"
		switch {
		case a.Duplicate:
			what = "duplicate"
		case a.Stray != 0:
			what = "stray"
		}
		t.received.Add(ctx, 1, t.with(labels{attrChannel.String(channelName), attrAcceptance.String(what)}))
	}
}

// moved is a message that came into a state.
type moved struct {
	channel string
	state   store.State
}

func (t *telemetry) moved(ctx context.Context, all []moved) {
	if len(all) == 0 || !t.states.Enabled(ctx) {
		return
	}
	for _, m := range all {
		t.states.Add(ctx, 1, t.with(labels{attrChannel.String(m.channel), attrState.String(string(m.state))}))
	}
}

func (t *telemetry) committed(ctx context.Context, took time.Duration, changes int, err error) {
	if !t.commit.Enabled(ctx) {
		return
	}
	t.commit.Record(ctx, took.Seconds(), t.with(labels{first: errorType(err)}))
	t.batch.Record(ctx, int64(changes))
}

func (t *telemetry) answered(ctx context.Context, channelName string, took time.Duration, status int) {
	if t.webhook.Enabled(ctx) {
		t.webhook.Record(ctx, took.Seconds(), t.with(labels{attrChannel.String(channelName), attrStatus.Int(status)}))
	}
}

func (t *telemetry) asked(ctx context.Context, h metric.Float64Histogram, took time.Duration, err error) {
	if h.Enabled(ctx) {
		h.Record(ctx, took.Seconds(), t.with(labels{first: errorType(err)}))
	}
}

func (t *telemetry) sent(ctx context.Context, channelName string, took time.Duration, failure *channel.SendError) {
	if !t.send.Enabled(ctx) {
		return
	}
	outcome := "taken"
	if failure != nil {
		outcome = strings.ReplaceAll(failure.Outcome.String(), " ", "_")
	}
	t.send.Record(ctx, took.Seconds(), t.with(labels{attrChannel.String(channelName), attrOutcome.String(outcome)}))
}

func (t *telemetry) taskFailed(ctx context.Context, task store.Task) {
	kind := t.with(labels{first: attrTaskKind.String(string(task.Kind))})
	t.failed.Add(ctx, 1, kind)
	if task.SetAside {
		t.setAside.Add(ctx, 1, kind)
	}
}

// errorType names the kind of an error in a few words, never its text. It is
// no attribute if there is no error.
func errorType(err error) attribute.KeyValue {
	var p *panicError
	switch {
	case err == nil:
		return attribute.KeyValue{}
	case errors.As(err, &p):
		return attrErrorType.String("panic")
	case errors.Is(err, errAbandoned), errors.Is(err, context.DeadlineExceeded):
		return attrErrorType.String("timeout")
	case errors.Is(err, context.Canceled):
		return attrErrorType.String("canceled")
	case errors.Is(err, store.ErrConflict):
		return attrErrorType.String("conflict")
	case errors.Is(err, store.ErrDuplicate):
		return attrErrorType.String("duplicate")
	case errors.Is(err, store.ErrUnknown):
		return attrErrorType.String("unknown_outcome")
	}
	return attrErrorType.String("_OTHER")
}

// span begins a span about a conversation's message, 0 for none. The returned
// function ends it.
func (t *telemetry) span(ctx context.Context, name string, kind trace.SpanKind, conv store.ConversationID, message store.MessageID) (context.Context, func(error)) {
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(kind))
	if !span.IsRecording() {
		return ctx, func(error) {}
	}
	// Ids as they are shown: decimal texts.
	if conv != 0 {
		span.SetAttributes(attrConversation.String(strconv.FormatInt(int64(conv), 10)))
	}
	if message != 0 {
		span.SetAttributes(attrMessage.String(strconv.FormatInt(int64(message), 10)))
	}
	return ctx, func(err error) {
		if kv := errorType(err); kv.Valid() {
			span.SetAttributes(kv)
			span.SetStatus(codes.Error, kv.Value.AsString())
		}
		span.End()
	}
}

// observe lets the gauges be read until the returned function is called.
func (in *Inbox) observe() (stop func()) {
	m := in.telemetry.meter
	gauge := func(name, unit, description string) metric.Int64ObservableGauge {
		g, err := m.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(description))
		if err != nil {
			in.log.Error("a gauge can't be made", "name", name, "err", err)
		}
		return g
	}
	seconds := func(name, description string) metric.Float64ObservableGauge {
		g, err := m.Float64ObservableGauge(name, metric.WithUnit("s"), metric.WithDescription(description))
		if err != nil {
			in.log.Error("a gauge can't be made", "name", name, "err", err)
		}
		return g
	}
	waiting := gauge("teaminbox.changes.waiting", "{change}", "Changes that wait for a transaction.")
	active := gauge("teaminbox.turns.active", "{conversation}", "Conversations that are being worked on.")
	lag := seconds("teaminbox.work.lag", "For how long the oldest work has been due that nobody is at.")
	behind := seconds("teaminbox.backfill.lag", "How long ago the moment is up to which everything that came in is here.")
	registration, err := m.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		h := in.Health(ctx)
		o.ObserveInt64(waiting, int64(h.Waiting))
		o.ObserveInt64(active, int64(h.Turns))
		if h.Answers {
			o.ObserveFloat64(lag, h.Lag.Seconds())
		}
		for _, c := range h.Channels {
			if !c.Through.IsZero() {
				o.ObserveFloat64(behind, in.now().Sub(c.Through).Seconds(), in.telemetry.with(labels{first: attrChannel.String(c.Name)}))
			}
		}
		return nil
	}, waiting, active, lag, behind)
	if err != nil {
		in.log.Error("the gauges can't be observed", "err", err)
		return func() {}
	}
	return func() {
		if err := registration.Unregister(); err != nil {
			in.log.Error("the gauges are still observed", "err", err)
		}
	}
}
