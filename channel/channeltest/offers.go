package channeltest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// record is a sink's record of what it was offered.
type record struct {
	mu       sync.Mutex
	failures int // how often each item is refused
	offers   map[string]int
	taken    map[channel.Address][]string
	active   map[channel.Address]bool
	overlap  bool
}

// enter reports whether the sink has to refuse this offer of an item.
func (l *record) enter(who channel.Address, id string) (refuse bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.overlap = l.overlap || l.active[who]
	l.active[who] = true
	l.offers[id]++
	if l.offers[id] == l.failures+1 { // later offers of a taken item have no effect
		l.taken[who] = append(l.taken[who], id)
	}
	return l.offers[id] <= l.failures
}

func (l *record) leave(who channel.Address) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active[who] = false
}

func (l *record) count() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ids := range l.taken {
		n += len(ids)
	}
	return n
}

// listenerOrder sends messages of two customers through a sink that refuses
// each a number of times.
func listenerOrder(e *env, failures int) error {
	l := &record{
		failures: failures,
		offers:   map[string]int{},
		taken:    map[channel.Address][]string{},
		active:   map[channel.Address]bool{},
	}
	stop, err := e.listen(sink{receive: func(_ context.Context, m channel.Inbound) error {
		refuse := l.enter(m.From, m.ProviderID)
		defer l.leave(m.From)
		// Long enough for a second call to show that it does not wait.
		open := time.NewTimer(3 * time.Millisecond)
		defer open.Stop()
		<-open.C
		if refuse {
			return errSink
		}
		return nil
	}})
	if err != nil {
		return err
	}
	const each = 4
	want := map[channel.Address][]string{}
	for i := range each {
		for _, from := range []channel.Address{e.To, e.Customer(1)} {
			id, err := e.deliver(from, fmt.Sprintf("message %d", i))
			if err != nil {
				return errors.Join(err, stop())
			}
			want[from] = append(want[from], id)
		}
	}
	arrived := e.await(func() bool { return l.count() >= 2*each })
	if err := stop(); err != nil {
		return err
	}
	if l.overlap {
		return errors.New("Listen called the sink twice at once for one sender")
	}
	if !arrived {
		return fmt.Errorf("of %d messages %d were taken within %v by a sink that refuses each %d times", 2*each, l.count(), e.patience, failures)
	}
	for from, ids := range want {
		if got := l.taken[from]; fmt.Sprint(got) != fmt.Sprint(ids) {
			return fmt.Errorf("the messages of one sender came in the order %q instead of %q", got, ids)
		}
	}
	return nil
}

func listenerStatus(e *env, failures int) error {
	var mu sync.Mutex
	offers := map[channel.DeliveryState]int{}
	taken := make(chan channel.StatusUpdate, 100)
	stop, err := e.listen(sink{status: func(_ context.Context, u channel.StatusUpdate) error {
		mu.Lock()
		defer mu.Unlock()
		if offers[u.State]++; offers[u.State] <= failures {
			return errSink
		}
		taken <- u
		return nil
	}})
	if err != nil {
		return err
	}
	m := e.outbound("710001")
	receipt, err := e.accept(m)
	if err != nil {
		return errors.Join(err, stop())
	}
	if e.Report != nil {
		e.Report(channel.StatusUpdate{ProviderID: receipt.ProviderID, MessageID: m.ID, State: channel.DeliverySent})
	}
	arrived := e.await(func() bool { return len(taken) > 0 })
	if err := stop(); err != nil {
		return err
	}
	if !arrived {
		return fmt.Errorf("no status update was taken within %v by a sink that refuses each %d times", e.patience, failures)
	}
	got := <-taken
	switch {
	case got.MessageID != m.ID:
		return fmt.Errorf("the status update of message %q has our id %q", m.ID, got.MessageID)
	case got.ProviderID != receipt.ProviderID && got.ProviderID != "":
		return fmt.Errorf("the status update has the ProviderID %q, the receipt has %q", got.ProviderID, receipt.ProviderID)
	case got.State == channel.DeliveryUnknown:
		return errors.New("the status update has no state")
	}
	return nil
}
