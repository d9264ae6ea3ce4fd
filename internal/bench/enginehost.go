package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/responder"
	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/store"
)

// The orders of an engine's host. The bare one knows orderUsage alone.
const (
	orderUsage  = "usage"  // says what it has taken so far
	orderRun    = "run"    // begins to work
	orderSettle = "settle" // works until nothing is due
	orderStop   = "stop"   // works no more
	orderSlow   = "slow"   // from now on the router is slow
	orderQueue  = "queue"  // alice writes Count replies
)

// slowness is how long a slow router takes, for one conversation in slowEvery.
const (
	slowness  = 5 * time.Second
	slowEvery = 100
)

func isSlow(id store.ConversationID) bool { return id%slowEvery == 0 }

// reply is what every message is answered with.
const reply = "Thank you, we have your message. Somebody of the team answers within the hour."

// engineHost is an engine with Twilio's channel.
type engineHost struct {
	http.Handler
	in            *inbox.Inbox
	store         opened
	conversations int
	slow          atomic.Bool
	ending        chan struct{} // closed by close

	stop context.CancelFunc
	run  sync.WaitGroup
	err  error // of Run
}

func newEngineHost(ctx context.Context, j job, public string) (host, error) {
	ch, err := twilio.New(twilio.Config{
		Name: channelName, AccountSID: accountSID, AuthTokens: []string{authToken}, PublicURL: public, APIURL: j.Provider,
		SegmentsPerSecond: func(channel.Address) float64 { return 1e6 }, // the pace is not what is measured
	})
	if err != nil {
		return nil, err
	}
	h := &engineHost{conversations: j.Conversations, ending: make(chan struct{}), stop: func() {}}
	if h.store, err = openStore(ctx, j.Store, j.URL); err != nil {
		return nil, err
	}
	h.in, err = inbox.New(inbox.Config{
		Store: h.store, Channels: []channel.Channel{ch},
		Router: routing.RouterFunc(h.route), Responder: responder.ResponderFunc(answer),
		RouteTimeout:     2 * slowness,
		BackfillInterval: -1, // the provider has nothing to list
		Logger:           slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err == nil {
		h.Handler, err = h.in.Webhook(channelName)
	}
	if err != nil {
		return nil, errors.Join(err, h.store.Close())
	}
	return h, nil
}

// route concerns the whole team, as an engine's own router does.
func (h *engineHost) route(ctx context.Context, r routing.Request) (routing.Decision, error) {
	if h.slow.Load() && isSlow(r.Conversation.ID) {
		timer := time.NewTimer(slowness)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-h.ending:
		case <-ctx.Done():
			return routing.Decision{}, ctx.Err()
		}
	}
	return routing.ToTeam(r), nil
}

func answer(context.Context, responder.Turn) (responder.Reply, error) {
	return responder.Reply{Text: reply}, nil
}

func (h *engineHost) obey(ctx context.Context, o order) error {
	switch o.Do {
	case orderUsage:
	case orderRun:
		ctx, h.stop = context.WithCancel(ctx)
		h.run.Go(func() { h.err = h.in.Run(ctx) })
	case orderSettle:
		return h.settle(ctx)
	case orderStop:
		h.stop()
		h.run.Wait()
		return h.err
	case orderSlow:
		h.slow.Store(true)
	case orderQueue:
		return h.queue(ctx, o.Count)
	default:
		return errors.New("there is no such order")
	}
	return nil
}

// settle waits until the engine has done what was due when it began.
func (h *engineHost) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*patience)
	defer cancel()
	for {
		due := false
		err := h.store.View(ctx, func(tx store.Tx) error {
			at, found, err := tx.NextDue()
			due = found && !at.After(time.Now())
			return err
		})
		if err != nil {
			return err
		}
		if !due && h.in.Health(ctx).Turns == 0 {
			return nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// writers is how many replies are written at once.
const writers = 64

// queue has alice write to one customer after the other.
func (h *engineHost) queue(ctx context.Context, count int) error {
	a := archive{conversations: h.conversations}
	agent := h.in.Agent(account, agentID)
	errs := make([]error, writers)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for n := w; n < count && errs[w] == nil; n += writers {
				if _, err := agent.Reply(ctx, a.conversation(n%a.conversations), inbox.Draft{Text: text(n), Purpose: compliance.Transactional}); err != nil {
					errs[w] = fmt.Errorf("reply %d: %w", n, err)
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (h *engineHost) close() error {
	close(h.ending)
	h.stop()
	h.run.Wait()
	return errors.Join(h.err, h.store.Close())
}
