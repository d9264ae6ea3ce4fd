package postgres

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/teaminbox/teaminbox/store"
)

// giveWay is how long an Update that has prefetched waits for guards. It is
// shorter than Postgres's deadlock_timeout: of an Update and a transaction of
// the host's that wait for each other, the Update lets go, and nobody fails.
const giveWay = 50 * time.Millisecond

// again is what an Update knows from its earlier tries.
type again struct {
	first []guard      // to have from the beginning
	keys  []store.Keys // that were prefetched
	probe bool         // it has waited in vain: find out what others hold
	exact bool         // it was told a version of the Directory that is none any more
}

// after notes what a try has found out.
func (a *again) after(t *tx) {
	a.first = t.wanted()
	a.probe = a.probe || t.late
}

// Prefetch reads keys of several kinds in one round trip. From then on the
// transaction waits for others no longer than giveWay, but for its COMMIT.
func (t *tx) Prefetch(k store.Keys) error {
	if err := t.ready(); err != nil {
		return err
	}
	if !t.readOnly && !t.hosts {
		t.impatient = true
		t.again.keys = append(t.again.keys, k)
	}
	ends, events := t.fetchEvents(k.Events)
	return t.fetch(
		t.fetchMessagesFrom(k.Providers), t.fetchStraysFrom(k.Providers), t.fetchMessagesByRequest(k.Requests),
		t.fetchContactsAt(k.Identities), t.fetchConversationsIn(k.Threads), t.fetchConsent(k.Consent),
		t.fetchContacts(k.Contacts), t.fetchConversations(k.Conversations), t.fetchMessages(k.Messages),
		t.fetchTasks(k.Tasks), t.fetchLeases(k.Leases), t.fetchMarks(k.Marks), ends, events, t.fetchDirectoryVersion())
}

// hurries reports whether the transaction begins with a wait that is short.
func (t *tx) hurries() bool { return !t.begun && t.impatient && !t.again.probe }

// waitedInVain makes the failure of an impatient transaction's first statements
// one that another try finds out about. Later it waits for nothing but what
// comes last, and whoever has that commits, and waits for nobody.
func (t *tx) waitedInVain(err error) error {
	var e *pgconn.PgError
	if !t.impatient || t.guarded || !errors.Is(err, ErrBusy) && (!errors.As(err, &e) || e.Code != codeQueryCanceled) {
		return err
	}
	t.late = true
	return fmt.Errorf("%w: %w", errTaken, err)
}

// probe takes guards, and notes those that others have.
func (t *tx) probe(gs []guard) statement {
	st := guardStatement(probeGuards, gs)
	st.read = func(rows pgx.Rows) error {
		var key int64
		err := rows.Scan(&key)
		t.taken = append(t.taken, key)
		return err
	}
	return st
}

// busy fails a transaction that could not have the guards it needs.
func (t *tx) busy() error {
	taken := make(map[int64]bool, len(t.taken))
	for _, key := range t.taken {
		taken[key] = true
	}
	var held store.Keys
	for _, k := range t.again.keys {
		held.Add(t.heldBy(taken, k))
	}
	return t.fail(&store.BusyError{Keys: held, Err: ErrBusy})
}

// heldBy returns those of the keys whose guards are among the taken ones.
func (t *tx) heldBy(taken map[int64]bool, k store.Keys) store.Keys {
	g := t.s.guards
	return store.Keys{
		Providers:     those(k.Providers, taken, g.provider),
		Requests:      those(k.Requests, taken, t.forRequest),
		Identities:    those(k.Identities, taken, t.forIdentity),
		Threads:       those(k.Threads, taken, t.forThread),
		Consent:       those(k.Consent, taken, t.forKey),
		Contacts:      those(k.Contacts, taken, g.contact),
		Conversations: those(k.Conversations, taken, g.conversation),
		Messages:      those(k.Messages, taken, g.message),
		Tasks:         those(k.Tasks, taken, g.conversation),
		Leases:        those(k.Leases, taken, g.lease),
		Marks:         those(k.Marks, taken, t.forMark),
	}
}

func those[K any](keys []K, taken map[int64]bool, of func(K) guard) []K {
	var held []K
	for _, k := range keys {
		if taken[of(k).key] {
			held = append(held, k)
		}
	}
	return held
}
