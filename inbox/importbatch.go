package inbox

import (
	"cmp"
	"slices"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// imported is what a batch has done to a customer's consent.
type imported struct {
	addresses []channel.Address
	entry     compliance.Entry
	after     compliance.State
}

// apply records a batch in a transaction. tried are the entries of earlier tries,
// of which nobody knows whether they committed.
func (i *importing) apply(t *tx, batch []stated, tried map[compliance.Digest]bool) (outcome, error) {
	l, err := i.ledgerOf(t, batch)
	if err != nil {
		return outcome{}, err
	}
	var o outcome
	var all []compliance.Entry
	var changed []imported
	var freed []compliance.Key               // of whom nothing holds any more
	ours := make(map[compliance.Digest]bool) // of an earlier try that has committed
	for n, line := range batch {
		before := l.consent(n)
		e := i.entry(line)
		if had := known(before.entries, e); had != nil {
			if hash := had.Link.Hash; tried[hash] && !ours[hash] {
				ours[hash] = true
				o.added++
			} else {
				o.known++
			}
			continue
		}
		if e.Kind == compliance.OptIn && againstOptOut(line.Statement, before.state) {
			o.refused = append(o.refused, compliance.LineError{Line: line.line, Problems: []compliance.Problem{{
				Field:  "kind",
				Reason: "is opt_in, and the contact has opted out; no list ends an opt-out: have them text START, or record by hand what they did since",
			}}})
			continue
		}
		if e.Kind == compliance.OptIn && before.state.Voided.Stands() {
			o.refused = append(o.refused, compliance.LineError{Line: line.line, Problems: []compliance.Problem{{
				Field:  "kind",
				Reason: "is opt_in, and the number is somebody else's by now; no list knows them: have them text START, or record by hand what they did since",
			}}})
			continue
		}
		added, after, err := i.in.link(t, before, e)
		if err != nil {
			return outcome{}, err
		}
		o.added++
		all = append(all, added...)
		l.add(added)
		ends := endsHold(before.state, after)
		if ends {
			freed = append(freed, before.keys...)
		}
		if (ends || changes(added[0], before.state, after)) && l.people[n].known {
			changed = append(changed, imported{l.people[n].addresses, added[0], after})
		}
	}
	for _, e := range all {
		tried[e.Link.Hash] = true
	}
	if len(all) == 0 {
		return o, nil
	}
	if err := t.AppendConsent(all...); err != nil {
		return outcome{}, err
	}
	if len(freed) > 0 {
		if err := i.in.decideAgain(t, i.account, freed); err != nil {
			return outcome{}, err
		}
	}
	for _, c := range changed {
		if _, err := i.in.tellOf(t, i.account, c.addresses, c.entry, c.after); err != nil {
			return outcome{}, err
		}
	}
	return o, nil
}

// entry is what the ledger has of a line.
func (i *importing) entry(line stated) compliance.Entry {
	c := ConsentRecord{Statement: line.Statement, Actor: i.cfg.Actor}
	c.Reason = cmp.Or(c.Reason, i.cfg.Reason)
	e := c.entry()
	e.Source = compliance.FromImport
	return e
}

// known returns the entry that states the same as another, or nil.
func known(entries []compliance.Entry, e compliance.Entry) *compliance.Entry {
	for i := range entries {
		had := &entries[i]
		if had.Kind == e.Kind && had.Via == e.Via && had.Text == e.Text && had.OccurredAt.Equal(e.OccurredAt) &&
			had.Reach == e.Reach && had.Strength == e.Strength {
			return had
		}
	}
	return nil
}

// batchLedger is what the ledger has of the people of a batch, one for each line.
type batchLedger struct {
	account store.AccountID
	people  []person
	entries map[compliance.Key][]compliance.Entry
}

// person is whom a line is about.
type person struct {
	addresses []channel.Address
	known     bool // there is a contact
}

// ledgerOf reads it at once.
func (i *importing) ledgerOf(t *tx, batch []stated) (*batchLedger, error) {
	l := &batchLedger{account: i.account, people: make([]person, len(batch))}
	identities := make([]store.Identity, len(batch))
	for n, line := range batch {
		identities[n] = store.IdentityOf(i.account, line.Address)
	}
	found, err := t.ContactsAt(identities...)
	if err != nil {
		return nil, err
	}
	contacts := make(map[store.Identity]store.Contact)
	for _, c := range found {
		for _, a := range c.Addresses {
			contacts[store.IdentityOf(i.account, a)] = c
		}
	}
	var keys []compliance.Key
	seen := make(map[compliance.Key]bool)
	for n, line := range batch {
		p := person{addresses: []channel.Address{line.Address}}
		if c, ok := contacts[identities[n]]; ok {
			p = person{sameCustomer(line.Address, c), true}
		}
		l.people[n] = p
		for _, a := range p.addresses {
			key := compliance.KeyOf(string(i.account), a)
			if !seen[key] {
				seen[key] = true
				keys = append(keys, key)
			}
		}
	}
	l.entries, err = t.ledger(keys)
	return l, err
}

// consent returns what holds for the person of a line.
func (l *batchLedger) consent(n int) consent {
	var c consent
	for _, a := range l.people[n].addresses {
		if key := compliance.KeyOf(string(l.account), a); !slices.Contains(c.keys, key) {
			c.keys = append(c.keys, key)
			c.entries = append(c.entries, l.entries[key]...)
		}
	}
	c.state = compliance.Fold(c.entries)
	return c
}

func (l *batchLedger) add(entries []compliance.Entry) {
	for _, e := range entries {
		l.entries[e.Key] = append(l.entries[e.Key], e)
	}
}
