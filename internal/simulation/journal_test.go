package simulation

import (
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// commit is a transaction that was committed, with what it wrote, in order.
type commit struct {
	n      int // its place in the journal
	at     time.Time
	engine *engine   // nil: the simulation itself
	now    time.Time // by the engine's clock
	by     *activity // the operation in whose name it was made, or nil
	call   int
	step   int
	writes []any
}

// What is written besides records.
type (
	taskDeleted    store.TaskID
	leaseTaken     struct{ store.Lease }
	leaseProlonged struct{ store.Lease }
	leaseReleased  struct{ store.Lease }
	markPut        struct {
		account store.AccountID
		store.ReadMark
	}
)

// write adds a commit to the journal. Commits are one after the other, so
// that the order of the journal is theirs.
func (w *world) write(x *commit) {
	w.mu.Lock()
	defer w.mu.Unlock()
	x.n = len(w.journal)
	w.journal = append(w.journal, x)
	if w.direct.Load() {
		w.tracef(entry{kind: entryCommit, commit: x})
	}
	for _, write := range x.writes {
		switch r := write.(type) {
		case store.Conversation:
			if r.Version == 0 {
				w.threads = append(w.threads, r)
			}
		case store.Stray:
			if r.Version == 0 {
				w.strays = append(w.strays, r.ID)
			}
		}
	}
}

// recorder notes what a transaction writes.
type recorder struct {
	store.Tx
	commit *commit
}

func record[R any](r *recorder, err error, records []R) error {
	if err != nil {
		return err
	}
	for _, one := range records {
		r.commit.writes = append(r.commit.writes, one)
	}
	return nil
}

func (r *recorder) PutAccounts(as ...store.Account) error {
	return record(r, r.Tx.PutAccounts(as...), as)
}

func (r *recorder) PutInboxes(is ...store.Inbox) error {
	return record(r, r.Tx.PutInboxes(is...), is)
}
func (r *recorder) PutTeams(ts ...store.Team) error { return record(r, r.Tx.PutTeams(ts...), ts) }
func (r *recorder) PutUsers(us ...store.User) error { return record(r, r.Tx.PutUsers(us...), us) }

func (r *recorder) PutContacts(cs ...store.Contact) error {
	return record(r, r.Tx.PutContacts(cs...), cs)
}

func (r *recorder) PutConversations(cs ...store.Conversation) error {
	return record(r, r.Tx.PutConversations(cs...), cs)
}

func (r *recorder) PutReadMarks(account store.AccountID, ms ...store.ReadMark) error {
	marks := make([]markPut, len(ms))
	for i, m := range ms {
		marks[i] = markPut{account, m}
	}
	return record(r, r.Tx.PutReadMarks(account, ms...), marks)
}

func (r *recorder) PutMessages(ms ...store.Message) error {
	return record(r, r.Tx.PutMessages(ms...), ms)
}
func (r *recorder) PutTasks(ts ...store.Task) error { return record(r, r.Tx.PutTasks(ts...), ts) }

func (r *recorder) DeleteTasks(ids ...store.TaskID) error {
	deleted := make([]taskDeleted, len(ids))
	for i, id := range ids {
		deleted[i] = taskDeleted(id)
	}
	return record(r, r.Tx.DeleteTasks(ids...), deleted)
}

func (r *recorder) LeaseDue(q store.LeaseQuery) ([]store.Lease, error) {
	leases, err := r.Tx.LeaseDue(q)
	for _, l := range leases {
		r.commit.writes = append(r.commit.writes, leaseTaken{l})
	}
	return leases, err
}

func (r *recorder) Lease(owner string, ttl time.Duration, cs ...store.ConversationID) ([]store.Lease, error) {
	leases, err := r.Tx.Lease(owner, ttl, cs...)
	for _, l := range leases {
		r.commit.writes = append(r.commit.writes, leaseProlonged{l})
	}
	return leases, err
}

func (r *recorder) Release(ls ...store.Lease) error {
	released := make([]leaseReleased, len(ls))
	for i, l := range ls {
		released[i] = leaseReleased{l}
	}
	return record(r, r.Tx.Release(ls...), released)
}

func (r *recorder) AppendConsent(es ...compliance.Entry) error {
	return record(r, r.Tx.AppendConsent(es...), es)
}

func (r *recorder) AppendEvents(es ...store.Event) error {
	return record(r, r.Tx.AppendEvents(es...), es)
}

func (r *recorder) PutStrays(ss ...store.Stray) error { return record(r, r.Tx.PutStrays(ss...), ss) }
