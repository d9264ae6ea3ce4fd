package inboxtest

import (
	"cmp"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/internal/sources"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// carrierName is the name of the harness's channel.
const carrierName = "simulated"

// Config says what a harness is made of. The zero value works.
type Config struct {
	// Inbox is the engine's. Store defaults to one in memory, Logger to the
	// test's output; the carrier is added to Channels. A Store of the test's
	// own measures leases by its own clock.
	Inbox inbox.Config

	// Carrier is the carrier's. Its Name and Now are the harness's.
	Carrier simulated.Config

	// Users, Teams and Inboxes are saved when the harness starts. Each
	// defaults to the default company's; an empty slice that is not nil is
	// none. An inbox's address without a channel is the carrier's.
	Users   []inbox.User
	Teams   []inbox.Team
	Inboxes []store.Inbox

	// Start is when the clock starts. Defaults to Monday, 5 January 2026, at
	// 09:00 UTC.
	Start time.Time
}

// Harness is an engine with everything around it that a test needs. Its
// methods are called from the test's own goroutine, and end the test when
// something fails that should not.
type Harness struct {
	// Inbox is the engine.
	Inbox *inbox.Inbox
	// Store is the engine's store.
	Store store.Store
	// Carrier is the channel, with the phones.
	Carrier *simulated.Carrier

	t       testing.TB
	cfg     inbox.Config
	clock   *clock
	engines int
	givenUp time.Time // when the last lease of an engine that was replaced runs out

	seen    map[channel.Address]int // how many received messages RequireSent has passed, by phone
	alerted inbox.Cursor            // up to which event RequireAlerted has looked
}

// New starts a harness.
func New(t testing.TB, cfg Config) *Harness {
	t.Helper()
	if cfg.Start.IsZero() {
		cfg.Start = time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)
	}
	h := &Harness{t: t, clock: &clock{now: cfg.Start.UTC()}, seen: make(map[channel.Address]int)}
	cfg.Carrier.Name, cfg.Carrier.Now = carrierName, h.Now
	carrier, err := simulated.New(cfg.Carrier)
	if err != nil {
		t.Fatalf("inboxtest: Config.Carrier: %v", err)
	}
	h.Carrier = carrier
	h.cfg = cfg.Inbox
	h.cfg.Channels = append([]channel.Channel{carrier}, cfg.Inbox.Channels...)
	if h.cfg.Store == nil {
		h.cfg.Store = memory.New(memory.WithClock(h.Now))
	}
	if h.cfg.Logger == nil {
		h.cfg.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	h.Store = h.cfg.Store
	h.Restart()
	h.save(cfg)
	return h
}

// Restart replaces the engine by another on the same store, as if the process
// had died and started again. What the first had begun comes back to the second
// when its lease has run out, which takes up to inbox.Config.LeaseTTL.
func (h *Harness) Restart() {
	h.t.Helper()
	h.engines++
	if h.engines > 1 {
		h.givenUp = h.Now().Add(cmp.Or(h.cfg.LeaseTTL, 15*time.Second))
	}
	name := "engine " + strconv.Itoa(h.engines)
	in, err := inbox.NewWithSources(h.cfg, sources.Sources{
		Now:    h.Now,
		Jitter: func() float64 { return 0.5 },
		Name:   func() string { return name },
	})
	if err != nil {
		h.t.Fatalf("inboxtest: Config.Inbox: %v", err)
	}
	h.Inbox = in
}

// save makes the company.
func (h *Harness) save(cfg Config) {
	h.t.Helper()
	if cfg.Users == nil {
		cfg.Users = DefaultUsers()
	}
	if cfg.Teams == nil {
		cfg.Teams = DefaultTeams()
	}
	if cfg.Inboxes == nil {
		cfg.Inboxes = DefaultInboxes()
	}
	admin := h.Inbox.Admin(inbox.DefaultAccount)
	for _, u := range cfg.Users {
		if err := admin.SaveUser(h.t.Context(), u); err != nil {
			h.t.Fatalf("inboxtest: Config.Users: %v", err)
		}
	}
	for _, team := range cfg.Teams {
		if err := admin.SaveTeam(h.t.Context(), team); err != nil {
			h.t.Fatalf("inboxtest: Config.Teams: %v", err)
		}
	}
	for _, box := range cfg.Inboxes {
		box.Endpoints = append([]store.Endpoint(nil), box.Endpoints...)
		for i := range box.Endpoints {
			if box.Endpoints[i].Channel == "" {
				box.Endpoints[i].Channel = carrierName
			}
		}
		if err := admin.SaveInbox(h.t.Context(), box); err != nil {
			h.t.Fatalf("inboxtest: Config.Inboxes: %v", err)
		}
	}
}

// Agent returns the handle of a user of the company.
func (h *Harness) Agent(user inbox.UserID) *inbox.Agent {
	return h.Inbox.Agent(inbox.DefaultAccount, user)
}

// Admin returns the administration of the company.
func (h *Harness) Admin() *inbox.Admin { return h.Inbox.Admin(inbox.DefaultAccount) }

// Now returns the harness's time. It may be called from any goroutine.
func (h *Harness) Now() time.Time { return h.clock.read() }

// clock stands still until it is set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = to
}
