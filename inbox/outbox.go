package inbox

import (
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
	requestKey string
}

// queue puts a message into a conversation and the work of sending it into
// the mailbox, unless the gate refuses it: then the message is there all the
// same, blocked, so that anybody can see what was not said and why. The
// conversation is changed but not stored.
func (in *Inbox) queue(t *tx, conv *store.Conversation, d draft) (store.Message, error) {
	m, err := newMessage(t, conv, store.Outbound)
	if err != nil {
		return store.Message{}, err
	}
	m.Author, m.Text, m.Purpose, m.Kind, m.Confirms = d.author, d.text, d.purpose, d.answers, d.confirms
	m.Channel, m.From, m.To, m.RequestKey = conv.Channel, conv.Ours, conv.Theirs, d.requestKey
	if len(d.media) > 0 || d.template != nil {
		m.Extras = &store.Extras{Media: d.media, Template: d.template}
	}
	decision, err := in.gate(t, *conv, &m)
	if err != nil {
		return store.Message{}, err
	}
	m.State, m.StateAt = store.StateQueued, t.now
	due := t.now
	switch {
	case decision.Verdict == compliance.Allow:
	case mayCome(decision):
		m.State, m.DueAt, m.Reason = store.StateDeferred, decision.Until, decision.Reason
		due = decision.Until
	default:
		m.State, m.Reason = store.StateBlocked, decision.Reason
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

// gate decides about a message, with what holds in this transaction, and notes
// the decision in the message.
func (in *Inbox) gate(t *tx, conv store.Conversation, m *store.Message) (compliance.Decision, error) {
	c, err := consentOf(t, conv)
	if err != nil {
		return compliance.Decision{}, err
	}
	decision, err := in.askPolicy(t, conv, *m, c.state)
	if err != nil {
		return compliance.Decision{}, err
	}
	if decision.Verdict == compliance.NeedsHuman {
		// What holds ends: until then nothing is lost. Nobody is asked about
		// anything else, so it would wait for ever.
		decision.Until = time.Time{}
		if c.state.Held.Until.After(t.now) {
			decision.Until = c.state.Held.Until
		}
	}
	m.Decision = compliance.RecordOf(decision, c.state, t.now)
	return decision, nil
}

// mayCome reports whether the gate is to be asked again about a message, at the
// decision's moment at the latest.
func mayCome(d compliance.Decision) bool {
	return d.Verdict == compliance.Defer || d.Verdict == compliance.NeedsHuman && !d.Until.IsZero()
}

// askPolicy asks the policy about a message. What can't be decided is denied.
func (in *Inbox) askPolicy(t *tx, conv store.Conversation, m store.Message, state compliance.State) (compliance.Decision, error) {
	if ours, err := in.stillOurs(t, conv, m); err != nil || !ours {
		return compliance.Decision{Verdict: compliance.Deny, Reason: "the number that the customer wrote to does not belong to the company any more"}, err
	}
	out := compliance.Outgoing{
		Purpose:     m.Purpose,
		Family:      m.To.Family(),
		To:          m.To,
		Template:    m.Extras != nil && m.Extras.Template != nil,
		Human:       m.Author.Kind == store.ByUser,
		LastInbound: conv.LastInbound,
		Answers:     m.Kind,
		Confirms:    m.Confirms,
	}
	var decision compliance.Decision
	if err := protect(func() error { decision = in.cfg.OptOut.Decide(state, out, t.now); return nil }); err != nil {
		in.log.Error("the opt-out policy panicked; the message is not sent", "message", m.ID, "to", m.To, "err", err)
		return compliance.Decision{Verdict: compliance.Deny, Reason: "the opt-out policy failed"}, nil
	}
	if decision.Verdict == compliance.Defer && !decision.Until.After(t.now) {
		decision = compliance.Decision{Verdict: compliance.Deny, Reason: "the opt-out policy deferred the message to a moment that has passed"}
	}
	return decision, nil
}

// stillOurs reports whether a message would go out from a number of its own
// account: a STOP to another account's number is not in this account's ledger.
// What is written to a number of no inbox is kept with the account of the
// strays, and so are its opt-outs.
func (in *Inbox) stillOurs(t *tx, conv store.Conversation, m store.Message) (bool, error) {
	box, err := in.inboxAt(t, store.Endpoint{Channel: m.Channel, Address: m.From})
	if err != nil {
		return false, err
	}
	if box == nil {
		account, err := in.strayAccount(t)
		return conv.Account == account, err
	}
	return box.Account == conv.Account, nil
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
	decision, err := in.gate(t, conv, &m)
	if err != nil {
		return nil, err
	}
	ch := in.channels[m.Channel]
	switch {
	case mayCome(decision):
		return nil, in.postpone(t, conv, m, task, store.StateDeferred, decision)
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
	return in.tellAuthor(t, conv, m)
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
