package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// ErrNotHeld means that no message of the customer's waits for a decision: a
// colleague may have been faster.
var ErrNotHeld = errors.New("inbox: nothing that the customer wrote waits for a decision")

// longestHoldTerm bounds Config.HoldTerm. Ten business days are more than that
// wherever there are weekends.
const longestHoldTerm = 10 * 24 * time.Hour

// hold lets everything wait that we would send to a customer first, since a
// message of theirs may be a wish to stop, and sets the time until when a person
// has to decide. Who has opted out gets nothing anyway.
//
// A conversation has one timer, however much holds in it: see holdOver.
func (in *Inbox) hold(t *tx, conv store.Conversation, msg store.Message, a arrival, before consent) error {
	if before.state.OptedOut {
		return nil
	}
	until := record.Time(t.now.Add(in.cfg.HoldTerm))
	_, _, err := in.recordConsent(t, conv, before, compliance.Entry{
		Kind: compliance.Ambiguous, Source: compliance.FromContact, OccurredAt: a.at, SentAt: a.message.SentAt,
		Text: msg.Text, Rule: msg.Rule, Message: msg.ID.String(), Until: until,
	}, msg.ID)
	if err != nil {
		return err
	}
	tasks, err := t.Tasks(conv.ID)
	if err != nil || slices.ContainsFunc(tasks, func(task store.Task) bool { return task.Kind == store.TaskDecide && !task.SetAside }) {
		return err
	}
	_, err = addTask(t, conv, store.TaskDecide, msg.ID, until)
	return err
}

// holdOver makes what holds an opt-out if nobody has decided in time. What holds
// longer than what the timer was for, which somebody has decided about, keeps it.
func (in *Inbox) holdOver(t *tx, conv store.Conversation, task store.Task) error {
	before, err := consentOf(t, conv)
	if err != nil {
		return err
	}
	held := before.state.Held
	if held.Until.After(t.now) {
		task.DueAt = held.Until
		return t.PutTasks(task)
	}
	if err := t.DeleteTasks(task.ID); err != nil || !held.Over(t.now) {
		return err
	}
	undecided := compliance.Undecided(before.entries)
	first := undecided[slices.IndexFunc(undecided, func(e compliance.Entry) bool { return e.Until.Equal(held.Until) })]
	var message store.MessageID
	if err := message.UnmarshalText([]byte(first.Message)); err != nil {
		return fmt.Errorf("inbox: ledger entry %d holds by message %q: %w", first.ID, first.Message, err)
	}
	return in.optOutHeld(t, conv, before, compliance.Entry{
		Source: compliance.FromDeadline, Text: first.Text, Rule: "nobody decided in time: " + first.Rule, Message: first.Message,
	}, message)
}

// optOutHeld writes down that what holds is an opt-out. It is not confirmed: a
// confirmation is within what the customer agreed to for five minutes (47 CFR
// 64.1200(a)(12)).
func (in *Inbox) optOutHeld(t *tx, conv store.Conversation, before consent, e compliance.Entry, message store.MessageID) error {
	e.Kind, e.OccurredAt = compliance.OptOut, t.now
	if _, _, err := in.recordConsent(t, conv, before, e, message); err != nil {
		return err
	}
	conv.WaitingSince = time.Time{} // nobody may answer any more
	return t.PutConversations(conv)
}

// tellHold tells the team of a hold that begins or ends, after an entry, and
// lets what has waited be decided again.
func (in *Inbox) tellHold(t *tx, conv store.Conversation, before consent, after compliance.State, e compliance.Entry, message store.MessageID) error {
	was := before.state.Held
	if was == after.Held {
		return nil
	}
	if !after.OptedOut { // which is told anyway
		typ, d := store.ContactHeld, store.Detail{Reason: e.Rule, Until: after.Held.Until}
		if e.Kind != compliance.Ambiguous {
			typ, d.Reason = store.ContactReleased, cmp.Or(e.Reason, e.Rule)
		}
		ev := eventOf(t, conv, typ, authorOf(e), d)
		ev.Message = message
		if err := t.AppendEvents(ev); err != nil {
			return err
		}
	}
	if !was.Stands() || after.Held.Stands() {
		return nil
	}
	return in.decideAgain(t, conv.Account, before.keys)
}

