package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/teaminbox/teaminbox/inbox"
)

const (
	// heartbeat keeps proxies from closing a stream on which nothing happens.
	heartbeat = 15 * time.Second
	// writeTimeout cuts a reader that does not read; it comes back with its
	// cursor and misses nothing.
	writeTimeout = 10 * time.Second
)

// stream serves events as server-sent events. The id of each is its cursor,
// which a browser sends back in Last-Event-ID when it reconnects.
type stream struct {
	engine  *inbox.Inbox
	account inbox.AccountID
	log     *slog.Logger
	fail    func(http.ResponseWriter, *http.Request, error)
}

// item is one result of the engine's sequence of events.
type item struct {
	event inbox.Event
	err   error
}

func (s *stream) serve(w http.ResponseWriter, r *http.Request, user inbox.UserID) {
	agent := s.engine.Agent(s.account, user)
	now, err := agent.Now(r.Context()) // says whether the user may listen at all
	if err != nil {
		s.fail(w, r, err)
		return
	}
	after, err := cursorOf(r, now)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	out := newEventWriter(w)
	if err := out.comment("connected"); err != nil {
		return
	}
	items := make(chan item)
	go func() {
		defer close(items)
		for e, err := range agent.Events(ctx, after) {
			select {
			case items <- item{e, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case i, more := <-items:
			switch {
			case !more, ctx.Err() != nil:
				return
			case errors.Is(i.err, inbox.ErrReset):
				_ = out.event("reset", "", struct{}{})
				return
			case i.err != nil:
				if !errors.Is(i.err, inbox.ErrUnlicensed) {
					s.log.Error("an event stream ended", "user", string(user), "err", i.err)
				}
				return
			}
			if err := out.event("inbox", i.event.Cursor.String(), eventOf(i.event)); err != nil {
				return
			}
		case <-beat.C:
			if err := out.comment("still here"); err != nil {
				return
			}
		}
	}
}

// untilClosing ends a stream's context when the server shuts down, which
// otherwise would wait for it.
func untilClosing(closing <-chan struct{}, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		go func() {
			select {
			case <-closing:
				cancel()
			case <-ctx.Done():
			}
		}()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// cursorOf returns where a reader wants to go on: after the event that the
// browser got last, else after ?after=, else from this moment.
func cursorOf(r *http.Request, now inbox.Cursor) (inbox.Cursor, error) {
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		text = r.URL.Query().Get("after")
	}
	if text == "" {
		return now, nil
	}
	var c inbox.Cursor
	if err := c.UnmarshalText([]byte(text)); err != nil {
		return 0, badRequest("Last-Event-ID and after must be the cursor of an event")
	}
	return c, nil
}

// eventWriter writes server-sent events, each with a deadline.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func newEventWriter(w http.ResponseWriter) eventWriter {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would hold events back
	return eventWriter{w: w, control: http.NewResponseController(w)}
}

func (e eventWriter) comment(text string) error { return e.write(": " + text + "\n\n") }

func (e eventWriter) event(name, id string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	text := "event: " + name + "\n"
	if id != "" {
		text += "id: " + id + "\n"
	}
	return e.write(text + "data: " + string(body) + "\n\n")
}

func (e eventWriter) write(text string) error {
	if err := e.control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := fmt.Fprint(e.w, text); err != nil {
		return err
	}
	return e.control.Flush()
}
