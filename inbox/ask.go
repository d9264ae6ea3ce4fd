package inbox

import (
	"context"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// questionTerm is for how long a yes answers the question to opt in. It is a
// practice; no source gives a number.
const questionTerm = 7 * 24 * time.Hour

// ConsentQuestion is a question to a customer whether we may write to them.
type ConsentQuestion struct {
	// Text is what they are asked, word for word. It is kept in the ledger as what
	// they agreed to, so it says what for, from whom, and how to answer: "Acme
	// Bikes: reply YES to get offers by text, about 4 a month. Msg & data rates may
	// apply. Consent is no condition of purchase. Reply STOP to opt out."
	Text string

	// Reach is what a yes is about; zero is everything, what sells included if
	// Strength says so.
	compliance.Reach

	// Strength is that of a yes: compliance.ExpressWritten if Text has all that the
	// law asks a written consent to have, and "" if it is not about marketing.
	Strength compliance.Strength

	// Evidence says why they are asked: the order, the form on which they gave
	// their number. It may be "".
	Evidence string

	// RequestKey makes a repetition harmless, as in [Draft].
	RequestKey string
}

// AskConsent asks the customer of a conversation to opt in, with a message, and
// notes in the ledger that they were asked. If the customer answers YES, or START,
// within seven days, and the question is the last that we wrote, they have opted in
// (double opt-in), and get the one confirmation.
//
// A customer has at most one question open: asking while one is stores nothing, and
// the error is an *AskedError. A question that did not reach the customer, since it
// was canceled, say, is not open. Nobody who has opted out of what it asks about is
// asked: the error is a *BlockedError then, and nothing is stored.
func (a *Agent) AskConsent(ctx context.Context, id store.ConversationID, q ConsentQuestion) (store.Message, error) {
	if err := q.check(); err != nil {
		return store.Message{}, err
	}
	return a.write(ctx, id, accessFull, q.RequestKey, func(t *tx, conv *store.Conversation) (store.Message, []store.Event, error) {
		if err := a.in.checkLimits(*conv, Draft{Text: q.Text}); err != nil {
			return store.Message{}, nil, err
		}
		before, err := consentOf(t, *conv)
		switch {
		case err != nil:
			return store.Message{}, nil, err
		case before.state.Asked.Open(t.now):
			return store.Message{}, nil, &AskedError{Since: before.state.Asked.Since, Until: before.state.Asked.Until}
		}
		added, after, err := a.in.link(t, before, compliance.Entry{
			Kind: compliance.Asked, Source: compliance.FromOperator, OccurredAt: later(t.now, lastWord(before.entries)), Actor: string(a.user),
			Reach: q.Reach, Strength: q.Strength, Disclosure: q.Text, Evidence: q.Evidence, Channel: conv.Channel,
			Rule: "we have asked them to opt in", Until: record.Time(t.now.Add(questionTerm)),
		})
		if err != nil {
			return store.Message{}, nil, err
		}
		out := draft{
			text: q.Text, author: a.author(), purpose: compliance.Compliance, answers: compliance.Asked, confirms: added[0].ID,
			plan: store.Plan{Programme: q.Programme, Expires: added[0].Until}, requestKey: q.RequestKey,
		}
		trial := out.message(*conv)
		decision, err := a.in.gateWith(t, *conv, &trial, after)
		switch {
		case err != nil:
			return store.Message{}, nil, err
		case !a.in.mayGo(decision) && decision.Verdict != compliance.Defer:
			return store.Message{}, nil, &BlockedError{Decision: decision}
		}
		if err := t.AppendConsent(added...); err != nil {
			return store.Message{}, nil, err
		}
		m, err := a.in.queue(t, conv, out)
		return m, nil, err
	})
}

// check names the bad fields.
func (q *ConsentQuestion) check() error {
	if err := checkText("ConsentQuestion.Text", q.Text); err != nil {
		return err
	}
	if err := checkKey("ConsentQuestion.RequestKey", q.RequestKey); err != nil {
		return err
	}
	if strings.TrimSpace(q.Text) == "" {
		return invalid("ConsentQuestion.Text", "is empty; say what for, from whom, and how to answer")
	}
	if err := checkReach("ConsentQuestion", q.Reach, q.Strength); err != nil {
		return err
	}
	return checkText("ConsentQuestion.Evidence", q.Evidence)
}

// lastWord is when the customer last opted out or in, or it was said that they had:
// a question is later, whosever clock they came in by.
func lastWord(entries []compliance.Entry) time.Time {
	var last time.Time
	for _, e := range entries {
		switch e.Kind {
		case compliance.OptOut, compliance.OptIn, compliance.Voided:
			if !e.OccurredAt.Before(last) {
				last = e.OccurredAt.Add(time.Microsecond)
			}
		case compliance.None, compliance.Help, compliance.Ambiguous, compliance.Released, compliance.Asked, compliance.Erased:
		}
	}
	return last
}

// answered makes an opt-in the answer to the question that is open.
func answered(e compliance.Entry, before consent) compliance.Entry {
	ask := before.state.Asked
	e.Reach, e.Strength = ask.Reach, ask.Strength
	for _, asked := range before.entries {
		if asked.ID == ask.Entry {
			e.Disclosure = asked.Disclosure
		}
	}
	e.OccurredAt = later(e.OccurredAt, ask.Since.Add(time.Microsecond))
	return e
}

// withdrawQuestion closes the question to opt in that a message asks, which never
// reached the customer: nobody can answer it, and they may be asked another.
func (in *Inbox) withdrawQuestion(t *tx, conv store.Conversation, m store.Message) error {
	if !asks(m) || m.State == store.StateUnconfirmed {
		return nil
	}
	before, err := consentOf(t, conv)
	if err != nil || before.state.Asked.Entry != m.Confirms || !before.state.Asked.Open(t.now) {
		return err
	}
	ask := before.state.Asked
	at := later(t.now, ask.Since.Add(time.Microsecond))
	added, _, err := in.link(t, before, compliance.Entry{
		Kind: compliance.Asked, Source: compliance.FromOperator, OccurredAt: at, Until: at, Actor: string(m.Author.User),
		Reach: ask.Reach, Strength: ask.Strength, Channel: conv.Channel, Message: m.ID.String(),
		Rule: "our question did not reach them, and is withdrawn", Reason: m.Reason,
	})
	if err != nil {
		return err
	}
	return t.AppendConsent(added...)
}
