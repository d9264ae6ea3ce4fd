package inbox_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

func (k *talk) view() inbox.View {
	k.t.Helper()
	v, err := k.Agent("alice").Conversation(k.t.Context(), k.conv)
	if err != nil {
		k.t.Fatal(err)
	}
	return v
}

func TestClosedConversationIsOpenedByANewMessage(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Inboxes: withFirstReply("We answer soon.")})
	k.RequireSent(alicesCustomer, "We answer soon.")
	alice := k.Agent("alice")
	if err := alice.Claim(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	if err := alice.Close(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	if v := k.view(); v.Status != store.Closed || v.ClaimedBy != "" || !v.WaitingSince.IsZero() {
		t.Errorf("closed: status %s, claimed by %q, waiting since %v", v.Status, v.ClaimedBy, v.WaitingSince)
	}
	if err := alice.Close(t.Context(), k.conv); err != nil {
		t.Errorf("closing it again: %v", err)
	}
	k.customer.Send("one more thing")
	k.RequireAlerted("alice", "bob") // routed anew, the claim has ended
	if v := k.view(); v.Status != store.Open || v.WaitingSince.IsZero() {
		t.Errorf("after a new message: status %s, waiting since %v", v.Status, v.WaitingSince)
	}
	k.RequireNothingSent(alicesCustomer) // it is not the customer's first
	var lifecycle []store.EventType
	for _, e := range k.Events() {
		switch e.Type {
		case store.ConversationOpened, store.ConversationClosed, store.ConversationReopened:
			lifecycle = append(lifecycle, e.Type)
		default:
		}
	}
	if diff := cmp.Diff([]store.EventType{store.ConversationOpened, store.ConversationClosed, store.ConversationReopened}, lifecycle); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestStopDoesNotReopen(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	if err := k.Agent("alice").Close(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	k.customer.Send("STOP")
	if v := k.view(); v.Status != store.Closed {
		t.Errorf("status %s, want closed", v.Status)
	}
}

func TestReplyReopens(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	alice := k.Agent("alice")
	if err := alice.Close(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	k.reply("I forgot to say")
	if v := k.view(); v.Status != store.Open {
		t.Errorf("status %s, want open", v.Status)
	}
	if err := alice.Close(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	if err := alice.Reopen(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	if v := k.view(); v.Status != store.Open {
		t.Errorf("status %s, want open", v.Status)
	}
}

func TestSnoozeEndsAtItsTime(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	alice := k.Agent("alice")
	until := k.Now().Add(time.Hour)
	if err := alice.Snooze(t.Context(), k.conv, until); err != nil {
		t.Fatal(err)
	}
	k.Advance(time.Hour - time.Millisecond)
	k.RequireAlerted()
	if v := k.view(); v.Status != store.Snoozed || !v.SnoozedUntil.Equal(until) {
		t.Errorf("a moment before: status %s until %v", v.Status, v.SnoozedUntil)
	}
	k.Advance(time.Millisecond)
	k.RequireAlerted("alice", "bob")
	if v := k.view(); v.Status != store.Open {
		t.Errorf("at its time: status %s", v.Status)
	}
}

func TestSnoozeThatWasProlongedOrEndedDoesNotFire(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	alice := k.Agent("alice")
	for _, d := range []time.Duration{time.Hour, 2 * time.Hour} {
		if err := alice.Snooze(t.Context(), k.conv, k.Now().Add(d)); err != nil {
			t.Fatal(err)
		}
	}
	k.Advance(time.Hour)
	k.RequireAlerted()
	k.customer.Send("are you there?")
	k.RequireAlerted("alice", "bob")
	if err := alice.Close(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	k.Advance(2 * time.Hour)
	k.RequireAlerted()
	if v := k.view(); v.Status != store.Closed {
		t.Errorf("status %s, want closed: the snooze had ended", v.Status)
	}
}

func TestSnoozeBounds(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	for _, d := range []time.Duration{0, -time.Hour, 400 * 24 * time.Hour} {
		if err := k.Agent("alice").Snooze(t.Context(), k.conv, k.Now().Add(d)); !errors.Is(err, inbox.ErrInvalid) {
			t.Errorf("snoozed for %v: error %v, want ErrInvalid", d, err)
		}
	}
}

func TestNoteStaysWithTheTeam(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	before := k.view()
	alice := k.Agent("alice")
	m, err := alice.Note(t.Context(), k.conv, "a difficult one", "note-1")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := alice.Note(t.Context(), k.conv, "a difficult one", "note-1"); err != nil || again.ID != m.ID {
		t.Errorf("the same note again: %v, %v; want the first", again.ID, err)
	}
	k.Advance(time.Hour)
	if got := k.Carrier.Sent(); len(got) > 0 {
		t.Errorf("the carrier was asked to send %+v", got)
	}
	if after := k.view(); after.Preview != before.Preview || !after.LastAt.Equal(before.LastAt) || after.WaitingSince.IsZero() {
		t.Errorf("after a note: %+v; it must not look like an answer", after.Conversation)
	}
	if _, err := alice.Note(t.Context(), k.conv, "", ""); !errors.Is(err, inbox.ErrInvalid) {
		t.Errorf("an empty note: error %v, want ErrInvalid", err)
	}
}

func TestListPagesThroughEverythingOnce(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	const n = 25
	for i := range n {
		h.Phone(channel.Address(fmt.Sprintf("+141555501%02d", 50+i))).Send("hello")
	}
	alice := h.Agent("alice")
	var got []inbox.ConversationID
	q := inbox.ListQuery{Statuses: []store.Status{store.Open}, Limit: 10}
	for {
		views, err := alice.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range views {
			got = append(got, v.ID)
		}
		if len(views) < q.Limit {
			break
		}
		q.Before = views[len(views)-1].Position()
	}
	seen := make(map[inbox.ConversationID]bool)
	for i, id := range got {
		if seen[id] || i > 0 && got[i-1] < id {
			t.Fatalf("list is %v, want each once, the newest first", got)
		}
		seen[id] = true
	}
	if len(got) != n {
		t.Errorf("%d conversations, want %d", len(got), n)
	}
}

func TestMessagesPage(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	for range 9 {
		k.customer.Send("more")
	}
	alice := k.Agent("alice")
	seqs := func(q inbox.MessagesQuery) []int64 {
		t.Helper()
		messages, err := alice.Messages(t.Context(), k.conv, q)
		if err != nil {
			t.Fatal(err)
		}
		var all []int64
		for _, m := range messages {
			all = append(all, m.Seq)
		}
		return all
	}
	for _, test := range []struct {
		q    inbox.MessagesQuery
		want []int64
	}{
		{inbox.MessagesQuery{Limit: 3}, []int64{10, 9, 8}},
		{inbox.MessagesQuery{Limit: 3, Before: 8}, []int64{7, 6, 5}},
		{inbox.MessagesQuery{Limit: 3, After: 8}, []int64{9, 10}},
		{inbox.MessagesQuery{Before: 1}, nil},
	} {
		if diff := cmp.Diff(test.want, seqs(test.q)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.q, diff)
		}
	}
}
