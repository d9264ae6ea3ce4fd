package search

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// index has conversations with messages that all have the word, numbered
// through: those of conversation c are c, c+n, c+2n and so on.
type index struct {
	conversations []store.Conversation
	messages      int
	texts         bool            // handed over with the candidates
	loose         bool            // candidates are of all conversations
	broken        store.MessageID // the index fails here

	read          int // how many messages were read
	asked, listed int // how many candidates, and how often lists, were asked for
	within        bool
}

func (x *index) of(m store.MessageID) store.ConversationID {
	return store.ConversationID(int(m)%len(x.conversations) + 1)
}

func (x *index) Candidates(w Wanted) iter.Seq2[Candidate, error] {
	x.within = w.Within != nil
	return func(yield func(Candidate, error) bool) {
		for m := min(w.Before, store.MessageID(x.messages+1)) - 1; m > 0; m-- {
			if _, wanted := slices.BinarySearch(w.Within, x.of(m)); w.Within != nil && !wanted && !x.loose {
				continue
			}
			if m == x.broken {
				yield(Candidate{}, errBroken)
				return
			}
			x.asked++
			c := Candidate{Message: m, Conversation: x.of(m), HasText: x.texts}
			if x.texts {
				c.Text = textOf(m)
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

var errBroken = errors.New("broken")

func minute(m store.MessageID) time.Time {
	return time.Date(2026, time.May, 1, 0, int(m), 0, 0, time.UTC)
}

func textOf(m store.MessageID) string { return fmt.Sprintf("bicycle %d", m/3%2) }

func (x *index) Messages(ids ...store.MessageID) ([]store.Message, error) {
	x.read += len(ids)
	ms := make([]store.Message, len(ids))
	for i, id := range ids {
		ms[i] = store.Message{ID: id, Account: "acme", Conversation: x.of(id), Text: textOf(id), CreatedAt: minute(id)}
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

// As many conversations as may be looked into are, and no more: of those who may
// see most of what is there, they are fewer.
func TestFindLooksIntoSoManyConversationsAlone(t *testing.T) {
	for _, tt := range []struct {
		conversations, oneIn int
		within               bool
	}{
		{narrow, 1, true}, {narrow + 1, 1, false}, {narrow + 1, 3, false},
		{narrow + 1, 10, true}, {lessNarrow, 10, true}, {lessNarrow + 1, 10, false},
	} {
		x := indexOf(tt.conversations*tt.oneIn, tt.oneIn)
		found, err := Find(x, store.SearchQuery{Account: "acme", Text: `"1 bicycle"`, Inboxes: []store.InboxID{"support"}, Limit: 20})
		if err != nil || len(found) > 0 {
			t.Fatal(found, err)
		}
		if x.listed != 1 || x.within != tt.within {
			t.Errorf("%d conversations, one in %d: lists were asked for %d times, the last candidates were of some conversations alone: %t", tt.conversations, tt.oneIn, x.listed, x.within)
		}
	}
}

// Of candidates whose texts are known only the hits are read, and none is read
// that the page has no room for.
func TestFindReadsLittle(t *testing.T) {
	for _, tt := range []struct {
		text  string
		texts bool
		most  int // messages that may be read
	}{
		{"bicycle", false, 20},
		{"bicycle", true, 20},
		{`"bicycle 1"`, false, 100},
		{`"bicycle 1"`, true, 20},
		{"unicycle", false, 1000},
		{"unicycle", true, 0},
	} {
		x := indexOf(10, 1)
		x.texts, x.messages = tt.texts, 1000
		_, err := Find(x, store.SearchQuery{Account: "acme", Text: tt.text, Inboxes: []store.InboxID{"support"}, Limit: 20})
		if err != nil || x.read > tt.most {
			t.Errorf("%s, texts handed over: %t: %d messages were read, %v", tt.text, tt.texts, x.read, err)
		}
	}
}

func TestFindFails(t *testing.T) {
	x := indexOf(10, 1)
	x.broken = 99_990
	q := store.SearchQuery{Account: "acme", Text: "bicycle", Inboxes: []store.InboxID{"support"}, Limit: 5}
	if got, err := Find(x, q); err != nil || len(got) != 5 {
		t.Errorf("what the page needs not: found %v, %v", got, err)
	}
	q.Limit = 20
	if got, err := Find(x, q); !errors.Is(err, errBroken) || got != nil {
		t.Errorf("found %v, %v", got, err)
	}
}

// An index may have candidates that are not wanted.
func TestFindLooksAgain(t *testing.T) {
	x := indexOf(10, 1)
	x.loose, x.messages = true, 1000
	q := store.SearchQuery{Account: "acme", Text: `"bicycle 1"`, Inboxes: []store.InboxID{"support"}, Conversation: 4, Since: minute(300), Until: minute(703), Before: 690, Limit: 1000}
	for _, x.texts = range []bool{false, true} {
		found, err := Find(x, q)
		if err != nil || len(found) < 10 {
			t.Fatalf("found %d messages, %v", len(found), err)
		}
		for _, m := range found {
			if m.Conversation != q.Conversation || m.ID < 300 || m.ID >= 690 || m.Text != "bicycle 1" {
				t.Errorf("found %+v", m)
			}
		}
		other := q
		other.Account = "globex"
		if found, err := Find(x, other); err != nil || len(found) > 0 {
			t.Errorf("another account finds %v, %v", found, err)
		}
	}
}

func TestFindInOneInbox(t *testing.T) {
	x := indexOf(10, 2)
	q := store.SearchQuery{Account: "acme", Text: "bicycle", Inboxes: []store.InboxID{"support", "sales"}, Inbox: "support", Limit: 20}
	got, err := Find(x, q)
	if err != nil || len(got) != q.Limit || slices.ContainsFunc(got, func(m store.Message) bool { return x.conversations[m.Conversation-1].Inbox != "support" }) {
		t.Errorf("found %v, %v", got, err)
	}
}

// An index is asked for times that it can compare.
func TestTimesOfASearch(t *testing.T) {
	year := func(y int) time.Time { return time.Date(y, time.March, 1, 0, 0, 0, 0, time.UTC) }
	var none time.Time
	for _, tt := range []struct {
		since, until, wantSince, wantUntil time.Time
		nothing                            bool
	}{
		{none, none, none, none, false},
		{year(2024), year(2025), year(2024), year(2025), false},
		{year(-5000), year(300_000), none, none, false},
		{year(-5000), year(2025), none, year(2025), false},
		{year(2024), year(300_000), year(2024), none, false},
		{none, year(-5000), none, none, true},
		{year(300_000), none, none, none, true},
		{year(1), year(9999), year(1), year(9999), false},
		{year(0), year(10_000), none, none, false},
	} {
		since, until, ok := timeOf(store.SearchQuery{Since: tt.since, Until: tt.until})
		if ok == tt.nothing || ok && (!since.Equal(tt.wantSince) || !until.Equal(tt.wantUntil)) {
			t.Errorf("from %v until %v: %v, %v, %t", tt.since, tt.until, since, until, ok)
		}
	}
}

func TestBeforeIsGiven(t *testing.T) {
	x := &asked{index: indexOf(1, 1)}
	for _, before := range []store.MessageID{0, 7} {
		if _, err := Find(x, store.SearchQuery{Account: "acme", Text: "bicycle", Inboxes: []store.InboxID{"support"}, Before: before, Limit: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if want := []store.MessageID{math.MaxInt64, 7}; !slices.Equal(x.before, want) {
		t.Errorf("asked for messages before %v", x.before)
	}
}

// asked is an index that remembers what it was asked for.
type asked struct {
	*index
	before []store.MessageID
}

func (x *asked) Candidates(w Wanted) iter.Seq2[Candidate, error] {
	x.before = append(x.before, w.Before)
	return x.index.Candidates(w)
}
