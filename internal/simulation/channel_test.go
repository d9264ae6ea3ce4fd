package simulation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
)

// engineChannel is the carrier as one engine reaches it.
type engineChannel struct {
	w *world
	e *engine
}

var (
	_ channel.Reconciler = (*engineChannel)(nil)
	_ channel.Limiter    = (*engineChannel)(nil)
	_ channel.Backfiller = (*engineChannel)(nil)
	_ channel.Webhook    = (*engineChannel)(nil)
)

func (c *engineChannel) Name() string { return c.w.carrier.Name() }

func (c *engineChannel) Limits(from, to channel.Address) channel.Limits {
	return c.w.carrier.Limits(from, to)
}

type faultKey struct{}

// ordered is the carrier's hook: what becomes of a send was decided when it got
// its turn.
func ordered(ctx context.Context, _ channel.Outbound) simulated.Fault {
	f, _ := ctx.Value(faultKey{}).(faultKind)
	return carrierFault(f)
}

var errPlain = errors.New("simulation: an error that says nothing")

func (c *engineChannel) Send(ctx context.Context, m channel.Outbound) (channel.Receipt, error) {
	w := c.w
	defer w.leave(ctx)()
	turn := w.park(ctx, c.e, callSend, "message "+m.ID)
	switch {
	case turn.dead:
		return channel.Receipt{}, errDead
	case turn.fault == panics:
		panic("simulation: the channel panics")
	}
	w.mu.Lock()
	w.sends = append(w.sends, send{message: m, journal: len(w.journal)})
	w.mu.Unlock()
	receipt, err := w.carrier.Send(context.WithValue(ctx, faultKey{}, turn.fault), m)
	if c.e.dead.Load() {
		return channel.Receipt{}, errDead
	}
	switch turn.fault {
	case crashAfter:
		w.kill(c.e)
		return channel.Receipt{}, errDead
	case answersLate:
		w.lateAnswer(ctx, c.e, "of a send")
	case plainError:
		return channel.Receipt{}, errPlain
	default:
	}
	return receipt, err
}

// send is a message on its way to the carrier, after so many commits.
type send struct {
	message channel.Outbound
	journal int
}

// lateAnswer keeps an answer back until nobody waits for it any more.
func (w *world) lateAnswer(ctx context.Context, e *engine, about string) {
	if w.direct.Load() || e.dead.Load() {
		return
	}
	c := &call{e: e, kind: callAnswer, about: about, ctx: ctx, turn: make(chan struct{})}
	c.by, _ = ctx.Value(activityKey{}).(*activity)
	w.hang(c)
	w.mu.Lock()
	e.calls++
	c.seq = e.calls
	w.arrivals = append(w.arrivals, c)
	w.mu.Unlock()
	<-c.turn
}

func (c *engineChannel) Reconcile(ctx context.Context, m channel.Outbound, attempted time.Time) (channel.Receipt, bool, error) {
	w := c.w
	defer w.leave(ctx)()
	turn := w.park(ctx, c.e, callReconcile, "message "+m.ID)
	switch {
	case turn.dead:
		return channel.Receipt{}, false, errDead
	case turn.fault == failsBefore:
		return channel.Receipt{}, false, errInjected
	case turn.fault == panics:
		panic("simulation: the channel panics")
	case turn.fault == timesOut:
		<-ctx.Done()
		return channel.Receipt{}, false, ctx.Err()
	}
	receipt, happened, err := w.carrier.Reconcile(ctx, m, attempted)
	if turn.fault == crashAfter {
		w.kill(c.e)
		return channel.Receipt{}, false, errDead
	}
	return receipt, happened, err
}

func (c *engineChannel) Backfill(ctx context.Context, since time.Time, yield func(channel.Inbound) error) error {
	w := c.w
	turn := w.park(ctx, c.e, callBackfill, "since "+since.Format("02T15:04:05"))
	switch {
	case turn.dead:
		return errDead
	case turn.fault == failsBefore, turn.fault == timesOut:
		return errInjected
	case turn.fault == panics:
		panic("simulation: the channel panics")
	}
	listed := 0
	err := w.carrier.Backfill(ctx, since, func(m channel.Inbound) error {
		if listed++; listed == 3 && turn.fault == failsLater {
			return errInjected
		}
		return yield(m)
	})
	if turn.fault == crashAfter {
		w.kill(c.e)
		return errDead
	}
	return err
}

