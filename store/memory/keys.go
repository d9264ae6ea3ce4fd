package memory

import (
	"cmp"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// instant is a moment in microseconds since 1970, which is what times are kept
// with.
type instant int64

func instantOf(t time.Time) instant { return instant(t.UnixMicro()) }

// named is the key of a record with an id that the host chose.
type named[ID ~string] struct {
	account store.AccountID
	id      ID
}

func compareNamed[ID ~string](a, b named[ID]) int {
	if c := strings.Compare(string(a.account), string(b.account)); c != 0 {
		return c
	}
	return strings.Compare(string(a.id), string(b.id))
}

// numbered is the key of a record in a list of its account's.
type numbered[ID ~int64] struct {
	account store.AccountID
	id      ID
}

func compareNumbered[ID ~int64](a, b numbered[ID]) int {
	if c := strings.Compare(string(a.account), string(b.account)); c != 0 {
		return c
	}
	return cmp.Compare(a.id, b.id)
}

// within is the key of a record of a conversation: a message's place, or a
// task's id.
type within struct {
	conversation store.ConversationID
	n            int64
}

func compareWithin(a, b within) int {
	if c := cmp.Compare(a.conversation, b.conversation); c != 0 {
		return c
	}
	return cmp.Compare(a.n, b.n)
}

// dueKey sorts an account's tasks by when they are due.
type dueKey struct {
	account store.AccountID
	at      instant
	task    store.TaskID
}

func compareDue(a, b dueKey) int {
	if c := strings.Compare(string(a.account), string(b.account)); c != 0 {
		return c
	}
	if c := cmp.Compare(a.at, b.at); c != 0 {
		return c
	}
	return cmp.Compare(a.task, b.task)
}

// eventKey sorts the events of an account or, with a conversation, those of
// one of its conversations.
type eventKey struct {
	account      store.AccountID
	conversation store.ConversationID
	cursor       store.Cursor
}

func compareEvent(a, b eventKey) int {
	if c := strings.Compare(string(a.account), string(b.account)); c != 0 {
		return c
	}
	if c := cmp.Compare(a.conversation, b.conversation); c != 0 {
		return c
	}
	return cmp.Compare(a.cursor, b.cursor)
}

type markKey struct {
	account      store.AccountID
	user         store.UserID
	conversation store.ConversationID
}

func compareMark(a, b markKey) int {
	if c := strings.Compare(string(a.account), string(b.account)); c != 0 {
		return c
	}
	if c := strings.Compare(string(a.user), string(b.user)); c != 0 {
		return c
	}
	return cmp.Compare(a.conversation, b.conversation)
}

type entryKey struct {
	key compliance.Key
	id  compliance.EntryID
}

func compareEntry(a, b entryKey) int {
	if c := strings.Compare(a.key.Account, b.key.Account); c != 0 {
		return c
	}
	if c := strings.Compare(string(a.key.Family), string(b.key.Family)); c != 0 {
		return c
	}
	if c := strings.Compare(a.key.Identity, b.key.Identity); c != 0 {
		return c
	}
	return cmp.Compare(a.id, b.id)
}

func compareEndpoint(a, b store.Endpoint) int {
	if c := strings.Compare(a.Channel, b.Channel); c != 0 {
		return c
	}
	return strings.Compare(string(a.Address), string(b.Address))
}

func compareIdentity(a, b store.Identity) int {
	if c := strings.Compare(string(a.Account), string(b.Account)); c != 0 {
		return c
	}
	if c := compareFamily(a.Family, b.Family); c != 0 {
		return c
	}
	return strings.Compare(a.Value, b.Value)
}

func compareThread(a, b store.Thread) int {
	if c := strings.Compare(string(a.Account), string(b.Account)); c != 0 {
		return c
	}
	if c := strings.Compare(string(a.Inbox), string(b.Inbox)); c != 0 {
		return c
	}
	if c := compareFamily(a.Family, b.Family); c != 0 {
		return c
	}
	return strings.Compare(a.Identity, b.Identity)
}

func compareFamily(a, b channel.Family) int { return strings.Compare(string(a), string(b)) }

func compareRef(a, b store.ProviderRef) int {
	if c := strings.Compare(a.Channel, b.Channel); c != 0 {
		return c
	}
	return strings.Compare(a.ProviderID, b.ProviderID)
}
