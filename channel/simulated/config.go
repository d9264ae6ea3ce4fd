package simulated

import (
	"errors"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// Config says how a carrier behaves. The zero value is a carrier that takes
// and delivers everything at once and reports it.
type Config struct {
	// Name is the channel's name. Defaults to "simulated".
	Name string

	// Now is the carrier's clock. It must not call the carrier. A clock that
	// runs backwards stands still for the carrier. Defaults to the real time.
	Now func() time.Time

	// Seed starts the randomness of Faults: two carriers with the same seed
	// that are driven alike from one goroutine behave alike. Defaults to 0,
	// which is a seed like any other.
	Seed uint64

	// Faults are the odds that something goes wrong; see [Carrier.SetFaults].
	// Defaults to nothing going wrong.
	Faults Faults

	// Hook decides what goes wrong with a send for which
	// [Carrier.FailNext] has ordered nothing. It is called from many
	// goroutines at once, outside of the carrier's locks, and may block: the
	// send is slow then. A Hook that returns the zero Fault leaves the send
	// to Faults. Defaults to none.
	Hook Hook

	// Reports are the states that the carrier reports by itself for a message
	// that arrives, in order: DeliverySent, DeliveryDelivered or
	// DeliveryRead. An empty slice that is not nil reports nothing. Defaults
	// to DeliverySent and DeliveryDelivered.
	Reports []channel.DeliveryState

	// Keywords makes the carrier handle STOP, START and HELP on telephone
	// numbers itself, as many do: it answers them, marks the inbound message
	// (see [channel.Inbound.Keyword] and ProviderReplied), and rejects what is
	// sent to a phone that has stopped the number. Defaults to false.
	Keywords bool

	// Limits are those of messages between two addresses. They are enforced,
	// and Window too: free text is rejected when the phone has not written to
	// the number for longer. Defaults to 1,600 code points, 10 attachments
	// and no window.
	Limits func(from, to channel.Address) channel.Limits

	// Templates are the texts of the templates that the carrier knows, by id,
	// with placeholders like {{1}} or {{name}}. Others are rejected. Defaults
	// to nil: every template is taken, and phones show no text for it.
	Templates map[string]string

	// Concurrency is how many calls of the sink Listen makes at once, for
	// different customers. Defaults to 16.
	Concurrency int
}

func (c Config) withDefaults() Config {
	if c.Name == "" {
		c.Name = "simulated"
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the real clock is the config's own default
	}
	if c.Reports == nil {
		c.Reports = []channel.DeliveryState{channel.DeliverySent, channel.DeliveryDelivered}
	}
	if c.Limits == nil {
		c.Limits = func(channel.Address, channel.Address) channel.Limits {
			return channel.Limits{BodyRunes: 1600, MediaCount: 10}
		}
	}
	if c.Concurrency == 0 {
		c.Concurrency = 16
	}
	return c
}

// validate names every bad field at once.
func (c Config) validate() error {
	var errs []error
	for i, s := range c.Reports {
		if s < channel.DeliverySent || s > channel.DeliveryRead {
			errs = append(errs, fmt.Errorf("simulated: Config.Reports[%d] is %v; use DeliverySent, DeliveryDelivered or DeliveryRead", i, s))
		}
	}
	if c.Concurrency < 0 {
		errs = append(errs, fmt.Errorf("simulated: Config.Concurrency is %d; leave it 0 for the default", c.Concurrency))
	}
	if err := c.Faults.validate(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
