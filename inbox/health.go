package inbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// healthTimeout bounds how long Health waits for the store.
const healthTimeout = 2 * time.Second

// stuckAfter is after how long without a look at the store Run counts as
// stuck, and late how old due work may be, before Health says so.
const (
	stuckAfter = time.Minute
	late       = 30 * time.Second
)

// Health is how an engine is, for probes and for operators.
type Health struct {
	// Live is false if only another start would help: Run runs and does not
	// come round any more.
	Live bool
	// Ready is false if a load balancer should send requests elsewhere: the
	// store does not answer, too much waits, or Run is ending.
	Ready bool
	// Reasons say in plain words why the engine is not live or not ready, and
	// what else an operator should look at: work that is late, a channel that
	// can't be asked. There may be some though it is ready.
	Reasons []string

	Running  bool          // Run has been called and has not returned
	Draining bool          // Run has been told to end
	Answers  bool          // the store has answered
	Waiting  int           // changes that wait for a transaction, see Config.MaxWaiting
	Turns    int           // conversations that are being worked on, see Config.Concurrency
	Lag      time.Duration // for how long the oldest work has been due that nobody is at
	Channels []ChannelHealth
}

// ChannelHealth is how a channel is.
type ChannelHealth struct {
	Name string
	// Listening says that the channel pushes what it receives and is being
	// listened to. Channels with webhooks never are.
	Listening bool
	// Through is up to when everything that came in is here, as far as the
	// provider has been asked. It is zero for channels that can't be asked.
	Through time.Time
	// Problem says why the provider could not be asked, or "".
	Problem string
}

// Health tells how the engine is. It asks the store one thing and waits for the
// answer for two seconds at the most; it may be called often.
func (in *Inbox) Health(ctx context.Context) Health {
	h := Health{Live: true, Ready: true, Running: in.running.Load()}
	notReady := func(format string, args ...any) {
		h.Ready = false
		h.Reasons = append(h.Reasons, fmt.Sprintf(format, args...))
	}
	note := func(format string, args ...any) { h.Reasons = append(h.Reasons, fmt.Sprintf(format, args...)) }

	h.Waiting = in.commits.length()
	if h.Waiting >= in.cfg.MaxWaiting {
		notReady("%d changes wait for the store, as many as may", h.Waiting)
	}
	turns, stopping, looked := in.work.condition()
	h.Turns, h.Draining = turns, h.Running && stopping
	if h.Running && !h.Draining && in.now().Sub(looked) > max(stuckAfter, 3*in.cfg.PollInterval) {
		h.Live = false
		notReady("the store has not been asked for work since %s", looked.Format(time.RFC3339))
	}
	if h.Draining {
		notReady("the engine is ending")
	}

	found, err := ask(ctx, in, healthTimeout, in.lookAtWork)
	if err != nil {
		notReady("the store does not answer: it %s", failing(err))
		h.Channels = in.channelHealth(nil)
		return h
	}
	h.Lag = found.lag
	h.Answers = true
	if h.Lag > late {
		note("work has been due for %s that nobody is at", h.Lag.Round(time.Second))
		if !h.Running {
			note("Run does not run in this process")
		}
	}
	h.Channels = in.channelHealth(found.marks)
	for _, c := range h.Channels {
		behind := in.now().Sub(c.Through)
		switch {
		case c.Problem != "":
			note("channel %s can't be asked for what came in: %s", c.Name, c.Problem)
		case h.Running && in.cfg.BackfillInterval > 0 && !c.Through.IsZero() && behind > 3*in.cfg.BackfillInterval:
			note("channel %s has not told for %s what came in", c.Name, behind.Round(time.Second))
		}
	}
	return h
}

// workload is what the store says about the work.
type workload struct {
	lag   time.Duration
	marks []store.Watermark
}

func (in *Inbox) lookAtWork(ctx context.Context) (workload, error) {
	var w workload
	err := in.view(ctx, func(t *tx) error {
		due, any, err := t.NextDue()
		if err != nil {
			return err
		}
		if any {
			w.lag = max(0, t.now.Sub(due))
		}
		w.marks, err = t.Watermarks(in.backfilled()...)
		return err
	})
	return w, err
}

// backfilled returns the names of the channels that can be asked for what came
// in.
func (in *Inbox) backfilled() []store.WatermarkID {
	var ids []store.WatermarkID
	for _, ch := range in.cfg.Channels {
		if _, ok := ch.(channel.Backfiller); ok {
			ids = append(ids, store.WatermarkID(ch.Name()))
		}
	}
	return ids
}

func (in *Inbox) channelHealth(marks []store.Watermark) []ChannelHealth {
	all := make([]ChannelHealth, len(in.cfg.Channels))
	for i, ch := range in.cfg.Channels {
		all[i] = ChannelHealth{Name: ch.Name(), Listening: in.listening.has(ch.Name())}
		for _, m := range marks {
			if string(m.ID) == ch.Name() {
				all[i].Through, all[i].Problem = m.Through, m.Error
			}
		}
	}
	return all
}

// TurnInfo is a conversation that is being worked on.
type TurnInfo struct {
	Conversation ConversationID
	Doing        string    // "store", "route", "respond", "send", "reconcile" or "waits for a place"
	Since        time.Time // when it began with that
	Begun        time.Time // when the turn began
}

// Turns returns the conversations that this engine is working on, those that
// have taken longest first. It is for an operator's eyes.
func (in *Inbox) Turns() []TurnInfo {
	all := in.work.turns()
	slices.SortFunc(all, func(a, b TurnInfo) int {
		return cmp.Or(a.Begun.Compare(b.Begun), cmp.Compare(a.Conversation, b.Conversation))
	})
	return all
}

// SenderInfo is an address of ours that keeps to a rate.
type SenderInfo struct {
	Channel   string
	Address   channel.Address
	PerSecond float64 // segments

	// How long a reply, or a message that is sent in bulk, would wait for its
	// turn if it was queued at this moment.
	TalkWaits, BulkWaits time.Duration
}

// Senders returns the addresses of ours for which messages of this engine wait
// for their turn, sorted. It is for an operator's eyes.
func (in *Inbox) Senders() []SenderInfo { return in.pace.waiting(in.now()) }
