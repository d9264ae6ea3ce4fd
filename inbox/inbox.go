package inbox

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/internal/sources"
	"github.com/teaminbox/teaminbox/store"
)

// Inbox is the engine. Its methods may be called from many goroutines.
type Inbox struct {
	parts
	store store.Store

	directory directoryCache
	commits   changer
	feeds     feeds
	searches  slots
	work      workQueue
	behind    catchUp
	running   atomic.Bool
	listening names // of the channels that are being listened to
}

// parts are what an engine has in common with itself in a transaction of the
// host's, see Inbox.Within.
type parts struct {
	cfg      Config
	channels map[string]channel.Channel
	log      *slog.Logger

	now    func() time.Time
	jitter func() float64
	name   func() string // see sources.Sources
	owner  string        // of leases; another for every engine

	pace      *pacer
	zones     *zoneCache
	telemetry *telemetry
}

// changer makes changes durable, or leaves that to the host.
type changer interface {
	// do applies a change and returns why it could not be made. One that is a
	// must is not refused for overload.
	do(ctx context.Context, must bool, apply func(*tx) error, expects ...expectation) error
	// length returns how many changes wait.
	length() int
}

// New returns an engine, or an error that names every bad field of the
// config. It does no I/O and starts no goroutine.
func New(cfg Config) (*Inbox, error) { return NewWithSources(cfg, sources.Real()) }

// NewWithSources is [New] with a clock and randomness of the caller's, for
// this module's own tests and simulations; its second argument can't be made
// outside of it. Tests of a host use package inbox/inboxtest.
func NewWithSources(cfg Config, src sources.Sources) (*Inbox, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	in := &Inbox{store: cfg.Store, parts: parts{
		cfg:      cfg,
		channels: make(map[string]channel.Channel, len(cfg.Channels)),
		log:      cfg.Logger,
		now:      src.Now,
		jitter:   src.Jitter,
		name:     src.Name,
		owner:    src.Name(),
		pace:     newPacer(),
		zones:    new(zoneCache),
	}}
	var err error
	if in.telemetry, err = newTelemetry(cfg.MeterProvider, cfg.TracerProvider); err != nil {
		return nil, fmt.Errorf("inbox: Config.MeterProvider: %w", err)
	}
	for _, ch := range cfg.Channels {
		in.channels[ch.Name()] = ch
	}
	in.feeds.init(src.Now, cfg.PollInterval, in.readPages)
	in.searches = make(slots, cfg.MaxSearches)
	in.work.init(cfg.Concurrency, src.Now)
	leaders, share := parallelism(cfg.Store)
	in.commits = &committer{
		store:      cfg.Store,
		maxLeaders: leaders,
		share:      share,
		maxBatch:   cfg.MaxBatch,
		maxWaiting: cfg.MaxWaiting,
		now:        src.Now,
		secrets:    cfg.PseudonymSecrets,
		committed:  in.committed,
		telemetry:  in.telemetry,
	}
	return in, nil
}

// committed is told after every commit what it brought.
func (in *Inbox) committed(events []store.AccountID, tasks bool) {
	in.feeds.wake(events)
	if tasks {
		in.work.wake()
	}
}

// update runs fn in a transaction that it shares with whatever else waits.
// See committer.
func (in *Inbox) update(ctx context.Context, fn func(*tx) error, expects ...expectation) error {
	return in.commits.do(ctx, false, fn, expects...)
}

// record is update for the engine's own work on what it has taken in already,
// which is never refused for overload.
func (in *Inbox) record(ctx context.Context, fn func(*tx) error, expects ...expectation) error {
	return in.commits.do(ctx, true, fn, expects...)
}

// view runs fn on one snapshot.
func (in *Inbox) view(ctx context.Context, fn func(*tx) error) error {
	return in.store.View(ctx, func(s store.Tx) error { return fn(newTx(s, in.now(), in.cfg.PseudonymSecrets)) })
}

// parallelism returns how many transactions the committer has under way at once,
// and how many changes are worth another.
func parallelism(s store.Store) (leaders, share int) {
	if p, ok := s.(store.Parallel); ok {
		leaders, share = p.Parallelism()
	}
	return max(leaders, 1), max(share, 1)
}
