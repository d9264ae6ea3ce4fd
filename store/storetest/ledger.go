package storetest

import (
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

func ledgerCases() []testCase {
	return []testCase{
		{"ledger/by key, then id", "ConsentEntries returns all entries of the keys, by key in the order given, then by id.", ledgerOrder},
		{"ledger/of one key", "ConsentEntries returns all entries of the keys: a key is an account, a family and an identity.", ledgerOneKey},
		{"strays/waiting", "WaitingStrays returns an account's strays that wait, by id, at most limit.", straysWaiting},
		{"strays/in the same transaction", "A read sees what the same transaction has written.", straysOwn},
	}
}

func ledgerOrder(e *env) error {
	entries, err := some(6, e.entry)
	if err != nil {
		return err
	}
	a, b := entries[0].Key, entries[1].Key
	for i := range entries {
		entries[i].Key = []compliance.Key{a, b}[i%2]
		// When it happened orders nothing.
		entries[i].OccurredAt = noon.AddDate(0, 0, -i)
	}
	for _, i := range []int{3, 0, 4, 5, 1, 2} {
		if err := e.update(func(tx store.Tx) error { return tx.AppendConsent(entries[i]) }); err != nil {
			return err
		}
	}
	read := func(keys ...compliance.Key) read {
		return func(tx store.Tx) (any, error) { return tx.ConsentEntries(keys...) }
	}
	missing := compliance.KeyOf(string(acme), nobody)
	return errors.Join(
		e.expect([]compliance.Entry{entries[0], entries[2], entries[4], entries[1], entries[3], entries[5]}, read(a, missing, b)),
		e.expect([]compliance.Entry{entries[1], entries[3], entries[5], entries[0], entries[2], entries[4]}, read(b, a)),
	)
}

func ledgerOneKey(e *env) error {
	entries, err := some(4, e.entry)
	if err != nil {
		return err
	}
	key := compliance.KeyOf(string(acme), "+14155550142")
	keys := []compliance.Key{key, key, key, key}
	keys[1].Family = "whatsapp"
	keys[2].Identity = "+1415555014"
	keys[3].Account = "acme+"
	for i := range entries {
		entries[i].Key = keys[i]
	}
	if err := e.update(func(tx store.Tx) error { return tx.AppendConsent(entries...) }); err != nil {
		return err
	}
	for i, k := range keys {
		if err := e.expect(entries[i:i+1], func(tx store.Tx) (any, error) { return tx.ConsentEntries(k) }); err != nil {
			return fmt.Errorf("%+v: %w", k, err)
		}
	}
	return nil
}
