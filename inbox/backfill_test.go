package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/internal/sources"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

func textsOf(messages []inbox.Message) []string {
	var all []string
	for _, m := range messages {
		if m.Direction == store.Inbound {
			all = append(all, m.Text)
		}
	}
	return all
}

func TestBackfillFetchesWhatNoWebhookBrought(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	phone := h.Phone(alicesCustomer)
	since := h.Now()
	h.Carrier.DisturbNext(simulated.Disturbance{}, simulated.Disturbance{Lost: true}, simulated.Disturbance{Lost: true})
	for _, text := range []string{"brought", "lost", "STOP"} {
		phone.Send(text)
	}
	for i, want := range []int{2, 0} {
		if got, err := h.Inbox.Backfill(t.Context(), "simulated", since); err != nil || got != want {
			t.Errorf("backfill %d: %d new, %v; want %d", i, got, err, want)
		}
	}
	messages := messagesOf(t, h, phone.Conversation())
	if diff := cmp.Diff([]string{"brought", "lost", "STOP"}, textsOf(messages)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	for _, m := range messages {
		if late := m.Extras != nil && m.Extras.Late; m.Direction == store.Inbound && late != (m.Text != "brought") {
			t.Errorf("%q is late: %v", m.Text, late)
		}
	}
	if _, err := h.Agent("alice").Reply(t.Context(), phone.Conversation(), inbox.Draft{Text: "hi"}); !errors.Is(err, inbox.ErrBlocked) {
		t.Errorf("error %v, want ErrBlocked: the STOP that was fetched counts", err)
	}
}

// TestBackfillEqualsWebhooks takes the same messages in by webhooks and by
// backfills, in turns and again.
func TestBackfillEqualsWebhooks(t *testing.T) {
	for _, twice := range []bool{false, true} {
		h := inboxtest.New(t, inboxtest.Config{})
		phone := h.Phone(alicesCustomer)
		var want []string
		for i := range 100 {
			want = append(want, fmt.Sprint(i))
			h.Carrier.DisturbNext(simulated.Disturbance{Lost: i%3 == 0})
			phone.Send(fmt.Sprint(i))
			if i%7 != 0 && i != 99 {
				continue
			}
			if _, err := h.Inbox.Backfill(t.Context(), "simulated", time.Time{}); err != nil {
				t.Fatal(err)
			}
			if twice {
				h.Restart()
			}
		}
		got := make(map[string]int)
		for _, text := range textsOf(messagesOf(t, h, phone.Conversation())) {
			got[text]++
		}
		for _, text := range want {
			if got[text] != 1 {
				t.Errorf("message %s is there %d times", text, got[text])
			}
		}
	}
}

// forgetful lists what a test says, and fails when it says so.
type forgetful struct {
	channel.Channel
	messages []channel.Inbound

	mu    sync.Mutex
	fail  error
	since []time.Time
}

func (f *forgetful) failWith(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = err
}

func (f *forgetful) Backfill(_ context.Context, since time.Time, yield func(channel.Inbound) error) error {
	f.mu.Lock()
	f.since = append(f.since, since)
	fail := f.fail
	f.mu.Unlock()
	for _, m := range f.messages {
		if err := yield(m); err != nil {
			return err
		}
	}
	return fail
}

// forgetfulInboxes are the default company's, with a number on the channel.
func forgetfulInboxes() []store.Inbox {
	boxes := inboxtest.DefaultInboxes()
	boxes[0].Endpoints = append(boxes[0].Endpoints, store.Endpoint{Channel: "forgetful", Address: "+14155550109"})
	return boxes
}

func TestBackfillKeepsWhatWasListedBeforeAFailure(t *testing.T) {
	f := &forgetful{Channel: channel.Func("forgetful", nil), fail: errors.New("page 2 is missing"), messages: []channel.Inbound{
		{ProviderID: "1", From: alicesCustomer, To: "+14155550109", Text: "first"},
		{ProviderID: "", From: alicesCustomer, To: "+14155550109", Text: "without an id"},
		{ProviderID: "3", From: alicesCustomer, To: "+14155550108", Text: "to another of the account's numbers"},
		{ProviderID: "4", From: alicesCustomer, To: "+14155550109", Text: "third"},
	}}
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Channels: []channel.Channel{f}}, Inboxes: forgetfulInboxes()})
	n, err := h.Inbox.Backfill(t.Context(), "forgetful", h.Now())
	if n != 2 || !errors.Is(err, f.fail) {
		t.Errorf("%d new, error %v; want 2, and the channel's error", n, err)
	}
	if strays, err := h.Agent("alice").Strays(t.Context(), 0); err != nil || len(strays) != 0 {
		t.Errorf("%d strays, %v; want none: the other number is not this inbox's", len(strays), err)
	}
	for _, name := range []string{"nobody", "another"} {
		if _, err := h.Inbox.Backfill(t.Context(), name, h.Now()); err == nil {
			t.Errorf("channel %s can be asked", name)
		}
	}
}

