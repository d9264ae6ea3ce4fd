package simulated

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// Carrier is a telephone company in memory. It is a [channel.Channel] to the
// engine on one side and has phones on the other. All its methods may be
// called from many goroutines at once. It keeps everything that was ever sent.
type Carrier struct {
	cfg    Config
	prefix string // of the ids of this carrier's messages

	mu     sync.Mutex
	last   time.Time // the latest reading of the clock
	ids    uint64
	draw   func() float64 // from [0, 1)
	faults Faults

	nextFaults       []Fault
	nextDisturbances []Disturbance

	attempts []Attempt
	taken    map[string]*outgoing      // by the carrier's id
	byOurID  map[string]*outgoing      // the first with each Outbound.ID
	log      []Message                 // of all phones, in order
	logs     map[channel.Address][]int // where each phone's messages are in log
	arrived  []channel.Inbound         // in order
	wrote    map[pair]time.Time        // when a customer last wrote to a number
	stopped  map[pair]bool             // who has stopped which number, by keyword
	media    map[string]file           // by URL
	queue    queue
	change   signal
}

var (
	_ channel.Listener     = (*Carrier)(nil)
	_ channel.Limiter      = (*Carrier)(nil)
	_ channel.Backfiller   = (*Carrier)(nil)
	_ channel.Reconciler   = (*Carrier)(nil)
	_ channel.MediaFetcher = (*Carrier)(nil)
)

// pair is a number of ours and a customer.
type pair struct{ ours, theirs channel.Address }

// New makes a carrier. The error names every bad field of the config.
func New(cfg Config) (*Carrier, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	c := &Carrier{
		cfg:     cfg,
		faults:  cfg.Faults.withDefaults(),
		draw:    rand.New(rand.NewPCG(cfg.Seed, 0)).Float64, //nolint:forbidigo // seeded by the config
		taken:   make(map[string]*outgoing),
		byOurID: make(map[string]*outgoing),
		logs:    make(map[channel.Address][]int),
		wrote:   make(map[pair]time.Time),
		stopped: make(map[pair]bool),
		media:   make(map[string]file),
		queue:   newQueue(),
	}
	// A store outlives a carrier, so that the next one must count otherwise.
	c.prefix = fmt.Sprintf("sim-%x-", c.now().UnixNano())
	return c, nil
}

// Name returns [Config.Name].
func (c *Carrier) Name() string { return c.cfg.Name }

// String returns the carrier's name and nothing of what it keeps.
func (c *Carrier) String() string { return fmt.Sprintf("simulated carrier %q", c.cfg.Name) }

// now reads the clock. The caller holds the lock, or is New.
func (c *Carrier) now() time.Time {
	if t := c.cfg.Now().UTC(); t.After(c.last) {
		c.last = t
	}
	return c.last
}

func (c *Carrier) newID() string {
	c.ids++
	return fmt.Sprintf("%s%d", c.prefix, c.ids)
}

// signal wakes everybody who waits for a change. The carrier's lock guards it.
type signal struct{ waiting chan struct{} }

// next returns a channel that is closed at the next change.
func (s *signal) next() <-chan struct{} {
	if s.waiting == nil {
		s.waiting = make(chan struct{})
	}
	return s.waiting
}

func (s *signal) fire() {
	if s.waiting != nil {
		close(s.waiting)
		s.waiting = nil
	}
}
