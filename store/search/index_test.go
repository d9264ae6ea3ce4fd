package search_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// The table of the example finds what looking at every text does, for whoever
// searches.
func TestTableFindsWhatIsThere(t *testing.T) {
	parts := strings.Fields("a an invoice invoices Invoicing Grüße gruesse 北京大学 東京 079 555 01 23 +41795550123 4471 alice@example.com don't ขอบคุณ Łódź \"an invoice\" 27\" ()")
	random := rand.New(rand.NewPCG(1, 2))
	phrase := func(n int) string {
		words := make([]string, random.IntN(n))
		for i := range words {
			words[i] = parts[random.IntN(len(parts))]
		}
		return strings.Join(words, " ")
	}
	var index words
	s := memory.New()
	if err := s.Update(context.Background(), func(tx store.Tx) error {
		for i := range 20 {
			c := store.Conversation{ID: store.ConversationID(i + 1), Account: "acme", Inbox: store.InboxID([]string{"support", "sales"}[i%2]), Theirs: "+1415555010" + channel.Address(rune('a'+i))}
			if err := tx.PutConversations(c); err != nil {
				return err
			}
		}
		for i := range 400 {
			m := store.Message{ID: store.MessageID(i + 100), Account: "acme", Conversation: store.ConversationID(i%20 + 1), Seq: int64(i + 1), Text: phrase(7)}
			if err := tx.PutMessages(m); err != nil {
				return err
			}
			index.put(m)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	hits := 0
	if err := s.View(context.Background(), func(view store.Tx) error {
		for range 500 {
			q := store.SearchQuery{Account: "acme", Text: phrase(5), Inboxes: []store.InboxID{"support"}, Limit: 1 + random.IntN(100)}
			if random.IntN(3) == 0 {
				q.Conversation = store.ConversationID(random.IntN(20) + 1)
			}
			want, err := view.SearchMessages(q)
			if err != nil {
				return err
			}
			got, err := tx{view, &index}.SearchMessages(q)
			if err != nil {
				return err
			}
			same := len(got) == len(want)
			for i := 0; same && i < len(want); i++ {
				same = got[i].ID == want[i].ID
			}
			if !same {
				t.Errorf("%q: the table finds %v, there are %v", q.Text, got, want)
			}
			hits += len(want)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if hits < 1000 {
		t.Errorf("%d hits show little", hits)
	}
}
