package parity

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/internal/sources"
	"github.com/teaminbox/teaminbox/store"
)

// The channels of the engine. The carrier's is simulated; nobody can be asked
// about what the plain one has sent.
const (
	carrierName = "simulated"
	plainName   = "plain"
)

// accounts are the two companies that share the store.
var accounts = []store.AccountID{store.DefaultAccount, "other"}

// world is an engine on one store, with all that a script needs, and the
// history so far.
type world struct {
	t       *testing.T
	clock   *clock
	store   store.Porter
	faults  *faults
	carrier *simulated.Carrier
	plain   *plain
	in      *inbox.Inbox
	engines int
	givenUp time.Time // when the last lease of an engine that has died runs out

	names     *renamer
	history   history
	seen      map[store.AccountID]store.Cursor
	sent      int
	directory int64

	// What there is, in the order in which it came.
	convs    []store.ConversationID
	messages []store.MessageID
	cursors  []store.Cursor
	keys     int // request keys so far
}

// play runs a script on one store and returns its history.
func play(t *testing.T, open func(*testing.T, *clock) store.Porter, script func(*world)) history {
	c := newClock()
	db := open(t, c)
	carrier, err := simulated.New(simulated.Config{Name: carrierName, Now: c.now, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, clock: c, store: db, faults: &faults{Porter: db}, carrier: carrier, plain: &plain{},
		names: newRenamer(), seen: make(map[store.AccountID]store.Cursor),
	}
	w.begin()
	script(w)
	w.end()
	return w.history
}

// limits let one number send no more than a segment in two seconds, so that
// what is sent in bulk has to wait.
func limits(from, _ channel.Address) channel.Limits {
	l := channel.Limits{BodyRunes: 1600, MediaCount: 2}
	if from == sales {
		l.SegmentsPerSecond = 0.5
	}
	return l
}

// begin starts an engine, as a process would that follows one that died.
func (w *world) begin() {
	w.engines++
	name := fmt.Sprintf("engine %d", w.engines)
	in, err := inbox.NewWithSources(inbox.Config{
		Store:        w.faults,
		Channels:     []channel.Channel{w.carrier, w.plain},
		Router:       router{},
		Responder:    answers{},
		Logger:       slog.New(slog.DiscardHandler),
		TaskAttempts: 3,
		SendAttempts: 4,
		LeaseTTL:     leaseTTL,
		Unconfirmed:  unconfirmed,

		PseudonymSecrets: [][]byte{bytes.Repeat([]byte("s"), 32)},
	}, sources.Sources{Now: w.clock.now, Jitter: func() float64 { return 0.5 }, Name: func() string { return name }})
	if err != nil {
		w.t.Fatal(err)
	}
	w.in = in
	w.faults.dead, w.faults.dying = false, false
}

const leaseTTL = 15 * time.Second

// step does one thing and writes down what came of it.
func (w *world) step(name string, do func(ctx context.Context) (any, error)) {
	w.t.Helper()
	answer, err := do(w.t.Context())
	e := entry{Step: name, Answer: w.names.value(answer), Err: w.names.text(class(err))}
	for _, account := range accounts {
		e.Events = append(e.Events, w.news(account)...)
	}
	sent := w.carrier.Sent()
	for _, a := range sent[w.sent:] {
		e.Sent = append(e.Sent, w.names.value(a).(simulated.Attempt))
	}
	w.sent = len(sent)
	w.view(func(tx store.Tx) error {
		version, err := tx.DirectoryVersion()
		if err != nil {
			return err
		}
		e.Directory, w.directory = version != w.directory, version
		e.Due, _, err = tx.NextDue()
		return err
	})
	w.history = append(w.history, e)
}

// news returns the events of an account that came since it was last asked.
func (w *world) news(account store.AccountID) []store.Event {
	w.t.Helper()
	const page = 7 // so that pages are met
	var all []store.Event
	w.view(func(tx store.Tx) error {
		for {
			events, err := tx.Events(store.EventQuery{Account: account, After: w.seen[account], Limit: page})
			if err != nil {
				return err
			}
			for _, e := range events {
				w.note(e)
				all = append(all, w.names.value(e).(store.Event))
				w.seen[account] = e.Cursor
			}
			if len(events) < page {
				return nil
			}
		}
	})
	return all
}

// note remembers what an event is about, for the steps to come.
func (w *world) note(e store.Event) {
	w.cursors = append(w.cursors, e.Cursor)
	switch e.Type {
	case store.ConversationOpened:
		w.convs = append(w.convs, e.Conversation)
	case store.MessageReceived, store.MessageQueued, store.NoteAdded:
		w.messages = append(w.messages, e.Message)
	default:
	}
}

// view reads past the engine.
func (w *world) view(fn func(store.Tx) error) {
	w.t.Helper()
	if err := w.store.View(w.t.Context(), fn); err != nil {
		w.t.Fatalf("the store can't be read: %v", err)
	}
}

// end writes down everything that the store holds.
func (w *world) end() {
	w.t.Helper()
	for _, id := range w.convs {
		w.step("the lease at the end", func(ctx context.Context) (any, error) {
			var leases []store.Lease
			err := w.store.View(ctx, func(tx store.Tx) (err error) {
				leases, err = tx.Leases(id)
				return err
			})
			return leases, err
		})
	}
	all, counts, err := w.everything()
	if err != nil {
		w.t.Fatalf("the store can't be exported: %v", err)
	}
	w.step("how much there is at the end", func(context.Context) (any, error) { return counts, nil })
	records := reflect.ValueOf(all)
	for i := range records.NumField() {
		kind := records.Type().Field(i).Tag.Get("kind")
		w.step("the "+kind+" at the end", func(context.Context) (any, error) { return records.Field(i).Interface(), nil })
	}
}

// everything returns all that the store holds in one batch, in an order that
// all stores have.
func (w *world) everything() (all store.Batch, counts store.Counts, err error) {
	err = w.store.Export(w.t.Context(), func(s store.Source) error {
		to := reflect.ValueOf(&all).Elem()
		for b, err := range s.Batches() {
			if err != nil {
				return err
			}
			from := reflect.ValueOf(b)
			for i := range to.NumField() {
				to.Field(i).Set(reflect.AppendSlice(to.Field(i), from.Field(i)))
			}
		}
		counts, err = s.Counts()
		return err
	})
	// Some stores keep these by whom they are about, and then by number.
	slices.SortFunc(all.Consent, func(a, b compliance.Entry) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(all.Events, func(a, b store.Event) int { return cmp.Compare(a.Cursor, b.Cursor) })
	return all, counts, err
}

// errDead is what an engine gets from its store after it has died.
var errDead = errors.New("parity: the engine has died")

// faults is the store as the engine reaches it.
type faults struct {
	store.Porter
	dead  bool   // the engine has died; nothing that it does has an effect
	dying bool   // it dies when a message is marked as being sent
	gone  func() // called when a dead engine asks for something
	next  fault
}

// fault is what becomes of the next Update.
type fault int

const (
	none         fault = iota
	rolledBack         // it fails, and nothing is kept
	unknownKept        // nobody knows whether it was committed; it was
	unknownLost        // nobody knows whether it was committed; it was not
	againAtFirst       // its function is run, undone, and run once more
	faultCount
)

func (f *faults) View(ctx context.Context, fn func(store.Tx) error) error {
	if f.dead {
		return errDead
	}
	return f.Porter.View(ctx, fn)
}

func (f *faults) Update(ctx context.Context, fn func(store.Tx) error) error {
	if f.dead {
		f.gone() // or it would try again, in real time
		return errDead
	}
	next := f.next
	f.next = none
	switch next {
	case rolledBack, unknownLost, againAtFirst:
		if err := f.undone(ctx, fn); err != nil {
			return err
		}
	default:
	}
	switch next {
	case rolledBack:
		return errors.New("parity: it was rolled back")
	case unknownLost:
		return store.ErrUnknown
	case unknownKept:
		return errors.Join(f.Porter.Update(ctx, fn), store.ErrUnknown)
	default:
		return f.Porter.Update(ctx, func(tx store.Tx) error { return fn(f.watched(tx)) })
	}
}

// watched is the transaction of an engine that is about to die.
func (f *faults) watched(tx store.Tx) store.Tx {
	if !f.dying {
		return tx
	}
	return &watched{Tx: tx, f: f}
}

type watched struct {
	store.Tx
	f *faults
}

// PutMessages ends the engine once the mark is there: it does not learn of it.
func (w *watched) PutMessages(ms ...store.Message) error {
	for _, m := range ms {
		w.f.dead = w.f.dead || m.State == store.StateAttempting
	}
	return w.Tx.PutMessages(ms...)
}

var errUndone = errors.New("parity: undone")

// undone runs a transaction of which nothing is kept.
func (f *faults) undone(ctx context.Context, fn func(store.Tx) error) error {
	err := f.Porter.Update(ctx, func(tx store.Tx) error { return errors.Join(fn(tx), errUndone) })
	if errors.Is(err, errUndone) {
		return nil
	}
	return err
}
