package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
)

// trigger fires when so many pieces of work of a kind have begun.
type trigger struct {
	kind string
	left atomic.Int64
	fire func()
}

// The kinds of pieces of work, and how many of each a short run has.
var pieces = []struct {
	kind string
	most int
}{{"webhook", 60}, {"reply", 30}, {"send", 12}, {"callback", 20}}

// moment draws a moment within the work. From when arm is called on, fire is
// called once, just before the piece of work goes on that begins then.
func (l *load) moment(fire func()) (moment string, arm func()) {
	piece := pieces[l.moments.IntN(len(pieces))]
	n := 1 + l.moments.IntN(piece.most)
	return fmt.Sprintf("%s %d", piece.kind, n), func() { l.arm(piece.kind, n, fire) }
}

func (l *load) arm(kind string, n int, fire func()) {
	t := &trigger{kind: kind, fire: fire}
	t.left.Store(int64(n))
	l.trigger.Store(t)
}

// begun counts a piece of work.
func (l *load) begun(kind string) {
	l.count[kind].Add(1)
	if t := l.trigger.Load(); t != nil && t.kind == kind && t.left.Add(-1) == 0 {
		t.fire()
	}
}

// pass waits until so many more pieces of work of a kind have begun.
func (l *load) pass(kind string, n int) {
	l.t.Helper()
	passed := make(chan struct{})
	l.arm(kind, n, func() { close(passed) })
	await(l.t, passed, fmt.Sprintf("%d more pieces of work of the kind %q", n, kind))
}

// await waits for what must come.
func await[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case v := <-c:
		return v
	case <-ctx.Done():
		t.Fatalf("%s: not within %v", what, patience)
		panic("not reached")
	}
}
