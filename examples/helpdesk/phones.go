package main

import (
	"net/http"
	"strconv"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
)

// phones serves the page on which one plays the customer. It asks for no
// sign-in: whoever has a phone may write.
type phones struct {
	carrier *simulated.Carrier
	engine  *inbox.Inbox
}

func (p *phones) routes(mux *http.ServeMux, closing <-chan struct{}) {
	mux.HandleFunc("GET /phones/config", p.config)
	mux.Handle("GET /phones/events", untilClosing(closing, http.HandlerFunc(p.events)))
	mux.HandleFunc("POST /phones/messages", p.send)
	mux.HandleFunc("POST /phones/read", p.read)
}

// config says which phones there are, and which numbers they can write to.
func (p *phones) config(w http.ResponseWriter, r *http.Request) {
	boxes, err := p.engine.Admin(inbox.DefaultAccount).Inboxes(r.Context())
	if err != nil {
		writeProblem(w, problem{Title: "Internal Server Error", Status: http.StatusInternalServerError, Detail: "the store does not answer"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"phones": demoPhones, "inboxes": directoryOf("", nil, nil, boxes, nil).Inboxes})
}

// shown is a message as a phone shows it.
type shown struct {
	Phone    channel.Address `json:"phone"`
	Number   channel.Address `json:"number"`
	Received bool            `json:"received"`
	Text     string          `json:"text"`
	At       time.Time       `json:"at"`
}

// events streams what all phones show, from the beginning or from where the
// browser lost its connection.
func (p *phones) events(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.Atoi(r.Header.Get("Last-Event-ID")) // from the beginning, if it says nothing of use
	out := newEventWriter(w)
	if out.comment("connected") != nil {
		return
	}
	for m := range p.carrier.Watch(r.Context(), after) {
		s := shown{Phone: m.Phone, Number: m.Number, Received: m.Received, Text: m.Text, At: m.At}
		if out.event("message", strconv.Itoa(m.Seq), s) != nil {
			return
		}
	}
}

func (p *phones) send(w http.ResponseWriter, r *http.Request) {
	var in struct {
		From channel.Address `json:"from"`
		To   channel.Address `json:"to"`
		Text string          `json:"text"`
	}
	err := readJSON(w, r, &in)
	if err == nil {
		if _, err = p.carrier.Phone(in.From).Send(in.To, in.Text); err != nil {
			err = badRequest(err.Error())
		}
	}
	p.answer(w, err)
}

// read tells the carrier that a phone's owner has opened what it received.
func (p *phones) read(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Phone channel.Address `json:"phone"`
	}
	err := readJSON(w, r, &in)
	if err == nil {
		p.carrier.Phone(in.Phone).Read()
	}
	p.answer(w, err)
}

func (p *phones) answer(w http.ResponseWriter, err error) {
	if err != nil {
		status := statusOf(err)
		writeProblem(w, problem{Title: http.StatusText(status), Status: status, Detail: err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, nil)
}