// authorOf says who brought an entry about.
func authorOf(e compliance.Entry) store.Author {
	return store.Author{Kind: actorOf(e.Source), User: store.UserID(e.Actor)}
}

// decideAgain makes due what waits for a person's decision about a customer, in
// every conversation with them: the gate lets it go now, or blocks it.
func (in *Inbox) decideAgain(t *tx, account store.AccountID, keys []compliance.Key) error {
	c, err := in.company(t, account)
	if err != nil {
		return err
	}
	var threads []store.Thread
	for _, box := range slices.Sorted(maps.Keys(c.inboxes)) {
		for _, k := range keys {
			threads = append(threads, store.Thread{Account: account, Inbox: box, Family: k.Family, Identity: k.Identity})
		}
	}
	convs, err := t.ConversationsIn(threads...)
	if err != nil {
		return err
	}
	ids := make([]store.ConversationID, len(convs))
	for i, conv := range convs {
		ids[i] = conv.ID
	}
	tasks, err := t.Tasks(ids...)
	if err != nil {
		return err
	}
	for _, task := range tasks {
		if task.Kind != store.TaskSend || !task.DueAt.After(t.now) {
			continue
		}
		m, err := store.One(t.Messages(task.Message))
		if err != nil {
			return err
		}
		if m.State != store.StateDeferred || m.Decision == nil || m.Decision.Verdict != compliance.NeedsHuman {
			continue
		}
		task.DueAt = t.now
		if err := t.PutTasks(task); err != nil {
			return err
		}
		t.tasks = true // whoever runs looks for it
	}
	return nil
}

// Held says that a message of the customer's may be a wish to stop, and waits for
// a person's decision: [Agent.ReleaseHold] or [Agent.ConfirmOptOut].
type Held struct {
	// Message is the last such message of the conversation, or 0 if those that
	// wait are in other conversations with the customer.
	Message store.MessageID
	Rule    string    // why it may be one
	Since   time.Time // when the first of them came
	Until   time.Time // when it is an opt-out by itself, or zero
}

// ReleaseHold says that what the customer wrote in a conversation is no wish to
// stop: what has waited goes on. The reason is kept in the ledger, with who said
// so; it may be "". Doing it again has no effect.
//
// seen is the number (Message.Seq) of the last message that the user had before
// them, and what came after it holds still; 0 means that they had seen all. If
// all that holds came after it, the error is ErrConflict. What the customer wrote
// in another conversation holds until it is decided there: ErrInvalid. The error
// is a *BlockedError if the customer has opted out meanwhile, by a STOP or since
// the time was over.
func (a *Agent) ReleaseHold(ctx context.Context, id store.ConversationID, seen int64, reason string) error {
	if seen < 0 {
		return invalid("seen", "is negative; it is the number of the last message that the user had seen")
	}
	return a.decideHold(ctx, id, reason, func(t *tx, conv store.Conversation, before consent) error {
		switch held := before.state.Held; {
		case before.state.OptedOut, held.Over(t.now):
			return &BlockedError{Decision: compliance.Decision{Verdict: compliance.Deny, Reason: "the contact has opted out; they can text START to hear from you again"}}
		case !held.Stands():
			return nil
		}
		here, err := heldIn(t, conv.ID, compliance.Undecided(before.entries))
		if err != nil {
			return err
		}
		read := slices.DeleteFunc(slices.Clone(here), func(m store.Message) bool { return seen > 0 && m.Seq > seen })
		switch {
		case len(here) == 0:
			return invalid("id", "is of a conversation in which nothing waits for a decision; what does is in another conversation with the customer")
		case len(read) == 0:
			return ErrConflict
		}
		for _, m := range read {
			if before, err = consentOf(t, conv); err != nil {
				return err
			}
			_, _, err = a.in.recordConsent(t, conv, before, compliance.Entry{
				Kind: compliance.Released, Source: compliance.FromOperator, OccurredAt: t.now, Actor: string(a.user),
				Reason: reason, Rule: "a person decided that it is no wish to stop", Message: m.ID.String(),
			}, m.ID)
			if err != nil {
				return err
			}
		}
		if len(read) < len(here) {
			return nil
		}
		return deleteHoldTimer(t, conv.ID)
	})
}

