package inbox

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// about makes the expectation of a change about conversations, which reads
// nothing.
func about(ids ...int64) expectation {
	e := expectation{reads: func(*tx, int) store.Keys { return store.Keys{} }}
	for _, id := range ids {
		e.about = append(e.about, aboutConversation(store.ConversationID(id)))
	}
	return e
}

// named are the changes of each transaction of a turnstile, by name.
type named struct {
	turnstile
	names [][]string
}

func (n *named) change(name string) func(*tx) error {
	return func(t *tx) error {
		_ = n.count(t)
		for len(n.names) < len(n.sizes) {
			n.names = append(n.names, nil)
		}
		last := len(n.sizes) - 1
		n.names[last] = append(n.names[last], name)
		return nil
	}
}

func (n *named) String() string {
	var all []string
	for _, names := range n.names {
		all = append(all, strings.Join(names, " "))
	}
	return strings.Join(all, " | ")
}

func TestChangesAboutOneSubjectAreNeverInTwoBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &named{}
		c := newCommitter(s)
		c.maxLeaders, c.maxBatch, c.maxWaiting = 2, 64, 1000
		come := func(name string, ids ...int64) {
			go func() {
				if err := c.do(t.Context(), false, s.change(name), about(ids...)); err != nil {
					t.Error(err)
				}
			}()
			synctest.Wait()
		}
		end := func(n int) {
			s.endings[n] <- nil
			synctest.Wait()
		}
		check := func(what, want string) {
			t.Helper()
			if got := s.String(); got != want {
				t.Errorf("%s: the transactions are %q, want %q", what, got, want)
			}
		}
		come("first of 1", 1)
		come("second of 1", 1)
		check("the second waits for the first", "first of 1")
		come("of 2", 2)
		check("another goes", "first of 1 | of 2")
		come("of 1 and 2", 1, 2)
		come("third of 2", 2)
		come("of nothing")
		end(0)
		check("what is about 2 goes on waiting, and what came later does not overtake it", "first of 1 | of 2 | second of 1 of nothing")
		end(1)
		check("and for 1", "first of 1 | of 2 | second of 1 of nothing")
		end(2)
		check("now it goes, and takes the other along", "first of 1 | of 2 | second of 1 of nothing | of 1 and 2 third of 2")
		end(3)
		if c.leaders != 0 || len(c.waiting) != 0 || len(c.engaged) != 0 {
			t.Errorf("at the end %d lead, with changes about %v, and %d wait", c.leaders, c.engaged, len(c.waiting))
		}
	})
}

// Of changes that all wait for one another, none is left for somebody else.
func TestALeaderTakesAlongWhatNobodyElseCouldTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &turnstile{}
		c := newCommitter(s)
		c.maxLeaders, c.share, c.maxBatch, c.maxWaiting = 3, 2, 8, 1000
		come := func(n int, id int64) {
			for range n {
				go func() {
					if err := c.do(t.Context(), false, s.count, about(id)); err != nil {
						t.Error(err)
					}
				}()
				synctest.Wait()
			}
		}
		check := func(what string, want ...int) {
			t.Helper()
			if !slices.Equal(s.sizes, want) {
				t.Errorf("%s: the transactions have %v changes, want %v", what, s.sizes, want)
			}
		}
		end := func(n int) {
			s.endings[n] <- nil
			synctest.Wait()
		}
		come(10, 1)
		check("nobody can go beside the first", 1)
		come(3, 2)
		check("others can, as many as are there", 1, 1)
		end(0)
		check("as many as a batch may have", 1, 1, 8)
		end(1)
		check("those of the second", 1, 1, 8, 2)
		end(2)
		end(3)
		check("and the last", 1, 1, 8, 2, 1)
		end(4)
	})
}

// meeting is a Store that finds out if transactions that run at once have a
// conversation in common.
type meeting struct {
	store.Store
	mu      sync.Mutex
	running map[int64]int // how often, by conversation
	met     int
	most    int // transactions at once
	now     int
	pause   func() time.Duration
}

type meetingTx struct {
	store.Tx
	ids []int64
}

