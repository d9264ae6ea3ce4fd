package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/compliance/zones"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/sqlite"
)

// desk is everything that the program serves, on both of its lines, without a
// process and without anything that works in the background but the index of the
// search: what the file holds changes by requests alone, once that is at rest.
type desk struct {
	t       testing.TB
	engine  *inbox.Inbox
	handler http.Handler
	twilio  *twiliotest.Server
	file    *sql.DB // the database, beside the engine

	ours, others holdings
}

// holdings are what the desk has for the routes to be about, in one account.
type holdings struct {
	conversation inbox.ConversationID
	message      inbox.MessageID // in the conversation, unconfirmed
	waiting      inbox.MessageID // in the conversation, to be sent later
	task         store.TaskID    // of the conversation, set aside
	stray        store.StrayID
}

// about returns the path and the body with which a route is asked about
// something of these, or about what has another id.
func (h holdings) about(r route, another ...string) (path, body string) {
	id := map[need]string{aConversation: h.conversation.String(), aMessage: h.message.String(), aWaiting: h.waiting.String(), aStray: h.stray.String(), aTask: h.task.String()}[r.need]
	if len(another) > 0 {
		id = another[0]
	}
	fill := strings.NewReplacer("{id}", id, "{conversation}", h.conversation.String())
	return fill.Replace(r.path), fill.Replace(r.body)
}

const (
	otherNumber  channel.Address = "+14155550160"
	nobodyNumber channel.Address = "+14155550199"
	secretText                   = "only Support may read this"
	othersText                   = "only the other account may read this"
)

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{t: t, twilio: twiliotest.NewServer(t)}
	quiet := slog.New(slog.DiscardHandler)
	path := t.TempDir() + "/helpdesk.db"
	db, err := sqlite.Open(t.Context(), path, sqlite.Config{Logger: quiet})
	d.must(err)
	t.Cleanup(func() { d.must(db.Close()) })
	d.file, err = sql.Open("sqlite", path)
	d.must(err)
	t.Cleanup(func() { d.must(d.file.Close()) })

	carrier, err := simulated.New(simulated.Config{})
	d.must(err)
	phones := &simulatedLine{carrier: carrier}
	onTwilio, err := newTwilioLine(config{publicURL: publicURL, twilio: twilioConfig{
		accountSID: d.twilio.AccountSID, authTokens: []string{d.twilio.AuthToken}, apiURL: d.twilio.URL,
	}})
	d.must(err)
	cfg := inbox.Config{Store: db, Channels: []channel.Channel{carrier, onTwilio.channel()}, Logger: quiet, OptOut: compliance.Standard{Places: zones.Numbers()}}
	d.engine, err = inbox.New(cfg)
	d.must(err)
	d.must(seed(t.Context(), d.engine.Admin(inbox.DefaultAccount), "simulated", demoNumbers))
	closing := make(chan struct{})
	mux, err := (&program{engine: d.engine, log: quiet}).newMux(closing)
	d.must(err)
	d.must(phones.mount(mux, d.engine, closing))
	d.must(onTwilio.mount(mux, d.engine, closing))
	d.handler = secure(mux)

	d.ours.conversation = d.receive("1", supportNumber, secretText).Conversation
	d.ours.stray = d.receive("2", nobodyNumber, "is anybody there?").Stray
	d.trouble(db, inbox.DefaultAccount, &d.ours)
	other := d.engine.Admin("other")
	d.must(other.SaveUser(t.Context(), inbox.User{ID: "alice", Name: "Alice", Licensed: true}))
	d.must(other.SaveTeam(t.Context(), inbox.Team{ID: "support", Name: "Support", Members: []inbox.UserID{"alice"}}))
	d.must(other.SaveInbox(t.Context(), store.Inbox{ID: "support", Name: "Other Support", Team: "support", Endpoints: []store.Endpoint{{Channel: "simulated", Address: otherNumber}}}))
	d.others.conversation = d.receive("3", otherNumber, othersText).Conversation
	cfg.StrayAccount = "other"
	engine := d.engine
	d.engine, err = inbox.New(cfg)
	d.must(err)
	d.others.stray = d.receive("4", nobodyNumber, othersText).Stray
	d.engine = engine
	d.trouble(db, "other", &d.others)
	return d
}

