package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// written is what a user sends as a reply or a note. RequestKey is the
// page's own key of it: sent twice, it is there once. Seen is the number of the
// last message that the page showed.
type written struct {
	Text       string `json:"text"`
	RequestKey string `json:"request_key"`
	Seen       int64  `json:"seen"`
}

// planned is what goes to the customer, why, and when.
type planned struct {
	written
	trial
}

// trial is why something would be sent, and when. All of it may be left out: what
// answers the customer at once needs none.
type trial struct {
	Purpose   compliance.Purpose `json:"purpose,omitempty"` // conversational, transactional or marketing
	Programme string             `json:"programme,omitempty"`
	NotBefore string             `json:"not_before,omitempty"` // RFC 3339, like the next
	Expires   string             `json:"expires,omitempty"`
}

// draft returns what the engine makes of it. Its error names the bad field.
func (t trial) draft() (inbox.Draft, error) {
	d := inbox.Draft{Purpose: t.Purpose}
	switch t.Purpose {
	case "", compliance.Conversational, compliance.Transactional, compliance.Marketing:
	case compliance.Compliance, compliance.Emergency:
		return d, badRequest("purpose must be conversational, transactional or marketing; nobody chooses " + string(t.Purpose) + " on this page")
	default:
		return d, badRequest("purpose must be conversational, transactional or marketing, or be left out")
	}
	d.Programme = t.Programme
	var err error
	if d.NotBefore, err = moment("not_before", t.NotBefore); err != nil {
		return d, err
	}
	d.Expires, err = moment("expires", t.Expires)
	return d, err
}

// moment reads a time, which may be left out.
func moment(field, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, badRequest(field + " must be a time like 2026-03-02T09:00:00Z, or be left out")
	}
	return at, nil
}

func (a *api) reply(w http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	id, err := pathID[inbox.ConversationID](r)
	if err != nil {
		return nil, err
	}
	var in planned
	if err := readJSON(w, r, &in); err != nil {
		return nil, err
	}
	d, err := in.draft()
	if err != nil {
		return nil, err
	}
	d.Text, d.RequestKey, d.Seen = in.Text, in.RequestKey, in.Seen
	m, err := agent.Reply(r.Context(), id, d)
	return messageOf(m), err
}

func (a *api) note(w http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	id, err := pathID[inbox.ConversationID](r)
	if err != nil {
		return nil, err
	}
	var in written
	if err := readJSON(w, r, &in); err != nil {
		return nil, err
	}
	m, err := agent.Note(r.Context(), id, in.Text, in.RequestKey)
	return messageOf(m), err
}

// cancel is [inbox.Agent.Cancel], with an error for those who read the page.
func cancel(agent *inbox.Agent, ctx context.Context, id inbox.MessageID) error {
	err := agent.Cancel(ctx, id)
	var settled *inbox.SettledError
	if !errors.As(err, &settled) {
		return err
	}
	what := fmt.Sprintf("it is %s already", settled.State)
	if settled.State == store.StateQueued || settled.State == store.StateRetrying || settled.State == store.StateDeferred || settled.State == store.StateAttempting {
		what = "it is being sent"
	}
	return &requestError{status: http.StatusConflict, detail: "the message can't be canceled any more: " + what}
}
