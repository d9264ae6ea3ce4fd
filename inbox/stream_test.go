package inbox_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// allEvents returns all events after a cursor that an agent's user may see.
func allEvents(t *testing.T, agent *inbox.Agent, after inbox.Cursor) []inbox.Event {
	t.Helper()
	var all []inbox.Event
	for {
		events, next, err := agent.EventsAfter(t.Context(), after)
		if err != nil {
			t.Fatalf("%s: %v", agent.User(), err)
		}
		all = append(all, events...)
		if next == after {
			return all
		}
		after = next
	}
}

func TestStreamResumesAtAnyCursorWithExactlyTheRest(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Inboxes: withFirstReply("We answer soon.")})
	for range 300 { // more than a page
		k.customer.Send("more")
	}
	k.reply("enough")
	k.Settle()
	whole := allEvents(t, k.Agent("alice"), 0)
	if len(whole) < 600 {
		t.Fatalf("%d events, want at least 600", len(whole))
	}
	if !slices.IsSortedFunc(whole, func(a, b inbox.Event) int { return int(a.Cursor - b.Cursor) }) {
		t.Error("the events are not in the order of their cursors")
	}
	for _, at := range []int{0, 1, 255, 256, 257, 599, len(whole) - 1} {
		rest := allEvents(t, k.Agent("alice"), whole[at].Cursor)
		if diff := cmp.Diff(append([]inbox.Event(nil), whole[at+1:]...), rest); diff != "" {
			t.Fatalf("after event %d (-want +got):\n%s", at, diff)
		}
	}
}

func TestStreamWaitsForWhatComes(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	now, err := k.Agent("alice").Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	next, stop := iter.Pull2(k.Agent("alice").Events(ctx, now))
	defer stop()
	k.customer.Send("one")
	for _, want := range []store.EventType{store.MessageReceived, store.Alerted} {
		if e, err, _ := next(); err != nil || e.Type != want {
			t.Fatalf("got %s, %v; want %s", e.Type, err, want)
		}
	}
	// Nothing is there: the next one wakes the reader.
	got := make(chan inbox.Event)
	go func() {
		e, _, _ := next()
		got <- e
	}()
	if _, err := k.Agent("bob").Note(t.Context(), k.conv, "hm", ""); err != nil {
		t.Fatal(err)
	}
	if e := <-got; e.Type != store.NoteAdded || e.Actor.User != "bob" {
		t.Errorf("woken by %s of %s, want bob's note", e.Type, e.Actor.User)
	}
	cancel()
	if _, err, _ := next(); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context has ended: %v", err)
	}
	if _, _, more := next(); more {
		t.Error("the sequence goes on after an error")
	}
}

func TestStreamEndsWithTheSeat(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	next, stop := iter.Pull2(k.Agent("alice").Events(t.Context(), 0))
	defer stop()
	if _, err, _ := next(); err != nil {
		t.Fatal(err)
	}
	alice := inboxtest.DefaultUsers()[0]
	alice.Licensed = false
	if err := k.Admin().SaveUser(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	for {
		_, err, more := next()
		if err != nil {
			if !errors.Is(err, inbox.ErrUnlicensed) {
				t.Errorf("error %v, want ErrUnlicensed", err)
			}
			return
		}
		if !more {
			t.Fatal("the stream ended without an error")
		}
	}
}

func TestCursorOlderThanWhatIsKeptIsReset(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	events := k.Events()
	err := k.Store.Update(t.Context(), func(tx store.Tx) error {
		return tx.DeleteEvents(inbox.DefaultAccount, events[1].Cursor)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := k.Agent("alice").EventsAfter(t.Context(), events[0].Cursor); !errors.Is(err, inbox.ErrReset) {
		t.Errorf("error %v, want ErrReset", err)
	}
	if rest := allEvents(t, k.Agent("alice"), events[1].Cursor); len(rest) != len(events)-2 {
		t.Errorf("%d events after the last that was deleted, want %d", len(rest), len(events)-2)
	}
}

func TestReadMarksAreTheirUsersOwn(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	now, _ := k.Agent("alice").Now(t.Context())
	if err := k.Agent("bob").MarkRead(t.Context(), k.conv, 0); err != nil {
		t.Fatal(err)
	}
	if got := eventsSeen(t, k.Harness, "alice", now); len(got) > 0 {
		t.Errorf("alice sees %v, want nothing of what bob has read", got)
	}
	if got := eventsSeen(t, k.Harness, "bob", now); !slices.Equal(got, []store.EventType{store.ConversationRead}) {
		t.Errorf("bob sees %v, want his own mark, for his other windows", got)
	}
}

// between is a store that lets something happen right after a View.
type between struct {
	store.Store
	after func()
}

func (s *between) View(ctx context.Context, fn func(store.Tx) error) error {
	err := s.Store.View(ctx, fn)
	if after := s.after; after != nil {
		s.after = nil
		after()
	}
	return err
}

func TestStreamMissesNothingBetweenReadingAndWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &between{Store: memory.New()}
		k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{Store: db, PollInterval: time.Hour}})
		now, err := k.Agent("alice").Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		db.after = func() {
			if _, err := k.Agent("bob").Note(t.Context(), k.conv, "hm", ""); err != nil {
				t.Error(err)
			}
		}
		begin := time.Now()
		for e, err := range k.Agent("alice").Events(t.Context(), now) {
			if err != nil || e.Type != store.NoteAdded {
				t.Fatalf("got %s, %v", e.Type, err)
			}
			break
		}
		if waited := time.Since(begin); waited > time.Minute {
			t.Errorf("the event was there after %v, when the store was polled", waited)
		}
	})
}