type deliveryKey struct{}

// ParseWebhook takes what a request brings from its context.
func (c *engineChannel) ParseWebhook(r *http.Request) (channel.Delivery, error) {
	d, _ := r.Context().Value(deliveryKey{}).(channel.Delivery)
	return d, nil
}

func (c *engineChannel) Acknowledge(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }

// receipt is what came of handing an item to an engine.
type receipt struct {
	inbound *channel.Inbound
	status  *channel.StatusUpdate
	consent *channel.ConsentUpdate
	by      *activity
	acked   bool // the engine has said that it has it
	journal int  // the journal's length when it said so
	stray   bool
	err     error
}

// sink hands what the carrier has to an engine, and notes what it says.
type sink struct {
	w *world
	a *activity
}

// request gathers what is due for several customers into one webhook.
type request struct {
	sink
	room     int
	delivery channel.Delivery
	sent     bool
	err      error
}

func (r *request) Receive(ctx context.Context, m channel.Inbound) error {
	r.delivery.Inbound = append(r.delivery.Inbound, m)
	return r.said(receipt{inbound: &m}, r.gather(ctx))
}

func (r *request) Status(ctx context.Context, u channel.StatusUpdate) error {
	r.delivery.Status = append(r.delivery.Status, u)
	return r.said(receipt{status: &u}, r.gather(ctx))
}

func (r *request) Consent(ctx context.Context, u channel.ConsentUpdate) error {
	r.delivery.Consent = append(r.delivery.Consent, u)
	return r.said(receipt{consent: &u}, r.gather(ctx))
}

// gather takes more from the carrier, and makes the request when there is no
// more or no room. Everything that is in it gets the same answer.
func (r *request) gather(ctx context.Context) error {
	if r.room--; r.room > 0 && !r.sent {
		_, _ = r.w.carrier.Step(ctx, r) // its answer is for the one that it takes
	}
	if !r.sent {
		r.sent, r.err = true, r.post(ctx)
	}
	return r.err
}

func (r *request) post(ctx context.Context) error {
	handler, err := r.a.e.in.Webhook(carrierName)
	if err != nil {
		return err
	}
	answer := httptest.NewRecorder()
	ctx = context.WithValue(ctx, deliveryKey{}, r.delivery)
	handler.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodPost, "/", nil))
	if answer.Code/100 != 2 {
		return fmt.Errorf("simulation: the webhook was answered with %d", answer.Code)
	}
	return nil
}

func (s sink) Receive(ctx context.Context, m channel.Inbound) error {
	accepted, err := s.a.e.in.Receive(ctx, carrierName, m)
	return s.said(receipt{inbound: &m, stray: accepted.Stray != 0}, err)
}

func (s sink) Status(ctx context.Context, u channel.StatusUpdate) error {
	return s.said(receipt{status: &u}, s.a.e.in.Status(ctx, carrierName, u))
}

func (s sink) Consent(ctx context.Context, u channel.ConsentUpdate) error {
	return s.said(receipt{consent: &u}, s.a.e.in.Consent(ctx, carrierName, u))
}

var errAckLost = errors.New("simulation: the acknowledgement was lost")

// said notes an engine's answer and returns what the carrier hears. An answer
// may be lost, so that the item is offered again, and after a refusal a carrier
// may give up.
func (s sink) said(r receipt, err error) error {
	w := s.w
	r.by, r.acked, r.err = s.a, err == nil, err
	w.mu.Lock()
	r.journal = len(w.journal)
	w.receipts = append(w.receipts, r)
	w.mu.Unlock()
	quirk := s.a.op.A % 32
	if !w.direct.Load() {
		switch acked := err == nil; {
		case quirk == 0 && acked:
			err = errAckLost
		case quirk < 4 && !acked:
			err = nil
		}
	}
	return err
}
