//go:build unix

package main

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/sqlite"
)

// leaseTTL is the default of inbox.Config.LeaseTTL.
const leaseTTL = 15 * time.Second

// TestStop stops a program in the middle of its work, as a machine that sleeps
// does, for longer than its leases hold, while another on the same file goes on
// and takes over. When the first one wakes up, it does no harm: see promises.
// Half of them wake up when their leases have just run out, half when all that
// they had begun has been settled without them.
//
// Leases take their time, so all pairs of programs are stopped at once.
func TestStop(t *testing.T) {
	plainOnly(t)
	t.Parallel()
	rounds := 10
	if underRace {
		rounds = 4
	}
	const seed = 20260506
	started := time.Now()
	var pairs, early, late []*pair
	for i := range rounds {
		d := startPair(t, seed+uint64(i))
		d.stop(t, i%5 == 4)
		d.replace(t)
		pairs = append(pairs, d)
		if i%2 == 0 {
			early = append(early, d)
		} else {
			late = append(late, d)
		}
	}
	for _, d := range early {
		d.outlive()
		d.wake()
	}
	for _, d := range late {
		d.outlive()
		if !d.locked {
			d.other.settle("alice", d.cursor)
		}
		d.wake()
	}
	var moments []string
	var sum figures
	held, locked := 0, 0
	shortest, longest := time.Hour, time.Duration(0)
	for _, d := range pairs {
		d.goOn(t)
	}
	for _, d := range pairs {
		sum.add(d.end(t))
		moments = append(moments, d.moment)
		shortest, longest = min(shortest, d.slept), max(longest, d.slept)
		held += len(d.held)
		if d.locked {
			locked++
		}
	}
	t.Logf("seed %d, %d stops of %v to %v, just before: %s", seed, rounds, shortest.Round(time.Millisecond), longest.Round(time.Millisecond), strings.Join(moments, ", "))
	t.Logf("%d messages were on their way and taken over; %d stops were within a transaction, which nobody can take over", held, locked)
	t.Logf("%v", sum)
	t.Logf("%v in all", time.Since(started).Round(time.Millisecond))
}

// pair is two programs on one file, of which the first is stopped.
type pair struct {
	load       *load
	db         *sqlite.Store // to look at the file's lock
	one, other *process
	alice, bob *reader // on the one and on the other

	moment string // when it was stopped
	at     time.Time
	slept  time.Duration
	cursor inbox.Cursor             // of the last event when the other had done its work
	held   map[inbox.MessageID]bool // what was on its way at the stop
	locked bool                     // it was stopped within a transaction
}

func startPair(t *testing.T, seed uint64) *pair {
	t.Helper()
	fake := twiliotest.NewServer(t)
	path := dbFile(t)
	d := &pair{load: newLoad(t, fake, seed), one: startOnTwilio(t, fake, path), other: startOnTwilio(t, fake, path)}
	d.load.hangs = false
	var err error
	if d.db, err = sqlite.Open(t.Context(), path, sqlite.Config{BusyTimeout: 10 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// stop lets the one work, and stops it. A program that is stopped within a
// transaction keeps the file's lock, so nobody can take over from it; unless
// that is wanted too, it is stopped anew with the next piece of work.
func (d *pair) stop(t *testing.T, anyhow bool) {
	d.load.use(d.one)
	d.alice = read(t, "alice", d.load.current)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stopped := make(chan time.Time, 1)
	var attempt func()
	attempt = func() {
		d.one.suspend()
		d.locked = errors.Is(d.db.Update(t.Context(), func(store.Tx) error { return nil }), sqlite.ErrBusy)
		if d.locked && !anyhow {
			d.load.arm("webhook", 1, attempt)
			d.one.signal(syscall.SIGCONT)
			return
		}
		stopped <- time.Now()
		cancel() // nobody waits for an answer of it
	}
	moment, arm := d.load.moment(attempt)
	d.moment = moment
	arm()
	d.load.run(ctx, d.load.crowd(0, 6))
	d.at = <-stopped
}

// replace lets the other work, for the same customers and for others.
func (d *pair) replace(t *testing.T) {
	t.Helper()
	d.load.use(d.other)
	d.bob = read(t, "bob", d.load.current)
	d.held = d.other.underway("alice")
	if d.locked {
		return
	}
	ctx, enough := context.WithCancel(t.Context())
	defer enough()
	d.load.arm("webhook", 30, enough)
	d.load.run(ctx, d.load.crowd(6, 2))
	d.cursor = d.other.conversations("alice").Cursor
}

// suspend stops a process and waits until it stands still.
func (p *process) suspend() {
	p.signal(syscall.SIGSTOP)
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(p.cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil || !status.Stopped():
			p.t.Errorf("a process that was to be stopped has ended: %v", err)
			return
		default:
			return
		}
	}
}

// outlive waits until the leases of the stopped one have run out.
func (d *pair) outlive() {
	time.Sleep(time.Until(d.at.Add(leaseTTL + time.Second)))
}

// wake lets the stopped one go on.
func (d *pair) wake() {
	d.slept = time.Since(d.at)
	d.one.signal(syscall.SIGCONT)
}

// goOn lets both work.
func (d *pair) goOn(t *testing.T) {
	t.Helper()
	d.load.calm()
	d.load.use(d.one, d.other)
	ctx, enough := context.WithCancel(t.Context())
	defer enough()
	d.load.arm("webhook", 30, enough)
	d.load.run(ctx, d.load.crowd(9, 0))
	d.cursor = d.other.conversations("alice").Cursor
	d.load.finish(t.Context())
}

// end waits until both have done their work, and looks whether all promises
// were kept.
func (d *pair) end(t *testing.T) figures {
	t.Helper()
	d.other.settle("alice", d.cursor)
	k := d.load.keep(d.other, d.alice, d.bob)
	for _, p := range []*process{d.one, d.other} {
		if err := p.terminate(); err != nil {
			t.Errorf("after SIGTERM: %v\n%s", err, p.stderr)
		}
	}
	f := d.load.figures()
	f.add(k.figures)
	return f
}
