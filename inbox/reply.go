package inbox

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/responder"
	"github.com/teaminbox/teaminbox/store"
)

// Draft is what a user wants to send. Either Template is set or Text or Media
// is.
type Draft struct {
	Text     string
	Media    []channel.Media
	Template *channel.Template

	// Purpose is why it is sent: Conversational, Transactional or Marketing. With
	// "" the policy decides: compliance.Standard takes it for conversational if it
	// answers what the customer has written, and else for marketing.
	Purpose compliance.Purpose

	// Plan says when it is to be sent, if not at once, and what it is a part of.
	store.Plan

	// Seen is the number (Message.Seq) of the last message that the writer had
	// before them: what came after it stays unread, and the customer still
	// waits for an answer to it. 0: they had seen everything.
	Seen int64

	// RequestKey makes a repetition harmless: a second reply with the key of
	// an earlier one returns that one. "" is none. At most 128 bytes.
	RequestKey string
}

// Reply queues a message to the customer and returns it; sending it is the
// work of [Inbox.Run]. A closed or snoozed conversation is opened by it.
//
// The error is a *BlockedError if the message may not be sent, because the
// customer has opted out, say, and ErrInvalid if there is nothing to send or
// the channel can't carry it. Nothing is stored then. What may go later, since it
// is quiet hours, is deferred: [Agent.Cancel] withdraws it.
func (a *Agent) Reply(ctx context.Context, id store.ConversationID, d Draft) (store.Message, error) {
	if err := checkDraft(d); err != nil {
		return store.Message{}, err
	}
	if err := checkPlan(d.Plan, a.in.now()); err != nil {
		return store.Message{}, err
	}
	d.NotBefore, d.Expires = record.Time(d.NotBefore), record.Time(d.Expires)
	out := draft{
		text: d.Text, media: d.Media, template: d.Template, purpose: d.Purpose, author: a.author(), plan: d.Plan, requestKey: d.RequestKey,
	}
	return a.write(ctx, id, accessFull, d.RequestKey, func(t *tx, conv *store.Conversation) (store.Message, []store.Event, error) {
		if err := a.in.checkLimits(*conv, d); err != nil {
			return store.Message{}, nil, err
		}
		trial := out.message(*conv)
		decision, err := a.in.gate(t, *conv, &trial)
		switch {
		case err != nil:
			return store.Message{}, nil, err
		case !a.in.mayGo(decision) && decision.Verdict != compliance.Defer:
			return store.Message{}, nil, &BlockedError{Decision: decision}
		case decision.Verdict == compliance.Defer && planOf(trial).over(decision.Until):
			decision.Verdict, decision.Reason = compliance.Deny, planOf(trial).cannot(decision)
			return store.Message{}, nil, &BlockedError{Decision: decision}
		}
		var events []store.Event
		if conv.Status != store.Open {
			conv.Status, conv.SnoozedUntil = store.Open, time.Time{}
			events = append(events, eventOf(t, *conv, store.ConversationReopened, a.author(), store.Detail{Status: conv.Status}))
		}
		unseen, err := unseenSince(t, *conv, d.Seen)
		if err != nil {
			return store.Message{}, nil, err
		}
		if !conv.WaitingSince.IsZero() { // else a colleague has answered what this one had not seen
			conv.WaitingSince = unseen
		}
		seen := conv.LastSeq
		if d.Seen > 0 {
			seen = min(d.Seen, seen)
		}
		if err := a.markRead(t, *conv, seen); err != nil {
			return store.Message{}, nil, err
		}
		m, err := a.in.queue(t, conv, out)
		return m, events, err
	})
}

// Note adds a note for the team to a conversation. No channel ever sees it.
// RequestKey works as in [Draft]; "" is none.
func (a *Agent) Note(ctx context.Context, id store.ConversationID, text, requestKey string) (store.Message, error) {
	if err := checkText("text", text); err != nil {
		return store.Message{}, err
	}
	if strings.TrimSpace(text) == "" {
		return store.Message{}, invalid("text", "is empty; write something")
	}
	if err := checkKey("requestKey", requestKey); err != nil {
		return store.Message{}, err
	}
	return a.write(ctx, id, accessRead, requestKey, func(t *tx, conv *store.Conversation) (store.Message, []store.Event, error) {
		last := conv.LastAt
		m, err := newMessage(t, conv, store.Note)
		if err != nil {
			return store.Message{}, nil, err
		}
		conv.LastAt = last // a note does not bring a conversation to the top
		m.Author, m.Text, m.RequestKey = a.author(), text, requestKey
		if err := t.PutMessages(m); err != nil {
			return store.Message{}, nil, err
		}
		m.Version++
		e := eventOf(t, *conv, store.NoteAdded, a.author(), store.Detail{Seq: m.Seq})
		e.Message = m.ID
		return m, []store.Event{e}, nil
	})
}

