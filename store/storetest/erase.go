package storetest

import (
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

func eraseCases() []testCase {
	return []testCase{
		{"erase/consent", "EraseConsent makes each entry of a key what compliance.Erase makes of it. The key has none then.", eraseConsent},
		{"erase/consent of a transaction", "A read sees what the same transaction has erased, and what it adds to the key afterwards stays as it is.", eraseConsentOwn},
		{"erase/consent's place", "EraseConsent fails with ErrDuplicate if the pseudonym has an entry with the Link.Seq of one of them, unless that is 0.", eraseConsentPlace},
		{"erase/reasons", "EraseReasons takes the Reason out of the details of the events that a query selects, and nothing else.", eraseReasons},
		{"erase/reasons after a deletion", "EraseReasons: that events have been deleted is no error.", eraseReasonsDeleted},
		{"strays/listed", "ListStrays returns an account's strays, those that wait and the others, with ids above one, by id, at most limit.", straysListed},
	}
}

// chained makes n linked entries of one key.
func (e *env) chained(n int) ([]compliance.Entry, error) {
	entries, err := some(n, e.entry)
	for i := range entries {
		entries[i].Key, entries[i].Link.Seq = entries[0].Key, int64(i+1)
	}
	return entries, err
}

// pseudonymOf returns a key that is nobody's.
func pseudonymOf(k compliance.Key) compliance.Key {
	return compliance.Pseudonym(make([]byte, compliance.MinPseudonymSecret), k, 1)
}

func entriesOf(keys ...compliance.Key) read {
	return func(tx store.Tx) (any, error) { return tx.ConsentEntries(keys...) }
}

func erasedOf(entries []compliance.Entry, pseudonym compliance.Key) []compliance.Entry {
	all := make([]compliance.Entry, len(entries))
	for i, e := range entries {
		all[i] = compliance.Erase(e, pseudonym)
	}
	return all
}

func eraseConsent(e *env) error {
	ours, err := e.chained(3)
	if err != nil {
		return err
	}
	others, err := e.chained(2)
	if err != nil {
		return err
	}
	others[0].Key.Account, others[1].Key.Account = string(globex), string(globex)
	others[0].Key.Identity, others[1].Key.Identity = ours[0].Key.Identity, ours[0].Key.Identity
	if err := e.update(func(tx store.Tx) error { return tx.AppendConsent(append(ours, others...)...) }); err != nil {
		return err
	}
	key := ours[0].Key
	pseudonym := pseudonymOf(key)
	for range 2 { // the second time there is nothing to do
		if err := e.update(func(tx store.Tx) error { return tx.EraseConsent(key, pseudonym) }); err != nil {
			return err
		}
	}
	return errors.Join(
		e.expect(erasedOf(ours, pseudonym), entriesOf(pseudonym)),
		e.expectNone(entriesOf(key)),
		doing("another account's entries", e.expect(others, entriesOf(others[0].Key))),
		doing("an entry with the id of one that was erased", expectError(
			e.update(func(tx store.Tx) error { return tx.AppendConsent(ours[0]) }), store.ErrDuplicate)),
	)
}

func eraseConsentOwn(e *env) error {
	es, err := e.chained(3)
	if err != nil {
		return err
	}
	key := es[0].Key
	pseudonym := pseudonymOf(key)
	es[2].Link.Seq = 1 // begins a chain anew
	if err := e.update(func(tx store.Tx) error { return tx.AppendConsent(es[0]) }); err != nil {
		return err
	}
	expected := func(tx store.Tx) error {
		return errors.Join(
			expectIn(tx, erasedOf(es[:2], pseudonym), entriesOf(pseudonym)),
			expectIn(tx, es[2:], entriesOf(key)),
		)
	}
	err = e.update(func(tx store.Tx) error {
		if err := tx.AppendConsent(es[1]); err != nil {
			return err
		}
		if err := tx.EraseConsent(key, pseudonym); err != nil {
			return err
		}
		if err := tx.AppendConsent(es[2]); err != nil {
			return err
		}
		return doing("in the transaction", expected(tx))
	})
	if err != nil {
		return err
	}
	return e.view(expected)
}

func eraseConsentPlace(e *env) error {
	es, err := e.chained(3)
	if err != nil {
		return err
	}
	key := es[0].Key
	pseudonym := pseudonymOf(key)
	es[2].Key, es[2].Link.Seq = pseudonym, 2
	if err := e.update(func(tx store.Tx) error { return tx.AppendConsent(es...) }); err != nil {
		return err
	}
	err = expectError(e.update(func(tx store.Tx) error { return tx.EraseConsent(key, pseudonym) }), store.ErrDuplicate)
	if err := errors.Join(err, e.expect(es[:2], entriesOf(key)), e.expect(es[2:], entriesOf(pseudonym))); err != nil {
		return err
	}
	// Those without a place have none in common.
	plain, err := some(2, e.entry)
	if err != nil {
		return err
	}
	plain[0].Link, plain[1].Link = compliance.Link{}, compliance.Link{}
	plain[1].Key = pseudonymOf(plain[0].Key)
	return e.update(func(tx store.Tx) error {
		if err := tx.AppendConsent(plain...); err != nil {
			return err
		}
		return tx.EraseConsent(plain[0].Key, plain[1].Key)
	})
}

// quoted makes n events of a conversation with something to erase, and as much
// that stays.
func quoted(c store.Conversation, n int) []store.Event {
	es := happened(c, n)
	for i := range es {
		es[i].Detail.Reason = "since +14155550123 wrote so"
		if i%2 == 0 {
			es[i].Detail.Seq, es[i].Detail.Users = int64(i+1), []store.UserID{bob}
		}
	}
	return es
}

func eraseReasons(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	other, err := e.stored()
	if err != nil {
		return err
	}
	if err := e.appendEvents(append(quoted(c, 5), quoted(other, 2)...)...); err != nil {
		return err
	}
	want, err := e.allEvents(acme)
	if err != nil {
		return err
	}
	q := store.EventQuery{Account: acme, Conversation: c.ID, After: want[0].Cursor, Limit: 2}
	for _, last := range []store.Cursor{want[2].Cursor, want[4].Cursor, 0} {
		err := e.update(func(tx store.Tx) error {
			got, err := tx.EraseReasons(q)
			if err == nil && got != last {
				err = fmt.Errorf("after %v it returned %v, must be %v", q.After, got, last)
			}
			return err
		})
		if err != nil {
			return err
		}
		q.After = last
	}
	for i := 1; i < 5; i++ {
		want[i].Detail.Reason = ""
	}
	var of []store.Event
	for _, ev := range want {
		if ev.Conversation == c.ID {
			of = append(of, ev)
		}
	}
	return errors.Join(
		e.expect(want, func(tx store.Tx) (any, error) { return tx.Events(store.EventQuery{Account: acme, Limit: 100}) }),
		e.expect(of, func(tx store.Tx) (any, error) {
			return tx.Events(store.EventQuery{Account: acme, Conversation: c.ID, Limit: 100})
		}),
	)
}

func eraseReasonsDeleted(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	if err := e.appendEvents(quoted(c, 3)...); err != nil {
		return err
	}
	all, err := e.allEvents(acme)
	if err != nil {
		return err
	}
	if err := e.deleteEvents(acme, all[0].Cursor); err != nil {
		return err
	}
	err = e.update(func(tx store.Tx) error {
		last, err := tx.EraseReasons(store.EventQuery{Account: acme, Conversation: c.ID, Limit: 10})
		if err == nil && last != all[2].Cursor {
			err = fmt.Errorf("it returned %v, must be %v", last, all[2].Cursor)
		}
		return err
	})
	if err != nil {
		return err
	}
	all[1].Detail.Reason, all[2].Detail.Reason = "", ""
	return e.expect(all[1:], func(tx store.Tx) (any, error) {
		return tx.Events(store.EventQuery{Account: acme, After: all[0].Cursor, Limit: 10})
	})
}

func straysListed(e *env) error {
	ss, err := some(4, e.stray)
	if err != nil {
		return err
	}
	ss[2].Account = globex
	if err := e.update(func(tx store.Tx) error { return tx.PutStrays(ss[3], ss[0], ss[2], ss[1]) }); err != nil {
		return err
	}
	for i := range ss {
		ss[i].Version = 1
	}
	list := func(after store.StrayID, limit int) read {
		return func(tx store.Tx) (any, error) { return tx.ListStrays(acme, after, limit) }
	}
	return errors.Join(
		e.expect([]store.Stray{ss[0], ss[1], ss[3]}, list(0, 10)),
		e.expect([]store.Stray{ss[0], ss[1]}, list(0, 2)),
		e.expect([]store.Stray{ss[3]}, list(ss[1].ID, 10)),
		e.expectNone(list(ss[3].ID, 10)),
	)
}
