package main

import (
	"net/http"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// operations is what an operator wants to know of this process: how it is, what
// it is at, which of our numbers make messages wait, and what was set aside.
type operations struct {
	Health   health    `json:"health"`
	Lanes    []lane    `json:"lanes"`
	Senders  []sender  `json:"senders"`
	SetAside []setTask `json:"set_aside"`
}

type health struct {
	Live     bool            `json:"live"`
	Ready    bool            `json:"ready"`
	Reasons  []string        `json:"reasons"`
	Waiting  int             `json:"changes_waiting"`
	Turns    int             `json:"conversations_active"`
	Lag      float64         `json:"lag_seconds"`
	Channels []channelHealth `json:"channels"`
}

type channelHealth struct {
	Name      string    `json:"name"`
	Listening bool      `json:"listening"`
	Through   time.Time `json:"fetched_through,omitzero"`
	Problem   string    `json:"problem,omitempty"`
}

// lane is a conversation that is being worked on.
type lane struct {
	Conversation inbox.ConversationID `json:"conversation"`
	Doing        string               `json:"doing"`
	Since        time.Time            `json:"since"`
	Begun        time.Time            `json:"begun"`
}

type sender struct {
	Channel   string          `json:"channel"`
	Address   channel.Address `json:"address"`
	PerSecond float64         `json:"segments_per_second"`
	Talk      float64         `json:"replies_wait_seconds"`
	Bulk      float64         `json:"bulk_waits_seconds"`
}

type setTask struct {
	ID           store.TaskID         `json:"id"`
	Conversation inbox.ConversationID `json:"conversation"`
	Kind         store.TaskKind       `json:"kind"`
	Attempts     int                  `json:"attempts"`
	Error        string               `json:"error"`
}

func healthOf(h inbox.Health) health {
	out := health{
		Live: h.Live, Ready: h.Ready, Reasons: append([]string{}, h.Reasons...), Waiting: h.Waiting, Turns: h.Turns, Lag: h.Lag.Seconds(),
		Channels: make([]channelHealth, len(h.Channels)),
	}
	for i, c := range h.Channels {
		out.Channels[i] = channelHealth{Name: c.Name, Listening: c.Listening, Through: c.Through, Problem: c.Problem}
	}
	return out
}

// largestLanes is how many conversations the page shows.
const largestLanes = 100

// operator tells how the program is. In a real host this is for operators
// only; the demonstration shows it to everybody with a seat.
func (a *api) operator(_ http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	if _, err := agent.Now(r.Context()); err != nil { // has the user a seat?
		return nil, err
	}
	tasks, err := a.engine.Admin(a.account).SetAside(r.Context())
	if err != nil {
		return nil, err
	}
	out := operations{Health: healthOf(a.engine.Health(r.Context())), Lanes: []lane{}, Senders: []sender{}, SetAside: []setTask{}}
	for _, t := range a.engine.Turns() {
		out.Lanes = append(out.Lanes, lane(t))
	}
	out.Lanes = slices.Clip(out.Lanes[:min(len(out.Lanes), largestLanes)])
	for _, s := range a.engine.Senders() {
		out.Senders = append(out.Senders, sender{Channel: s.Channel, Address: s.Address, PerSecond: s.PerSecond, Talk: s.TalkWaits.Seconds(), Bulk: s.BulkWaits.Seconds()})
	}
	for _, t := range tasks {
		out.SetAside = append(out.SetAside, setTask{ID: t.ID, Conversation: t.Conversation, Kind: t.Kind, Attempts: t.Attempts, Error: t.Error})
	}
	return out, nil
}

// requeue lets work be tried again that was set aside.
func (a *api) requeue(w http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	var in struct {
		Conversation inbox.ConversationID `json:"conversation"`
		Task         store.TaskID         `json:"task"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return nil, err
	}
	if _, err := agent.Now(r.Context()); err != nil { // has the user a seat?
		return nil, err
	}
	return nil, a.engine.Admin(a.account).Requeue(r.Context(), in.Conversation, in.Task)
}

// healthz says whether the program should go on, readyz whether requests
// should come to it. Anybody may ask, so that the reasons, which may quote a
// provider, are in the log and on the operators' page.
func (p *program) healthz(w http.ResponseWriter, r *http.Request) {
	h := p.engine.Health(r.Context())
	p.probe(w, h, h.Live, "live")
}

func (p *program) readyz(w http.ResponseWriter, r *http.Request) {
	h := p.engine.Health(r.Context())
	p.probe(w, h, h.Ready, "ready")
}

func (p *program) probe(w http.ResponseWriter, h inbox.Health, good bool, what string) {
	if good {
		writeJSON(w, http.StatusOK, map[string]string{"status": what})
		return
	}
	p.log.Error("a probe failed", "probe", what, "reasons", h.Reasons)
	writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "not " + what})
}
