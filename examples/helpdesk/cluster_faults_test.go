//go:build unix

package main

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
)

// enough is how much work TestCluster does at least: webhooks and requests to
// send.
const enough = 3000

// TestCluster lets three programs share a Postgres database, and kills them,
// stops them for longer than their leases hold, ends the server in the middle
// of its work, and breaks their connections and their commits. All that time
// customers write, opt out and opt in, and agents answer. Then it asks everybody
// for what they were promised, see promises.
func TestCluster(t *testing.T) {
	plainOnly(t)
	t.Parallel()
	const seed = 20261130
	began := time.Now()
	c := newCluster(t, 3, seed)
	c.during(0, 16, func() {
		for i := range 2 * len(c.members) {
			c.kill(c.members[i%len(c.members)], i%2 == 0)
		}
		c.allSend()
	})
	c.during(8, 8, func() {
		c.stopTwo(c.members[0], c.members[1], c.members[2])
	})
	c.during(8, 8, func() {
		for range 3 {
			c.crash()
		}
	})
	c.during(8, 8, func() {
		for _, m := range c.members {
			c.disturb(m)
		}
		c.disturb(c.members...)
	})
	c.during(16, 0, func() {
		for c.load.count["webhook"].Load()+c.load.count["send"].Load() < enough {
			c.load.pass("webhook", 1)
		}
	})
	working := time.Since(began)
	f := c.end()
	if c.blows.cuts == 0 || c.blows.resumed == 0 {
		t.Error("no connection was cut, or no stream; the test needs some")
	}
	t.Logf("seed %d, %v; %d webhooks refused; requests to send by program: %v", seed, c.blows, c.refused(), c.sends())
	t.Logf("%v", f)
	t.Logf("%v of work, %v in all", working.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
}

// blows say what has happened to a cluster.
type blows struct {
	kills, atSend          int // of programs; of those, when Twilio had a message in its hands
	stops, crashes         int // of programs, of the server
	cuts                   int // connections
	lostAnswers, lostTries int // commits that happened, and that did not
	resumed                int // streams
}

func (b blows) String() string {
	return fmt.Sprintf("%d kills, %d of them during a send; %d stops during a send; %d crashes of the server; %d connections cut; "+
		"%d commits lost, and %d answers of commits; %d streams resumed", b.kills, b.atSend, b.stops, b.crashes, b.cuts, b.lostTries, b.lostAnswers, b.resumed)
}

// kill kills a member at a moment of the work, or when Twilio has just got a
// message of it, and starts it again when the others have done its work.
func (c *cluster) kill(m *member, atSend bool) {
	c.t.Helper()
	killed := make(chan struct{})
	moment, arm := c.load.moment(func() { m.p.kill(); close(killed) })
	if atSend {
		moment, arm = "a send", func() { m.front.onSend(func(inbox.MessageID) { m.p.kill(); close(killed) }) }
		c.blows.atSend++
	}
	arm()
	await(c.t, killed, "a kill at "+moment)
	c.blows.kills++
	c.without(m, func([]*process) {
		c.load.pass("webhook", 15)
		c.start(m)
	})
	c.load.pass("webhook", 15)
}

// allSend waits until each member has sent something: one that has just started
// holds back until it knows what came in before.
func (c *cluster) allSend() {
	c.t.Helper()
	sending := make(chan inbox.MessageID, len(c.members))
	for _, m := range c.members {
		m.front.onSend(func(id inbox.MessageID) { sending <- id })
	}
	for range c.members {
		await(c.t, sending, "a send of each member")
	}
}

// stopTwo stops two members, each when Twilio has just got a message of it. One
// goes on when its leases have just run out, the other when the third has noticed
// that nobody knows what became of the message that it was sending.
func (c *cluster) stopTwo(early, late, third *member) {
	c.t.Helper()
	cursor := third.p.conversations("alice").Cursor
	one, other := c.stop(early), c.stop(late)
	await(c.t, one, "a stop during a send")
	id := await(c.t, other, "a stop during a send")
	c.load.use(third.p)
	c.outlive()
	early.p.signal(syscall.SIGCONT)
	c.load.use(early.p, third.p)
	third.p.await("alice", cursor, "that nobody knows", func(e event) bool {
		return e.Message == id && e.Detail.State == store.StateUnconfirmed
	})
	late.p.signal(syscall.SIGCONT)
	c.load.use(c.but(nil)...)
	c.load.pass("webhook", 30)
}

// stop stops a member when Twilio has just got a message of it, and tells which.
// Twilio makes no callback about it, so that nobody learns from one what became
// of the message.
func (c *cluster) stop(m *member) <-chan inbox.MessageID {
	stopped := make(chan inbox.MessageID, 1)
	m.front.onSend(func(id inbox.MessageID) {
		m.p.suspend()
		c.load.keepQuiet(id)
		stopped <- id
	})
	c.blows.stops++
	return stopped
}

// outlive waits until all leases that there are have run out, or been renewed by
// those who still can.
func (c *cluster) outlive() {
	c.t.Helper()
	c.query(`SELECT pg_sleep_until(max(until)) FROM teaminbox.leases`, func(pgx.Rows) error { return nil })
}

// crash ends the server as a crash does, and starts it again when customers have
// noticed.
func (c *cluster) crash() {
	c.t.Helper()
	c.load.pass("webhook", 15)
	before := c.refused()
	if err := c.server.Kill(); err != nil {
		c.t.Fatal(err)
	}
	for c.refused() == before {
		c.load.pass("webhook", 1)
	}
	if err := c.server.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.blows.crashes++
	c.load.pass("webhook", 15)
}

// disturb breaks what is between members and the server.
func (c *cluster) disturb(members ...*member) {
	c.t.Helper()
	each := func(do func(*pgtest.Proxy)) {
		for _, m := range members {
			do(m.proxy)
		}
	}
	for range 3 {
		each(func(p *pgtest.Proxy) { c.blows.cuts += p.Cut() })
		c.load.pass("webhook", 8)
	}
	const losses = 3
	var answers, tries []*pgtest.Losses
	each(func(p *pgtest.Proxy) { answers = append(answers, p.LoseCommit(losses)) })
	c.lose(losses, answers, &c.blows.lostAnswers)
	each(func(p *pgtest.Proxy) { tries = append(tries, p.LoseBeforeCommit(losses)) })
	c.lose(losses, tries, &c.blows.lostTries)
	c.load.pass("webhook", 8)
}

// lose waits until all that is to be lost is lost.
func (c *cluster) lose(n int, all []*pgtest.Losses, lost *int) {
	c.t.Helper()
	for _, l := range all {
		for l.Count() < n {
			c.load.pass("webhook", 1)
		}
		*lost += l.Count()
	}
}
