package simulation

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/teaminbox/teaminbox/store/memory"
	"github.com/teaminbox/teaminbox/store/sqlite"
)

// storeKind is which store a run uses.
type storeKind string

const (
	inMemory storeKind = "memory"
	inSQLite storeKind = "sqlite"
)

// result is what came of a run.
type result struct {
	violations []violation
	story      func() string
	counts     map[string]int
	calls      int
}

// violation is a promise that was broken.
type violation struct {
	check  *check
	detail string
}

func (v violation) String() string {
	return fmt.Sprintf("invariant %s (%s): %s", v.check.name, v.check.says, v.detail)
}

// simulate runs a plan in a bubble of its own.
func simulate(t *testing.T, p plan, kind storeKind) (r result) {
	defer func() {
		if failed := recover(); failed != nil { // nobody in the bubble can go on
			r.violations = append(r.violations, violation{leavesNothing, fmt.Sprint(failed)})
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		before := runtime.NumGoroutine()
		w, err := newWorld(p)
		if err != nil {
			t.Fatalf("the world could not be made: %v", err)
		}
		closeStore := w.open(t, kind)
		if err := w.found(); err != nil {
			t.Fatalf("the companies could not be founded: %v", err)
		}
		w.run()
		rested := w.finish()
		r = w.examine(rested)
		for _, e := range w.all {
			w.kill(e)
		}
		closeStore()
		w.settle()
		if left := leftBehind(before); left != "" {
			r.violations = append(r.violations, violation{leavesNothing, left})
		}
	})
	return r
}

// leftBehind describes the goroutines of the bubble besides the caller's, if
// there are more than there were in the beginning.
func leftBehind(before int) string {
	if runtime.NumGoroutine() <= before { // some may still be about to end
		return ""
	}
	buf := make([]byte, 1<<20)
	var left []string
	for i, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		first, _, _ := strings.Cut(stack, "\n")
		if i > 0 && strings.Contains(first, "synctest bubble") && !strings.Contains(first, "synctest.Run") && !strings.Contains(stack, "testingSynctestTest(0x") {
			left = append(left, stack)
		}
	}
	return strings.Join(left, "\n\n")
}

// open gives the world an empty store and returns what closes it.
func (w *world) open(t *testing.T, kind storeKind) (closeStore func()) {
	if kind == inMemory {
		w.store = memory.New(memory.WithClock(w.now))
		return func() {}
	}
	dir, err := os.MkdirTemp("", "teaminbox-simulation-")
	if err != nil {
		t.Fatalf("no directory for the database: %v", err)
	}
	db, err := sqlite.Open(context.Background(), filepath.Join(dir, "inbox.db"), sqlite.Config{
		Now: w.now, Logger: slog.New(slog.DiscardHandler), MaxReaders: 1,
	})
	if err != nil {
		t.Fatalf("the database could not be opened: %v", err)
	}
	w.store = db
	return func() {
		if err := db.Close(); err != nil {
			t.Errorf("the database could not be closed: %v", err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("the database could not be removed: %v", err)
		}
	}
}

// report describes what a run has broken.
func (r result) report() string {
	var b strings.Builder
	for _, v := range r.violations {
		fmt.Fprintln(&b, v)
	}
	return b.String()
}
