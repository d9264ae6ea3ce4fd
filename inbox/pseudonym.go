package inbox

import "github.com/teaminbox/teaminbox/compliance"

// Somebody whose data was erased is in the ledger under a pseudonym of their key,
// see compliance.Pseudonym. When they write again, their entries have their key as
// anybody's do, and what holds is told by both.

// alias is whose pseudonym a key is, and by which secret.
type alias struct {
	of     compliance.Key
	secret int
}

// entries returns what the ledger has about keys, and about their pseudonyms.
func (t *tx) entries(keys []compliance.Key) ([]compliance.Entry, error) {
	if len(t.secrets) == 0 {
		return t.ConsentEntries(keys...)
	}
	byKey, err := t.ledger(keys)
	if err != nil {
		return nil, err
	}
	var all []compliance.Entry
	for _, k := range keys {
		all = append(all, byKey[k]...)
	}
	return all, nil
}

// ledger returns the same by the keys that were asked for, each once. Those who
// were erased several times have several pseudonyms, of which the next is looked
// for when there is the one before: nearly always the first read is the only one.
func (t *tx) ledger(keys []compliance.Key) (map[compliance.Key][]compliance.Entry, error) {
	byKey := make(map[compliance.Key][]compliance.Entry, len(keys))
	read := keys
	aliases := make(map[compliance.Key]alias, len(keys)*len(t.secrets))
	next := func(a alias, n int) {
		k := compliance.Pseudonym(t.secrets[a.secret], a.of, n)
		aliases[k] = a
		read = append(read, k)
	}
	if len(t.secrets) > 0 {
		read = append([]compliance.Key(nil), keys...)
		for _, k := range keys {
			for i := range t.secrets {
				if !k.Pseudonymous() {
					next(alias{k, i}, 1)
				}
			}
		}
	}
	for n := 2; len(read) > 0; n++ {
		entries, err := t.ConsentEntries(read...)
		if err != nil {
			return nil, err
		}
		read = nil
		var last compliance.Key
		for _, e := range entries {
			a, ok := aliases[e.Key]
			if !ok {
				a.of = e.Key
			} else if e.Key != last {
				next(a, n)
			}
			last = e.Key
			byKey[a.of] = append(byKey[a.of], e)
		}
	}
	return byKey, nil
}

// withPseudonyms adds to keys the pseudonyms that are read first with them.
func (t *tx) withPseudonyms(keys ...compliance.Key) []compliance.Key {
	if len(t.secrets) == 0 {
		return keys
	}
	all := make([]compliance.Key, 0, len(keys)*(1+len(t.secrets)))
	for _, k := range keys {
		all = append(all, k)
		for _, secret := range t.secrets {
			if !k.Pseudonymous() {
				all = append(all, compliance.Pseudonym(secret, k, 1))
			}
		}
	}
	return all
}

// pseudonyms returns those of a key that the ledger knows, and the one that the
// next erasure gives it.
func (t *tx) pseudonyms(k compliance.Key) (known []compliance.Key, free compliance.Key, err error) {
	for i, secret := range t.secrets {
		for n := 1; ; n++ {
			p := compliance.Pseudonym(secret, k, n)
			entries, err := t.ConsentEntries(p)
			if err != nil {
				return nil, free, err
			}
			if len(entries) == 0 {
				if i == 0 {
					free = p
				}
				break
			}
			known = append(known, p)
		}
	}
	return known, free, nil
}
