package inbox

import (
	"context"
	"errors"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// SendStatus is what a composer shows before anybody writes.
type SendStatus string

// The statuses.
const (
	SendAllowed      SendStatus = "allowed"       // it would go now
	SendQuiet        SendStatus = "quiet"         // it would be deferred, until Sendability.Next
	SendTemplateOnly SendStatus = "template_only" // the window of WhatsApp is closed; an approved template may go
	SendHeld         SendStatus = "held"          // somebody must decide first about what the customer wrote
	SendOptedOut     SendStatus = "opted_out"     // the customer wants no such messages
	SendBlocked      SendStatus = "blocked"       // it may not go, for another reason
	SendClaimed      SendStatus = "claimed"       // somebody else answers
	SendUnlicensed   SendStatus = "unlicensed"    // the user has no licensed seat
)

// Sendability is whether something may be sent in a conversation, and when.
type Sendability struct {
	Status  SendStatus
	Reason  string    // in plain words
	Next    time.Time // when it may go, for SendQuiet; else zero
	Warning string    // what to think of before sending what is allowed, like the hour there; or ""
	Local   string    // the customer's time and where that is known from, or ""

	Purpose  compliance.Purpose // that the message would count as
	FreeText time.Time          // until when free text may go on WhatsApp, see View.FreeText; else zero
}

// Sendability says whether the user could send a draft in a conversation at this
// moment, and if not, why, and when it will be possible. It asks the gate as
// [Agent.Reply] does, and stores nothing. The zero Draft is an answer in words.
//
// What it says may change with the next message of the customer; the gate is asked
// again whatever it has said. That the user may not write is a status and no error.
func (a *Agent) Sendability(ctx context.Context, id store.ConversationID, d Draft) (Sendability, error) {
	var s Sendability
	err := a.in.view(ctx, func(t *tx) error {
		conv, _, err := a.open(t, id, accessFull)
		var claimed *ClaimedError
		switch {
		case errors.Is(err, ErrUnlicensed):
			s = Sendability{Status: SendUnlicensed, Reason: "you have no licensed seat; an administrator can give you one"}
			return nil
		case errors.As(err, &claimed):
			s = Sendability{Status: SendClaimed, Reason: "the conversation is claimed by " + string(claimed.By)}
			return nil
		case err != nil:
			return err
		}
		c, err := consentOf(t, conv)
		if err != nil {
			return err
		}
		trial := draft{text: d.Text, media: d.Media, template: d.Template, purpose: d.Purpose, author: a.author(), plan: d.Plan}.message(conv)
		decision, err := a.in.gateWith(t, conv, &trial, c.state)
		if err != nil {
			return err
		}
		s = a.in.sendability(decision, c.state, d)
		s.FreeText = freeTextUntil(conv)
		if c.state.Held.Over(t.now) && s.Status == SendBlocked {
			s.Status = SendOptedOut
		}
		return nil
	})
	return s, err
}

// sendability is a decision as a composer shows it.
func (in *Inbox) sendability(d compliance.Decision, state compliance.State, of Draft) Sendability {
	s := Sendability{Status: SendBlocked, Reason: d.Reason, Warning: d.Warning, Local: d.Local, Purpose: d.Purpose}
	switch {
	case in.mayGo(d):
		s.Status = SendAllowed
	case d.Verdict == compliance.Defer:
		s.Status, s.Next = SendQuiet, d.Until
	case d.Verdict == compliance.NeedsTemplate:
		s.Status = SendTemplateOnly
	case d.Verdict == compliance.NeedsHuman:
		s.Status = SendHeld
	case state.About(d.Purpose, of.Programme).OptedOut:
		s.Status = SendOptedOut
	}
	return s
}