// trouble puts into a conversation what only time and bad luck bring about: a
// message of which nobody knows whether it was sent, and work that was set
// aside; and a message that waits for its time.
func (d *desk) trouble(db store.Store, account inbox.AccountID, h *holdings) {
	d.t.Helper()
	d.must(db.Update(d.t.Context(), func(tx store.Tx) error {
		conv, err := store.One(tx.Conversations(h.conversation))
		if err != nil {
			return err
		}
		id, err := tx.NewID()
		if err != nil {
			return err
		}
		h.message, h.task = inbox.MessageID(id), store.TaskID(id)
		conv.LastSeq += 2
		return errors.Join(
			tx.PutConversations(conv),
			tx.PutMessages(store.Message{
				ID: h.message, Account: account, Conversation: conv.ID, Seq: conv.LastSeq - 1, Direction: store.Outbound, Author: store.Author{Kind: store.BySystem},
				Channel: conv.Channel, From: conv.Ours, To: conv.Theirs, Text: "perhaps", Purpose: compliance.Conversational, State: store.StateUnconfirmed,
			}),
			d.waits(tx, conv, h),
			tx.PutTasks(store.Task{ID: h.task, Account: account, Conversation: conv.ID, Kind: store.TaskWake, SetAside: true}),
		)
	}))
}

func (d *desk) waits(tx store.Tx, conv store.Conversation, h *holdings) error {
	id, err := tx.NewID()
	if err != nil {
		return err
	}
	h.waiting = inbox.MessageID(id)
	due := time.Date(2100, 1, 1, 9, 0, 0, 0, time.UTC)
	return errors.Join(
		tx.PutMessages(store.Message{
			ID: h.waiting, Account: conv.Account, Conversation: conv.ID, Seq: conv.LastSeq, Direction: store.Outbound, Author: store.Author{Kind: store.ByUser, User: "alice"},
			Channel: conv.Channel, From: conv.Ours, To: conv.Theirs, Text: "later", Purpose: compliance.Transactional, State: store.StateDeferred, DueAt: due,
			Extras: &store.Extras{Plan: store.Plan{NotBefore: due}},
		}),
		tx.PutTasks(store.Task{ID: store.TaskID(id), Account: conv.Account, Conversation: conv.ID, Kind: store.TaskSend, Message: h.waiting, DueAt: due}),
	)
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) receive(id string, to channel.Address, text string) inbox.Acceptance {
	d.t.Helper()
	a, err := d.engine.Receive(d.t.Context(), "simulated", channel.Inbound{ProviderID: id, From: customer, To: to, Text: text})
	d.must(err)
	return a
}

// as returns a request of a user, or of nobody in particular.
func (d *desk) as(user, method, target, body string) *http.Request {
	r := httptest.NewRequestWithContext(d.t.Context(), method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if user != "" {
		r.Header.Set("Authorization", "Bearer demo-"+user)
	}
	return r
}

// serve answers a request.
func (d *desk) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w
}

// rest waits until the index of the search has followed the messages, which it does
// on its own a moment later: then what the file holds changes by requests alone.
func (d *desk) rest() {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	for behind := true; behind; {
		d.must(d.file.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM search_pending)").Scan(&behind))
	}
}

// kept returns all that the database holds, table by table.
func (d *desk) kept() string {
	d.t.Helper()
	var tables []string
	d.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", func(values []any) { tables = append(tables, fmt.Sprint(values[0])) })
	var all strings.Builder
	for _, table := range tables {
		d.query("SELECT * FROM "+table, func(values []any) { fmt.Fprintln(&all, table, values) })
	}
	return all.String()
}

func (d *desk) query(text string, see func([]any)) {
	d.t.Helper()
	rows, err := d.file.QueryContext(d.t.Context(), text)
	d.must(err)
	defer rows.Close()
	columns, err := rows.Columns()
	d.must(err)
	values, to := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		to[i] = &values[i]
	}
	for rows.Next() {
		d.must(rows.Scan(to...))
		see(values)
	}
	d.must(rows.Err())
}
