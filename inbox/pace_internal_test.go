package inbox

import (
	"strings"
	"testing"
	"time"

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
