package inbox

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/responder"
	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/store"
)

// Config says what an engine is made of. Only Store and Channels have to be
// set.
type Config struct {
	// Store keeps everything. It must be set.
	Store store.Store

	// Channels carry messages. There must be at least one, and their names
	// must differ.
	Channels []channel.Channel

	// Router finds the people for a message. Defaults to the rules of the inbox's
	// settings, and else the inbox's team: routing.First(routing.Rules(), routing.Team()).
	Router routing.Router

	// Responder answers by itself. Defaults to responder.FirstMessage().
	Responder responder.Responder

	// OptOut recognises keywords and guards every send. Defaults to
	// compliance.Standard{}.
	OptOut compliance.OptOutPolicy

	// StrayAccount owns messages to addresses that belong to no inbox. If there
	// is no such account, the first one by id does. Defaults to
	// store.DefaultAccount.
	StrayAccount store.AccountID

	// Logger takes what an operator should know. Addresses in it are masked,
	// texts are never in it. Defaults to slog.Default().
	Logger *slog.Logger

	// MeterProvider and TracerProvider take what the engine measures and
	// traces; docs/telemetry.md lists it. Neither ever sees an address or a
	// text. Default to the providers of package otel, which do nothing unless
	// the host has set some.
	MeterProvider  metric.MeterProvider
	TracerProvider trace.TracerProvider

	// RouteTimeout bounds one call of the Router. Defaults to 5 seconds.
	RouteTimeout time.Duration

	// RespondTimeout bounds one call of the Responder. Defaults to 5 seconds.
	RespondTimeout time.Duration

	// SendTimeout bounds one call of Channel.Send. A send that has not
	// answered by then is uncertain and not repeated. Defaults to 15 seconds.
	SendTimeout time.Duration

	// SendAttempts is how often a message is tried that certainly was not
	// sent, before it is rejected. Defaults to 12, which with the backoff is
	// about ten minutes.
	SendAttempts int

	// Unconfirmed decides what becomes of a message when nobody could find out
	// whether it was sent: its channel was asked for an hour, or can't be asked
	// and no status update came within five minutes. It is called in a
	// transaction, from many goroutines, perhaps several times for one message;
	// it must not block. A host may, say, resend a one-time password and hold
	// everything else. Defaults to HoldUnconfirmed for every message.
	Unconfirmed func(m store.Message) UnconfirmedAction

	// Registers is asked before a message goes for which the policy wants to know
	// whether the customer is in a register of those who want no advertising.
	// Without it such messages are not sent.
	Registers RegisterChecker

	// HoldTerm is how long a person has to decide about a message that may be
	// a wish to stop. Meanwhile nothing goes to the customer that we would send
	// first or that is automatic; then it is an opt-out. At most ten days: in the
	// United States a wish to stop has to be honoured within a reasonable time,
	// at most ten business days (47 CFR 64.1200(a)(10)). Defaults to 24 hours.
	HoldTerm time.Duration

	// PseudonymSecrets make the pseudonyms under which the ledger goes on knowing
	// those whose data was erased, so that their opt-outs hold for ever; see
	// Admin.EraseContact, which needs one. Each has 32 bytes or more, random ones.
	// They belong neither into the database nor into its backups: whoever has both
	// can find out who a pseudonym is by trying out numbers.
	//
	// New pseudonyms are made with the first, and those of all are known, so that a
	// secret is changed by putting another before it. One that is left out takes
	// with it the opt-outs of everybody who was erased with it. Every process has
	// to have the same. Each secret adds a key to what is read of the ledger for a
	// message. Defaults to none.
	PseudonymSecrets [][]byte

	// TaskAttempts is how often other work is tried before it is set aside
	// for a person, see Admin.SetAside. Defaults to 10.
	TaskAttempts int

	// LeaseTTL is how long a process that died keeps its conversations.
	// Defaults to 15 seconds.
	LeaseTTL time.Duration

	// DrainTimeout is how long Run, told to end, waits for what it has begun.
	// Defaults to SendTimeout and 5 seconds.
	DrainTimeout time.Duration

	// PollInterval is how often the store is asked for work and events that
	// nothing announced. Defaults to 1 second.
	PollInterval time.Duration

	// BackfillInterval is how often channels that can list what came in
	// (channel.Backfiller) are asked for messages that no webhook has brought.
	// They are asked when Run starts, too. A negative interval means never.
	// Defaults to 5 minutes.
	BackfillInterval time.Duration

	// Concurrency is how many conversations are worked on at once. A slow
	// router or provider holds up only its own. Defaults to 512.
	Concurrency int

	// MaxBatch is how many changes may share a transaction. Defaults to 64.
	MaxBatch int

	// MaxWaiting is how many changes may wait for a transaction; more are
	// refused with ErrOverloaded, which webhooks answer with 503. Defaults to
	// 4096.
	MaxWaiting int

	// MaxSearches is how many searches of agents run at once; more wait, each
	// until its context ends. A search may take long, so they leave to what is
	// quick at least half of what a store reads at once, such as
	// sqlite.Config.MaxReaders or postgres.Config.MaxConns. Defaults to 4.
	MaxSearches int
}

