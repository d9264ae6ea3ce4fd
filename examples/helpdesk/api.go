package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

const (
	largestBody = 256 << 10 // of the JSON of one request, in bytes
	pageSize    = 50        // conversations, or hits unless another number is asked for
)

// api serves what the agents' page asks for, as JSON. Every handler acts for
// the user who signed in, and the engine checks what that user may do.
type api struct {
	engine  *inbox.Inbox
	account inbox.AccountID
	places  compliance.Locator // tells where a number may be
	log     *slog.Logger
}

// handler is an HTTP handler that acts for a user. What it returns is written
// as JSON, an error as a problem document.
type handler func(w http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error)

func (a *api) routes(mux *http.ServeMux, who authenticator) {
	handle := func(pattern string, h handler) {
		mux.Handle(pattern, who.require(func(w http.ResponseWriter, r *http.Request, user inbox.UserID) {
			body, err := h(w, r, a.engine.Agent(a.account, user))
			if err != nil {
				a.fail(w, r, err)
				return
			}
			writeJSON(w, http.StatusOK, body)
		}))
	}
	handle("GET /api/directory", a.directory)
	handle("GET /api/conversations", a.list)
	handle("GET /api/search", a.search)
	handle("GET /api/conversations/{id}", a.conversation)
	handle("GET /api/conversations/{id}/messages", a.messages)
	handle("GET /api/conversations/{id}/sendability", a.sendability)
	handle("POST /api/conversations/{id}/reply", a.reply)
	handle("POST /api/conversations/{id}/note", a.note)
	handle("POST /api/conversations/{id}/ask", a.ask)
	handle("POST /api/conversations/{id}/claim", act((*inbox.Agent).Claim))
	handle("POST /api/conversations/{id}/release", act((*inbox.Agent).Release))
	handle("POST /api/conversations/{id}/close", act((*inbox.Agent).Close))
	handle("POST /api/conversations/{id}/reopen", act((*inbox.Agent).Reopen))
	handle("POST /api/conversations/{id}/read", a.read)
	handle("POST /api/conversations/{id}/hold/release", a.releaseHold)
	handle("POST /api/conversations/{id}/hold/opt-out", a.confirmOptOut)
	handle("POST /api/messages/{id}/cancel", settle(cancel))
	handle("POST /api/messages/{id}/resend", settle((*inbox.Agent).Resend))
	handle("POST /api/messages/{id}/sent", settle((*inbox.Agent).MarkSent))
	handle("GET /api/strays", a.strays)
	handle("POST /api/strays/{id}/adopt", a.adopt)
	handle("POST /api/strays/{id}/dismiss", a.dismiss)
	handle("GET /api/operator", a.operator)
	handle("POST /api/operator/requeue", a.requeue)
}

// act makes a handler of an agent's method that needs nothing but the
// conversation; it answers with the conversation as it is afterwards, or with
// nothing if the user does not see it any more.
func act(do func(*inbox.Agent, context.Context, inbox.ConversationID) error) handler {
	return func(_ http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
		id, err := pathID[inbox.ConversationID](r)
		if err != nil {
			return nil, err
		}
		if err := do(agent, r.Context(), id); err != nil {
			return nil, err
		}
		return afterwards(r.Context(), agent, id)
	}
}

// afterwards returns a conversation as it is after what the user did, or nothing
// if the user does not see it any more.
func afterwards(ctx context.Context, agent *inbox.Agent, id inbox.ConversationID) (any, error) {
	view, err := agent.Conversation(ctx, id)
	if errors.Is(err, inbox.ErrNotFound) || errors.Is(err, inbox.ErrAlreadyClaimed) {
		return nil, nil
	}
	return conversationOf(view), err
}

// settle makes a handler of what a user decides about a message that waits, or of
// which nobody knows whether it was sent.
func settle(do func(*inbox.Agent, context.Context, inbox.MessageID) error) handler {
	return func(_ http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
		id, err := pathID[inbox.MessageID](r)
		if err != nil {
			return nil, err
		}
		return nil, do(agent, r.Context(), id)
	}
}

func (a *api) directory(_ http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	mine, err := agent.Inboxes(r.Context())
	if err != nil {
		return nil, err
	}
	admin := a.engine.Admin(a.account)
	users, err := admin.Users(r.Context())
	if err != nil {
		return nil, err
	}
	teams, err := admin.Teams(r.Context())
	if err != nil {
		return nil, err
	}
	inboxes, err := admin.Inboxes(r.Context())
	if err != nil {
		return nil, err
	}
	return directoryOf(agent.User(), users, teams, inboxes, mine), nil
}

func (a *api) list(_ http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	q := r.URL.Query()
	query := inbox.ListQuery{Limit: pageSize, Inbox: inbox.InboxID(q.Get("inbox")), Mine: q.Get("mine") == "true"}
	switch status := store.Status(q.Get("status")); status {
	case "":
	case store.Open, store.Snoozed, store.Closed:
		query.Statuses = []store.Status{status}
	default:
		return nil, badRequest("status must be open, snoozed or closed")
	}
	if before := q.Get("before"); before != "" {
		if err := parsePosition(before, &query.Before); err != nil {
			return nil, err
		}
	}
	// Before loading: an event that is seen twice does no harm.
	cursor, err := agent.Now(r.Context())
	if err != nil {
		return nil, err
	}
	views, err := agent.List(r.Context(), query)
	if err != nil {
		return nil, err
	}
	page := conversationPage{Cursor: cursor, Conversations: make([]conversation, len(views))}
	for i, v := range views {
		page.Conversations[i] = conversationOf(v)
	}
	if len(views) == pageSize {
		page.Next = positionText(views[len(views)-1].Position())
	}
	return page, nil
}

