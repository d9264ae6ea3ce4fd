package sqlite

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// Conversations that change in every way are listed as the store in memory
// lists them, which works in another way.
func TestListsAreThoseOfTheModel(t *testing.T) {
	s := openAt(t, newPath(t), Config{})
	model := memory.New()
	random := rand.New(rand.NewPCG(5, 6))
	pick := func(n int) int { return random.IntN(n) }
	users := []store.UserID{"alice", "bob", "carol"}
	teams := []store.TeamID{"red", "blue"}
	inboxes := []store.InboxID{"sales", "support"}
	statuses := []store.Status{store.Open, store.Snoozed, store.Closed}
	some := func(n int) []int { return random.Perm(n)[:pick(n+1)] }
	moment := func() time.Time { return time.UnixMicro(int64(pick(20))).UTC() }

	known := make(map[store.ConversationID]store.Conversation)
	change := func() []store.Conversation {
		var changed []store.Conversation
		for _, n := range random.Perm(40)[:1+pick(8)] {
			id := store.ConversationID(n + 1)
			c := known[id]
			c.ID, c.Account, c.Inbox = id, "default", inboxes[n%2]
			c.Theirs = channel.Address([]string{"+1415555010", "whatsapp:+1415555010"}[pick(2)] + string(rune('a'+n)))
			c.Status, c.LastAt = statuses[pick(3)], moment()
			c.Users, c.Teams, c.ClaimedBy = nil, nil, ""
			for _, u := range some(3) {
				c.Users = append(c.Users, users[u])
			}
			for _, m := range some(2) {
				c.Teams = append(c.Teams, teams[m])
			}
			if pick(2) == 0 {
				c.ClaimedBy = users[pick(3)]
			}
			changed = append(changed, c)
			c.Version++
			known[id] = c
		}
		return changed
	}
	query := func() store.ConversationQuery {
		q := store.ConversationQuery{Account: "default", Limit: 1 + pick(12)}
		for _, i := range some(2) {
			q.Inboxes = append(q.Inboxes, inboxes[i])
		}
		if pick(2) == 0 {
			q.User = users[pick(3)]
		}
		for _, m := range some(2) {
			q.Teams = append(q.Teams, teams[m])
		}
		if pick(3) > 0 {
			q.Claimants = []store.UserID{}
			for _, u := range some(4) {
				q.Claimants = append(q.Claimants, append(users, "")[u])
			}
		}
		if pick(2) == 0 {
			for _, i := range some(3) {
				q.Statuses = append(q.Statuses, statuses[i])
			}
		}
		if pick(2) == 0 {
			q.Before = store.Position{LastAt: moment(), ID: store.ConversationID(1 + pick(40))}
		}
		return q
	}
	for round := range 100 {
		changed := change()
		both := []store.Store{s, model}
		for _, into := range both {
			update(t, into, func(tx store.Tx) error {
				if round%2 == 0 { // so that what they were is known in the transaction
					for _, c := range changed {
						if _, err := tx.Conversations(c.ID); err != nil {
							return err
						}
					}
				}
				return tx.PutConversations(changed...)
			})
		}
		for range 10 {
			q := query()
			var lists [2][]store.Conversation
			for i, from := range both {
				view(t, from, func(tx store.Tx) (err error) {
					lists[i], err = tx.ListConversations(q)
					return err
				})
			}
			if diff := cmp.Diff(lists[1], lists[0]); diff != "" && len(lists[0])+len(lists[1]) > 0 {
				t.Fatalf("round %d, %+v: model, store:\n%s", round, q, diff)
			}
		}
	}
	checkParticipants(t, s, known)
}

// checkParticipants looks whether nothing is left of lists that a conversation
// has gone from.
func checkParticipants(t *testing.T, s *Store, known map[store.ConversationID]store.Conversation) {
	t.Helper()
	want := 0
	for _, c := range known {
		want += len(c.Users) + len(c.Teams)
	}
	c, err := s.readers.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.readers.release(c, true)
	if got, err := one[int](t.Context(), c, `SELECT count(*) FROM participants`); err != nil || got != want {
		t.Errorf("there are %d participants, %v; want %d", got, err, want)
	}
}
