package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/teaminbox/teaminbox/inbox"
)

// reader is a page that stays open: it reads a user's events, and when the
// stream is cut goes on after the last event that it got.
type reader struct {
	t    *testing.T
	user string
	host func() (p *process, changed <-chan struct{})

	mu     sync.Mutex
	events []event
	more   chan struct{} // closed when there are more events
	ends   []error       // how the streams ended; nil: cleanly

	stop context.CancelFunc
	done chan struct{}
}

// read starts a reader that ends with the test at the latest.
func read(t *testing.T, user string, host func() (*process, <-chan struct{})) *reader {
	ctx, cancel := context.WithCancel(context.Background())
	r := &reader{t: t, user: user, host: host, more: make(chan struct{}), stop: cancel, done: make(chan struct{})}
	go func() { defer close(r.done); r.run(ctx) }()
	t.Cleanup(r.close)
	return r
}

// close ends the reading and waits until it has ended.
func (r *reader) close() {
	r.stop()
	<-r.done
}

func (r *reader) run(ctx context.Context) {
	for ctx.Err() == nil {
		p, changed := r.host()
		err := r.stream(ctx, p.url)
		if ctx.Err() != nil {
			return
		}
		switch {
		case errors.Is(err, errUnable):
			think(ctx, agentsPace)
			continue
		case !errors.Is(err, errNotThere):
			r.mu.Lock()
			r.ends = append(r.ends, err)
			r.mu.Unlock()
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

var (
	// errNotThere means that there is nobody to get a stream from.
	errNotThere = errors.New("the host is not there")
	// errUnable means that the host has no store to read from at the moment.
	errUnable = errors.New("the host can't")
)

// stream reads one stream to its end and returns nil if that was a clean one.
func (r *reader) stream(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/events?after=0", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer demo-"+r.user)
	if last := r.last(); last != 0 {
		req.Header.Set("Last-Event-ID", last.String())
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotThere, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusInternalServerError {
		return errUnable
	}
	if resp.StatusCode != http.StatusOK {
		r.t.Errorf("%s's event stream: HTTP %d", r.user, resp.StatusCode)
		return errNotThere
	}
	fields := make(map[string]string)
	for lines := bufio.NewReader(resp.Body); ; {
		line, err := lines.ReadString('\n')
		switch {
		case errors.Is(err, io.EOF) && line == "" && len(fields) == 0:
			return nil
		case err != nil:
			return fmt.Errorf("cut off: %w", err)
		}
		if name, value, found := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); found {
			fields[name] = value
			continue
		}
		// An empty line: what came before it is whole.
		if fields["data"] != "" {
			r.take(fields["event"], fields["id"], fields["data"])
		}
		clear(fields)
	}
}

func (r *reader) take(name, id, data string) {
	var e event
	if err := json.Unmarshal([]byte(data), &e); err != nil || name != "inbox" || id != e.Cursor.String() {
		r.t.Errorf("%s was sent the event %q with id %q after %v: %s (%v)", r.user, name, id, r.last(), data, err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.events); n > 0 && e.Cursor <= r.events[n-1].Cursor {
		r.t.Errorf("%s was sent the event %v after %v", r.user, e.Cursor, r.events[n-1].Cursor)
	}
	r.events = append(r.events, e)
	close(r.more)
	r.more = make(chan struct{})
}

func (r *reader) last() inbox.Cursor {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) == 0 {
		return 0
	}
	return r.events[len(r.events)-1].Cursor
}

// until waits until an event matches, which may be there already, and returns
// all events up to it.
func (r *reader) until(what string, match func(event) bool) []event {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	for seen := 0; ; {
		r.mu.Lock()
		events, more := r.events, r.more
		r.mu.Unlock()
		for ; seen < len(events); seen++ {
			if match(events[seen]) {
				return events[:seen+1]
			}
		}
		select {
		case <-more:
		case <-ctx.Done():
			r.t.Fatalf("%s did not come in %s's stream, which has brought %d events", what, r.user, len(events))
		}
	}
}

// cuts returns how many streams have ended, and how many of them not cleanly.
func (r *reader) cuts() (all, unclean int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, err := range r.ends {
		if err != nil {
			unclean++
		}
	}
	return len(r.ends), unclean
}
