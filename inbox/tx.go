package inbox

import (
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// tx is a transaction as the engine uses it: it knows the moment, and notes
// what has been written, so that a change that failed can be told from one
// that must be rolled back, and so that those who wait can be woken.
type tx struct {
	store.Tx
	now     time.Time // the same for every change of a batch
	secrets [][]byte  // of Config.PseudonymSecrets

	writes           int
	events           []store.AccountID // that got some
	tasks            bool
	directoryWritten bool
	moves            []moved // messages that came into a state

	first map[store.ConversationID]*piece // with which turns begin, if nothing changes their conversations

	until time.Time // until when the turn of the change has its lease, by the store's clock

	directory *directory // nil: not asked for yet
	after     []func()
}

func newTx(s store.Tx, now time.Time, secrets [][]byte) *tx {
	return &tx{Tx: s, now: now.UTC().Truncate(time.Microsecond), secrets: secrets}
}

// onCommit runs fn after the transaction has committed.
func (t *tx) onCommit(fn func()) { t.after = append(t.after, fn) }

func (t *tx) PutAccounts(as ...store.Account) error {
	t.writes++
	t.directoryWritten = true
	return t.Tx.PutAccounts(as...)
}

func (t *tx) PutInboxes(is ...store.Inbox) error {
	t.writes++
	t.directoryWritten = true
	return t.Tx.PutInboxes(is...)
}

func (t *tx) PutTeams(ts ...store.Team) error {
	t.writes++
	t.directoryWritten = true
	return t.Tx.PutTeams(ts...)
}

func (t *tx) PutUsers(us ...store.User) error {
	t.writes++
	t.directoryWritten = true
	return t.Tx.PutUsers(us...)
}

func (t *tx) PutContacts(cs ...store.Contact) error {
	t.writes++
	return t.Tx.PutContacts(cs...)
}

func (t *tx) PutConversations(cs ...store.Conversation) error {
	t.writes++
	for _, c := range cs {
		delete(t.first, c.ID)
	}
	return t.Tx.PutConversations(cs...)
}

func (t *tx) PutReadMarks(account store.AccountID, ms ...store.ReadMark) error {
	t.writes++
	return t.Tx.PutReadMarks(account, ms...)
}

func (t *tx) PutMessages(ms ...store.Message) error {
	t.writes++
	return t.Tx.PutMessages(ms...)
}

func (t *tx) PutTasks(ts ...store.Task) error {
	t.writes++
	for _, task := range ts {
		// What is due is begun at once, see Inbox.begin, and an attempt is
		// settled by whoever made it: for those nobody needs to be woken.
		if task.Kind != store.TaskSettle && task.DueAt.After(t.now) {
			t.tasks = true
		}
	}
	return t.Tx.PutTasks(ts...)
}

func (t *tx) DeleteTasks(ids ...store.TaskID) error {
	t.writes++
	return t.Tx.DeleteTasks(ids...)
}

func (t *tx) LeaseDue(q store.LeaseQuery) ([]store.Lease, error) {
	t.writes++
	return t.Tx.LeaseDue(q)
}

func (t *tx) Lease(owner string, ttl time.Duration, cs ...store.ConversationID) ([]store.Lease, error) {
	t.writes++
	return t.Tx.Lease(owner, ttl, cs...)
}

func (t *tx) Release(ls ...store.Lease) error {
	t.writes++
	return t.Tx.Release(ls...)
}

func (t *tx) AppendConsent(es ...compliance.Entry) error {
	t.writes++
	return t.Tx.AppendConsent(es...)
}

func (t *tx) EraseConsent(key, pseudonym compliance.Key) error {
	t.writes++
	return t.Tx.EraseConsent(key, pseudonym)
}

func (t *tx) EraseReasons(q store.EventQuery) (store.Cursor, error) {
	t.writes++
	return t.Tx.EraseReasons(q)
}

func (t *tx) AppendEvents(es ...store.Event) error {
	t.writes++
	for _, e := range es {
		if !slices.Contains(t.events, e.Account) {
			t.events = append(t.events, e.Account)
		}
	}
	return t.Tx.AppendEvents(es...)
}

func (t *tx) DeleteEvents(account store.AccountID, through store.Cursor) error {
	t.writes++
	return t.Tx.DeleteEvents(account, through)
}

func (t *tx) PutWatermarks(ws ...store.Watermark) error {
	t.writes++
	return t.Tx.PutWatermarks(ws...)
}

func (t *tx) PutStrays(ss ...store.Stray) error {
	t.writes++
	return t.Tx.PutStrays(ss...)
}
