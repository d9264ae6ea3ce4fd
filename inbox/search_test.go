package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// found returns the texts that a user finds.
func found(t *testing.T, h *inboxtest.Harness, user inbox.UserID, q inbox.SearchQuery) []string {
	t.Helper()
	hits, err := h.Agent(user).Search(t.Context(), q)
	if err != nil {
		t.Fatalf("%s searches %q: %v", user, q.Text, err)
	}
	var texts []string
	for _, hit := range hits {
		if hit.Conversation.ID != hit.Message.Conversation || hit.Conversation.Contact.ID == 0 {
			t.Errorf("%q comes with the conversation %+v", hit.Message.Text, hit.Conversation)
		}
		texts = append(texts, hit.Message.Text)
	}
	return texts
}

func expectFound(t *testing.T, h *inboxtest.Harness, user inbox.UserID, q inbox.SearchQuery, want ...string) {
	t.Helper()
	if got := found(t, h, user, q); !slices.Equal(got, want) {
		t.Errorf("%s finds %q with %+v, want %q", user, got, q, want)
	}
}

// setClaim changes what a claim means in an inbox.
func setClaim(t *testing.T, h *inboxtest.Harness, id inbox.InboxID, mode store.ClaimMode) {
	t.Helper()
	boxes, err := h.Admin().Inboxes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, box := range boxes {
		if box.ID == id {
			box.Settings.Claim = mode
			if err := h.Admin().SaveInbox(t.Context(), box); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func words(text string) inbox.SearchQuery { return inbox.SearchQuery{Text: text} }

func TestSearchFindsWhatTheUserMaySee(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	k.customer.Send("Where are my Invoices?")
	k.reply("Your invoice is on its way")
	if _, err := k.Agent("bob").Note(t.Context(), k.conv, "the invoice was lost", ""); err != nil {
		t.Fatal(err)
	}
	k.customer.To(inboxtest.SalesNumber).Send("an invoice for sales")
	k.Settle()

	expectFound(t, k.Harness, "alice", words("invoice"), "the invoice was lost", "Your invoice is on its way", "Where are my Invoices?")
	expectFound(t, k.Harness, "bob", words(`"your invoice"`), "Your invoice is on its way")
	expectFound(t, k.Harness, "carol", words("invoice"), "an invoice for sales")
	expectFound(t, k.Harness, "alice", words("refund"))
	expectFound(t, k.Harness, "alice", words(""))
	expectFound(t, k.Harness, "alice", words(`"`))
	expectFound(t, k.Harness, "alice", inbox.SearchQuery{Text: "invoice", Inbox: "support", Limit: 1}, "the invoice was lost")
	expectFound(t, k.Harness, "alice", inbox.SearchQuery{Text: "invoice", Inbox: "sales"})
	expectFound(t, k.Harness, "alice", inbox.SearchQuery{Text: "invoice", Inbox: "nowhere"})
	expectFound(t, k.Harness, "alice", inbox.SearchQuery{Text: "hello", Conversation: k.conv}, "hello")
	expectFound(t, k.Harness, "alice", inbox.SearchQuery{Text: "hello", Conversation: k.conv, Inbox: "sales"})

	// Taking part is enough, in one's own inbox or not.
	theirs := k.customer.To(inboxtest.SalesNumber).Conversation()
	if err := k.Agent("carol").Assign(t.Context(), theirs, []inbox.UserID{"alice"}, nil); err != nil {
		t.Fatal(err)
	}
	expectFound(t, k.Harness, "alice", inbox.SearchQuery{Text: "invoice", Inbox: "sales"}, "an invoice for sales")
	expectFound(t, k.Harness, "alice", inbox.SearchQuery{Text: "invoice", Conversation: theirs}, "an invoice for sales")
	expectFound(t, k.Harness, "bob", inbox.SearchQuery{Text: "invoice", Inbox: "sales"})
}

func TestSearchHidesWhatOthersHaveClaimed(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	const other channel.Address = "+14155550177"
	k.Phone(other).Send("hello again")
	if err := k.Agent("alice").Claim(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	expectFound(t, k.Harness, "alice", words("hello"), "hello again", "hello")
	expectFound(t, k.Harness, "bob", words("hello"), "hello again")
	_, err := k.Agent("bob").Search(t.Context(), inbox.SearchQuery{Text: "hello", Conversation: k.conv})
	if !errors.Is(err, inbox.ErrAlreadyClaimed) {
		t.Errorf("bob searches what alice has claimed: error %v, want ErrAlreadyClaimed", err)
	}
	_, err = k.Agent("carol").Search(t.Context(), inbox.SearchQuery{Text: "hello", Conversation: k.conv})
	if !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("carol searches what is not hers: error %v, want ErrNotFound", err)
	}
	// Another inbox in which claims hide nothing changes nothing.
	setClaim(t, k.Harness, "sales", store.ClaimVisible)
	expectFound(t, k.Harness, "bob", words("hello"), "hello again")
	setClaim(t, k.Harness, "support", store.ClaimVisible)
	expectFound(t, k.Harness, "bob", words("hello"), "hello again", "hello")
	setClaim(t, k.Harness, "support", store.ClaimExclusive)

	if err := k.Agent("alice").Release(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	expectFound(t, k.Harness, "bob", words("hello"), "hello again", "hello")
}

// A claim of somebody who has lost their seat keeps nobody out.
func TestSearchIgnoresClaimsWithoutASeat(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	if err := k.Agent("alice").Claim(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	expectFound(t, k.Harness, "bob", words("hello"))
	if err := k.Admin().SaveUser(t.Context(), inbox.User{ID: "alice", Name: "Alice"}); err != nil {
		t.Fatal(err)
	}
	expectFound(t, k.Harness, "bob", words("hello"), "hello")
}

func TestSearchPages(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	const other channel.Address = "+14155550177"
	var want []string
	for i := range 12 {
		text := fmt.Sprintf("order no %d", i)
		if i%3 == 2 {
			k.Phone(other).Send(text)
			continue
		}
		k.customer.Send(text)
		want = append(want, text)
	}
	slices.Reverse(want)
	if err := k.Agent("bob").Claim(t.Context(), k.Phone(other).Conversation()); err != nil {
		t.Fatal(err)
	}
	for limit := 1; limit <= len(want)+1; limit++ {
		q := inbox.SearchQuery{Text: "order", Limit: limit}
		var got []string
		for {
			hits, err := k.Agent("alice").Search(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, hit := range hits {
				got = append(got, hit.Message.Text)
			}
			if len(hits) < limit {
				break
			}
			q.Before = hits[len(hits)-1].Message.ID
		}
		if !slices.Equal(got, want) {
			t.Errorf("in pages of %d: %q, want %q", limit, got, want)
		}
	}
}

func TestSearchInATime(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	k.Advance(time.Hour)
	from := k.Now()
	k.customer.Send("hello once more")
	k.Advance(time.Hour)
	until := k.Now()
	k.customer.Send("hello at last")
	expectFound(t, k.Harness, "alice", inbox.SearchQuery{Text: "hello", Since: from, Until: until}, "hello once more")
	expectFound(t, k.Harness, "alice", inbox.SearchQuery{Text: "hello", Since: from}, "hello at last", "hello once more")
}

func TestSearchesOfAccountsNeverMix(t *testing.T) {
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
	expectFound(t, k.Harness, "alice", words("hello"), "hello")
	hits, err := k.Inbox.Agent("other", "alice").Search(t.Context(), words("hello"))
	if err != nil || len(hits) != 1 || hits[0].Message.Text != "hello, other company" {
		t.Errorf("the other company finds %+v, %v", hits, err)
	}
	if _, err := k.Inbox.Agent("other", "alice").Search(t.Context(), inbox.SearchQuery{Text: "hello", Conversation: k.conv}); !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("in a conversation of another account: error %v, want ErrNotFound", err)
	}
}

// searched is a store that counts how often it is searched and what it finds.
type searched struct {
	store.Store
	searches, found atomic.Int32
}

type searchedTx struct {
	store.Tx
	of *searched
}

func (s *searched) View(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.View(ctx, func(tx store.Tx) error { return fn(searchedTx{tx, s}) })
}

func (t searchedTx) SearchMessages(q store.SearchQuery) ([]store.Message, error) {
	ms, err := t.Tx.SearchMessages(q)
	t.of.searches.Add(1)
	t.of.found.Add(int32(len(ms)))
	return ms, err
}

// What the user finds elsewhere is not gone through for an inbox in which they
// take part in a conversation.
func TestSearchInAnotherInboxAsksForItAlone(t *testing.T) {
	s := &searched{Store: memory.New()}
	k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{Store: s}})
	k.customer.To(inboxtest.SalesNumber).Send("an order for sales")
	k.Settle()
	theirs := k.customer.To(inboxtest.SalesNumber).Conversation()
	if err := k.Agent("carol").Assign(t.Context(), theirs, []inbox.UserID{"alice"}, nil); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		k.customer.To(inboxtest.SupportNumber).Send(fmt.Sprintf("order no %d", i))
	}
	k.Settle()
	expectFound(t, k.Harness, "alice", inbox.SearchQuery{Text: "order", Inbox: "sales", Limit: 1}, "an order for sales")
	expectFound(t, k.Harness, "alice", inbox.SearchQuery{Text: "order", Inbox: "sales"}, "an order for sales")
	if searches, hits := s.searches.Load(), s.found.Load(); searches != 2 || hits != 2 {
		t.Errorf("two hits took %d searches, which found %d", searches, hits)
	}
}

// In a conversation that may be opened everything is found, by whomever it was
// claimed.
func TestSearchInAConversationThatMayBeOpened(t *testing.T) {
	for claimant, user := range map[inbox.UserID]inbox.UserID{
		"erin":  "bob",   // is not in the directory
		"carol": "carol", // is in no team of the inbox
	} {
		k := newTalk(t, inboxtest.Config{})
		if err := k.Store.Update(t.Context(), func(tx store.Tx) error {
			c, err := store.One(tx.Conversations(k.conv))
			if err != nil {
				return err
			}
			c.ClaimedBy = claimant
			return tx.PutConversations(c)
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Agent(user).Conversation(t.Context(), k.conv); err != nil {
			t.Fatalf("%s can't open what %s has claimed: %v", user, claimant, err)
		}
		expectFound(t, k.Harness, user, inbox.SearchQuery{Text: "hello", Conversation: k.conv}, "hello")
	}
}
