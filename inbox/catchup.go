package inbox

import (
	"context"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// When Run starts, somebody may have opted out while nobody listened. So what
// is queued for a channel that can list what came in waits until it was asked
// for the first time.
const (
	// catchUpLimit is how long sends wait for a channel's first answer at the
	// most.
	catchUpLimit = 2 * time.Minute
	// catchUpPatience is how long Run waits for the answers before it begins
	// with anything, as mostly they come at once.
	catchUpPatience = time.Second
	// catchUpPause is how often a message looks whether it has to wait still.
	catchUpPause = 5 * time.Second
)

// catchUp knows which channels have not been asked since Run began.
type catchUp struct {
	mu    sync.Mutex
	until map[string]time.Time // by the channel's name: when sends go on anyhow
}

func (c *catchUp) begin(channelName string, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.until == nil {
		c.until = make(map[string]time.Time)
	}
	c.until[channelName] = until
}

func (c *catchUp) done(channelName string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.until, channelName)
}

// holds reports whether a channel's messages wait.
func (c *catchUp) holds(channelName string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return now.Before(c.until[channelName])
}

// catchUp begins to ask the channels for what came in, once now and then from
// time to time until the context ends. It returns when all have answered for
// the first time, or catchUpPatience is over.
func (in *Inbox) catchUp(ctx context.Context, background *sync.WaitGroup) {
	if in.cfg.BackfillInterval < 0 {
		return
	}
	var first sync.WaitGroup
	for _, ch := range in.cfg.Channels {
		b, ok := ch.(channel.Backfiller)
		if !ok {
			continue
		}
		in.behind.begin(b.Name(), in.now().Add(catchUpLimit))
		first.Add(1)
		caughtUp := sync.OnceFunc(func() {
			in.behind.done(b.Name())
			first.Done()
		})
		background.Go(func() {
			defer caughtUp()
			in.backfill(ctx, b, caughtUp)
		})
	}
	all := make(chan struct{})
	go func() { first.Wait(); close(all) }()
	within(all, catchUpPatience)
}
