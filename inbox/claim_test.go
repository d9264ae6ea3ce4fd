package inbox_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

// listed returns the conversations that a user sees in a list.
func listed(t *testing.T, h *inboxtest.Harness, user inbox.UserID, q inbox.ListQuery) []inbox.ConversationID {
	t.Helper()
	views, err := h.Agent(user).List(t.Context(), q)
	if err != nil {
		t.Fatalf("%s: %v", user, err)
	}
	var ids []inbox.ConversationID
	for _, v := range views {
		ids = append(ids, v.ID)
	}
	return ids
}

// eventsSeen returns the types of the events after a cursor that a user sees.
func eventsSeen(t *testing.T, h *inboxtest.Harness, user inbox.UserID, after inbox.Cursor) []store.EventType {
	t.Helper()
	h.Settle()
	var seen []store.EventType
	for _, e := range allEvents(t, h.Agent(user), after) {
		seen = append(seen, e.Type)
	}
	return seen
}

func TestClaimRemovesEverybodyElseAndTellsThem(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	alice, bob := k.Agent("alice"), k.Agent("bob")
	now, err := bob.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := alice.Claim(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	if got := eventsSeen(t, k.Harness, "bob", now); !slices.Equal(got, []store.EventType{store.ConversationClaimed}) {
		t.Errorf("bob sees %v, want that it was claimed", got)
	}
	_, err = bob.Reply(t.Context(), k.conv, inbox.Draft{Text: "me too"})
	var claimed *inbox.ClaimedError
	if !errors.As(err, &claimed) || claimed.By != "alice" || !claimed.Since.Equal(k.Now()) {
		t.Errorf("bob's reply: error %v, want a *ClaimedError that says alice and since when", err)
	}
	if err := bob.Claim(t.Context(), k.conv); !errors.Is(err, inbox.ErrAlreadyClaimed) {
		t.Errorf("bob's claim: error %v, want ErrAlreadyClaimed", err)
	}
	if _, err := bob.Conversation(t.Context(), k.conv); !errors.Is(err, inbox.ErrAlreadyClaimed) {
		t.Errorf("bob reads it: error %v, want ErrAlreadyClaimed", err)
	}
	if got := listed(t, k.Harness, "bob", inbox.ListQuery{}); len(got) > 0 {
		t.Errorf("bob's list has %v, want nothing", got)
	}
	if got := listed(t, k.Harness, "alice", inbox.ListQuery{Mine: true}); !slices.Equal(got, []inbox.ConversationID{k.conv}) {
		t.Errorf("alice's own list has %v", got)
	}
	if err := alice.Claim(t.Context(), k.conv); err != nil {
		t.Errorf("claiming one's own again: %v", err)
	}

	now, _ = bob.Now(t.Context())
	k.customer.Send("are you there?")
	k.RequireAlerted("alice")
	if got := eventsSeen(t, k.Harness, "bob", now); len(got) > 0 {
		t.Errorf("bob sees %v of a conversation that alice has claimed", got)
	}
}

func TestReleaseGivesItBack(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	alice, bob := k.Agent("alice"), k.Agent("bob")
	if err := bob.Release(t.Context(), k.conv); !errors.Is(err, inbox.ErrNotClaimed) {
		t.Errorf("releasing what is not claimed: error %v, want ErrNotClaimed", err)
	}
	if err := alice.Claim(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	if err := bob.Release(t.Context(), k.conv); !errors.Is(err, inbox.ErrAlreadyClaimed) {
		t.Errorf("bob releases alice's: error %v, want ErrAlreadyClaimed", err)
	}
	now, _ := bob.Now(t.Context())
	if err := alice.Release(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	k.RequireAlerted("bob") // the customer waits, and somebody else should look
	if got := eventsSeen(t, k.Harness, "bob", now); !slices.Equal(got, []store.EventType{store.ConversationReleased, store.Alerted}) {
		t.Errorf("bob sees %v", got)
	}
	if err := bob.Claim(t.Context(), k.conv); err != nil {
		t.Errorf("bob claims it: %v", err)
	}
	if _, err := bob.Reply(t.Context(), k.conv, inbox.Draft{Text: "hi"}); err != nil {
		t.Fatal(err)
	}
	if err := bob.Release(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	k.RequireAlerted() // nobody waits
}

func TestOnlyOneOfManyClaims(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	users := []inbox.UserID{"alice", "bob"}
	errs := make([]error, 40)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = k.Agent(users[i%2]).Claim(t.Context(), k.conv) })
	}
	wg.Wait()
	view, err := k.Agent("alice").Conversation(t.Context(), k.conv)
	winner := inbox.UserID("alice")
	if err != nil {
		winner = "bob"
		if view, err = k.Agent("bob").Conversation(t.Context(), k.conv); err != nil {
			t.Fatal(err)
		}
	}
	if view.ClaimedBy != winner {
		t.Errorf("claimed by %q, want %q", view.ClaimedBy, winner)
	}
	for i, err := range errs {
		var claimed *inbox.ClaimedError
		switch won := users[i%2] == winner; {
		case won && err != nil:
			t.Errorf("the winner's claim: %v", err)
		case !won && (!errors.As(err, &claimed) || claimed.By != winner):
			t.Errorf("the loser's claim: error %v, want one that names the winner", err)
		}
	}
}

func TestVisibleClaimLetsOthersReadAndNote(t *testing.T) {
	boxes := inboxtest.DefaultInboxes()
	boxes[0].Settings.Claim = store.ClaimVisible
	k := newTalk(t, inboxtest.Config{Inboxes: boxes})
	if err := k.Agent("alice").Claim(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	bob := k.Agent("bob")
	if got := listed(t, k.Harness, "bob", inbox.ListQuery{}); !slices.Equal(got, []inbox.ConversationID{k.conv}) {
		t.Errorf("bob's list has %v, want the claimed one", got)
	}
	if _, err := bob.Note(t.Context(), k.conv, "I know them", ""); err != nil {
		t.Errorf("bob's note: %v", err)
	}
	if _, err := bob.Reply(t.Context(), k.conv, inbox.Draft{Text: "hi"}); !errors.Is(err, inbox.ErrAlreadyClaimed) {
		t.Errorf("bob's reply: error %v, want ErrAlreadyClaimed", err)
	}
}

func TestAssignedUserIsConcernedAndKeptUntilReassigned(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	alice := k.Agent("alice")
	if err := alice.Assign(t.Context(), k.conv, []inbox.UserID{"dave"}, nil); !errors.Is(err, inbox.ErrInvalid) {
		t.Errorf("to dave: error %v, want ErrInvalid: he has no seat", err)
	}
	if err := alice.Assign(t.Context(), k.conv, nil, nil); !errors.Is(err, inbox.ErrInvalid) {
		t.Errorf("to nobody: error %v, want ErrInvalid", err)
	}
	if err := alice.Assign(t.Context(), k.conv, []inbox.UserID{"carol"}, nil); err != nil {
		t.Fatal(err)
	}
	k.RequireAlerted("carol")
	if _, err := k.Agent("carol").Reply(t.Context(), k.conv, inbox.Draft{Text: "Carol here."}); err != nil {
		t.Errorf("carol's reply: %v", err)
	}
	k.customer.Send("thanks")
	k.RequireAlerted("alice", "bob", "carol") // the team, and whom the conversation was given to
}

func TestClaimOfALostSeatHoldsNobodyBack(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	if err := k.Agent("alice").Claim(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	alice := inboxtest.DefaultUsers()[0]
	alice.Licensed = false
	if err := k.Admin().SaveUser(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	k.customer.Send("hello?")
	k.RequireAlerted("bob")
	if _, err := k.Agent("bob").Reply(t.Context(), k.conv, inbox.Draft{Text: "Bob here."}); err != nil {
		t.Errorf("bob's reply: %v", err)
	}
	if got := listed(t, k.Harness, "bob", inbox.ListQuery{}); !slices.Equal(got, []inbox.ConversationID{k.conv}) {
		t.Errorf("bob's list has %v", got)
	}
}

func TestClaimEndsWithTheSeatOrTheTeam(t *testing.T) {
	for name, lose := range map[string]func(k *talk) error{
		"seat": func(k *talk) error { return k.Admin().SaveUser(k.t.Context(), inbox.User{ID: "alice", Name: "Alice"}) },
		"team": func(k *talk) error {
			return k.Admin().SaveTeam(k.t.Context(), inbox.Team{ID: "support", Name: "Support", Members: []inbox.UserID{"bob"}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := newTalk(t, inboxtest.Config{})
			if err := k.Agent("alice").Claim(t.Context(), k.conv); err != nil {
				t.Fatal(err)
			}
			if err := lose(k); err != nil {
				t.Fatal(err)
			}
			k.RequireAlerted("bob") // the customer waits
			if got := listed(t, k.Harness, "bob", inbox.ListQuery{}); !slices.Equal(got, []inbox.ConversationID{k.conv}) {
				t.Errorf("bob's list has %v", got)
			}
			if name == "seat" {
				return
			}
			if got := listed(t, k.Harness, "alice", inbox.ListQuery{}); len(got) > 0 {
				t.Errorf("alice's list has %v", got)
			}
		})
	}
}

func TestClaimStaysWithThoseWhoKeepWhatTheyNeed(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	if err := k.Agent("alice").Claim(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	alice := inboxtest.DefaultUsers()[0]
	alice.Availability = store.Away
	if err := errors.Join(
		k.Admin().SaveUser(t.Context(), alice),
		k.Admin().SaveTeam(t.Context(), inbox.Team{ID: "support", Name: "Support", Members: []inbox.UserID{"alice"}}),
		k.Admin().SaveInbox(t.Context(), withFirstReply("We answer soon.")[0]),
	); err != nil {
		t.Fatal(err)
	}
	if got := k.view().ClaimedBy; got != "alice" {
		t.Errorf("claimed by %q, want alice still", got)
	}
}

func TestAdministratorReleasesAnybodysClaim(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	if err := k.Agent("alice").Claim(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	if err := k.Inbox.Admin("other").Release(t.Context(), k.conv); !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("of another account: error %v, want ErrNotFound", err)
	}
	for range 2 { // the second has no effect
		if err := k.Admin().Release(t.Context(), k.conv); err != nil {
			t.Fatal(err)
		}
	}
	k.RequireAlerted("alice", "bob")
	if got := k.view().ClaimedBy; got != "" {
		t.Errorf("claimed by %q", got)
	}
}

func TestWhoIsRemovedByAnAssignmentIsTold(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	alice := k.Agent("alice")
	if err := alice.Assign(t.Context(), k.conv, []inbox.UserID{"carol"}, nil); err != nil {
		t.Fatal(err)
	}
	now, _ := k.Agent("carol").Now(t.Context())
	if err := alice.Assign(t.Context(), k.conv, []inbox.UserID{"alice"}, nil); err != nil {
		t.Fatal(err)
	}
	if got := eventsSeen(t, k.Harness, "carol", now); !slices.Equal(got, []store.EventType{store.ConversationAssigned}) {
		t.Errorf("carol sees %v, want that it was taken from her", got)
	}
}

func TestVisibleInboxDoesNotShowAnothersClaims(t *testing.T) {
	boxes := inboxtest.DefaultInboxes()
	boxes[1].Settings.Claim = store.ClaimVisible // sales, not support
	k := newTalk(t, inboxtest.Config{Inboxes: boxes})
	if err := k.Agent("alice").Claim(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, k.Harness, "bob", inbox.ListQuery{}); len(got) > 0 {
		t.Errorf("bob's list has %v, which alice has claimed", got)
	}
}
