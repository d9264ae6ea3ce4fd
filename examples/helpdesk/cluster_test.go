//go:build unix

package main

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/internal/pgtest"
)

// clusterLease is how long a member of a cluster keeps its conversations when it
// stands still.
const clusterLease = 3 * time.Second

// cluster is several programs that share a Postgres database. Customers write to
// any of them, agents work on any of them, and whatever happens to one, or to
// what is between it and the database, the others go on.
type cluster struct {
	t          *testing.T
	server     *pgtest.Server
	url        string // of the database
	load       *load
	members    []*member
	alice, bob *reader
	blows      blows
}

// member is one of the programs, with ways of its own to the database and to
// Twilio.
type member struct {
	proxy *pgtest.Proxy
	front *front
	p     *process
}

func newCluster(t *testing.T, size int, seed uint64) *cluster {
	t.Helper()
	server := pgtest.Own(t, pgtest.Options{})
	fake := twiliotest.NewServer(t)
	c := &cluster{t: t, server: server, url: server.Database(t), load: newLoad(t, fake, seed)}
	c.load.giveUp, c.load.hangs, c.load.cursors = clusterLease, false, c.cursors
	c.load.hire("alice", "bob")
	for range size {
		m := &member{proxy: pgtest.NewProxy(t, c.url), front: newFront(t, fake)}
		c.start(m)
		c.members = append(c.members, m)
	}
	c.load.use(c.but(nil)...)
	c.alice, c.bob = read(t, "alice", c.load.inTurn()), read(t, "bob", c.load.inTurn())
	return c
}

func (c *cluster) start(m *member) {
	c.t.Helper()
	env := append(onTwilio(c.load.fake), "TWILIO_API_URL="+m.front.URL)
	m.p = start(c.t, m.proxy.URL(c.url), env, "-public-url", publicURL, "-lease-ttl", clusterLease.String())
}

// but returns the programs of all members but one.
func (c *cluster) but(one *member) []*process {
	var others []*process
	for _, m := range c.members {
		if m != one {
			others = append(others, m.p)
		}
	}
	return others
}

// without does something while everybody goes to the others than one, who comes
// back afterwards.
func (c *cluster) without(one *member, do func(others []*process)) {
	c.t.Helper()
	others := c.but(one)
	c.load.use(others...)
	do(others)
	c.load.use(c.but(nil)...)
}

// during keeps customers and agents at work while something happens.
func (c *cluster) during(old, fresh int, happen func()) {
	c.t.Helper()
	ctx, enough := context.WithCancel(c.t.Context())
	var working sync.WaitGroup
	defer working.Wait()
	defer enough()
	working.Go(func() { c.load.run(ctx, c.load.crowd(old, fresh)) })
	happen()
}

// end lets the programs do what is left, and looks whether all promises were
// kept.
func (c *cluster) end() figures {
	c.t.Helper()
	c.load.calm()
	c.load.finish(c.t.Context())
	p := c.members[0].p
	p.settle("alice", p.conversations("alice").Cursor)
	f := c.load.keep(p, c.alice, c.bob).figures
	for _, r := range []*reader{c.alice, c.bob} {
		all, _ := r.cuts()
		c.blows.resumed += all
		r.close()
	}
	for _, m := range c.members {
		if err := m.p.terminate(); err != nil {
			c.t.Errorf("after SIGTERM: %v\n%s", err, m.p.stderr)
		}
	}
	f.add(c.load.figures())
	return f
}

// query asks the database.
func (c *cluster) query(sql string, each func(pgx.Rows) error, args ...any) {
	c.t.Helper()
	conn, err := pgx.Connect(c.t.Context(), c.url)
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Close(c.t.Context())
	rows, err := conn.Query(c.t.Context(), sql, args...)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
}

// cursors returns those of the events that the database has, up to one. A
// transaction that was rolled back leaves a gap.
func (c *cluster) cursors(last inbox.Cursor) (all []inbox.Cursor) {
	c.t.Helper()
	c.query(`SELECT cursor FROM teaminbox.events WHERE cursor <= $1 ORDER BY cursor`, func(row pgx.Rows) error {
		all = append(all, 0)
		return row.Scan((*int64)(&all[len(all)-1]))
	}, int64(last))
	return all
}

// refused returns how many webhooks were answered, but not with a 2xx.
func (c *cluster) refused() int {
	c.load.mu.Lock()
	defer c.load.mu.Unlock()
	return len(c.load.refused)
}

// sends returns how many requests to send each member has made.
func (c *cluster) sends() []int64 {
	var all []int64
	for _, m := range c.members {
		all = append(all, m.front.sends.Load())
	}
	return all
}
