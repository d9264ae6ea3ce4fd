package simulated

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// Backfill lists what phones have sent since a moment, in order, whether it
// was handed over meanwhile or not, and even if it never will be.
func (c *Carrier) Backfill(ctx context.Context, since time.Time, yield func(channel.Inbound) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("simulated: backfill: %w", err)
	}
	c.mu.Lock()
	// Stable: what has arrived is only added to, and never changed.
	from, _ := slices.BinarySearchFunc(c.arrived, since, func(m channel.Inbound, t time.Time) int {
		return m.SentAt.Compare(t)
	})
	all := c.arrived[from:len(c.arrived):len(c.arrived)]
	c.mu.Unlock()
	for _, m := range all {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("simulated: backfill: %w", err)
		}
		m = cloneInbound(m)
		m.Late = true
		if err := yield(m); err != nil {
			return err
		}
	}
	return nil
}
