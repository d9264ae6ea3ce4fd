package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/internal/sources"
	"github.com/teaminbox/teaminbox/store"
)

// streaming measures how many events a second reach the agents of many
// companies who all listen with Agent.Events while customers write, and what an
// agent costs who listens and hears nothing. Beside it the same customers write
// to the same engine, nobody listens to that, and whoever has been told that a
// message is durable gives its event to a bare hub with as many listeners. What
// the hub carries when nothing has to become durable is shown too.
func streaming() measurement {
	return measurement{
		name: "stream", about: "events that reach those who listen, beside a bare hub", stores: []string{"postgres", "sqlite"},
		run: func(ctx context.Context, b *bench) error {
			s := &stream{bench: b, town: town{b.cfg.topics, b.cfg.subscribers}, rounds: make(rounds)}
			url, err := b.filled(ctx, s.town.load)
			if err != nil {
				return err
			}
			return errors.Join(s.run(ctx, url), b.place.drop(ctx, url))
		},
	}
}

// littleMemory is how many kilobytes a subscriber may cost.
const littleMemory = 26

type stream struct {
	*bench
	rounds
	town town
}

func (s *stream) run(ctx context.Context, url string) error {
	for round := range s.cfg.rounds {
		for _, role := range []string{"hub", "bare", "engine"} {
			if err := s.place.calm(ctx, url); err != nil {
				return err
			}
			if err := s.take(ctx, url, role); err != nil {
				return fmt.Errorf("%s: %w", role, err)
			}
		}
		s.say("round %d of %d", round+1, s.cfg.rounds)
	}
	for _, f := range []struct{ name, unit string }{
		{"hub.deliveries", "events/s"},
		{"bare.messages", "messages/s"},
		{"bare.deliveries", "events/s"},
		{"bare.cpu", "µs"},
		{"engine.messages", "messages/s"},
		{"engine.deliveries", "events/s"},
		{"engine.cpu", "µs"},
		{"engine.lag.p50", "ms"},
		{"engine.lag.p99", "ms"},
		{"engine.caught-up", "s"},
		{"engine.subscriber", "kB"},
		{"engine.idle", "processors"},
	} {
		if len(s.rounds[f.name]) > 0 {
			s.report.value("stream."+f.name, median(s.rounds[f.name]), f.unit)
		}
	}
	s.report.ratio("stream.engine/bare", s.over("engine.deliveries", "bare.deliveries"), goal{least: 0.7})
	s.report.ratio("stream.engine/hub", s.over("engine.deliveries", "hub.deliveries"), goal{})
	s.report.ratio(fmt.Sprintf("stream.engine.subscriber/%d-kB", littleMemory), median(s.rounds["engine.subscriber"])/littleMemory, goal{most: 1})
	return nil
}

