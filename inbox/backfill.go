package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// backfillPause is how soon a channel is asked again after a failure, at the
// earliest, also by a host that starts again and again.
const backfillPause = 30 * time.Second

// startPause is how soon after another engine a channel is asked by one that
// starts.
const startPause = 2 * time.Second

// backfillLimit bounds one backfill: a channel that hangs is asked again.
const backfillLimit = time.Hour

// backfillYoung is how long a message is left to its webhook.
const backfillYoung = time.Minute

// backfillPage is how many messages of a backfill share a change.
const backfillPage = 32

// Backfill fetches what came in on a channel since a moment, and returns how
// many messages were new. They are marked late ([store.Extras].Late). What was
// written to an address of no inbox is left where it is. Whatever
// is there already is left alone, so that it may be called at any time, for any
// moment, and beside webhooks.
//
// [Inbox.Run] does it by itself when it starts and every
// Config.BackfillInterval, since the last moment up to which all is known to
// be here; hosts call it to fetch what came in before they had this library,
// say, or when they have no place for Run.
//
// The error is ErrUnknownChannel, says that the channel can't be asked, or is
// the channel's or the store's. What was fetched before is kept then.
func (in *Inbox) Backfill(ctx context.Context, channelName string, since time.Time) (int, error) {
	ch, ok := in.channels[channelName]
	if !ok {
		return 0, fmt.Errorf("%w: %q", ErrUnknownChannel, channelName)
	}
	b, ok := ch.(channel.Backfiller)
	if !ok {
		return 0, fmt.Errorf("inbox: channel %q can't list what came in", channelName)
	}
	return in.fetch(ctx, b, since, time.Time{})
}

// fetch takes in what came in on a channel since a moment, in order. What was
// sent after young is left out, unless that is zero.
func (in *Inbox) fetch(ctx context.Context, b channel.Backfiller, since, young time.Time) (fresh int, err error) {
	ctx, end := in.telemetry.span(ctx, "backfill "+b.Name(), trace.SpanKindClient, 0, 0)
	defer func() { end(err) }()
	ctx, cancel := context.WithTimeout(ctx, backfillLimit)
	defer cancel()
	var page []channel.Inbound
	take := func() error {
		n, err := in.receivePage(ctx, b.Name(), page)
		fresh, page = fresh+n, page[:0]
		if err != nil {
			return fmt.Errorf("%w: %w", errNotKept, err)
		}
		return nil
	}
	err = protect(func() error {
		return b.Backfill(ctx, since, func(m channel.Inbound) error {
			if !young.IsZero() && m.SentAt.After(young) {
				return nil
			}
			m.Late = true
			if page = append(page, m); len(page) < backfillPage {
				return nil
			}
			return take()
		})
	})
	// What was listed before the failure came in all the same.
	if len(page) > 0 && ctx.Err() == nil {
		err = errors.Join(err, take())
	}
	if fresh > 0 {
		in.telemetry.fetched.Add(ctx, int64(fresh), in.telemetry.with(labels{first: attrChannel.String(b.Name())}))
	}
	if err != nil {
		return fresh, fmt.Errorf("inbox: backfill of channel %q: %w", b.Name(), err)
	}
	return fresh, nil
}

// errNotKept wraps a failure that is the store's, and not the channel's.
var errNotKept = errors.New("what it listed could not be kept")

// receivePage takes messages in and returns how many were new. One that can't
// be stored at all, since it has no id or no address, is reported and passed
// over: asking for it again would not help.
func (in *Inbox) receivePage(ctx context.Context, channelName string, page []channel.Inbound) (int, error) {
	sound := make([]channel.Inbound, 0, len(page))
	for _, m := range page {
		if err := in.checkInbound(channelName, &m); err != nil {
			in.log.Error("a channel listed a message that can't be kept", "channel", channelName, "provider_id", m.ProviderID, "from", m.From, "to", m.To, "err", err)
			continue
		}
		sound = append(sound, m)
	}
	sound, err := in.ours(ctx, channelName, sound)
	if err != nil {
		return 0, err
	}
	accepted, err := in.takeIn(ctx, in.record, channelName, channel.Delivery{Inbound: sound})
	fresh := 0
	for _, a := range accepted {
		if !a.Duplicate {
			fresh++
		}
	}
	return fresh, err
}

// ours leaves out what was written to addresses of no inbox: the provider may
// have more of our numbers than this inbox is for.
func (in *Inbox) ours(ctx context.Context, channelName string, all []channel.Inbound) ([]channel.Inbound, error) {
	var ours []channel.Inbound
	err := in.view(ctx, func(t *tx) error {
		ours = ours[:0]
		for _, m := range all {
			box, err := in.inboxAt(t, store.Endpoint{Channel: channelName, Address: m.To})
			if err != nil {
				return err
			}
			if box != nil {
				ours = append(ours, m)
			}
		}
		return nil
	})
	return ours, err
}