func (s *meeting) Update(_ context.Context, fn func(store.Tx) error) error {
	in := &meetingTx{}
	err := fn(in)
	s.mu.Lock()
	s.now++
	s.most = max(s.most, s.now)
	slices.Sort(in.ids)
	ids := slices.Compact(in.ids)
	for _, id := range ids {
		if s.running[id]++; s.running[id] > 1 {
			s.met++
		}
	}
	d := s.pause()
	s.mu.Unlock()
	time.Sleep(d) // bubble time
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now--
	for _, id := range ids {
		s.running[id]--
	}
	return err
}

func TestRandomChangesNeverMeetAndKeepTheirOrder(t *testing.T) {
	for seed := range uint64(50) {
		synctest.Test(t, func(t *testing.T) {
			draw := rand.New(rand.NewPCG(seed, 1))
			pauses := rand.New(rand.NewPCG(seed, 2))
			s := &meeting{running: make(map[int64]int), pause: func() time.Duration { return time.Duration(pauses.IntN(5)+1) * time.Millisecond }}
			c := newCommitter(s)
			c.maxLeaders, c.share, c.maxBatch, c.maxWaiting = 1+draw.IntN(4), 1+draw.IntN(4), 2+draw.IntN(20), 1000
			var all sync.WaitGroup
			var mu sync.Mutex
			made := make(map[int64][]int) // changes by conversation, in the order in which they were made
			left := 0
			for i := range 300 {
				ids := make([]int64, draw.IntN(4))
				for j := range ids {
					ids[j] = int64(draw.IntN(12)) + 1
				}
				slices.Sort(ids)
				ids = slices.Compact(ids)
				ctx, cancel := context.WithCancel(t.Context())
				if draw.IntN(10) == 0 {
					ctx, cancel = context.WithTimeout(t.Context(), time.Duration(draw.IntN(4))*time.Millisecond)
				}
				var spent time.Duration
				if draw.IntN(3) == 0 {
					spent = time.Duration(draw.IntN(3)) * time.Millisecond
				}
				all.Go(func() {
					defer cancel()
					err := c.do(ctx, false, func(x *tx) error {
						m := x.Tx.(*meetingTx)
						m.ids = append(m.ids, ids...)
						mu.Lock()
						defer mu.Unlock()
						for _, id := range ids {
							made[id] = append(made[id], i)
						}
						return nil
					}, about(ids...))
					if err != nil {
						mu.Lock()
						left++
						mu.Unlock()
						if ctx.Err() == nil {
							t.Errorf("seed %d: change %d failed: %v", seed, i, err)
						}
					}
				})
				synctest.Wait()   // they come in order
				time.Sleep(spent) // bubble time
			}
			all.Wait()
			if s.met > 0 || s.most > c.maxLeaders {
				t.Errorf("seed %d: %d times two transactions had a conversation in common; %d ran at once, with %d leaders", seed, s.met, s.most, c.maxLeaders)
			}
			for id, changes := range made {
				if !slices.IsSorted(changes) {
					t.Errorf("seed %d: the changes about %d were made in the order %v", seed, id, changes)
				}
			}
			if c.leaders != 0 || len(c.waiting) != 0 || len(c.engaged) != 0 {
				t.Errorf("seed %d: at the end %d lead, with changes about %v, and %d wait", seed, c.leaders, c.engaged, len(c.waiting))
			}
			if left == 300 {
				t.Errorf("seed %d: nothing was made", seed)
			}
		})
	}
}

// told is told what changes expect, and makes none.
type told struct{ expects []expectation }

func (l *told) do(_ context.Context, _ bool, _ func(*tx) error, expects ...expectation) error {
	l.expects = expects
	return nil
}

func (*told) length() int { return 0 }

