package inbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// A change that was parted from its batch is tried again after a pause, which
// grows, and given up after some time: whoever holds what it needs may be
// somebody else's transaction that nobody ends.
const (
	firstPart   = 5 * time.Millisecond
	longestPart = 250 * time.Millisecond
	partLimit   = 10 * time.Second
)

// partFrom parts the changes that have to wait from a batch, and returns the
// others. If it is not known which they are, it is all of them: each finds out
// by itself.
func partFrom(batch []*change, busy *store.BusyError, doubt error) (free []*change) {
	part := func(ch *change) { ch.parted, ch.err, ch.doubt = true, doubtful(busy, doubt), doubt }
	for _, ch := range batch {
		if slices.ContainsFunc(ch.keys, busy.Keys.Meet) {
			part(ch)
		} else {
			free = append(free, ch)
		}
	}
	if len(free) < len(batch) {
		return free
	}
	for _, ch := range batch {
		part(ch)
	}
	return nil
}

// alone makes a change that was parted from its batch, beside the batches. When
// the context ends while it waits, it is given up.
func (c *committer) alone(ctx context.Context, ch *change) {
	defer func() {
		c.mu.Lock()
		c.parted--
		c.appoint()
		c.mu.Unlock()
	}()
	begun := c.now()
	for wait := firstPart; ch.parted; wait = min(2*wait, longestPart) {
		if c.now().Sub(begun) > partLimit {
			return
		}
		if !pause(ctx, wait) {
			ch.err = fmt.Errorf("inbox: %w: %w", ctx.Err(), ch.err)
			return
		}
		ch.parted = false
		c.finish(ctx, []*change{ch}, ch.doubt)
	}
}
