package inbox

import (
	"context"
	"errors"
	"strings"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// EmergencyMessage warns a customer of a danger to life or health: a recall of a
// medicine, a fire. It goes whatever they have opted out of, so somebody answers
// for it.
type EmergencyMessage struct {
	Conversation store.ConversationID
	Text         string
	Template     *channel.Template // instead of Text, where WhatsApp's window is closed

	// Actor is the host's id of the person who answers for it, and Reason why it is
	// an emergency. Both are kept with the message.
	Actor  store.UserID
	Reason string

	// RequestKey makes a repetition harmless, as in [Draft].
	RequestKey string
}

// SendEmergency queues an emergency message. It passes the gate as every message
// does, which lets it go to a customer who has opted out, and at every hour, where
// the provider can carry it: calls made necessary in any situation affecting the
// health and safety of consumers need no consent in the United States (47 CFR
// 64.1200(f)(4)). Use it for nothing else: providers and courts look at it.
//
// A provider that blocks the customer's number still does not deliver it.
func (a *Admin) SendEmergency(ctx context.Context, e EmergencyMessage) (store.Message, error) {
	d := Draft{Text: e.Text, Template: e.Template, RequestKey: e.RequestKey}
	err := errors.Join(checkDraft(d), checkID("EmergencyMessage.Actor", string(e.Actor)), checkText("EmergencyMessage.Reason", e.Reason))
	if err == nil && strings.TrimSpace(e.Reason) == "" {
		err = invalid("EmergencyMessage.Reason", "is empty; say what the emergency is")
	}
	if err != nil {
		return store.Message{}, err
	}
	by := &Agent{in: a.in, account: a.account, user: e.Actor}
	var m store.Message
	err = a.in.update(ctx, func(t *tx) error {
		for _, find := range []func() (*store.Message, error){
			func() (*store.Message, error) { return repeated(t, m) },
			func() (*store.Message, error) { return by.written(t, e.Conversation, e.RequestKey) },
		} {
			if earlier, err := find(); err != nil {
				return err
			} else if earlier != nil {
				m = *earlier
				return nil
			}
		}
		found, err := t.Conversations(e.Conversation)
		if err != nil {
			return err
		}
		if len(found) == 0 || found[0].Account != a.account {
			return ErrNotFound
		}
		conv := found[0]
		if err := a.in.checkLimits(conv, d); err != nil {
			return err
		}
		out := draft{text: e.Text, template: e.Template, purpose: compliance.Emergency, author: by.author(), answerable: e.Reason, requestKey: e.RequestKey}
		trial := out.message(conv)
		decision, err := a.in.gate(t, conv, &trial)
		if err != nil {
			return err
		}
		if !a.in.mayGo(decision) {
			return &BlockedError{Decision: decision}
		}
		if m, err = a.in.queue(t, &conv, out); err != nil {
			return err
		}
		if err := t.PutConversations(conv); err != nil {
			return err
		}
		return a.in.begin(t, conv.ID, nil)
	}, by.expectReply(e.Conversation, e.RequestKey))
	if err != nil {
		return store.Message{}, err
	}
	return m, nil
}
