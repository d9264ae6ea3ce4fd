package sqlite

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// Notify tells of the commits of others and not of its own Store's.
func TestNotify(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path, Config{NotifyInterval: time.Millisecond})
	other := openAt(t, path, Config{})
	ctx, cancel := context.WithCancel(context.Background())
	woken := make(chan struct{}, 100)
	ended := make(chan error)
	go func() { ended <- s.Notify(ctx, func() { woken <- struct{}{} }) }()

	// Until Notify has begun to look, commits are not news.
	for begun := false; !begun; {
		update(t, other, func(tx store.Tx) error { _, err := tx.NewID(); return err })
		select {
		case <-woken:
			begun = true
		default:
		}
	}
	for range 3 {
		for len(woken) > 0 {
			<-woken
		}
		update(t, other, func(tx store.Tx) error { _, err := tx.NewID(); return err })
		<-woken
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

func TestOwnCommitsAreNoNews(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path, Config{})
	ctx := context.Background()
	before, err := s.dataVersion(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		update(t, s, func(tx store.Tx) error { _, err := tx.NewID(); return err })
	}
	if after, err := s.dataVersion(ctx); err != nil || after != before {
		t.Errorf("the data version went from %d to %d, %v, with commits of its own Store", before, after, err)
	}
	other := openAt(t, path, Config{})
	update(t, other, func(tx store.Tx) error { _, err := tx.NewID(); return err })
	if after, err := s.dataVersion(ctx); err != nil || after == before {
		t.Errorf("the data version is still %d, %v, after another Store's commit", after, err)
	}
}

func TestCloseEndsNotify(t *testing.T) {
	s := openAt(t, newPath(t), Config{})
	ended := make(chan error)
	go func() { ended <- s.Notify(context.Background(), func() {}) }()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}