// ConfirmOptOut says that what the customer wrote is a wish to stop. The reason is
// kept in the ledger, with who said so; it may be "". Doing it again has no
// effect. The customer gets no confirmation, for which it is too late.
//
// The error is ErrNotHeld if nothing waits for a decision.
func (a *Agent) ConfirmOptOut(ctx context.Context, id store.ConversationID, reason string) error {
	return a.decideHold(ctx, id, reason, func(t *tx, conv store.Conversation, before consent) error {
		switch {
		case before.state.OptedOut:
			return nil
		case !before.state.Held.Stands():
			return ErrNotHeld
		}
		undecided := compliance.Undecided(before.entries)
		last := undecided[slices.IndexFunc(undecided, func(e compliance.Entry) bool { return e.ID == before.state.Held.Entry })]
		here, err := heldIn(t, conv.ID, undecided)
		if err != nil {
			return err
		}
		var message store.MessageID
		for _, m := range here {
			message = m.ID
		}
		if err := deleteHoldTimer(t, conv.ID); err != nil {
			return err
		}
		return a.in.optOutHeld(t, conv, before, compliance.Entry{
			Source: compliance.FromOperator, Actor: string(a.user), Text: last.Text, Reason: reason,
			Rule: "a person decided that it is a wish to stop: " + last.Rule, Message: last.Message,
		}, message)
	})
}

// deleteHoldTimer takes a deadline that nothing has any more out of the mailbox.
func deleteHoldTimer(t *tx, id store.ConversationID) error {
	tasks, err := t.Tasks(id)
	if err != nil {
		return err
	}
	for _, task := range tasks {
		if task.Kind == store.TaskDecide {
			if err := t.DeleteTasks(task.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// decideHold lets a user decide about what holds. Repeating it finds that it was
// done, if a commit whose outcome was not known has happened.
func (a *Agent) decideHold(ctx context.Context, id store.ConversationID, reason string, fn func(*tx, store.Conversation, consent) error) error {
	if err := checkText("reason", reason); err != nil {
		return err
	}
	return a.in.update(ctx, func(t *tx) error {
		conv, _, err := a.open(t, id, accessFull)
		if err != nil {
			return err
		}
		before, err := consentOf(t, conv)
		if err != nil {
			return err
		}
		return fn(t, conv, before)
	}, a.expectVisit(id))
}

// heldIn returns the messages of a conversation that entries are about, in their
// order.
func heldIn(t *tx, id store.ConversationID, entries []compliance.Entry) ([]store.Message, error) {
	var ids []store.MessageID
	for _, e := range entries {
		var m store.MessageID
		if err := m.UnmarshalText([]byte(e.Message)); err == nil && !slices.Contains(ids, m) {
			ids = append(ids, m)
		}
	}
	messages, err := t.Messages(ids...)
	messages = slices.DeleteFunc(messages, func(m store.Message) bool { return m.Conversation != id })
	slices.SortFunc(messages, func(a, b store.Message) int { return cmp.Compare(a.Seq, b.Seq) })
	return messages, err
}

// heldView says what holds in a conversation, or nil.
func heldView(t *tx, id store.ConversationID, hold compliance.Hold, entries []compliance.Entry) (*Held, error) {
	if !hold.Stands() {
		return nil, nil
	}
	undecided := compliance.Undecided(entries)
	here, err := heldIn(t, id, undecided)
	if err != nil {
		return nil, err
	}
	v := &Held{Since: hold.Since, Until: hold.Until}
	about := func(e compliance.Entry) bool { return e.ID == hold.Entry }
	if len(here) > 0 {
		v.Message = here[len(here)-1].ID
		about = func(e compliance.Entry) bool { return e.Message == v.Message.String() }
	}
	v.Rule = undecided[slices.IndexFunc(undecided, about)].Rule
	return v, nil
}
