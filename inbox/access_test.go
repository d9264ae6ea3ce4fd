package inbox_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

func TestWithoutASeatNothingIsSeenOrDone(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	for _, user := range []inbox.UserID{"dave", "nobody"} {
		agent := k.Agent(user)
		_, readErr := agent.Conversation(t.Context(), k.conv)
		_, listErr := agent.List(t.Context(), inbox.ListQuery{})
		_, searchErr := agent.Search(t.Context(), inbox.SearchQuery{Text: "hello"})
		_, messagesErr := agent.Messages(t.Context(), k.conv, inbox.MessagesQuery{})
		_, replyErr := agent.Reply(t.Context(), k.conv, inbox.Draft{Text: "hi"})
		_, noteErr := agent.Note(t.Context(), k.conv, "hi", "")
		_, countErr := agent.UnreadCount(t.Context())
		_, nowErr := agent.Now(t.Context())
		_, straysErr := agent.Strays(t.Context(), 0)
		_, inboxesErr := agent.Inboxes(t.Context())
		var eventsErr error
		for _, err := range agent.Events(t.Context(), 0) {
			eventsErr = err
			break
		}
		for what, err := range map[string]error{
			"Conversation": readErr, "List": listErr, "Search": searchErr, "Messages": messagesErr, "Reply": replyErr, "Note": noteErr,
			"UnreadCount": countErr, "Inboxes": inboxesErr, "Now": nowErr, "Strays": straysErr, "Events": eventsErr,
			"Claim":       agent.Claim(t.Context(), k.conv),
			"Release":     agent.Release(t.Context(), k.conv),
			"Assign":      agent.Assign(t.Context(), k.conv, []inbox.UserID{"alice"}, nil),
			"Close":       agent.Close(t.Context(), k.conv),
			"Reopen":      agent.Reopen(t.Context(), k.conv),
			"Snooze":      agent.Snooze(t.Context(), k.conv, k.Now().Add(time.Hour)),
			"MarkRead":    agent.MarkRead(t.Context(), k.conv, 0),
			"AdoptStray":  func() error { _, err := agent.AdoptStray(t.Context(), 1, "support"); return err }(),
			"DismissStay": agent.DismissStray(t.Context(), 1),
		} {
			if !errors.Is(err, inbox.ErrUnlicensed) {
				t.Errorf("%s, %s: error %v, want ErrUnlicensed", user, what, err)
			}
		}
	}
}

func TestWhatIsNotOnesBusinessDoesNotExist(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	carol := k.Agent("carol") // of sales
	for what, err := range map[string]error{
		"Claim":    carol.Claim(t.Context(), k.conv),
		"Close":    carol.Close(t.Context(), k.conv),
		"MarkRead": carol.MarkRead(t.Context(), k.conv, 0),
	} {
		if !errors.Is(err, inbox.ErrNotFound) {
			t.Errorf("%s: error %v, want ErrNotFound", what, err)
		}
	}
	if got := listed(t, k.Harness, "carol", inbox.ListQuery{}); len(got) > 0 {
		t.Errorf("carol's list has %v", got)
	}
	if boxes, err := carol.Inboxes(t.Context()); err != nil || len(boxes) != 1 || boxes[0].ID != "sales" {
		t.Errorf("carol's inboxes are %+v, %v; want sales alone", boxes, err)
	}
	if got := eventsSeen(t, k.Harness, "carol", 0); len(got) > 0 {
		t.Errorf("carol's stream brings %v", got)
	}
	// Another company with users of the same names.
	other := k.Inbox.Admin("other")
	if err := other.SaveUser(t.Context(), inbox.User{ID: "alice", Name: "Another Alice", Licensed: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Inbox.Agent("other", "alice").Conversation(t.Context(), k.conv); !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("the alice of another account: error %v, want ErrNotFound", err)
	}
}

func TestAccountsWithTheSameNamesAndNumbersNeverMix(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	other := k.Inbox.Admin("other")
	if err := errors.Join(
		other.SaveUser(t.Context(), inbox.User{ID: "alice", Name: "Another Alice", Licensed: true}),
		other.SaveTeam(t.Context(), inbox.Team{ID: "support", Name: "Support", Members: []inbox.UserID{"alice"}}),
		other.SaveInbox(t.Context(), store.Inbox{ID: "support", Name: "Other Support", Team: "support", Endpoints: []store.Endpoint{{Channel: "simulated", Address: "+14155550160"}}}),
	); err != nil {
		t.Fatal(err)
	}
	k.customer.To("+14155550160").Send("hello, other company")
	k.customer.To(nobodysNumber).Send("a stray of the default account")
	theirs := k.customer.To("+14155550160").Conversation()
	strays, err := k.Agent("alice").Strays(t.Context(), 0)
	if err != nil || len(strays) != 1 {
		t.Fatal(strays, err)
	}
	stranger := k.Inbox.Agent("other", "alice")
	_, adoptErr := stranger.AdoptStray(t.Context(), strays[0].ID, "support")
	_, replyErr := stranger.Reply(t.Context(), k.conv, inbox.Draft{Text: "hi"})
	for what, err := range map[string]error{
		"reply": replyErr, "adopt": adoptErr,
		"claim":   stranger.Claim(t.Context(), k.conv),
		"dismiss": stranger.DismissStray(t.Context(), strays[0].ID),
		"ours":    k.Agent("alice").Claim(t.Context(), theirs),
	} {
		if !errors.Is(err, inbox.ErrNotFound) {
			t.Errorf("%s: error %v, want ErrNotFound", what, err)
		}
	}
	for _, e := range allEvents(t, stranger, 0) {
		if e.Conversation != theirs {
			t.Errorf("the other alice sees %+v", e)
		}
	}
}

func TestUnreadIsCountedForEachUser(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	k.customer.Send("two")
	k.customer.Send("three")
	unread := func(user inbox.UserID) int64 {
		t.Helper()
		view, err := k.Agent(user).Conversation(t.Context(), k.conv)
		if err != nil {
			t.Fatal(err)
		}
		return view.Unread
	}
	if err := k.Agent("alice").MarkRead(t.Context(), k.conv, 2); err != nil {
		t.Fatal(err)
	}
	if err := k.Agent("alice").MarkRead(t.Context(), k.conv, 1); err != nil { // what has been read stays read
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{1, 3}, []int64{unread("alice"), unread("bob")}); diff != "" {
		t.Errorf("unread of alice and bob (-want +got):\n%s", diff)
	}
	if err := k.Agent("alice").MarkRead(t.Context(), k.conv, 0); err != nil {
		t.Fatal(err)
	}
	k.reply("answer") // bob has still not read
	if diff := cmp.Diff([]int64{0, 3}, []int64{unread("alice"), unread("bob")}); diff != "" {
		t.Errorf("unread of alice and bob (-want +got):\n%s", diff)
	}
	for user, want := range map[inbox.UserID]int{"alice": 0, "bob": 1, "carol": 0} {
		if n, err := k.Agent(user).UnreadCount(t.Context()); err != nil || n != want {
			t.Errorf("%s: %d unread conversations, %v; want %d", user, n, err, want)
		}
	}
	if err := k.Agent("bob").MarkRead(t.Context(), k.conv, -1); !errors.Is(err, inbox.ErrInvalid) {
		t.Errorf("MarkRead -1: error %v, want ErrInvalid", err)
	}
}
