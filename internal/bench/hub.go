package main

import (
	"context"
	"sync"

	"github.com/teaminbox/teaminbox/store"
)

// hub is the least that brings events to those who listen: each has a channel,
// and whoever publishes an event puts it into those of its topic. It knows no
// access, no past, and no other process, and a slow listener holds up all.
type hub struct {
	mu     sync.RWMutex
	topics map[store.AccountID][]chan<- store.Event
}

// backlog is how many events wait for a listener before its publisher does.
const backlog = 16

func newHub() *hub { return &hub{topics: make(map[store.AccountID][]chan<- store.Event)} }

// listen returns the events of a topic.
func (h *hub) listen(topic store.AccountID) <-chan store.Event {
	events := make(chan store.Event, backlog)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.topics[topic] = append(h.topics[topic], events)
	return events
}

// publish brings an event to all that listen to its account.
func (h *hub) publish(ctx context.Context, e store.Event) error {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, events := range h.topics[e.Account] {
		select {
		case events <- e:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
