package turns_test

import (
	"slices"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/internal/turns"
	"github.com/teaminbox/teaminbox/store"
)

func TestOrder(t *testing.T) {
	noon := time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)
	due := func(account store.AccountID, conversation store.ConversationID, after time.Duration) turns.Due {
		return turns.Due{Account: account, Conversation: conversation, At: noon.Add(after), Task: store.TaskID(conversation)}
	}
	for _, c := range []struct {
		what  string
		found []turns.Due
		want  []store.ConversationID
		all   bool // of 8 wanted
	}{
		{"nothing", nil, nil, true},
		{"one account, by how long", []turns.Due{due("a", 1, 3), due("a", 2, 1), due("a", 3, 2)}, []store.ConversationID{2, 3, 1}, true},
		{"at the same moment, by task", []turns.Due{due("a", 2, 0), due("a", 1, 0)}, []store.ConversationID{1, 2}, true},
		{"a flood and a newcomer", []turns.Due{due("a", 1, 1), due("a", 2, 2), due("a", 3, 3), due("b", 4, 9)}, []store.ConversationID{1, 4, 2, 3}, true},
		{"a conversation counts once, where it is due first", []turns.Due{due("a", 1, 5), due("a", 1, 1), due("a", 2, 3), due("b", 3, 2)}, []store.ConversationID{1, 3, 2}, true},
		{"there may be more", []turns.Due{due("a", 1, 1), due("a", 2, 2), due("a", 3, 3), due("a", 4, 4), due("b", 5, 0)}, []store.ConversationID{5, 1, 2, 3, 4}, false},
	} {
		if ids, all := turns.Order(c.found, 8); !slices.Equal(ids, c.want) || all != c.all {
			t.Errorf("%s: %v, all %t; want %v, %t", c.what, ids, all, c.want, c.all)
		}
	}
}
