package sqlite

import (
	"fmt"
	"testing"

	"github.com/teaminbox/teaminbox/store"
)

// A copy of any size takes the memory of a batch: what an Update remembers of
// what it has put is forgotten.
func TestPutRemembersNothing(t *testing.T) {
	s := openAt(t, newPath(t), Config{})
	err := s.Import(t.Context(), func(to store.Target) error {
		if err := to.Put(store.Batch{Conversations: []store.Conversation{{ID: 1, Account: "acme", Version: 1}}}); err != nil {
			return err
		}
		if err := to.Put(store.Batch{Messages: []store.Message{{ID: 2, Account: "acme", Conversation: 1, Seq: 1, Text: "Where is my order?", Version: 1}}}); err != nil {
			return err
		}
		p := to.(port)
		if n := len(p.kept); n != 0 {
			return fmt.Errorf("%d records are remembered", n)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
