package inbox_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/responder"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// conflicting runs the function, rolls back and reports a conflict, n times.
type conflicting struct {
	store.Store
	n *int
}

func (s conflicting) Update(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.Update(ctx, func(tx store.Tx) error {
		err := fn(tx)
		if err == nil && *s.n > 0 {
			*s.n--
			if *s.n == 0 {
				return fmt.Errorf("serialisation: %w", store.ErrConflict)
			}
		}
		return err
	})
}

func TestTurnThatIsRolledBackIsNotLost(t *testing.T) {
	n := 0
	h := inboxtest.New(t, inboxtest.Config{
		Inbox: inbox.Config{Store: conflicting{memory.New(), &n}, Responder: responder.Silence()},
		Carrier: simulated.Config{Limits: func(_, _ channel.Address) channel.Limits {
			return channel.Limits{SegmentsPerSecond: 0.1}
		}},
	})
	p := h.Phone(alicesCustomer)
	p.Send("hello")
	if _, err := h.Agent("alice").Reply(t.Context(), p.Conversation(), inbox.Draft{Text: "hi"}); err != nil {
		t.Fatal(err)
	}
	n = 2 // the lease is taken; the transaction with the mark meets a conflict once
	h.RequireSent(alicesCustomer, "hi")
}

// TestSeveralEnginesPaceTogether lets engines share what waits, each of which
// knows nothing of the others.
func TestSeveralEnginesPaceTogether(t *testing.T) {
	for _, engines := range []int{1, 2, 4} {
		synctest.Test(t, func(t *testing.T) {
			c := newCompany(t, simulated.Config{Reports: []channel.DeliveryState{}, Limits: func(_, _ channel.Address) channel.Limits {
				return channel.Limits{SegmentsPerSecond: 1}
			}})
			first := c.engine(inbox.Config{})
			const customers = 300
			for i := range customers {
				a, err := first.Receive(t.Context(), "simulated", channel.Inbound{
					ProviderID: fmt.Sprint(i), From: channel.Address(fmt.Sprintf("+1415555%04d", 200+i)), To: inboxtest.SupportNumber, Text: "hello",
				})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := first.Agent(inbox.DefaultAccount, "alice").Reply(t.Context(), a.Conversation, inbox.Draft{Text: "news", Purpose: compliance.Transactional}); err != nil {
					t.Fatal(err)
				}
			}
			begin := time.Now()
			var stops []func() error
			for range engines {
				stops = append(stops, run(t, c.engine(inbox.Config{Responder: responder.Silence(), Concurrency: 16})))
			}
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			for _, stop := range stops {
				mustStop(t, stop)
			}
			sent := c.carrier.Sent()
			if len(sent) != customers {
				t.Errorf("%d engines sent %d messages in ten minutes, want all %d", engines, len(sent), customers)
			}
			last := sent[len(sent)-1].At.Sub(begin)
			if last > 310*time.Second {
				t.Errorf("%d engines took %v, longer than one needs", engines, last)
			}
			t.Logf("%d engines: the last after %v", engines, last)
		})
	}
}

// TestReplyOvertakesBulkThatIsTriedAgain has a broadcast that the provider
// refuses for the moment.
func TestReplyOvertakesBulkThatIsTriedAgain(t *testing.T) {
	o := newOffice(t, 1, 0)
	o.Carrier.FailNext(simulated.Fault{Kind: simulated.Refused, RetryAfter: 4 * time.Minute})
	o.write(0, compliance.Marketing, "sale")
	o.Settle()
	o.write(0, "", "your table is ready")
	o.RequireSent("+14155550100", "your table is ready")
	o.Advance(10 * time.Minute)
	o.RequireSent("+14155550100", "sale")
}

func TestAttemptThatDiedIsSettledThoughBulkWaits(t *testing.T) {
	o := newOffice(t, 60, 1)
	o.write(0, compliance.Marketing, strings.Repeat("x", 9*153)) // one segment is left
	for i := 1; i < 60; i++ {
		o.write(i, compliance.Marketing, strings.Repeat("x", 10*153))
	}
	o.Settle()
	o.Carrier.FailNext(simulated.Fault{Slow: true, Reports: simulated.Disturbance{Lost: true}})
	o.write(59, "", "your table is ready")
	ctx, die := context.WithCancel(t.Context())
	go func() {
		_, _ = o.Carrier.Phone("+14155550159").Wait(ctx, 1)
		die()
	}()
	if _, err := o.Inbox.Step(ctx); err == nil {
		t.Fatal("the step went well, want it interrupted")
	}
	o.Advance(30 * time.Second)
	o.write(59, "", "are you coming?")
	o.Advance(30 * time.Second)
	o.write(59, "", "last call")
	o.Advance(2 * time.Minute)
	for _, m := range messagesOf(t, o.Harness, o.convs[59]) {
		if m.Author.Kind == store.ByUser && m.Purpose == compliance.Conversational && (m.State == store.StateAttempting || m.State == store.StateQueued) {
			t.Errorf("%q is still %s", m.Text, m.State)
		}
	}
}

func TestLineThatEverybodyHasLeftHoldsNobodyUp(t *testing.T) {
	o := newOffice(t, 100, 0.1)
	for i := range o.convs {
		o.write(i, compliance.Transactional, "news")
	}
	o.Settle()
	for i := 1; i < 100; i++ { // the provider confirms by itself
		if _, err := o.Inbox.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: fmt.Sprint("stop", i), From: channel.Address(fmt.Sprintf("+1415555%04d", 100+i)), To: inboxtest.SupportNumber, Text: "STOP", ProviderReplied: true}); err != nil {
			t.Fatal(err)
		}
	}
	o.Advance(time.Minute)
	before := o.Now()
	o.write(0, compliance.Transactional, "your order")
	o.Advance(2 * time.Hour)
	for _, a := range o.Carrier.Sent() {
		if a.Message.Text == "your order" && a.At.Sub(before) > time.Minute {
			t.Errorf("sent after %v, though nothing else waited", a.At.Sub(before))
		}
	}
}

