package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// decision is what a user says of a message that may be a wish to stop. Seen is
// the number of the last message that the page showed.
type decision struct {
	Seen   int64  `json:"seen"`
	Reason string `json:"reason"`
}

func (a *api) releaseHold(w http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	var in decision
	id, err := pathID[inbox.ConversationID](r)
	if err != nil {
		return nil, err
	}
	if err := readJSON(w, r, &in); err != nil {
		return nil, err
	}
	if err := agent.ReleaseHold(r.Context(), id, in.Seen, in.Reason); err != nil {
		return nil, err
	}
	return afterwards(r.Context(), agent, id)
}

func (a *api) confirmOptOut(w http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	var in decision
	id, err := pathID[inbox.ConversationID](r)
	if err != nil {
		return nil, err
	}
	if err := readJSON(w, r, &in); err != nil {
		return nil, err
	}
	if err := agent.ConfirmOptOut(r.Context(), id, in.Reason); err != nil {
		return nil, err
	}
	return afterwards(r.Context(), agent, id)
}

// question is what a user asks a customer to agree to. Purpose is marketing, or
// left out for everything; Strength is express or express_written, or left out if
// it is not about marketing.
type question struct {
	Text       string              `json:"text"`
	Purpose    compliance.Purpose  `json:"purpose,omitempty"`
	Programme  string              `json:"programme,omitempty"`
	Strength   compliance.Strength `json:"strength,omitempty"`
	Evidence   string              `json:"evidence,omitempty"`
	RequestKey string              `json:"request_key"`
}

// ask asks the customer to opt in.
func (a *api) ask(w http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	var in question
	id, err := pathID[inbox.ConversationID](r)
	if err != nil {
		return nil, err
	}
	if err := readJSON(w, r, &in); err != nil {
		return nil, err
	}
	m, err := agent.AskConsent(r.Context(), id, inbox.ConsentQuestion{
		Text: in.Text, Reach: compliance.Reach{Purpose: in.Purpose, Programme: in.Programme}, Strength: in.Strength, Evidence: in.Evidence, RequestKey: in.RequestKey,
	})
	if errors.Is(err, inbox.ErrAlreadyAsked) {
		return nil, &requestError{status: http.StatusConflict, detail: "the customer has been asked already, and that question is open; wait for their answer, or cancel it if it waits"}
	}
	return messageOf(m), err
}

// decided is what came of a message that may have been a wish to stop.
type decided struct {
	OptOut bool         `json:"opt_out"`
	User   inbox.UserID `json:"user,omitempty"` // not there if nobody decided in time
	Reason string       `json:"reason,omitempty"`
	At     time.Time    `json:"at"`
}

// asked is what came of a question to opt in.
type asked struct {
	Until  time.Time `json:"until"`
	Answer string    `json:"answer,omitempty"` // opt_in or opt_out; not there if there is none
	At     time.Time `json:"at,omitzero"`      // of the answer
	About  string    `json:"about"`            // in words
}

// withLedger adds to messages what the ledger says of them. Most conversations
// have none of which it says anything more, and cost nothing.
func (a *api) withLedger(ctx context.Context, messages []inbox.Message, out []message) error {
	var customer channel.Address
	for _, m := range messages {
		switch {
		case m.Direction == store.Inbound && m.Kind == compliance.Ambiguous:
			customer = m.From
		case m.Direction == store.Outbound && m.Kind == compliance.Asked:
			customer = m.To
		}
	}
	if customer == "" {
		return nil
	}
	evidence, err := a.engine.Admin(a.account).Evidence(ctx, customer)
	if errors.Is(err, inbox.ErrNotFound) || errors.Is(err, inbox.ErrInvalid) { // erased meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	var entries []compliance.Entry
	for _, c := range evidence.Consent {
		entries = append(entries, c.Entries...)
	}
	for i, m := range messages {
		switch {
		case m.Direction == store.Inbound && m.Kind == compliance.Ambiguous:
			out[i].Decided = decidedOf(entries, m.ID)
		case m.Direction == store.Outbound && m.Kind == compliance.Asked:
			out[i].Asked = askedOf(entries, m.Confirms)
		}
	}
	return nil
}

// decidedOf returns what was decided about a message that held, or nil.
func decidedOf(entries []compliance.Entry, id inbox.MessageID) *decided {
	for _, e := range entries {
		byPerson := e.Source == compliance.FromOperator
		if e.Message != id.String() || e.Kind != compliance.Released && e.Kind != compliance.OptOut || !byPerson && e.Source != compliance.FromDeadline {
			continue
		}
		return &decided{OptOut: e.Kind == compliance.OptOut, User: inbox.UserID(e.Actor), Reason: e.Reason, At: e.OccurredAt}
	}
	return nil
}

// askedOf returns what became of a question, or nil if the ledger does not have it.
func askedOf(entries []compliance.Entry, id compliance.EntryID) *asked {
	i := slices.IndexFunc(entries, func(e compliance.Entry) bool { return e.ID == id })
	if i < 0 {
		return nil
	}
	q := asked{Until: entries[i].Until, About: entries[i].InWords()}
	if entries[i].Strength == compliance.NotMarketing {
		q.About += " but marketing"
	}
	end := q.Until
	for _, e := range entries { // one that was withdrawn, or asked next
		if e.Kind == compliance.Asked && e.OccurredAt.After(entries[i].OccurredAt) && e.OccurredAt.Before(end) {
			end = e.OccurredAt
		}
	}
	for _, e := range entries {
		answers := e.Kind == compliance.OptIn || e.Kind == compliance.OptOut
		if answers && !e.OccurredAt.Before(entries[i].OccurredAt) && e.OccurredAt.Before(end) && (q.Answer == "" || e.OccurredAt.Before(q.At)) {
			q.Answer, q.At = e.Kind.String(), e.OccurredAt
		}
	}
	return &q
}
