// Package turns is how accounts take turns when work is leased, for the stores
// that look for it in rows.
//
// Two things keep one account's flood from holding up the others. Within a
// call, nobody gets a second conversation while another has none. That alone
// would starve an account that is new to the queue: with a batch of eight and
// eight floods, the floods' work is always due longer. So a call goes on behind
// the accounts that the one before ended with. An account that has work then
// waits for the others' turns, one each, and not for their backlogs.
//
// Counting who has the fewest leases was the other way to choose. It shares the
// workers, not the turns, which differs when one account's work takes long; but
// it has to read all leases that live, and most accounts have none and are a tie
// that somebody has to break in turns.
package turns

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// Last is the account that had the last turn. Each process goes round the
// accounts on its own: that is as fair, and there is no row that all write. The
// zero Last begins with the first account. It may be used from many goroutines
// at once.
type Last struct {
	mu      sync.Mutex
	account store.AccountID
}

// Account returns the account behind which to go on, in the order of ids.
func (l *Last) Account() store.AccountID {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.account
}

// Set notes who had the last turn.
func (l *Last) Set(account store.AccountID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.account = account
}

// Patience is how many accounts are looked at before it is asked whether there
// is anything to choose: where most accounts have nothing but work for later,
// going round all of them costs more than taking what is due.
const Patience = 64

// Due is a conversation's first task that is due.
type Due struct {
	Account      store.AccountID
	Conversation store.ConversationID
	At           time.Time
	Task         store.TaskID
}

func compare(a, b Due) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Task, b.Task)) }

// Order returns the conversations, each once: of every account the one that is
// due longest, then the second of each, and so on; those of the same turn by
// how long they are due. It reports whether they are all, if each account was
// asked for its share of what is wanted: nobody has as many.
func Order(found []Due, wanted int) (ids []store.ConversationID, all bool) {
	found = slices.Clone(found)
	slices.SortFunc(found, compare)
	of := make(map[store.AccountID]int)
	turn := make(map[store.ConversationID]int, len(found))
	most := 0
	for _, d := range found {
		if turn[d.Conversation] > 0 {
			continue
		}
		of[d.Account]++
		turn[d.Conversation] = of[d.Account]
		most = max(most, of[d.Account])
		ids = append(ids, d.Conversation)
	}
	slices.SortStableFunc(ids, func(a, b store.ConversationID) int { return cmp.Compare(turn[a], turn[b]) })
	return ids, len(ids) == 0 || most < wanted/len(of)
}