// write adds a message of the user's to a conversation, once.
func (a *Agent) write(ctx context.Context, id store.ConversationID, want access, key string,
	fn func(*tx, *store.Conversation) (store.Message, []store.Event, error),
) (store.Message, error) {
	var m store.Message
	err := a.in.update(ctx, func(t *tx) error {
		// First of all: an earlier try counts, whatever the user may do by now.
		if earlier, err := repeated(t, m); err != nil {
			return err
		} else if earlier != nil {
			m = *earlier
			return nil
		}
		conv, _, err := a.open(t, id, want)
		if err != nil {
			return err
		}
		earlier, err := a.written(t, id, key)
		if err != nil {
			return err
		}
		if earlier != nil {
			m = *earlier
			return nil
		}
		var events []store.Event
		if m, events, err = fn(t, &conv); err != nil {
			return err
		}
		if err := t.PutConversations(conv); err != nil {
			return err
		}
		if err := t.AppendEvents(events...); err != nil {
			return err
		}
		if m.Direction == store.Note {
			return nil
		}
		return a.in.begin(t, id, nil)
	}, a.expectReply(id, key))
	if err != nil {
		return store.Message{}, err
	}
	return m, nil
}

// written returns the message that an earlier call with the same key has made,
// or nil.
func (a *Agent) written(t *tx, id store.ConversationID, key string) (*store.Message, error) {
	if key == "" {
		return nil, nil
	}
	found, err := t.MessagesByRequest(a.account, key)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if found[0].Conversation != id || found[0].Author != a.author() {
		return nil, invalid("RequestKey", "was used for another message; make a key for each")
	}
	return &found[0], nil
}

// repeated returns the message of an earlier try of the same call, whose commit
// is known only now, or nil.
func repeated(t *tx, tried store.Message) (*store.Message, error) {
	if tried.ID == 0 {
		return nil, nil
	}
	found, err := t.Messages(tried.ID)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	// An id of a transaction that was rolled back may be another's by now.
	m := found[0]
	if m.Conversation != tried.Conversation || m.Author != tried.Author || m.Seq != tried.Seq || m.Text != tried.Text || !m.CreatedAt.Equal(tried.CreatedAt) {
		return nil, nil
	}
	return &m, nil
}

// unseenSince returns when the first message of the customer came that a
// writer who had seen those up to a number had not, or zero.
func unseenSince(t *tx, conv store.Conversation, seen int64) (time.Time, error) {
	if seen < 0 {
		return time.Time{}, invalid("Draft.Seen", "is negative; it is the number of the last message that the writer had seen")
	}
	if seen == 0 || seen >= conv.LastSeq {
		return time.Time{}, nil
	}
	later, err := t.ListMessages(store.MessageQuery{Conversation: conv.ID, After: seen, Limit: largestPage})
	if err != nil {
		return time.Time{}, err
	}
	for _, m := range later {
		if m.Direction == store.Inbound && wantsPeople(m.Kind) {
			return m.CreatedAt, nil
		}
	}
	return time.Time{}, nil
}

func checkDraft(d Draft) error {
	if err := checkText("Draft.Text", d.Text); err != nil {
		return err
	}
	if err := checkKey("Draft.RequestKey", d.RequestKey); err != nil {
		return err
	}
	for i, m := range d.Media {
		if err := checkMedia(fmt.Sprintf("Draft.Media[%d]", i), m); err != nil {
			return err
		}
	}
	switch d.Purpose {
	case "", compliance.Conversational, compliance.Transactional, compliance.Marketing:
	case compliance.Compliance:
		return invalid("Draft.Purpose", "is compliance, which only the library's own answers to STOP, START and HELP have")
	case compliance.Emergency:
		return invalid("Draft.Purpose", "is emergency, for which somebody has to answer; call Admin.SendEmergency")
	default:
		return invalid("Draft.Purpose", "is not a purpose that package compliance knows")
	}
	switch {
	case d.Template != nil && (d.Text != "" || len(d.Media) > 0):
		return invalid("Draft.Template", "is set together with Text or Media; a template is sent alone")
	case d.Template != nil && d.Template.ID == "":
		return invalid("Draft.Template.ID", "is empty; it is the provider's id of the template")
	case d.Template == nil && strings.TrimSpace(d.Text) == "" && len(d.Media) == 0:
		return invalid("Draft", "is empty; set Text, Media or Template")
	}
	return nil
}

// checkLimits says before anything is stored what the channel would refuse.
func (in *Inbox) checkLimits(conv store.Conversation, d Draft) error {
	ch, ok := in.channels[conv.Channel]
	if !ok {
		return invalid("Conversation", "came in on channel %q, which the host does not have any more", conv.Channel)
	}
	limits := limitsFor(ch, conv.Ours, conv.Theirs)
	if n := utf8.RuneCountInString(d.Text); limits.BodyRunes > 0 && n > limits.BodyRunes {
		return invalid("Draft.Text", "has %d characters; channel %s carries at most %d", n, conv.Channel, limits.BodyRunes)
	}
	if n := len(d.Media); limits.MediaCount > 0 && n > limits.MediaCount {
		return invalid("Draft.Media", "has %d attachments; channel %s carries at most %d", n, conv.Channel, limits.MediaCount)
	}
	return nil
}

// checkReply checks what a responder wants to say as a user's draft is.
func (in *Inbox) checkReply(conv store.Conversation, r responder.Reply) error {
	if r.IsZero() {
		return nil
	}
	d := Draft{Text: r.Text, Media: r.Media, Template: r.Template, Purpose: r.Purpose}
	err := checkDraft(d)
	if err == nil {
		err = in.checkLimits(conv, d)
	}
	if err != nil {
		return fmt.Errorf("responder: %w", err)
	}
	return nil
}