// take takes the figures of one role.
func (s *stream) take(ctx context.Context, url, role string) (err error) {
	db, err := openStore(ctx, s.cfg.store, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	in, err := newInbox(db)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	a := newAudience(s.town)
	defer func() { stop(); err = errors.Join(err, a.leave()) }()

	customers := townspeople{in: in, town: s.town, prefix: sources.Real().Name()}
	h := newHub()
	write := func(ctx context.Context, n int64) (store.Event, error) {
		e, err := customers.write(ctx, n)
		if err != nil {
			return e, err
		}
		return e, h.publish(ctx, e)
	}
	switch role {
	case "engine":
		runtime.GC() // what pools hold goes with the second
		before := measured()
		if err := a.subscribe(ctx, in); err != nil {
			return err
		}
		if err := s.rest(ctx, before); err != nil {
			return err
		}
		write = customers.write
	case "bare":
		a.attend(ctx, h)
	case "hub":
		a.attend(ctx, h)
		write = func(ctx context.Context, n int64) (store.Event, error) {
			e := customers.event(n)
			return e, h.publish(ctx, e)
		}
	}
	return s.measure(ctx, role, a, write)
}

// rest notes what those cost who listen and hear nothing.
func (s *stream) rest(ctx context.Context, before footprint) error {
	begun, busy := time.Now(), cpuTime()
	if err := sleep(ctx, min(moment, s.cfg.length)); err != nil {
		return err
	}
	if used := cpuTime() - busy; used > 0 {
		s.add("engine.idle", used.Seconds()/time.Since(begun).Seconds())
	}
	after := measured()
	grown := int64(after.Heap+after.Stacks) - int64(before.Heap+before.Stacks)
	s.add("engine.subscriber", float64(max(grown, 0))/1000/float64(s.town.agents)) // a few are lost in what else changes
	return nil
}

// measure lets all customers write for a while, and counts what arrives.
func (s *stream) measure(ctx context.Context, role string, a *audience, write func(context.Context, int64) (store.Event, error)) error {
	endProfile, err := profile(s.profileOf("stream." + role))
	if err != nil {
		return err
	}
	var next, written, expected atomic.Int64
	var over atomic.Bool
	writing, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var customers sync.WaitGroup
	for range s.cfg.clients {
		customers.Go(func() {
			for !over.Load() && writing.Err() == nil {
				e, err := write(ctx, next.Add(1))
				if err != nil {
					stop(err)
					return
				}
				written.Add(1)
				expected.Add(int64(a.listenersOf(e.Account)))
			}
		})
	}
	var taken, delivered int64
	var used, took time.Duration
	err = func() error {
		if err := sleep(writing, min(warmUp, s.cfg.length)); err != nil {
			return err
		}
		begun, before, first, busy := time.Now(), written.Load(), a.heard(), cpuTime()
		a.timing.Store(true)
		defer a.timing.Store(false)
		for delivered == 0 && took < patience { // what is slow takes longer
			if err := sleep(writing, s.cfg.length); err != nil {
				return err
			}
			taken, delivered, used, took = written.Load()-before, a.heard()-first, cpuTime()-busy, time.Since(begun)
		}
		return nil
	}()
	over.Store(true)
	customers.Wait()
	if err = errors.Join(err, endProfile()); err != nil {
		return errors.Join(context.Cause(writing), err)
	}
	begun := time.Now()
	for a.heard() < expected.Load() && time.Since(begun) < 4*patience && a.failure() == nil {
		if err := sleep(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	caughtUp := time.Since(begun)
	if heard := a.heard(); heard != expected.Load() {
		return fmt.Errorf("%d events should have arrived, %d have", expected.Load(), heard)
	}
	if delivered == 0 {
		return fmt.Errorf("nothing arrived in %v", took)
	}
	s.add(role+".messages", float64(taken)/took.Seconds())
	s.add(role+".deliveries", float64(delivered)/took.Seconds())
	if used > 0 {
		s.add(role+".cpu", float64(used.Microseconds())/float64(delivered))
	}
	if role == "engine" {
		lags := a.lags()
		s.add("engine.lag.p50", ms(percentile(lags, 50)))
		s.add("engine.lag.p99", ms(percentile(lags, 99)))
		s.add("engine.caught-up", caughtUp.Seconds())
	}
	return nil
}

// townspeople are the customers of a town.
type townspeople struct {
	in     *inbox.Inbox
	town   town
	prefix string
}

func (w townspeople) company(n int64) int { return int(scatter(int(n)) % uint64(w.town.companies)) }

// write writes to one of the companies and returns the event that tells of it.
func (w townspeople) write(ctx context.Context, n int64) (store.Event, error) {
	company := w.company(n)
	m := channel.Inbound{ProviderID: fmt.Sprintf("SM%s%d", w.prefix, n), From: customer(company), To: w.town.number(company), Text: text(int(n))}
	got, err := w.in.Receive(ctx, channelName, m)
	if err == nil && (got.Duplicate || got.Message == 0) {
		err = fmt.Errorf("a message to %s was not new to its inbox: %+v", m.To, got)
	}
	e := w.event(n)
	e.Message = got.Message
	return e, err
}

// event is one like that of a message.
func (w townspeople) event(n int64) store.Event {
	company := w.company(n)
	return store.Event{
		Cursor: store.Cursor(n), Account: w.town.account(company), Type: store.MessageReceived, At: began, Inbox: inboxID,
		Conversation: w.town.conversation(company), Message: store.MessageID(n), Actor: store.Author{Kind: store.ByCustomer}, Detail: store.Detail{Seq: n},
	}
}
