package inbox

import (
	"cmp"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// draft is an outbound message that is not in a conversation yet.
type draft struct {
	text       string
	media      []channel.Media
	template   *channel.Template
	author     store.Author
	purpose    compliance.Purpose
	answers    compliance.Kind
	confirms   compliance.EntryID
	plan       store.Plan
	answerable string
	requestKey string
}

// message makes the draft one of a conversation, without a place in it.
func (d draft) message(conv store.Conversation) store.Message {
	m := store.Message{
		Direction: store.Outbound, Author: d.author, Text: d.text, Purpose: d.purpose, Kind: d.answers, Confirms: d.confirms,
		Channel: conv.Channel, From: conv.Ours, To: conv.Theirs, RequestKey: d.requestKey,
	}
	if len(d.media) > 0 || d.template != nil || d.plan != (store.Plan{}) || d.answerable != "" {
		m.Extras = &store.Extras{Media: d.media, Template: d.template, Plan: d.plan, Answerable: d.answerable}
	}
	return m
}

// queue puts a message into a conversation and the work of sending it into
// the mailbox, unless the gate refuses it: then the message is there all the
// same, blocked, so that anybody can see what was not said and why. The
// conversation is changed but not stored.
func (in *Inbox) queue(t *tx, conv *store.Conversation, d draft) (store.Message, error) {
	place, err := newMessage(t, conv, store.Outbound)
	if err != nil {
		return store.Message{}, err
	}
	m := d.message(*conv)
	m.ID, m.Account, m.Conversation, m.Seq, m.InboundCount, m.CreatedAt = place.ID, place.Account, place.Conversation, place.Seq, place.InboundCount, place.CreatedAt
	decision, err := in.gate(t, *conv, &m)
	if err != nil {
		return store.Message{}, err
	}
	m.Purpose = cmp.Or(m.Purpose, decision.Purpose, compliance.Conversational)
	m.State, m.StateAt = store.StateQueued, t.now
	due := t.now
	switch plan := planOf(m); {
	case mayCome(decision):
		due = later(decision.Until, plan.NotBefore)
		m.State, m.DueAt, m.Reason = store.StateDeferred, due, decision.Reason
	case !in.mayGo(decision):
		m.State, m.Reason = store.StateBlocked, decision.Reason
	case plan.NotBefore.After(t.now):
		due = plan.NotBefore
		m.State, m.DueAt, m.Reason = store.StateDeferred, due, "it is to be sent then"
	}
	t.moves = append(t.moves, moved{m.Channel, m.State})
	if err := t.PutMessages(m); err != nil {
		return store.Message{}, err
	}
	m.Version++
	if d.author.Kind == store.ByUser {
		setPreview(conv, m) // an automatic answer must not hide what the customer wrote
	}
	e := eventOf(t, *conv, store.MessageQueued, m.Author, store.Detail{Seq: m.Seq, State: m.State, Reason: m.Reason, Until: m.DueAt})
	e.Message = m.ID
	if err := t.AppendEvents(e); err != nil {
		return store.Message{}, err
	}
	if !waits(m.State) {
		return m, nil
	}
	_, err = addTask(t, *conv, store.TaskSend, m.ID, due)
	return m, err
}

// outgoing is a message that is marked as being sent: the one thing left to do
// is to call the channel.
type outgoing struct {
	task    store.Task
	message store.Message
	channel channel.Channel
	wire    channel.Outbound
}

// attempt marks a message as being sent, if the gate still lets it through.
// The mark and the gate's look at the ledger are one transaction, so that no
// send is begun after an opt-out has committed. It returns nil if there is
// nothing to send. A message whose sender has sent too much waits for its turn,
// and so does one whose channel has not told yet what came in while nobody
// listened: that is a piece too.
//
// The message's task stays the same from the first attempt to the end and
// keeps its place in the mailbox. While the message is being sent it is there
// to settle the attempt, should nobody come back with the outcome.
func (in *Inbox) attempt(t *tx, conv store.Conversation, task store.Task) (*piece, error) {
	m, err := store.One(t.Messages(task.Message))
	if err != nil {
		return nil, fmt.Errorf("inbox: message %v of task %v: %w", task.Message, task.ID, err)
	}
	if !waits(m.State) {
		return nil, t.DeleteTasks(task.ID)
	}
	plan := planOf(m)
	switch {
	case plan.over(t.now):
		return nil, in.finish(t, conv, m, task, store.StateCanceled, "", plan.overReason(m))
	case plan.NotBefore.After(t.now):
		return nil, in.postpone(t, conv, m, task, store.StateDeferred, compliance.Decision{Until: plan.NotBefore, Reason: "it is to be sent then"})
	}
	decision, err := in.gate(t, conv, &m)
	if err != nil {
		return nil, err
	}
	ch := in.channels[m.Channel]
	switch {
	case mayCome(decision) && plan.over(decision.Until):
		return nil, in.finish(t, conv, m, task, store.StateCanceled, "", plan.cannot(decision))
	case mayCome(decision):
		return nil, in.postpone(t, conv, m, task, store.StateDeferred, decision)
	case decision.Verdict == compliance.NeedsRegister && in.cfg.Registers != nil:
		return &piece{register: &registerJob{task: task, message: m, codes: decision.Registers}}, nil
	case decision.Verdict != compliance.Allow:
		return nil, in.finish(t, conv, m, task, store.StateBlocked, "", decision.Reason)
	case ch == nil:
		return nil, in.finish(t, conv, m, task, store.StateRejected, "", fmt.Sprintf("there is no channel named %q any more", m.Channel))
	}
	if in.behind.holds(m.Channel, t.now) {
		task.DueAt = t.now.Add(catchUpPause)
		return &piece{paced: task.DueAt}, t.PutTasks(task)
	}
	if perSecond := limitsFor(ch, m.From, m.To).SegmentsPerSecond; perSecond > 0 {
		ok, turn, step := in.pace.turn(m, perSecond, task.Kind == store.TaskPaced, t.now)
		if !ok {
			task.Kind, task.DueAt = store.TaskPaced, turn
			return &piece{paced: turn, step: step}, t.PutTasks(task)
		}
		t.onCommit(func() { in.pace.committed(m) })
	}
	m.Attempts++
	m.AttemptedAt = t.now
	e := move(t, conv, &m, store.StateAttempting, "", "")
	if err := t.PutMessages(m); err != nil {
		return nil, err
	}
	m.Version++
	task.Kind, task.DueAt, task.NotBefore = store.TaskSettle, t.now.Add(in.settleAfter()), t.until.Add(in.inFlight())
	if err := t.PutTasks(task); err != nil {
		return nil, err
	}
	return &piece{send: &outgoing{task: task, message: m, channel: ch, wire: wireOf(m)}}, t.AppendEvents(e)
}

// finish ends a message's way and its task.
func (in *Inbox) finish(t *tx, conv store.Conversation, m store.Message, task store.Task, to store.State, code, reason string) error {
	e := move(t, conv, &m, to, code, reason)
	if err := t.PutMessages(m); err != nil {
		return err
	}
	if err := t.DeleteTasks(task.ID); err != nil {
		return err
	}
	if err := t.AppendEvents(e); err != nil {
		return err
	}
	if to == store.StateUnconfirmed && !m.DueAt.IsZero() {
		return nil // it may be settled by itself
	}
	return in.miss(t, conv, m)
}

// postpone lets a message wait until the decision's moment.
func (in *Inbox) postpone(t *tx, conv store.Conversation, m store.Message, task store.Task, to store.State, d compliance.Decision) error {
	m.DueAt = d.Until
	e := move(t, conv, &m, to, m.Code, d.Reason)
	if err := t.PutMessages(m); err != nil {
		return err
	}
	task.Kind, task.DueAt, task.NotBefore = store.TaskSend, d.Until, time.Time{}
	if err := t.PutTasks(task); err != nil {
		return err
	}
	return t.AppendEvents(e)
}

func wireOf(m store.Message) channel.Outbound {
	out := channel.Outbound{ID: m.ID.String(), From: m.From, To: m.To, Text: m.Text}
	if m.Extras != nil {
		out.Media, out.Template = m.Extras.Media, m.Extras.Template
	}
	return out
}
