package storetest

import (
	"slices"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// The defects of erasing are in what is left.

// keepsText only gives entries another key.
type keepsText struct{ store.Tx }

func (t keepsText) EraseConsent(key, pseudonym compliance.Key) error {
	had, err := t.ConsentEntries(key)
	if err != nil {
		return err
	}
	if err := t.Tx.EraseConsent(key, compliance.Key{Account: "gone", Identity: pseudonym.Identity}); err != nil {
		return err
	}
	for i := range had {
		id, err := t.NewID()
		if err != nil {
			return err
		}
		had[i].ID, had[i].Key = compliance.EntryID(id), pseudonym
	}
	return t.AppendConsent(had...)
}

// late erases what is there when the transaction ends, as a statement does that is
// held back: what was added meanwhile, too.
type late struct{ store.Tx }

func (t late) AppendConsent(es ...compliance.Entry) error {
	for i, e := range es {
		pseudonym := pseudonymOf(e.Key)
		if had, err := t.ConsentEntries(pseudonym); err != nil {
			return err
		} else if len(had) > 0 && e.Link.Seq == 1 {
			es[i] = compliance.Erase(e, pseudonym)
			es[i].Link.Seq = int64(len(had) + 1)
		}
	}
	return t.Tx.AppendConsent(es...)
}

// overlaps gives a pseudonym two entries of one place.
type overlaps struct{ store.Tx }

func (t overlaps) EraseConsent(key, pseudonym compliance.Key) error {
	if has, err := t.ConsentEntries(pseudonym); err != nil || len(has) > 0 {
		return err
	}
	return t.Tx.EraseConsent(key, pseudonym)
}

// wholeStream erases the reasons of all conversations.
type wholeStream struct{ store.Tx }

func (t wholeStream) EraseReasons(q store.EventQuery) (store.Cursor, error) {
	q.Conversation = 0
	return t.Tx.EraseReasons(q)
}

// expires takes what was deleted for what is missing.
type expires struct{ store.Tx }

func (t expires) EraseReasons(q store.EventQuery) (store.Cursor, error) {
	if _, err := t.Events(q); err != nil {
		return 0, err
	}
	return t.Tx.EraseReasons(q)
}

// onlyWaiting passes over the strays that a person has seen to.
type onlyWaiting struct{ store.Tx }

func (t onlyWaiting) ListStrays(account store.AccountID, after store.StrayID, limit int) ([]store.Stray, error) {
	ss, err := t.Tx.ListStrays(account, after, limit)
	return slices.DeleteFunc(ss, func(s store.Stray) bool { return !s.ResolvedAt.IsZero() }), err
}

func eraseDefects() []defect {
	one := func(wrap func(store.Tx) store.Tx, what string, caughtBy ...string) defect {
		return defect{what, caughtBy, inTx(wrap)}
	}
	return []defect{
		one(func(tx store.Tx) store.Tx { return keepsText{tx} }, "the text stays with the pseudonym", "erase/consent"),
		one(func(tx store.Tx) store.Tx { return late{tx} }, "what is added after the erasure is erased", "erase/consent of a transaction"),
		one(func(tx store.Tx) store.Tx { return overlaps{tx} }, "two entries of a pseudonym have one place", "erase/consent's place"),
		one(func(tx store.Tx) store.Tx { return wholeStream{tx} }, "the reasons of all conversations are erased", "erase/reasons"),
		one(func(tx store.Tx) store.Tx { return expires{tx} }, "deleted events stop an erasure", "erase/reasons after a deletion"),
		one(func(tx store.Tx) store.Tx { return onlyWaiting{tx} }, "strays that were seen to are not listed", "strays/listed"),
	}
}
