package main

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// kills is how often TestKill kills the program, unless TEAMINBOX_KILLS says how
// often.
const kills = 10

// TestKill kills the program in the middle of its work, again and again, while
// customers write, opt out and opt in, agents answer, and Twilio fails and calls
// back. Then it asks everybody for what they were promised, see promises.
func TestKill(t *testing.T) {
	t.Parallel()
	rounds := kills
	if n, err := strconv.Atoi(os.Getenv("TEAMINBOX_KILLS")); err == nil && n > 0 {
		rounds = n
	} else if underRace {
		rounds = kills / 2
		t.Logf("with the race detector %d kills, not %d", rounds, kills)
	}
	const seed, sites = 20260504, 5
	began := time.Now()
	d := newDrill(t, sites, seed)
	var moments []string
	for len(moments) < rounds {
		moments = append(moments, d.strike((*process).kill)...)
		d.again()
	}
	working := time.Since(began)
	f := d.end()
	t.Logf("seed %d, %d kills just before: %s", seed, len(moments), strings.Join(moments, ", "))
	t.Logf("%v", f)
	t.Logf("%v of work, %v in all", working.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
}

// underway returns the messages of a user's conversations that are on their
// way.
func (p *process) underway(user string) map[inbox.MessageID]bool {
	p.t.Helper()
	found := make(map[inbox.MessageID]bool)
	for _, c := range p.allConversations(user) {
		for _, m := range p.messages(user, c.ID) {
			if onItsWay(m.State) {
				found[m.ID] = true
			}
		}
	}
	return found
}

func onItsWay(s store.State) bool {
	switch s {
	case store.StateQueued, store.StateAttempting, store.StateRetrying, store.StateDeferred:
		return true
	default:
		return false
	}
}

// settle waits until no message of a user's conversations is on its way. The
// cursor is of a moment since which nobody wrote.
func (p *process) settle(user string, cursor inbox.Cursor) {
	p.t.Helper()
	underway := p.underway(user)
	if len(underway) == 0 {
		return
	}
	p.await(user, cursor, "the end of what was on its way", func(e event) bool {
		if e.Type == store.MessageState || e.Type == store.MessageQueued {
			if delete(underway, e.Message); onItsWay(e.Detail.State) {
				underway[e.Message] = true
			}
		}
		return len(underway) == 0
	})
}