// asked is what became of a look whether a channel is to be asked.
type asked struct {
	wait  time.Duration // when to look again
	done  bool          // it was asked
	known bool          // all is here that came in before the start
}

// stepBackfill asks a channel for what came in, if it is time to. Of several
// engines on a store one asks. What another has found out since this one looked
// for the first time is known: first is the version of the mark then, 0 before.
//
// The first engine that ever sees a channel only notes the moment: what came in
// before is not this inbox's.
func (in *Inbox) stepBackfill(ctx context.Context, b channel.Backfiller, first *int64, starting bool) (asked, error) {
	var mark store.Watermark
	var before, claimed time.Time // when it was asked last, and now
	var a asked
	err := in.record(ctx, func(t *tx) error {
		found, err := t.Watermarks(store.WatermarkID(b.Name()))
		if err != nil {
			return err
		}
		if len(found) == 0 {
			a = asked{wait: in.cfg.BackfillInterval, done: true, known: true}
			return t.PutWatermarks(store.Watermark{ID: store.WatermarkID(b.Name()), Through: t.now, AskedAt: t.now})
		}
		mark, before = found[0], found[0].AskedAt
		if *first == 0 {
			*first = mark.Version
		}
		a.known = mark.Version > *first && mark.Error == "" && mark.Through.Equal(mark.AskedAt)
		if a.wait = in.untilBackfill(mark, starting && !a.known, t.now); a.wait > 0 {
			return nil
		}
		mark.AskedAt, claimed = t.now, t.now
		err = t.PutWatermarks(mark)
		mark.Version++
		return err
	})
	switch {
	case err != nil:
		return asked{wait: startPause}, err
	case a.wait > 0:
		return a, nil
	}
	// What came in a moment ago its webhook brings, and it knows more about it;
	// but not if there was nobody to take it.
	var young time.Time
	if !starting {
		young = claimed.Add(-backfillYoung)
	}
	// The clocks disagree, and a provider lists a message some time after it
	// came: what came shortly before is asked for again.
	fresh, failure := in.fetch(ctx, b, earliest(mark.Through, claimed).Add(-clockSkew), young)
	if fresh > 0 {
		in.log.Warn("messages came in that no webhook had brought; they were fetched", "channel", b.Name(), "messages", fresh)
	}
	if ctx.Err() != nil {
		return asked{wait: backfillPause}, failure // it was cut off, and goes on from where it began
	}
	a = asked{wait: in.cfg.BackfillInterval, done: true, known: failure == nil}
	notKept := errors.Is(failure, errNotKept)
	switch {
	case notKept: // that is not the channel's fault, and soon over
		a.wait, a.done = startPause, false
	case failure != nil:
		a.wait = min(a.wait, backfillPause)
	}
	return a, errors.Join(failure, in.record(ctx, func(t *tx) error {
		found, err := t.Watermarks(mark.ID)
		if err != nil || len(found) == 0 {
			return err
		}
		at := found[0]
		switch {
		case notKept && at.AskedAt.Equal(claimed):
			at.AskedAt = before // as if it had not been asked
		case notKept:
		case failure != nil:
			at.Error = firstRunes(failure.Error(), 500)
		default:
			at.Error, at.Through = "", claimed // even if it was later: then a clock was ahead
		}
		return t.PutWatermarks(at)
	}))
}

// untilBackfill returns for how long a channel needs not be asked.
func (in *Inbox) untilBackfill(mark store.Watermark, starting bool, now time.Time) time.Duration {
	pause := in.cfg.BackfillInterval
	switch {
	case starting && mark.Error == "":
		pause = min(pause, startPause)
	case starting, mark.Error != "":
		pause = min(pause, backfillPause)
	}
	if ahead := mark.AskedAt.Sub(now); ahead > clockSkew || starting && ahead > 0 {
		return 0 // a clock was set back, or is ahead: the mark says nothing
	}
	return mark.AskedAt.Add(pause).Sub(now)
}

// backfill asks a channel for what came in, when Run starts and from time to
// time. caughtUp is called when all is here that came in before the start.
func (in *Inbox) backfill(ctx context.Context, b channel.Backfiller, caughtUp func()) {
	var first int64
	for starting := true; ; {
		a, err := in.stepBackfill(ctx, b, &first, starting)
		if err != nil && ctx.Err() == nil {
			in.log.Error("what came in could not be fetched; trying again", "channel", b.Name(), "err", err)
		}
		if a.known {
			caughtUp()
		}
		starting = starting && !a.done && !a.known
		if !pause(ctx, a.wait) {
			return
		}
	}
}