func (c Config) withDefaults() Config {
	if c.Router == nil {
		c.Router = routing.First(routing.Rules(), routing.Team())
	}
	if c.Responder == nil {
		c.Responder = responder.FirstMessage()
	}
	if c.OptOut == nil {
		c.OptOut = compliance.Standard{}
	}
	if p, ok := c.OptOut.(compliance.Standard); ok && p.Table == nil {
		// It is made here, and not while the first webhook waits.
		p.Table = compliance.StandardTable()
		c.OptOut = p
	}
	if c.StrayAccount == "" {
		c.StrayAccount = store.DefaultAccount
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	setDefault(&c.RouteTimeout, 5*time.Second)
	setDefault(&c.RespondTimeout, 5*time.Second)
	setDefault(&c.SendTimeout, 15*time.Second)
	setDefault(&c.SendAttempts, 12)
	setDefault(&c.HoldTerm, 24*time.Hour)
	setDefault(&c.TaskAttempts, 10)
	setDefault(&c.LeaseTTL, 15*time.Second)
	setDefault(&c.DrainTimeout, c.SendTimeout+5*time.Second)
	setDefault(&c.PollInterval, time.Second)
	setDefault(&c.BackfillInterval, 5*time.Minute)
	setDefault(&c.Concurrency, 512)
	setDefault(&c.MaxBatch, 64)
	setDefault(&c.MaxWaiting, 4096)
	setDefault(&c.MaxSearches, 4)
	return c
}

func setDefault[T int | time.Duration](to *T, value T) {
	if *to == 0 {
		*to = value
	}
}

// validate names every bad field at once.
func (c Config) validate() error {
	var errs []error
	bad := func(field, cure string) { errs = append(errs, fmt.Errorf("inbox: Config.%s %s", field, cure)) }
	if c.Store == nil {
		bad("Store", "is nil; set it to a store, like one of store/sqlite")
	}
	if len(c.Channels) == 0 {
		bad("Channels", "is empty; add at least one channel, like one of channel/twilio")
	}
	seen := make(map[string]bool)
	for i, ch := range c.Channels {
		switch {
		case ch == nil:
			bad(fmt.Sprintf("Channels[%d]", i), "is nil")
		case ch.Name() == "":
			bad(fmt.Sprintf("Channels[%d]", i), "has an empty name; a channel's name is stored with its messages")
		case seen[ch.Name()]:
			bad(fmt.Sprintf("Channels[%d]", i), fmt.Sprintf("has the name %q of another channel; give each its own", ch.Name()))
		default:
			seen[ch.Name()] = true
		}
	}
	notNegative := func(field string, negative bool) {
		if negative {
			bad(field, "is negative; leave it 0 for the default")
		}
	}
	if c.LeaseTTL > 0 && c.LeaseTTL < time.Second {
		bad("LeaseTTL", "is under a second; leases would run out while work goes on")
	}
	if c.PollInterval > 0 && c.PollInterval < 10*time.Millisecond {
		bad("PollInterval", "is under 10 milliseconds; the store would be asked without a pause")
	}
	if c.BackfillInterval > 0 && c.BackfillInterval < time.Second {
		bad("BackfillInterval", "is under a second; providers would be asked without a pause")
	}
	if c.HoldTerm > longestHoldTerm {
		bad("HoldTerm", "is over ten days; the law gives no longer to honour a wish to stop")
	}
	for i, secret := range c.PseudonymSecrets {
		if len(secret) < compliance.MinPseudonymSecret {
			bad(fmt.Sprintf("PseudonymSecrets[%d]", i), fmt.Sprintf("has %d bytes; make one of %d or more with crypto/rand", len(secret), compliance.MinPseudonymSecret))
		}
	}
	notNegative("HoldTerm", c.HoldTerm < 0)
	notNegative("RouteTimeout", c.RouteTimeout < 0)
	notNegative("RespondTimeout", c.RespondTimeout < 0)
	notNegative("SendTimeout", c.SendTimeout < 0)
	notNegative("SendAttempts", c.SendAttempts < 0)
	notNegative("TaskAttempts", c.TaskAttempts < 0)
	notNegative("LeaseTTL", c.LeaseTTL < 0)
	notNegative("DrainTimeout", c.DrainTimeout < 0)
	notNegative("PollInterval", c.PollInterval < 0)
	notNegative("Concurrency", c.Concurrency < 0)
	notNegative("MaxBatch", c.MaxBatch < 0)
	notNegative("MaxWaiting", c.MaxWaiting < 0)
	notNegative("MaxSearches", c.MaxSearches < 0)
	return errors.Join(errs...)
}
