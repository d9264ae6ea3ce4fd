package inbox

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// contacts erases customers of whom nothing but old conversations is left, and
// finishes erasures that were cut off.
func (x *retaining) contacts(ctx context.Context) error {
	seen := make(map[store.ContactID]bool)
	return x.aged(ctx, x.before, func(page []store.Conversation) error {
		var unfinished, known []store.ContactID
		err := x.in.view(ctx, func(t *tx) error {
			unfinished, known = nil, nil
			for _, conv := range page {
				if !compliance.IsErased(conv.Theirs) {
					known = append(known, conv.Contact)
				} else if ended, err := erasureEnded(t, conv); err != nil {
					return err
				} else if !ended {
					unfinished = append(unfinished, conv.Contact)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, id := range unfinished {
			if seen[id] {
				continue
			}
			seen[id] = true
			if err := x.finish(ctx, id); err != nil {
				return err
			}
		}
		for _, id := range known {
			if seen[id] || !x.Contacts {
				continue
			}
			seen[id] = true
			if err := x.contact(ctx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// finish does what an erasure that was cut off has left.
func (x *retaining) finish(ctx context.Context, id store.ContactID) error {
	switch {
	case len(x.in.cfg.PseudonymSecrets) == 0: // whose messages belong to no inbox nobody could tell
		x.report.Waiting++
		return nil
	case x.DryRun:
		x.report.Contacts++
		return nil
	}
	e := x.erasing(id, cmp.Or(x.Reason, "retention: an erasure that was cut off is finished"))
	if err := e.step(ctx, e.cut); err != nil {
		return err
	}
	return x.parted(ctx, e, true)
}

// contact erases a customer, if nothing is against it.
func (x *retaining) contact(ctx context.Context, id store.ContactID) error {
	var p dormancy
	waiting := false
	err := x.in.view(ctx, func(t *tx) (err error) {
		if p, err = x.dormancy(t, id); err != nil || p.recent {
			return err
		}
		waiting = p.waiting
		for _, conv := range p.conversations {
			s, err := x.survey(t, conv.ID)
			if err != nil {
				return err
			}
			waiting = waiting || s.waiting
		}
		return nil
	})
	switch {
	case err != nil || p.recent:
		return err
	case slices.ContainsFunc(p.conversations, x.keeps):
		x.report.Kept++
		return nil
	case waiting:
		x.report.Waiting++
		return nil
	case x.DryRun:
		x.report.Contacts++
		return nil
	}
	e := x.erasing(id, x.reason(p.years))
	cut := false
	err = e.step(ctx, func(t *tx) error {
		cut = false
		p, err := x.dormancy(t, id)
		if err != nil || p.recent || p.waiting {
			return err // they have come back
		}
		cut = true
		return e.cut(t)
	})
	if err != nil || !cut {
		return err
	}
	return x.parted(ctx, e, p.strays)
}

// erasing begins the erasure of a customer, which leaves alone what they have
// written since to numbers of no inbox.
func (x *retaining) erasing(id store.ContactID, reason string) *erasing {
	return &erasing{
		Erasure: Erasure{Contact: id, Actor: x.Actor, Reason: reason, Progress: func(ErasureReport) { x.tell() }},
		in:      x.in, account: x.account,
		spares: func(s store.Stray) bool { return !x.decided(s) },
	}
}

// parted does what is left of an erasure after its first step.
func (x *retaining) parted(ctx context.Context, e *erasing, strays bool) error {
	if strays {
		if err := e.strays(ctx); err != nil {
			return err
		}
	}
	if err := e.words(ctx); err != nil {
		return err
	}
	x.report.Contacts++
	return nil
}

// dormancy is what is against the erasure of a customer.
type dormancy struct {
	recent        bool // something has happened, or they were erased already
	waiting       bool // something is not done with
	strays        bool // they have written to a number of no inbox
	years         int  // for how long they are kept
	conversations []store.Conversation
}

// dormancy looks at a customer, and not at their messages.
func (x *retaining) dormancy(t *tx, id store.ContactID) (dormancy, error) {
	var p dormancy
	contact, err := store.One(t.Contacts(id))
	if errors.Is(err, store.ErrNotFound) || err == nil && (contact.Account != x.account || slices.ContainsFunc(contact.Addresses, compliance.IsErased)) {
		return dormancy{recent: true}, nil
	}
	if err != nil {
		return p, err
	}
	p.years = x.evidenceYears(contact)
	limit := earliest(x.before, x.now.AddDate(-p.years, 0, 0))
	p.recent = !contact.CreatedAt.Before(limit)
	for _, a := range contact.Addresses {
		stays, wrote := x.written[store.IdentityOf(x.account, a)]
		p.strays = p.strays || wrote
		p.waiting = p.waiting || stays
	}
	c, err := x.in.company(t, x.account)
	if err != nil {
		return p, err
	}
	if p.conversations, err = t.ConversationsIn(threadsOf(c, x.account, contact.Addresses)...); err != nil {
		return p, err
	}
	for _, conv := range p.conversations {
		p.recent = p.recent || conv.Status != store.Closed || !conv.LastAt.Before(limit)
		owed, err := t.Tasks(conv.ID)
		if err != nil {
			return p, err
		}
		p.waiting = p.waiting || len(owed) > 0
	}
	for _, addresses := range customers(contact.Addresses) {
		known, err := consentFor(t, x.account, addresses...)
		if err != nil {
			return p, err
		}
		p.waiting = p.waiting || known.state.Held.Stands()
		p.recent = p.recent || slices.ContainsFunc(known.entries, func(e compliance.Entry) bool { return !lastOf(e).Before(limit) })
	}
	return p, nil
}

// lastOf is the last moment that an entry of the ledger is about.
func lastOf(e compliance.Entry) time.Time { return latest(latest(e.OccurredAt, e.RecordedAt), e.Until) }

// evidenceYears is for how long a customer is kept.
func (x *retaining) evidenceYears(c store.Contact) int {
	years := max(x.EvidenceYears, compliance.MinKeepYears)
	keeper, ok := x.in.cfg.OptOut.(compliance.RecordKeeper)
	if !ok {
		return years
	}
	for _, a := range c.Addresses {
		years = max(years, x.in.keepYears(keeper, a, c.Region, x.now))
	}
	return years
}

// keepYears asks the policy. Of one that panics nobody knows what it asks for.
func (in *Inbox) keepYears(keeper compliance.RecordKeeper, a channel.Address, region string, at time.Time) int {
	years := longestRetention
	if err := protect(func() error { years = keeper.KeepYears(a, region, at); return nil }); err != nil {
		in.log.Error("the opt-out policy panicked when it was asked for how long records are kept; the customer is kept", "err", err)
	}
	return years
}
