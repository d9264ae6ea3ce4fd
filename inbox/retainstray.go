package inbox

import (
	"context"
	"reflect"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// strays erases the messages that belong to no inbox and about which somebody has
// decided long ago, and notes who has written the others.
func (x *retaining) strays(ctx context.Context) error {
	x.written = make(map[store.Identity]bool)
	for after := store.StrayID(0); ; {
		var page []store.Stray
		contacts := make(map[store.StrayID]store.ContactID)
		err := x.in.view(ctx, func(t *tx) (err error) {
			if page, err = t.ListStrays(x.account, after, eraseBatch); err != nil {
				return err
			}
			for _, s := range page {
				known, err := t.ContactsAt(identitiesOf(x.account, s.Inbound)...)
				if err != nil {
					return err
				}
				if len(known) > 0 {
					contacts[s.ID] = known[0].ID
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		var due []store.StrayID
		for _, s := range page {
			stripped := reflect.DeepEqual(s, strippedStray(s, s.Inbound.From))
			stays := !x.decided(s)
			if !stays && !compliance.IsErased(s.Inbound.From) && x.keeps(store.Conversation{
				Account: x.account, Channel: s.Channel, Ours: s.Inbound.To, Theirs: s.Inbound.From, Contact: contacts[s.ID],
			}) {
				stays = true
				if !stripped {
					x.report.Kept++
				}
			}
			for _, i := range identitiesOf(x.account, s.Inbound) {
				x.written[i] = x.written[i] || stays
			}
			if !stays && !stripped {
				due = append(due, s.ID)
			}
		}
		if err := x.strip(ctx, due); err != nil {
			return err
		}
		if len(page) < eraseBatch {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

// strip erases what was written in some strays. Nobody changes them any more.
func (x *retaining) strip(ctx context.Context, ids []store.StrayID) error {
	if len(ids) == 0 || x.DryRun {
		x.report.Strays += int64(len(ids))
		return ctx.Err()
	}
	return x.in.step(ctx, func(t *tx) error {
		strays, err := t.Strays(ids...)
		if err != nil {
			return err
		}
		for i, s := range strays {
			strays[i] = strippedStray(s, s.Inbound.From)
		}
		t.onCommit(func() { x.report.Strays += int64(len(strays)) })
		return t.PutStrays(strays...)
	}, x.tell)
}

// decided reports whether somebody has decided long ago about a message that belongs
// to no inbox.
func (x *retaining) decided(s store.Stray) bool {
	return !s.ResolvedAt.IsZero() && s.ResolvedAt.Before(x.before) && s.ReceivedAt.Before(x.before)
}
