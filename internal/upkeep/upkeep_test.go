package upkeep

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const soon = 500 * time.Millisecond

// turns records when a worker has its turns, and what they return.
type turns struct {
	start time.Time
	mu    sync.Mutex
	at    []time.Duration
	more  func(n int) (bool, error) // of the nth; nil: nothing is left
}

func (k *turns) turn(context.Context) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.at = append(k.at, time.Since(k.start))
	if k.more == nil {
		return false, nil
	}
	return k.more(len(k.at))
}

// start starts a worker whose first turn is over.
func start(t *testing.T, k *turns) (*Worker, *bytes.Buffer) {
	t.Helper()
	logged := &bytes.Buffer{}
	k.start = time.Now()
	w := Start(t.Context(), slog.New(slog.NewTextHandler(logged, nil)), soon, k.turn)
	t.Cleanup(w.Close)
	synctest.Wait()
	return w, logged
}

func (k *turns) want(t *testing.T, want ...time.Duration) {
	t.Helper()
	synctest.Wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	if !slices.Equal(k.at, want) {
		t.Errorf("turns at %v; want %v", k.at, want)
	}
}

func TestTurnsComeTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &turns{}
		w, _ := start(t, k)
		for range 4 {
			w.Add(10)
			time.Sleep(soon / 5)
		}
		k.want(t, 0)
		time.Sleep(soon / 5)
		k.want(t, 0, soon)
	})
}

func TestEnoughDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &turns{}
		w, _ := start(t, k)
		w.Add(enough - 1)
		k.want(t, 0)
		w.Add(1)
		k.want(t, 0, 0)
		w.Add(1) // counts from the beginning
		k.want(t, 0, 0)
		time.Sleep(soon)
		k.want(t, 0, 0, soon)
	})
}

func TestLooksByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &turns{}
		start(t, k)
		time.Sleep(2 * look)
		k.want(t, 0, look, 2*look)
	})
}

func TestMoreComesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &turns{more: func(n int) (bool, error) { return n < 3, nil }}
		start(t, k)
		k.want(t, 0, 0, 0)
	})
}

func TestFailuresPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &turns{more: func(n int) (bool, error) {
			if n <= 8 || n == 10 {
				return false, errors.New("away")
			}
			return false, nil
		}}
		w, logged := start(t, k)
		w.Add(enough) // does not make it faster
		time.Sleep(4 * time.Minute)
		w.Close()
		want := []time.Duration{0}
		for _, seconds := range []time.Duration{1, 3, 7, 15, 31, 63, 123, 183} {
			want = append(want, seconds*time.Second)
		}
		if !slices.Equal(k.at[:len(want)], want) {
			t.Errorf("turns at %v; want them to begin with %v", k.at, want)
		}
		if n := strings.Count(logged.String(), "level=ERROR"); n != 2 || !strings.Contains(logged.String(), "the index of words is behind") {
			t.Errorf("logged %d errors, one for each time that it began to fail are wanted:\n%s", n, logged)
		}
	})
}

func TestCloseDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		for _, turn := range []func(context.Context) (bool, error){
			func(context.Context) (bool, error) { return false, nil },
			func(context.Context) (bool, error) { return false, errors.New("away") },
			func(context.Context) (bool, error) { return true, nil }, // never has enough
			func(ctx context.Context) (bool, error) { <-ctx.Done(); return false, ctx.Err() },
		} {
			logged := &bytes.Buffer{}
			w := Start(t.Context(), slog.New(slog.NewTextHandler(logged, nil)), soon, turn)
			w.Close()
			w.Close()
			if strings.Contains(logged.String(), context.Canceled.Error()) {
				t.Errorf("that it was closed is logged as a failure: %s", logged)
			}
		}
		if d := time.Since(begun); d != 0 {
			t.Errorf("took %v", d)
		}
	})
}