// Whatever is done in a conversation says what it is about and what it reads. What
// does not may be in one batch while what it needs is in another, and when that is
// busy, nobody knows for whom, so that all of its batch have to wait.
func TestWhatIsDoneInAConversationIsAboutIt(t *testing.T) {
	made := &told{}
	in := &Inbox{commits: made, parts: parts{log: slog.New(slog.DiscardHandler)}}
	alice := in.Agent("acme", "alice")
	ctx := t.Context()
	for what, do := range map[string]func() error{
		"Claim":    func() error { return alice.Claim(ctx, 7) },
		"Release":  func() error { return alice.Release(ctx, 7) },
		"Assign":   func() error { return alice.Assign(ctx, 7, []store.UserID{"bob"}, nil) },
		"Close":    func() error { return alice.Close(ctx, 7) },
		"Reopen":   func() error { return alice.Reopen(ctx, 7) },
		"MarkRead": func() error { return alice.MarkRead(ctx, 7, 0) },
		"Resend":   func() error { return alice.Resend(ctx, 7) },
		"MarkSent": func() error { return alice.MarkSent(ctx, 7) },
		"a failure": func() error {
			return in.failed(ctx, store.Lease{Conversation: 7}, &taskError{err: errUnknownTask})
		},
	} {
		made.expects = nil
		if err := do(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if len(made.expects) != 1 || !slices.Contains(made.expects[0].about, subject{id: 7}) {
			t.Errorf("%s is about %v", what, made.expects)
			continue
		}
		if k := made.expects[0].reads(nil, 0); len(k.Conversations)+len(k.Messages) != 1 {
			t.Errorf("%s expects to read %+v first", what, k)
		}
	}
}

// Of changes that were chosen the queue keeps nothing.
func TestTheQueueKeepsNothing(t *testing.T) {
	for leaders := range 3 {
		c := newCommitter(&turnstile{})
		c.maxLeaders = leaders + 1
		queue := []*change{{}, {}, {}}
		c.waiting = queue
		if n := len(c.choose(nil, 3, 3)); n != 3 {
			t.Fatalf("%d changes are chosen", n)
		}
		if c.waiting != nil && slices.ContainsFunc(queue, func(ch *change) bool { return ch != nil }) {
			t.Errorf("with %d leaders changes are kept", leaders+1)
		}
	}
}

// What a turn has done and the customer's next message, a report and the turn
// that hands the message over, have a subject in common.
func TestSubjectsOfOneConversationMeet(t *testing.T) {
	in := &Inbox{}
	const conversation, customer = store.ConversationID(7), channel.Address("+14155550123")
	arrival := in.expectArrivals("sms", []channel.Inbound{{From: customer}})
	sent := &piece{send: &outgoing{message: store.Message{ID: 9, Conversation: conversation, To: customer}}}
	routed := &piece{route: &routeJob{}}
	routed.route.request.Conversation = store.Conversation{ID: conversation, Theirs: customer}
	asked := &piece{reconcile: &uncertain{message: store.Message{ID: 9, Conversation: conversation, To: customer}}}
	report := in.expectReports("sms", []channel.StatusUpdate{{MessageID: "9"}, {ProviderID: "p"}})
	reply := (&Agent{in: in}).expectReply(conversation, "")
	for _, test := range []struct {
		what string
		a, b expectation
		meet bool
	}{
		{"an arrival and a decision", arrival, in.expectTurn(conversation, routed), true},
		{"an arrival and what was sent", arrival, in.expectTurn(conversation, sent), true},
		{"an arrival and what was asked", arrival, in.expectTurn(conversation, asked), true},
		{"two arrivals, by two media of one family", arrival, in.expectArrivals("rcs", []channel.Inbound{{From: "rcs:" + customer}}), true},
		{"arrivals of two customers", arrival, in.expectArrivals("sms", []channel.Inbound{{From: "+14155550124"}}), false},
		{"a turn that begins and a reply", in.expectTurn(conversation, nil), reply, true},
		{"what was sent and a reply", in.expectTurn(conversation, sent), reply, true},
		{"a reply to another", in.expectTurn(8, sent), reply, false},
		{"what was sent and the report on it", in.expectTurn(conversation, sent), report, true},
		{"a decision and a report", in.expectTurn(conversation, routed), report, false}, // what the report is on is not known before it is read
	} {
		meet := false
		for _, s := range test.a.about {
			meet = meet || slices.Contains(test.b.about, s)
		}
		if meet != test.meet {
			t.Errorf("%s: %s and %s have a subject in common: %t, want %t", test.what, fmt.Sprint(test.a.about), fmt.Sprint(test.b.about), meet, test.meet)
		}
	}
}
