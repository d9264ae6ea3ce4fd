package main

import (
	"sync"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/inbox"
)

// drill is several programs that are ended in the middle of their work, again
// and again. They work at once, each with a file, customers, agents and a Twilio
// of its own, since a program that starts has to wait for much.
type drill struct {
	t     *testing.T
	sites []*site
}

// site is one of the programs.
type site struct {
	db         string
	load       *load
	p          *process
	alice, bob *reader
}

// warmUp is for how long a program works at least. One that starts sooner after
// the one before has to wait until it may ask Twilio what came in, and holds
// back what is to be sent.
const warmUp = 2 * time.Second

func newDrill(t *testing.T, sites int, seed uint64) *drill {
	t.Helper()
	d := &drill{t: t}
	for i := range sites {
		fake := twiliotest.NewServer(t)
		n := &site{db: dbFile(t), load: newLoad(t, fake, seed+uint64(i))}
		n.start()
		n.alice, n.bob = read(t, "alice", n.load.current), read(t, "bob", n.load.current)
		d.sites = append(d.sites, n)
	}
	return d
}

func (n *site) start() {
	n.load.t.Helper()
	n.p = startOnTwilio(n.load.t, n.load.fake, n.db)
	n.load.use(n.p)
}

// strike lets every program work and then does something to it that ends it. It
// returns the moments at which that was.
func (d *drill) strike(blow func(*process)) (moments []string) {
	d.t.Helper()
	var wg sync.WaitGroup
	warm := make(chan struct{})
	time.AfterFunc(warmUp, func() { close(warm) })
	for _, n := range d.sites {
		moment, arm := n.load.moment(func() { blow(n.p) })
		moments = append(moments, moment)
		wg.Go(func() { <-warm; arm() })
		wg.Go(func() { n.load.run(d.t.Context(), n.load.crowd(4, 4)) })
	}
	wg.Wait()
	return moments
}

// again starts the programs again.
func (d *drill) again() {
	d.t.Helper()
	for _, n := range d.sites {
		n.start()
	}
}

// end lets the programs do what is left, and looks whether all promises were
// kept.
func (d *drill) end() figures {
	d.t.Helper()
	var sum figures
	cursors := make(map[*site]inbox.Cursor)
	for _, n := range d.sites {
		n.load.calm()
		n.load.finish(d.t.Context())
		cursors[n] = n.p.conversations("alice").Cursor
	}
	for _, n := range d.sites {
		n.p.settle("alice", cursors[n])
		k := n.load.keep(n.p, n.alice, n.bob)
		sum.add(n.load.figures())
		sum.add(k.figures)
		if len(n.load.refused) > 0 {
			d.t.Errorf("%d webhooks were answered with an error: %q", len(n.load.refused), n.load.refused[0])
		}
		if err := n.p.terminate(); err != nil {
			d.t.Errorf("after SIGTERM: %v\n%s", err, n.p.stderr)
		}
	}
	return sum
}
