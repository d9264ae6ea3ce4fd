package inbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

func TestRateThatDropsLeavesNobodyWaitingForEver(t *testing.T) {
	p := newPacer()
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	first := store.Message{ID: 1, From: "+14155550100", To: "+14155550123", Text: strings.Repeat("x", 1500)} // 10 segments
	long := first
	long.ID = 2
	p.turn(first, 1, false, now)
	ok, again, _ := p.turn(long, 1, false, now)
	for i := 0; !ok; i++ {
		if i > 100 {
			t.Fatalf("after %v and %d asks the message still waits", again.Sub(now), i)
		}
		ok, again, _ = p.turn(long, 0.5, true, again) // the host has lowered the rate meanwhile
	}
}

func TestClockThatIsSetBackStopsNoSender(t *testing.T) {
	p := newPacer()
	now := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	id := store.MessageID(0)
	m := func() store.Message {
		id++
		return store.Message{ID: id, From: "+14155550100", To: "+14155550123", Text: "x"}
	}
	for range 10 {
		x := m()
		if ok, _, _ := p.turn(x, 1, false, now); ok {
			p.committed(x)
		}
	}
	now = now.Add(-time.Hour)
	x := m()
	ok, at, _ := p.turn(x, 1, false, now)
	begin, n := now, 1
	for ; !ok && n < 5000; n++ {
		now = at
		ok, at, _ = p.turn(x, 1, true, now)
	}
	if now.Sub(begin) > time.Minute {
		t.Errorf("the message waited %v and was looked at %d times", now.Sub(begin), n)
	}
}

func TestBulkNeverOvertakesTheTalkHoweverSlowTheRate(t *testing.T) {
	p := newPacer()
	now := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	type w struct {
		m      store.Message
		at     time.Time
		waited bool
	}
	var q []w
	for i := range 3 {
		q = append(q, w{store.Message{ID: store.MessageID(i + 1), From: "+14155550100", To: "+14155550123", Text: fmt.Sprint("talk", i), Purpose: compliance.Conversational}, now, false})
	}
	n := 0
	for s := range 400 {
		t0 := now.Add(time.Duration(s) * time.Second)
		if s > 0 {
			n++
			q = append([]w{{store.Message{ID: store.MessageID(100 + n), From: "+14155550100", To: "+14155550123", Text: fmt.Sprint("bulk", n), Purpose: compliance.Marketing}, t0, false}}, q...)
		}
		for i := 0; i < len(q); i++ {
			if q[i].at.After(t0) {
				continue
			}
			ok, at, _ := p.turn(q[i].m, 0.02, q[i].waited, t0)
			if ok {
				p.committed(q[i].m)
				q = append(q[:i:i], q[i+1:]...)
				i--
				continue
			}
			q[i].at, q[i].waited = at, true
		}
	}
	for _, x := range q {
		if x.m.Purpose == compliance.Conversational {
			t.Errorf("%s still waits", x.m.Text)
		}
	}
}