func (a *api) conversation(_ http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	id, err := pathID[inbox.ConversationID](r)
	if err != nil {
		return nil, err
	}
	view, err := agent.Conversation(r.Context(), id)
	return conversationOf(view), err
}

func (a *api) messages(_ http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	id, err := pathID[inbox.ConversationID](r)
	if err != nil {
		return nil, err
	}
	var q inbox.MessagesQuery
	for name, to := range map[string]*int64{"after": &q.After, "before": &q.Before} {
		if text := r.URL.Query().Get(name); text != "" {
			if *to, err = strconv.ParseInt(text, 10, 64); err != nil || *to < 0 {
				return nil, badRequest(name + " must be the number of a message in its conversation")
			}
		}
	}
	messages, err := agent.Messages(r.Context(), id, q)
	if err != nil {
		return nil, err
	}
	out := make([]message, len(messages))
	for i, m := range messages {
		out[i] = messageOf(m)
	}
	return out, a.withLedger(r.Context(), messages, out)
}

func (a *api) read(w http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	id, err := pathID[inbox.ConversationID](r)
	if err != nil {
		return nil, err
	}
	var in struct {
		Seq int64 `json:"seq"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return nil, err
	}
	return nil, agent.MarkRead(r.Context(), id, in.Seq)
}

func (a *api) strays(_ http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	strays, err := agent.Strays(r.Context(), 0)
	if err != nil {
		return nil, err
	}
	out := make([]stray, len(strays))
	for i, s := range strays {
		out[i] = strayOf(s)
	}
	return out, nil
}

func (a *api) adopt(w http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	id, err := pathID[store.StrayID](r)
	if err != nil {
		return nil, err
	}
	var in struct {
		Inbox inbox.InboxID `json:"inbox"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return nil, err
	}
	conv, err := agent.AdoptStray(r.Context(), id, in.Inbox)
	return map[string]inbox.ConversationID{"conversation": conv}, err
}

func (a *api) dismiss(_ http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	id, err := pathID[store.StrayID](r)
	if err != nil {
		return nil, err
	}
	return nil, agent.DismissStray(r.Context(), id)
}

// requestError is a request that the page should not have made.
type requestError struct {
	status int
	detail string
}

func (e *requestError) Error() string { return e.detail }

func badRequest(detail string) error {
	return &requestError{status: http.StatusBadRequest, detail: detail}
}

func pathID[T ~int64](r *http.Request) (T, error) {
	n, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || n <= 0 {
		return 0, &requestError{status: http.StatusNotFound, detail: "there is no such thing"}
	}
	return T(n), nil
}

func readJSON(w http.ResponseWriter, r *http.Request, to any) error {
	// A form of another site can't send this type, see http.CrossOriginProtection.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return &requestError{status: http.StatusUnsupportedMediaType, detail: "Content-Type must be application/json"}
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, largestBody))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return &requestError{status: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf("the body is larger than %d bytes", largestBody)}
		}
		return badRequest("the body is not the JSON that is asked for: " + err.Error())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badRequest("the body has something after the JSON that is asked for")
	}
	return nil
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Cache-Control", "no-store")
	if body == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The status is written: an error here is a reader that went away.
	_ = json.NewEncoder(w).Encode(body)
}

// problem is an error as RFC 9457 has it.
type problem struct {
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Detail    string       `json:"detail"`
	ClaimedBy inbox.UserID `json:"claimed_by,omitempty"`
	Since     *time.Time   `json:"claimed_at,omitempty"`
}

func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problem{Status: statusOf(err), Detail: err.Error()}
	p.Title = http.StatusText(p.Status)
	var claimed *inbox.ClaimedError
	if errors.As(err, &claimed) {
		p.ClaimedBy, p.Since = claimed.By, &claimed.Since
	}
	switch {
	case r.Context().Err() != nil:
		return // nobody is left to tell
	case errors.Is(err, store.ErrUnavailable):
		a.log.Warn("a request failed, as the database can't be reached", "method", r.Method, "path", r.URL.Path, "err", err)
		p.Detail = "the database can't be reached at the moment; try again"
		w.Header().Set("Retry-After", "2")
	case p.Status == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "2")
	case p.Status >= http.StatusInternalServerError:
		a.log.Error("a request failed", "method", r.Method, "path", r.URL.Path, "err", err)
		p.Detail = "something went wrong on our side; it has been logged"
	}
	writeProblem(w, p)
}

func writeProblem(w http.ResponseWriter, p problem) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

func statusOf(err error) int {
	var bad *requestError
	switch {
	case errors.As(err, &bad):
		return bad.status
	case errors.Is(err, inbox.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, inbox.ErrUnlicensed):
		return http.StatusForbidden
	case errors.Is(err, inbox.ErrAlreadyClaimed), errors.Is(err, inbox.ErrNotClaimed), errors.Is(err, inbox.ErrConflict), errors.Is(err, inbox.ErrSettled), errors.Is(err, inbox.ErrNotHeld), errors.Is(err, inbox.ErrAlreadyAsked):
		return http.StatusConflict
	case errors.Is(err, inbox.ErrBlocked):
		return http.StatusUnprocessableEntity
	case errors.Is(err, inbox.ErrInvalid):
		return http.StatusBadRequest
	case errors.Is(err, inbox.ErrOverloaded), errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrBusy):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