func TestTurnIsNotSpentTwiceAfterACommitOfWhichNobodyKnew(t *testing.T) {
	s := &unsure{}
	var h *inboxtest.Harness
	s.Store = memory.New(memory.WithClock(func() time.Time {
		if h == nil {
			return time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)
		}
		return h.Now()
	}))
	h = inboxtest.New(t, inboxtest.Config{
		Inbox:   inbox.Config{Store: s, Responder: responder.Silence()},
		Carrier: simulated.Config{Limits: func(_, _ channel.Address) channel.Limits { return channel.Limits{SegmentsPerSecond: 0.01} }},
	})
	p := h.Phone(alicesCustomer)
	p.Send("hello")
	if _, err := h.Agent("alice").Reply(t.Context(), p.Conversation(), inbox.Draft{Text: "hi"}); err != nil {
		t.Fatal(err)
	}
	h.Carrier.FailNext(simulated.Fault{Kind: simulated.Refused})
	s.next = func(_ context.Context, update func() error) error {
		err := update()
		s.next = committedUnknown
		return err
	}
	begin := h.Now()
	h.Advance(time.Hour)
	var at []time.Duration
	for _, a := range h.Carrier.Sent() {
		at = append(at, a.At.Sub(begin))
	}
	if len(at) != 2 || at[1] < 100*time.Second {
		t.Errorf("calls at %v; the second is not before the number may send again, at 1m40s", at)
	}
}

// counted counts the tasks that are written.
type counted struct {
	store.Store
	tasks *int
}

type countedTx struct {
	store.Tx
	tasks *int
}

func (s counted) Update(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.Update(ctx, func(tx store.Tx) error { return fn(countedTx{tx, s.tasks}) })
}

func (t countedTx) PutTasks(ts ...store.Task) error {
	*t.tasks += len(ts)
	return t.Tx.PutTasks(ts...)
}

// TestWorkGrowsWithTheMessages has conversations with more and more messages
// that wait for their turns.
func TestWorkGrowsWithTheMessages(t *testing.T) {
	for _, n := range []int{50, 200} {
		tasks := 0
		h := inboxtest.New(t, inboxtest.Config{
			Inbox:   inbox.Config{Store: counted{memory.New(), &tasks}, Responder: responder.Silence()},
			Carrier: simulated.Config{Reports: []channel.DeliveryState{}, Limits: func(_, _ channel.Address) channel.Limits { return channel.Limits{SegmentsPerSecond: 1} }},
		})
		p := h.Phone(alicesCustomer)
		p.Send("hello")
		for i := range n {
			if _, err := h.Agent("alice").Reply(t.Context(), p.Conversation(), inbox.Draft{Text: fmt.Sprint(i)}); err != nil {
				t.Fatal(err)
			}
		}
		tasks = 0
		h.Advance(time.Hour)
		if sent := len(h.Carrier.Sent()); sent != n || tasks > 6*n {
			t.Errorf("%d of %d messages were sent, and %d tasks written; want at most 6 for each", sent, n, tasks)
		}
	}
}

// quietHours defers bulk until a moment.
type quietHours struct {
	compliance.Standard
	until time.Time
}

func (q *quietHours) Decide(s compliance.State, m compliance.Outgoing, at time.Time) compliance.Decision {
	if d := q.Standard.Decide(s, m, at); d.Verdict != compliance.Allow {
		return d
	}
	if m.Purpose == compliance.Transactional && at.Before(q.until) {
		return compliance.Decision{Verdict: compliance.Defer, Reason: "quiet hours", Until: q.until}
	}
	return compliance.Decision{Verdict: compliance.Allow}
}

// quietOffice is an office whose policy keeps quiet hours for an hour.
func quietOffice(t *testing.T, customers int, perSecond float64) (*office, *quietHours) {
	t.Helper()
	q := &quietHours{}
	o := newOfficeWith(t, customers, perSecond, q)
	q.until = o.begin.Add(time.Hour)
	return o, q
}

func TestConversationsShareTheTurnsAfterQuietHours(t *testing.T) {
	o, _ := quietOffice(t, 3, 1)
	for i := range 100 {
		o.write(0, compliance.Transactional, fmt.Sprint("a", i))
	}
	o.write(1, compliance.Transactional, "b")
	o.Advance(2 * time.Hour)
	got := o.sent()
	at := slices.IndexFunc(got, func(s string) bool { return strings.HasSuffix(s, ": b") })
	if at > 12 {
		t.Errorf("b is message %d of %d: the other conversation has taken every turn", at, len(got))
	}
}

// TestOrderIsKeptByAnotherProcess has messages that wait for their turns, and
// a process that knows nothing of it.
func TestOrderIsKeptByAnotherProcess(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		o, q := quietOffice(t, 60, 1)
		if !quiet {
			q.until = time.Time{}
		}
		for i := range o.convs {
			o.write(i, compliance.Transactional, "first")
		}
		if quiet {
			o.Advance(time.Hour)
		}
		o.Advance(5 * time.Second)
		o.Restart()
		o.write(59, compliance.Transactional, "second")
		o.Advance(time.Hour)
		var got []string
		for _, m := range o.Phone("+14155550159").Messages() {
			if m.Received {
				got = append(got, m.Text)
			}
		}
		if diff := cmp.Diff([]string{"first", "second"}, got); diff != "" {
			t.Errorf("quiet hours before: %v (-want +got):\n%s", quiet, diff)
		}
	}
}