func TestRunAsksWhenItStartsAndFromTimeToTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &forgetful{Channel: channel.Func("forgetful", nil)}
		db := memory.New()
		engine := func(every time.Duration) *inbox.Inbox {
			in, err := inbox.New(inbox.Config{Store: db, Channels: []channel.Channel{f}, BackfillInterval: every, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			return in
		}
		begin := time.Now()
		asked := func() (after []time.Duration) {
			f.mu.Lock()
			defer f.mu.Unlock()
			for _, at := range f.since {
				after = append(after, at.Sub(begin))
			}
			f.since = nil
			return after
		}
		stop := run(t, engine(10*time.Minute))
		time.Sleep(21 * time.Minute)
		synctest.Wait()
		// Five minutes more than is known, for clocks that disagree.
		if diff := cmp.Diff([]time.Duration{-5 * time.Minute, 5 * time.Minute}, asked()); diff != "" {
			t.Errorf("asked since (-want +got):\n%s", diff)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		// Two hours later there are two engines, of which one asks, for all of
		// the outage; when that fails, for it again.
		time.Sleep(2 * time.Hour)
		f.failWith(errors.New("the provider is down"))
		stop, stopOther := run(t, engine(10*time.Minute)), run(t, engine(10*time.Minute))
		time.Sleep(time.Minute + time.Second)
		f.failWith(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if diff := cmp.Diff([]time.Duration{15 * time.Minute, 15 * time.Minute, 15 * time.Minute, 15 * time.Minute}, asked()); diff != "" {
			t.Errorf("asked since (-want +got):\n%s", diff)
		}
		if err := errors.Join(stop(), stopOther()); err != nil {
			t.Fatal(err)
		}
		stop = run(t, engine(-1))
		time.Sleep(time.Hour)
		if got := asked(); got != nil {
			t.Errorf("asked since %v, want never", got)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestOutage lets Twilio receive messages for two hours in which nobody listens
// to its webhooks, but for some that did get through.
func TestOutage(t *testing.T) {
	const public, number = "https://inbox.example.com/webhooks/twilio", "+14155550100"
	begin := time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)
	now := begin
	clock := func() time.Time { return now }
	fake := twiliotest.NewServer(t)
	ch, err := twilio.New(twilio.Config{
		AccountSID: fake.AccountSID, AuthTokens: []string{fake.AuthToken}, PublicURL: public, APIURL: fake.URL, Now: clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	db := memory.New(memory.WithClock(clock))
	engine := func(name string) *inbox.Inbox {
		in, err := inbox.NewWithSources(inbox.Config{Store: db, Channels: []channel.Channel{ch}, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))},
			sources.Sources{Now: clock, Jitter: func() float64 { return 0.5 }, Name: func() string { return name }})
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	first := engine("before")
	admin := first.Admin(inbox.DefaultAccount)
	err = errors.Join(
		admin.SaveUser(t.Context(), inbox.User{ID: "alice", Name: "Alice", Licensed: true}),
		admin.SaveTeam(t.Context(), inbox.Team{ID: "support", Name: "Support", Members: []inbox.UserID{"alice"}}),
		admin.SaveInbox(t.Context(), store.Inbox{ID: "support", Name: "Support", Team: "support", Endpoints: []store.Endpoint{{Channel: "twilio", Address: number}}}),
	)
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, first)
	awaitWatermark(t, db, begin)
	if err := stop(); err != nil {
		t.Fatal(err)
	}

	second := engine("after")
	const messages, customers = 240, 5
	want := make(map[channel.Address][]string)
	for i := range messages {
		now = begin.Add(time.Duration(i+1) * 30 * time.Second)
		from := fmt.Sprintf("+1415555%04d", 150+i%customers)
		sid := fake.Receive(twiliotest.Message{From: from, To: number, Body: fmt.Sprint(i), At: now})
		want[channel.Address(from)] = append(want[channel.Address(from)], fmt.Sprint(i))
		if i == messages-1 { // this webhook gets through before the rest is fetched
			d, err := ch.ParseWebhook(fake.Request(public, fake.WebhookForm(sid)))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := second.Receive(t.Context(), "twilio", d.Inbound[0]); err != nil {
				t.Fatal(err)
			}
		}
	}
	now = begin.Add(2 * time.Hour)
	stop = run(t, second)
	awaitWatermark(t, db, now)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	views, err := second.Agent(inbox.DefaultAccount, "alice").List(t.Context(), inbox.ListQuery{})
	if err != nil || len(views) != customers {
		t.Fatalf("%d conversations, %v; want %d", len(views), err, customers)
	}
	late := 0
	for _, v := range views {
		found, err := second.Agent(inbox.DefaultAccount, "alice").Messages(t.Context(), v.ID, inbox.MessagesQuery{Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(found) // the newest came first
		var got []string
		for _, m := range found {
			if m.Direction != store.Inbound {
				continue
			}
			got = append(got, m.Text)
			if m.Extras != nil && m.Extras.Late {
				late++
			}
		}
		expected := want[v.Theirs]
		if last := len(expected) - 1; expected[last] == fmt.Sprint(messages-1) { // it was there first
			expected = append([]string{expected[last]}, expected[:last]...)
		}
		if diff := cmp.Diff(expected, got); diff != "" {
			t.Errorf("messages of %s (-want +got):\n%s", v.Theirs, diff)
		}
	}
	if late != messages-1 {
		t.Errorf("%d messages are marked late, want %d", late, messages-1)
	}
}

// awaitWatermark waits until everything up to a moment has been fetched.
func awaitWatermark(t *testing.T, db *memory.Store, through time.Time) {
	t.Helper()
	ctx, done := context.WithCancel(t.Context())
	defer done()
	committed := make(chan struct{}, 1)
	go func() {
		_ = db.Notify(ctx, func() {
			select {
			case committed <- struct{}{}:
			default:
			}
		})
	}()
	tick := time.NewTicker(10 * time.Millisecond) // a commit before Notify listened
	defer tick.Stop()
	for {
		var marks []store.Watermark
		if err := db.View(t.Context(), func(tx store.Tx) (err error) { marks, err = tx.Watermarks("twilio"); return err }); err != nil {
			t.Fatal(err)
		}
		if len(marks) > 0 && !marks[0].Through.Before(through) {
			return
		}
		select {
		case <-committed:
		case <-tick.C:
		}
	}
}

// slowLister answers when a test says so.
type slowLister struct {
	*simulated.Carrier
	answer chan struct{}
}

func (s *slowLister) Backfill(ctx context.Context, since time.Time, yield func(channel.Inbound) error) error {
	select {
	case <-s.answer:
		return s.Carrier.Backfill(ctx, since, yield)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestWhatIsQueuedWaitsForWhatCameIn starts an engine that has a reply for a
// customer who has opted out while nobody listened.
func TestWhatIsQueuedWaitsForWhatCameIn(t *testing.T) {
	for name, test := range map[string]struct {
		answers bool
		sent    int
	}{
		"the provider answers late":  {true, 0},
		"the provider never answers": {false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCompany(t, simulated.Config{})
				s := &slowLister{c.carrier, make(chan struct{}, 1)}
				engine := func() *inbox.Inbox {
					in, err := inbox.New(inbox.Config{Store: c.store, Channels: []channel.Channel{s}, Logger: slog.New(slog.DiscardHandler)})
					if err != nil {
						t.Fatal(err)
					}
					return in
				}
				first := engine() // has nothing to ask: nobody listened before
				stop := run(t, first)
				if _, err := c.carrier.Phone(alicesCustomer).Send(inboxtest.SupportNumber, "hello"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if err := stop(); err != nil {
					t.Fatal(err)
				}
				before := len(c.carrier.Sent())
				alice := first.Agent(inbox.DefaultAccount, "alice")
				views, err := alice.List(t.Context(), inbox.ListQuery{})
				if err != nil || len(views) != 1 {
					t.Fatal(views, err)
				}
				m, err := alice.Reply(t.Context(), views[0].ID, inbox.Draft{Text: "are you there?"})
				if err != nil {
					t.Fatal(err)
				}
				c.carrier.DisturbNext(simulated.Disturbance{Lost: true})
				if _, err := c.carrier.Phone(alicesCustomer).Send(inboxtest.SupportNumber, "STOP"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour)
				stop = run(t, engine())
				time.Sleep(30 * time.Second)
				synctest.Wait()
				if n := len(c.carrier.Sent()) - before; n != 0 {
					t.Errorf("%d messages were sent before it was known what had come in", n)
				}
				if test.answers {
					s.answer <- struct{}{}
				}
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				sent := 0
				for _, a := range c.carrier.Sent()[before:] {
					if a.Message.ID == m.ID.String() {
						sent++
					}
				}
				if sent != test.sent {
					t.Errorf("the reply was sent %d times, want %d", sent, test.sent)
				}
				if err := stop(); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}
