package simulation

import (
	"context"
	"fmt"
	"slices"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// prepareDecision lets somebody decide about a message of which nobody knows
// what became of it, or that is thought to be one.
func (w *world) prepareDecision(a *activity, e *engine) func(context.Context) error {
	o, d := a.op, &a.did
	w.mu.Lock()
	defer w.mu.Unlock()
	var open []store.Message
	for _, msg := range sorted(w.present().messages) {
		if msg.State == store.StateUnconfirmed || msg.Direction == store.Outbound && o.C%8 == 0 {
			open = append(open, msg)
		}
	}
	if len(open) == 0 {
		return nil
	}
	msg := open[int(o.A)%len(open)]
	d.conv, d.who = msg.Conversation, person(o, msg.Account)
	agent := e.in.Agent(d.who.Account, d.who.ID)
	a.about = fmt.Sprintf("message %v by %s/%s", msg.ID, d.who.Account, d.who.ID)
	if o.Kind == opResend {
		return func(ctx context.Context) error { return agent.Resend(ctx, msg.ID) }
	}
	return func(ctx context.Context) error { return agent.MarkSent(ctx, msg.ID) }
}

// prepareHold lets somebody decide about what holds, in a conversation where
// something does, or in any.
func (w *world) prepareHold(a *activity, e *engine) func(context.Context) error {
	o, d := a.op, &a.did
	conv, ok := w.conversation(o)
	if !ok {
		return nil
	}
	w.mu.Lock()
	var open []store.Message
	for _, t := range sorted(w.present().tasks) {
		if t.Kind == store.TaskDecide {
			open = append(open, w.present().messages[t.Message])
		}
	}
	var seen int64 // all
	if len(open) > 0 && o.C%8 > 0 {
		msg := open[int(o.A)%len(open)]
		conv = w.present().convs[msg.Conversation]
		if o.C%3 == 0 {
			seen = msg.Seq
		}
	}
	w.mu.Unlock()
	d.conv, d.who = conv.ID, person(o, conv.Account)
	agent := e.in.Agent(d.who.Account, d.who.ID)
	a.about = fmt.Sprintf("in conversation %v by %s/%s", conv.ID, d.who.Account, d.who.ID)
	if o.Kind == opLetGo {
		return func(ctx context.Context) error { return agent.ReleaseHold(ctx, conv.ID, seen, "no") }
	}
	return func(ctx context.Context) error { return agent.ConfirmOptOut(ctx, conv.ID, "yes") }
}

func (w *world) prepareStray(a *activity, e *engine) func(context.Context) error {
	o, d := a.op, &a.did
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.strays) == 0 {
		return nil
	}
	d.stray, d.who = w.strays[int(o.A%uint32(len(w.strays)))], person(o, strayAccount)
	agent := e.in.Agent(d.who.Account, d.who.ID)
	a.about = fmt.Sprintf("%v by %s/%s", d.stray, d.who.Account, d.who.ID)
	if o.Kind == opDismiss {
		return func(ctx context.Context) error { return agent.DismissStray(ctx, d.stray) }
	}
	into := inboxes[int(o.C)%len(inboxes)].ID
	return func(ctx context.Context) error {
		_, err := agent.AdoptStray(ctx, d.stray, into)
		return err
	}
}

// preparePoll reads on for a subscriber, from where it is.
func (w *world) preparePoll(a *activity, e *engine) func(context.Context) error {
	d := &a.did
	d.who = people[int(a.op.B)%len(people)]
	for _, other := range w.active {
		if other.op.Kind == opPoll && other.did.who.ID == d.who.ID && other.did.who.Account == d.who.Account {
			return nil
		}
	}
	for _, earlier := range w.past {
		if earlier.op.Kind == opPoll && earlier.err == nil && earlier.did.who.ID == d.who.ID && earlier.did.who.Account == d.who.Account {
			d.after = earlier.did.last
		}
	}
	agent := e.in.Agent(d.who.Account, d.who.ID)
	a.about = fmt.Sprintf("%s/%s after %v", d.who.Account, d.who.ID, d.after)
	return func(ctx context.Context) (err error) {
		d.events, d.last, err = agent.EventsAfter(ctx, d.after)
		return err
	}
}

func (w *world) prepareAdmin(a *activity, e *engine) func(context.Context) error {
	o, d := a.op, &a.did
	switch o.Kind {
	case opSeat:
		d.who = people[int(o.A)%len(people)]
		u := d.who
		u.Licensed = o.C%2 == 0
		a.about = fmt.Sprintf("%s/%s licensed %v", u.Account, u.ID, u.Licensed)
		return func(ctx context.Context) error { return e.in.Admin(u.Account).SaveUser(ctx, u) }
	case opTeam:
		t := teams[int(o.A)%len(teams)]
		d.team = t.ID
		t.Members = slices.Clone(t.Members)
		if o.C%2 == 0 {
			t.Members = t.Members[:1+int(o.B)%len(t.Members)]
		}
		a.about = fmt.Sprintf("%s/%s has %v", t.Account, t.ID, t.Members)
		return func(ctx context.Context) error { return e.in.Admin(t.Account).SaveTeam(ctx, t) }
	case opNumber:
		box := inboxes[int(o.A)%len(inboxes)]
		box.Endpoints = slices.Clone(box.Endpoints)
		switch o.C % 4 { // otherwise it is as it was in the beginning
		case 0:
			box.Endpoints = box.Endpoints[:len(box.Endpoints)-1]
		case 1:
			other := []channel.Address{stranded, sales, desk}[int(o.B)%3]
			box.Endpoints = append(box.Endpoints, store.Endpoint{Channel: carrierName, Address: other})
		}
		a.about = fmt.Sprintf("%s/%s has %v", box.Account, box.ID, box.Endpoints)
		return func(ctx context.Context) error { return e.in.Admin(box.Account).SaveInbox(ctx, box) }
	default:
	}
	var aside []store.Task
	err := w.store.View(context.Background(), func(tx store.Tx) (err error) {
		aside, err = tx.TasksSetAside([]store.AccountID{strayAccount, otherAccount}[o.A%2], 10)
		return err
	})
	if err != nil {
		w.impossible("the store failed by itself: %v", err)
	}
	if len(aside) == 0 {
		return nil
	}
	task := aside[int(o.B)%len(aside)]
	d.conv = task.Conversation
	a.about = fmt.Sprintf("task %v of conversation %v", task.ID, task.Conversation)
	return func(ctx context.Context) error {
		return e.in.Admin(task.Account).Requeue(ctx, task.Conversation, task.ID)
	}
}
