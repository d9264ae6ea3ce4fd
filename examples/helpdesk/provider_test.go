package main

import (
	"context"
	"net/url"
	"slices"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/inbox"
)

// faults of the provider, with how many of a hundred requests meet them.
var providerFaults = []struct {
	name   string
	share  int
	behave twiliotest.Behaviour
}{
	{"500 taken", 4, twiliotest.Break(500)},
	{"500 not taken", 4, twiliotest.Refuse(500, 20500)},
	{"unreadable 201", 3, twiliotest.Break(201)},
	{"reset", 4, twiliotest.Reset()},
	{"hang", 2, twiliotest.Hang()},
	{"refused", 4, twiliotest.Refuse(400, 21211)},
	{"429", 9, twiliotest.RateLimit(0)},
}

// behave draws how a request to send is treated.
func (l *load) behave(url.Values) twiliotest.Behaviour {
	l.begun("send")
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.faults {
		return twiliotest.Accept()
	}
	dice := l.random.IntN(100)
	for _, f := range providerFaults {
		if dice -= f.share; dice < 0 && (l.hangs || f.name != "hang") {
			l.failures[f.name]++
			return f.behave
		}
	}
	return twiliotest.Accept()
}

// calm lets the provider fail no more.
func (l *load) calm() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = false
}

// taken makes the callbacks of a message: early, doubled, in any order, to the
// next host, or never.
func (l *load) taken(call twiliotest.Call) {
	reports := []report{{call.SID, "sent", 0}, {call.SID, "delivered", 0}}
	if l.draw(10) == 0 {
		reports[1] = report{call.SID, "undelivered", 30003}
	}
	dice := l.draw(100)
	switch {
	case dice < 15, l.isQuiet(call): // never
		return
	case dice < 25:
		l.mu.Lock()
		defer l.mu.Unlock()
		l.later = append(l.later, reports...)
		return
	case dice < 40: // before we hear that the message was taken
		l.report(reports[0])
	case dice < 55:
		reports = append(reports, reports...)
	case dice < 70:
		slices.Reverse(reports)
		reports = append(reports, report{call.SID, "queued", 0})
	}
	l.mu.Lock()
	l.calling++
	l.mu.Unlock()
	go func() {
		for _, r := range reports {
			l.report(r)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.calling--
		l.quiet.Broadcast()
	}()
}

// keepQuiet lets Twilio make no callbacks of a message.
func (l *load) keepQuiet(id inbox.MessageID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.untold[id] = true
}

func (l *load) isQuiet(call twiliotest.Call) bool {
	id, err := sentMessage(call.Form)
	l.mu.Lock()
	defer l.mu.Unlock()
	return err == nil && l.untold[id]
}

// quietDown waits until no callback is on its way. Others may begin meanwhile,
// which is why this is no sync.WaitGroup.
func (l *load) quietDown() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.calling > 0 {
		l.quiet.Wait()
	}
}

// report makes a callback to a host, which may not be there.
func (l *load) report(r report) {
	l.begun("callback")
	p := l.host()
	l.mu.Lock()
	ctx, cancel := context.WithTimeout(l.ctx, providerPatience)
	defer cancel()
	told := l.states[r.sid]
	if told == nil {
		told = new(reported)
		l.states[r.sid] = told
	}
	told.offered = append(told.offered, r.status)
	l.mu.Unlock()
	if l.fake.Report(ctx, p.url, r.sid, r.status, r.code) != nil {
		return // Twilio does not try again
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	told.acknowledged = append(told.acknowledged, r.status)
}

// reportLate makes the callbacks that waited for this host.
func (l *load) reportLate(ctx context.Context) {
	l.mu.Lock()
	late := l.later
	l.later = nil
	l.mu.Unlock()
	for _, r := range late {
		if ctx.Err() != nil {
			return
		}
		l.report(r)
	}
}
