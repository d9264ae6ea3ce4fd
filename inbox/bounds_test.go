package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// crowd lets n customers write.
func crowd(t *testing.T, h *inboxtest.Harness, n int) []inbox.ConversationID {
	t.Helper()
	ids := make([]inbox.ConversationID, n)
	for i := range ids {
		a, err := h.Inbox.Receive(t.Context(), "simulated", channel.Inbound{
			ProviderID: fmt.Sprint("crowd ", i), From: channel.Address(fmt.Sprintf("+1415555%04d", i)), To: inboxtest.SupportNumber, Text: "hi",
		})
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = a.Conversation
	}
	return ids
}

func TestUnreadCountSeesBehindTheFirstPage(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	for _, id := range crowd(t, h, 450)[2:] {
		if err := h.Agent("alice").MarkRead(t.Context(), id, 0); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := h.Agent("alice").UnreadCount(t.Context()); err != nil || n != 2 {
		t.Errorf("%d unread, %v; want 2", n, err)
	}
}

// What is counted is what the list shows as unread, whoever has claimed it and
// wherever it is.
func TestUnreadCountIsThatOfTheList(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	support := crowd(t, h, 6)
	h.Settle()
	var sales []inbox.ConversationID
	for _, customer := range []channel.Address{alicesCustomer, otherCustomer} {
		phone := h.Phone(customer).To(inboxtest.SalesNumber)
		phone.Send("hello")
		sales = append(sales, phone.Conversation())
	}
	alice, bob, carol := h.Agent("alice"), h.Agent("bob"), h.Agent("carol")
	if err := errors.Join(
		alice.Claim(t.Context(), support[0]),
		bob.Claim(t.Context(), support[1]),
		alice.Claim(t.Context(), support[2]), alice.MarkRead(t.Context(), support[2], 0),
		bob.MarkRead(t.Context(), support[3], 0),
		bob.Close(t.Context(), support[4]),
		alice.Assign(t.Context(), support[5], []inbox.UserID{"carol"}, nil),
		carol.Assign(t.Context(), sales[0], []inbox.UserID{"alice"}, []inbox.TeamID{"support"}),
		carol.Claim(t.Context(), sales[1]),
	); err != nil {
		t.Fatal(err)
	}
	expect := func(when string, want map[inbox.UserID]int) {
		t.Helper()
		for user, want := range want {
			views, err := h.Agent(user).List(t.Context(), inbox.ListQuery{Statuses: []store.Status{store.Open}})
			if err != nil {
				t.Fatal(err)
			}
			unread := slices.DeleteFunc(views, func(v inbox.View) bool { return v.Unread == 0 })
			n, err := h.Agent(user).UnreadCount(t.Context())
			if err != nil || n != len(unread) || n != want {
				t.Errorf("%s: %s has %d unread conversations, %v, and %d in the list; want %d", when, user, n, err, len(unread), want)
			}
		}
	}
	expect("at first", map[inbox.UserID]int{"alice": 4, "bob": 3, "carol": 3})
	setClaim(t, h, "support", store.ClaimVisible)
	expect("claims in support are visible", map[inbox.UserID]int{"alice": 5, "bob": 5, "carol": 3})
	setClaim(t, h, "support", store.ClaimExclusive)
	if err := h.Admin().SaveUser(t.Context(), inbox.User{ID: "alice", Name: "Alice"}); err != nil {
		t.Fatal(err)
	}
	expect("alice has no seat", map[inbox.UserID]int{"bob": 5, "carol": 3})
}

// pages counts the pages of conversations that are read.
type pages struct {
	store.Store
	n int
}

type pagesTx struct {
	store.Tx
	p *pages
}

func (p *pages) View(ctx context.Context, fn func(store.Tx) error) error {
	return p.Store.View(ctx, func(tx store.Tx) error { return fn(pagesTx{tx, p}) })
}

func (x pagesTx) ListConversations(q store.ConversationQuery) ([]store.Conversation, error) {
	x.p.n++
	return x.Tx.ListConversations(q)
}

func TestListOfOneInboxReadsOnlyThatOne(t *testing.T) {
	db := &pages{Store: memory.New()}
	h := inboxtest.New(t, inboxtest.Config{
		Inbox: inbox.Config{Store: db},
		Teams: []inbox.Team{{ID: "support", Name: "Support", Members: []inbox.UserID{"alice"}}, {ID: "sales", Name: "Sales", Members: []inbox.UserID{"alice"}}},
	})
	crowd(t, h, 500)
	h.Phone(alicesCustomer).To(inboxtest.SalesNumber).Send("hello")
	for box, want := range map[inbox.InboxID]int{"sales": 1, "support": 50, "no such": 0} {
		db.n = 0
		got := listed(t, h, "alice", inbox.ListQuery{Inbox: box})
		if len(got) != want || db.n > 1 {
			t.Errorf("inbox %s: %d conversations in %d pages, want %d in one", box, len(got), db.n, want)
		}
	}
}

func TestListOfAnInboxOfWhichOneSeesAPart(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	k.Phone(otherCustomer).Send("hello")
	if err := k.Agent("alice").Assign(t.Context(), k.conv, []inbox.UserID{"carol"}, nil); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, k.Harness, "carol", inbox.ListQuery{Inbox: "support"}); len(got) != 1 || got[0] != k.conv {
		t.Errorf("carol's list of support has %v, want the one that was given to her", got)
	}
}

