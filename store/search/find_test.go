package search

import (
	"fmt"
	"slices"
	"testing"

	"github.com/teaminbox/teaminbox/store"
)

// index has conversations with messages that all have the word, numbered
// through: those of conversation c are c, c+n, c+2n and so on.
type index struct {
	conversations []store.Conversation
	messages      int

	asked, listed int // how many candidates, and how often lists, were asked for
	within        bool
}

func (x *index) of(m store.MessageID) store.ConversationID {
	return store.ConversationID(int(m)%len(x.conversations) + 1)
}

func (x *index) Candidates(w Wanted) ([]Candidate, error) {
	if w.Before == 0 {
		w.Before = store.MessageID(x.messages + 1)
	}
	x.within = w.Within != nil
	var found []Candidate
	for m := w.Before - 1; m > 0 && len(found) < w.Limit; m-- {
		if w.Within == nil || slices.Contains(w.Within, x.of(m)) {
			found = append(found, Candidate{m, x.of(m)})
		}
	}
	x.asked += len(found)
	return found, nil
}

func (x *index) Messages(ids ...store.MessageID) ([]store.Message, error) {
	ms := make([]store.Message, len(ids))
	for i, id := range ids {
		ms[i] = store.Message{ID: id, Conversation: x.of(id), Text: fmt.Sprintf("bicycle %d", id/3%2)}
	}
	return ms, nil
}

func (x *index) Conversations(ids ...store.ConversationID) ([]store.Conversation, error) {
	var cs []store.Conversation
	for _, id := range ids {
		cs = append(cs, x.conversations[id-1])
	}
	return cs, nil
}

func (x *index) ListConversations(q store.ConversationQuery) ([]store.Conversation, error) {
	x.listed++
	var cs []store.Conversation
	for _, c := range x.conversations {
		if slices.Contains(q.Inboxes, c.Inbox) && len(cs) < q.Limit && (q.Claimants == nil || slices.Contains(q.Claimants, c.ClaimedBy)) {
			cs = append(cs, c)
		}
	}
	return cs, nil
}

// indexOf makes an index in which one of so many conversations is in support,
// and is claimed by alice or nobody in turns.
func indexOf(conversations, oneIn int) *index {
	x := &index{messages: 100_000}
	for i := range conversations {
		c := store.Conversation{ID: store.ConversationID(i + 1), Account: "acme", Inbox: "sales"}
		if i%oneIn == 0 {
			c.Inbox = "support"
			if i/oneIn%2 == 1 {
				c.ClaimedBy = "alice"
			}
		}
		x.conversations = append(x.conversations, c)
	}
	return x
}

func TestFindLooksIntoFewConversationsAlone(t *testing.T) {
	for _, tt := range []struct {
		what   string
		x      *index
		q      store.SearchQuery
		listed int
		within bool
		most   int // candidates that may be looked at
	}{
		{"all are the reader's", indexOf(100, 1), store.SearchQuery{}, 0, false, 200},
		{"a half", indexOf(100, 2), store.SearchQuery{}, 0, false, 500},
		{"few of many", indexOf(5000, 2500), store.SearchQuery{}, 1, true, 3000},
		{"a few percent of a great many", indexOf(50_000, 40), store.SearchQuery{}, 0, false, 7000},
		{"few by their claims", indexOf(5000, 1000), store.SearchQuery{Claimants: []store.UserID{"bob", ""}}, 1, true, 3000},
		{"few, and claims that hide nothing", indexOf(5000, 1000), store.SearchQuery{Claimants: []store.UserID{"bob"}, Shared: []store.InboxID{"support"}}, 1, true, 3000},
		{"none", indexOf(5000, 1000), store.SearchQuery{Claimants: []store.UserID{"bob"}}, 1, false, 3000},
		{"one conversation", indexOf(5000, 1000), store.SearchQuery{Conversation: 1}, 0, true, 100},
	} {
		for _, text := range []string{"bicycle", `"bicycle 1"`} {
			x := *tt.x
			q := tt.q
			q.Account, q.Text, q.Inboxes, q.Limit = "acme", text, []store.InboxID{"support"}, 20
			var want []store.MessageID
			for m := store.MessageID(x.messages); m > 0 && len(want) < q.Limit; m-- {
				c := x.conversations[x.of(m)-1]
				if reads(q, c) && (q.Conversation == 0 || q.Conversation == c.ID) && (text == "bicycle" || m/3%2 == 1) {
					want = append(want, m)
				}
			}
			found, err := Find(&x, q)
			var got []store.MessageID
			for _, m := range found {
				got = append(got, m.ID)
			}
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s, %s: found %v, %v, want %v", tt.what, text, got, err, want)
			}
			if x.listed != tt.listed || x.within != tt.within || x.asked > tt.most {
				t.Errorf("%s, %s: lists were asked for %d times, the last candidates were of some conversations alone: %t, %d candidates were looked at", tt.what, text, x.listed, x.within, x.asked)
			}
		}
	}
}
