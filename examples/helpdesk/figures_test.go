package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/teaminbox/teaminbox/store"
)

// figures say how much there was of everything.
type figures struct {
	acknowledged, redelivered, stops int // webhooks
	taken, refused                   int // replies
	requests, callbacks, heard       int // of Twilio: to send; made, acknowledged
	faults                           map[string]int
	events, confirmations, settled   int
	states                           map[store.State]int // of what was written to customers
}

// add adds those of another program, or what another has found out.
func (f *figures) add(more figures) {
	for to, n := range map[*int]int{
		&f.acknowledged: more.acknowledged, &f.redelivered: more.redelivered, &f.stops: more.stops,
		&f.taken: more.taken, &f.refused: more.refused,
		&f.requests: more.requests, &f.callbacks: more.callbacks, &f.heard: more.heard,
		&f.events: more.events, &f.confirmations: more.confirmations, &f.settled: more.settled,
	} {
		*to += n
	}
	f.faults = sum(f.faults, more.faults)
	f.states = sum(f.states, more.states)
}

func sum[K comparable](a, b map[K]int) map[K]int {
	all := maps.Clone(a)
	if all == nil {
		all = make(map[K]int)
	}
	for k, n := range b {
		all[k] += n
	}
	return all
}

// String lists them.
func (f figures) String() string {
	return fmt.Sprintf("%d inbound acknowledged (%d delivered again later), %d opt-outs with %d confirmations of ours; %d replies taken, %d refused; "+
		"%d requests to send, faults: %s; %d callbacks, %d acknowledged; %d events; states: %s; %d unconfirmed left, %d settled",
		f.acknowledged, f.redelivered, f.stops, f.confirmations, f.taken, f.refused,
		f.requests, counted(f.faults), f.callbacks, f.heard, f.events, counted(f.states), f.states[store.StateUnconfirmed], f.settled)
}

func counted[K ~string](n map[K]int) string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(n)) {
		all = append(all, fmt.Sprintf("%s %d", k, n[k]))
	}
	return strings.Join(all, ", ")
}