func TestSnoozesDoNotPileUp(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	for i := range 20 {
		if err := k.Agent("alice").Snooze(t.Context(), k.conv, k.Now().Add(time.Duration(i+1)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	err := k.Store.View(t.Context(), func(tx store.Tx) error {
		tasks, err := tx.Tasks(k.conv)
		if len(tasks) != 1 {
			t.Errorf("%d tasks, want the end of the last snooze", len(tasks))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestCursorAheadOfAllEventsIsReset(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	now, err := k.Agent("alice").Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := k.Agent("alice").EventsAfter(t.Context(), now); err != nil {
		t.Errorf("at the last event: %v", err)
	}
	if _, _, err := k.Agent("alice").EventsAfter(t.Context(), now+1); !errors.Is(err, inbox.ErrReset) {
		t.Errorf("of a store that was set back: error %v, want ErrReset", err)
	}
}

func TestReplyThatNoChannelCarriesIsNoSetting(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	box := inboxtest.DefaultInboxes()[0]
	box.Settings.FirstReply, box.Settings.HelpReply = fmt.Sprintf("%01601d", 1), fmt.Sprintf("%01601d", 1)
	box.Endpoints = append(box.Endpoints, box.Endpoints[0])
	requireNamed(t, h.Admin().SaveInbox(t.Context(), box), "Inbox.Settings.FirstReply", "Inbox.Settings.HelpReply", "Inbox.Endpoints[2]")
}

func TestNamesThatPlayWithTheScreenAreRefused(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	requireNamed(t, h.Admin().SaveUser(t.Context(), inbox.User{ID: " x", Name: "\x1b[2J"}), "User.ID", "User.Name")
	requireNamed(t, h.Admin().SaveUser(t.Context(), inbox.User{ID: "x\n", Name: "a\nb"}), "User.ID", "User.Name")
}

func TestRedeliveredStrayIsThereOnce(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	m := channel.Inbound{ProviderID: "1", From: alicesCustomer, To: nobodysNumber, Text: "hi"}
	if _, err := h.Inbox.Receive(t.Context(), "simulated", m); err != nil {
		t.Fatal(err)
	}
	box := inboxtest.DefaultInboxes()[0]
	box.Endpoints = append(box.Endpoints, store.Endpoint{Channel: "simulated", Address: nobodysNumber})
	if err := h.Admin().SaveInbox(t.Context(), box); err != nil {
		t.Fatal(err)
	}
	for i, duplicate := range []bool{false, true} {
		if a, err := h.Inbox.Receive(t.Context(), "simulated", m); err != nil || a.Duplicate != duplicate || a.Conversation == 0 {
			t.Errorf("delivery %d: %+v, %v", i+2, a, err)
		}
	}
	if strays, err := h.Agent("alice").Strays(t.Context(), 0); err != nil || len(strays) > 0 {
		t.Errorf("strays: %+v, %v; want none, since it has found its inbox", strays, err)
	}
}

func TestOverloadDoesNotLoseAnOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t, simulated.Config{Reports: []channel.DeliveryState{}})
		slow := &slowStore{Store: c.store}
		c.store = slow
		in := c.engine(inbox.Config{MaxWaiting: 1})
		stop := run(t, in)
		a, err := in.Receive(t.Context(), c.carrier.Name(), channel.Inbound{ProviderID: "1", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "hi"})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		alice := in.Agent(inbox.DefaultAccount, "alice")
		c.carrier.FailNext(simulated.Fault{Kind: simulated.Refused})
		m, err := alice.Reply(t.Context(), a.Conversation, inbox.Draft{Text: "answer"})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		slow.delay.Store(int64(50 * time.Millisecond))
		var refused atomic.Int64
		var flood sync.WaitGroup
		for range 8 { // it keeps the queue full
			flood.Go(func() {
				for ; ctx.Err() == nil; time.Sleep(time.Millisecond) {
					if errors.Is(in.Status(ctx, c.carrier.Name(), channel.StatusUpdate{ProviderID: "x", State: channel.DeliverySent}), inbox.ErrOverloaded) {
						refused.Add(1)
					}
				}
			})
		}
		_, err = c.carrier.Phone(alicesCustomer).Wait(t.Context(), 1)
		cancel()
		flood.Wait()
		if err != nil || refused.Load() == 0 {
			t.Errorf("the reply did not arrive (%v), or the flood was none (%d refused)", err, refused.Load())
		}
		slow.delay.Store(0)
		if err := stop(); err != nil {
			t.Error(err)
		}
		messages, err := alice.Messages(t.Context(), a.Conversation, inbox.MessagesQuery{Limit: 1})
		if err != nil || messages[0].ID != m.ID || messages[0].State != store.StateAccepted || messages[0].Attempts != 2 {
			t.Errorf("the reply is %+v, %v", messages, err)
		}
	})
}

// slowStore takes its time to commit.
type slowStore struct {
	store.Store
	delay atomic.Int64 // in nanoseconds
}

func (s *slowStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	time.Sleep(time.Duration(s.delay.Load()))
	return s.Store.Update(ctx, fn)
}

// deafListener never notices that its context has ended.
type deafListener struct {
	channel.Channel
	release chan struct{}
}

func (l deafListener) Listen(context.Context, channel.Sink) error {
	<-l.release
	return nil
}

func TestRunEndsThoughAListenerDoesNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := deafListener{channel.Func("deaf", nil), make(chan struct{})}
		in, err := inbox.New(inbox.Config{Store: memory.New(), Channels: []channel.Channel{l}, DrainTimeout: 2 * time.Second, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		stop := run(t, in)
		synctest.Wait()
		begin := time.Now()
		if err := stop(); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took > 4*time.Second {
			t.Errorf("ended after %v, want soon after its 2 s", took)
		}
		close(l.release)
	})
}

func TestNotifierWakesAnEngineOfAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t, simulated.Config{})
		in, other := c.engine(inbox.Config{PollInterval: time.Hour}), c.engine(inbox.Config{})
		stop := run(t, in)
		synctest.Wait()
		if _, err := other.Receive(t.Context(), c.carrier.Name(), channel.Inbound{ProviderID: "1", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "STOP"}); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if _, err := c.carrier.Phone(alicesCustomer).Wait(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("taken up after %v, want at once: the store tells", took)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}
