package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/responder"
	"github.com/teaminbox/teaminbox/store"
)

// unclear is a text of which a person could not tell whether it means stop.
const unclear = "not interested"

// chatty answers everything.
var chatty = responder.ResponderFunc(func(_ context.Context, t responder.Turn) (responder.Reply, error) {
	return responder.Reply{Text: "You wrote: " + t.Message.Text}, nil
})

// newHeld is a talk with a responder, in which the customer has written
// something that holds.
func newHeld(t *testing.T, cfg inboxtest.Config) *talk {
	t.Helper()
	cfg.Inbox.Responder = chatty
	k := newTalk(t, cfg)
	k.RequireSent(alicesCustomer, "You wrote: hello")
	k.customer.Send(unclear)
	return k
}

// last is the last message of the conversation.
func (k *talk) last() inbox.Message {
	k.t.Helper()
	all := messagesOf(k.t, k.Harness, k.conv)
	return all[len(all)-1]
}

// told returns the events of a type.
func (k *talk) told(typ store.EventType) (events []inbox.Event) {
	k.t.Helper()
	for _, e := range k.Events() {
		if e.Type == typ {
			events = append(events, e)
		}
	}
	return events
}

// kinds are what the ledger holds about the customer, in order.
func (k *talk) kinds() (kinds []compliance.Kind) {
	k.t.Helper()
	for _, e := range ledgerOf(k.t, k.Harness, alicesCustomer) {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// timers are the deadlines that the conversation has.
func (k *talk) timers() (due []time.Time) {
	k.t.Helper()
	err := k.Store.View(k.t.Context(), func(tx store.Tx) error {
		tasks, err := tx.Tasks(k.conv)
		for _, task := range tasks {
			if task.Kind == store.TaskDecide {
				due = append(due, task.DueAt)
			}
		}
		return err
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return due
}

func TestWhatIsUnclearHolds(t *testing.T) {
	k := newHeld(t, inboxtest.Config{})
	k.RequireAlerted("alice", "bob") // a person reads it
	k.RequireNothingSent(alicesCustomer)
	until := k.Now().Add(24 * time.Hour)

	entries := ledgerOf(t, k.Harness, alicesCustomer)
	if len(entries) != 1 || entries[0].Kind != compliance.Ambiguous || entries[0].Text != unclear || !entries[0].Until.Equal(until) {
		t.Fatalf("the ledger is %+v, want the message, until %v", entries, until)
	}
	message := k.last()
	if v := k.view(); v.OptedOut || v.Held == nil || v.Held.Message != message.ID || !v.Held.Since.Equal(k.Now()) || !v.Held.Until.Equal(until) || !strings.Contains(v.Held.Rule, "not interested") {
		t.Errorf("alice sees %+v, want what holds, why and until when", v.Held)
	}
	if told := k.told(store.ContactHeld); len(told) != 1 || told[0].Message != message.ID || !told[0].Detail.Until.Equal(until) || told[0].Detail.Reason != message.Rule || told[0].Actor.Kind != store.ByCustomer {
		t.Errorf("the team was told %+v", told)
	}
	if due := k.timers(); len(due) != 1 || !due[0].Equal(until) {
		t.Errorf("the mailbox has timers at %v, want %v", due, until)
	}

	k.customer.Send("are you there?")
	waits := k.last()
	if waits.State != store.StateDeferred || !waits.DueAt.Equal(until) || waits.Decision.Verdict != compliance.NeedsHuman || waits.Decision.Entry != entries[0].ID {
		t.Errorf("the responder's answer is %+v with %+v, want it to wait for a person", waits, waits.Decision)
	}
	k.RequireNothingSent(alicesCustomer)
	k.customer.Send("HELP")
	k.RequireSent(alicesCustomer, "Acme Support: A member of our team will read your message. Reply STOP to opt out.")

	var blocked *inbox.BlockedError
	if _, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "20% off", Purpose: compliance.Marketing}); !errors.As(err, &blocked) || blocked.Decision.Verdict != compliance.NeedsHuman {
		t.Errorf("an offer: error %v, want one that says that a person must decide", err)
	}
	k.reply("Do you want us to stop?")
	k.RequireSent(alicesCustomer, "Do you want us to stop?")
	if k.view().Held == nil {
		t.Error("a reply has ended the hold, and nobody has decided")
	}
}

func TestReleasedHoldsGoOn(t *testing.T) {
	k := newHeld(t, inboxtest.Config{})
	message := k.last()
	k.customer.Send("are you there?")
	k.customer.Send("hello?")
	if err := k.Agent("bob").ReleaseHold(t.Context(), k.conv, 0, "she means the blue one"); err != nil {
		t.Fatal(err)
	}
	k.Settle()
	if got := sentTo(k.Harness, alicesCustomer); !slices.Equal(got, []string{"You wrote: hello", "You wrote: are you there?", "You wrote: hello?"}) {
		t.Errorf("sent: %q, want what has waited, in its order", got)
	}
	entries := ledgerOf(t, k.Harness, alicesCustomer)
	if last := entries[len(entries)-1]; len(entries) != 2 || last.Kind != compliance.Released || last.Source != compliance.FromOperator || last.Actor != "bob" || last.Reason != "she means the blue one" || last.Message != message.ID.String() {
		t.Errorf("the ledger is %+v, want who decided what, and why", entries)
	}
	if told := k.told(store.ContactReleased); len(told) != 1 || told[0].Actor != (store.Author{Kind: store.ByUser, User: "bob"}) || told[0].Detail.Reason != "she means the blue one" || told[0].Message != message.ID {
		t.Errorf("the team was told %+v", told)
	}
	if v := k.view(); v.Held != nil || len(k.timers()) != 0 {
		t.Errorf("alice sees %+v, and the mailbox has timers at %v; want none", v.Held, k.timers())
	}
	if err := k.Agent("alice").ReleaseHold(t.Context(), k.conv, 0, "again"); err != nil || len(k.kinds()) != 2 {
		t.Errorf("released again: %v, and the ledger is %v; want no effect", err, k.kinds())
	}
	if err := k.Agent("alice").ConfirmOptOut(t.Context(), k.conv, "late"); !errors.Is(err, inbox.ErrNotHeld) {
		t.Errorf("opted out after the release: %v, want ErrNotHeld", err)
	}
	k.Advance(48 * time.Hour)
	if v := k.view(); v.OptedOut {
		t.Error("the deadline of a hold that was released has opted the customer out")
	}
}

func TestNobodyDecidesInTime(t *testing.T) {
	k := newHeld(t, inboxtest.Config{Inbox: inbox.Config{HoldTerm: 3 * time.Hour}})
	message := k.last()
	k.customer.Send("are you there?")
	waits := k.last()
	k.Restart()
	k.Advance(3*time.Hour - time.Second)
	if v := k.view(); v.OptedOut || v.Held == nil {
		t.Fatalf("a second before the deadline alice sees %+v, opted out %v", v.Held, v.OptedOut)
	}
	k.Advance(time.Second)
	k.RequireNothingSent(alicesCustomer) // nor a confirmation, for which it is too late
	if v := k.view(); !v.OptedOut || v.Held != nil || !v.WaitingSince.IsZero() {
		t.Errorf("after the deadline alice sees %+v, opted out %v, waiting since %v", v.Held, v.OptedOut, v.WaitingSince)
	}
	entries := ledgerOf(t, k.Harness, alicesCustomer)
	if last := entries[len(entries)-1]; len(entries) != 2 || last.Kind != compliance.OptOut || last.Source != compliance.FromDeadline || last.Text != unclear || last.Message != message.ID.String() || !strings.Contains(last.Rule, "nobody decided") {
		t.Errorf("the ledger is %+v, want an opt-out that says that nobody decided", entries)
	}
	if told := k.told(store.ContactOptedOut); len(told) != 1 || told[0].Actor.Kind != store.BySystem || told[0].Message != message.ID {
		t.Errorf("the team was told %+v", told)
	}
	if m := k.message(waits.ID); m.State != store.StateBlocked || !strings.Contains(m.Reason, "opt") {
		t.Errorf("what waited is %s (%s), want blocked", m.State, m.Reason)
	}
	var blocked *inbox.BlockedError
	if err := k.Agent("alice").ReleaseHold(t.Context(), k.conv, 0, ""); !errors.As(err, &blocked) || blocked.Decision.Verdict != compliance.Deny {
		t.Errorf("a release after the deadline: %v, want a *BlockedError", err)
	}
	k.customer.Send("START")
	k.RequireSent(alicesCustomer, "Acme Support: You have opted in to our messages again. Reply HELP for help, STOP to opt out.")
}

// The time is over for everybody at the deadline, even if nobody is there to
// write it down.
func TestDeadlineWithoutAnybodyAtWork(t *testing.T) {
	k := newHeld(t, inboxtest.Config{})
	later := k.Now().Add(24 * time.Hour)
	late := anotherEngineAt(k, k.Store, "another process", func() time.Time { return later })
	agent := late.Agent(inbox.DefaultAccount, "alice")
	if _, err := agent.Reply(t.Context(), k.conv, inbox.Draft{Text: "hi"}); !errors.Is(err, inbox.ErrBlocked) {
		t.Errorf("a reply after the deadline: %v, want ErrBlocked", err)
	}
	if err := agent.ReleaseHold(t.Context(), k.conv, 0, ""); !errors.Is(err, inbox.ErrBlocked) {
		t.Errorf("a release after the deadline: %v, want ErrBlocked", err)
	}
	if err := agent.ConfirmOptOut(t.Context(), k.conv, ""); err != nil {
		t.Errorf("an opt-out after the deadline: %v", err)
	}
}

// Of two engines one writes the opt-out down, once.
func TestDeadlineOfTwoEngines(t *testing.T) {
	k := newHeld(t, inboxtest.Config{})
	deadline := k.Now().Add(24 * time.Hour)
	one := anotherEngineAt(k, k.Store, "one", func() time.Time { return deadline })
	two := anotherEngineAt(k, k.Store, "two", func() time.Time { return deadline })
	done := make(chan error, 2)
	for _, in := range []*inbox.Inbox{one, two} {
		go func() { _, err := in.Step(t.Context()); done <- err }()
	}
	if err := errors.Join(<-done, <-done); err != nil {
		t.Fatal(err)
	}
	if got := k.kinds(); !slices.Equal(got, []compliance.Kind{compliance.Ambiguous, compliance.OptOut}) {
		t.Errorf("the ledger is %v, want one opt-out", got)
	}
}

// An opt-out that came in another way ends a hold, and what has waited for a
// decision is blocked at once.
func TestOptOutsOfOtherWaysEndHolds(t *testing.T) {
	for way, optOut := range map[string]func(*talk) error{
		"recorded": func(k *talk) error {
			_, err := k.Admin().RecordConsent(t.Context(), inbox.ConsentRecord{Actor: "carol", Statement: compliance.Statement{
				Address: alicesCustomer, Kind: compliance.OptOut, OccurredAt: k.Now(), Via: compliance.ViaVoice, Text: "stop it",
			}})
			return err
		},
		"imported": func(k *talk) error {
			file := fmt.Sprintf("address,kind,occurred_at,via,text\n%s,opt_out,%s,voice,stop it\n", alicesCustomer, k.Now().Format(time.RFC3339Nano))
			report, err := k.Admin().ImportConsent(t.Context(), strings.NewReader(file), inbox.ImportConfig{Actor: "carol"})
			if err == nil && report.Added != 1 {
				err = fmt.Errorf("the report is %+v", report)
			}
			return err
		},
	} {
		t.Run(way, func(t *testing.T) {
			k := newHeld(t, inboxtest.Config{})
			k.customer.Send("are you there?")
			waits := k.last()
			if m := k.message(waits.ID); m.State != store.StateDeferred {
				t.Fatalf("the answer is %s, want it to wait", m.State)
			}
			k.Advance(time.Minute)
			if err := optOut(k); err != nil {
				t.Fatal(err)
			}
			k.Settle()
			if m := k.message(waits.ID); m.State != store.StateBlocked {
				t.Errorf("what waited is %s (%s), want blocked at once", m.State, m.Reason)
			}
		})
	}
}

func TestConfirmedHoldsAreOptOuts(t *testing.T) {
	k := newHeld(t, inboxtest.Config{})
	message := k.last()
	k.customer.Send("are you there?")
	waits := k.last()
	for range 2 { // the second has no effect
		if err := k.Agent("bob").ConfirmOptOut(t.Context(), k.conv, "he said so on the phone"); err != nil {
			t.Fatal(err)
		}
	}
	k.Settle()
	k.RequireNothingSent(alicesCustomer)
	if m := k.message(waits.ID); m.State != store.StateBlocked {
		t.Errorf("what waited is %s (%s), want blocked at once", m.State, m.Reason)
	}
	entries := ledgerOf(t, k.Harness, alicesCustomer)
	if last := entries[len(entries)-1]; len(entries) != 2 || last.Kind != compliance.OptOut || last.Source != compliance.FromOperator || last.Actor != "bob" || last.Reason != "he said so on the phone" || last.Text != entries[0].Text || last.Message != message.ID.String() {
		t.Errorf("the ledger is %+v, want who decided what, and why", entries)
	}
	if told := k.told(store.ContactOptedOut); len(told) != 1 || told[0].Actor != (store.Author{Kind: store.ByUser, User: "bob"}) || told[0].Message != message.ID {
		t.Errorf("the team was told %+v", told)
	}
	if v := k.view(); !v.OptedOut || v.Held != nil || len(k.timers()) != 0 {
		t.Errorf("alice sees %+v, opted out %v; timers at %v", v.Held, v.OptedOut, k.timers())
	}
	if err := k.Agent("alice").ReleaseHold(t.Context(), k.conv, 0, ""); !errors.Is(err, inbox.ErrBlocked) {
		t.Errorf("a release after the opt-out: %v, want ErrBlocked", err)
	}
	k.customer.Send(unclear)
	if got := k.kinds(); len(got) != 2 {
		t.Errorf("the ledger is %v; what one writes who has opted out holds nothing", got)
	}
}

func TestTheCustomerEndsAHold(t *testing.T) {
	for word, want := range map[string][]compliance.Kind{
		"STOP":  {compliance.Ambiguous, compliance.OptOut},
		"START": {compliance.Ambiguous, compliance.OptIn},
	} {
		t.Run(word, func(t *testing.T) {
			k := newHeld(t, inboxtest.Config{})
			k.customer.Send("are you there?")
			waits := k.last()
			k.customer.Send(word)
			if got := k.kinds(); !slices.Equal(got, want) {
				t.Fatalf("the ledger is %v, want %v", got, want)
			}
			if v := k.view(); v.Held != nil || v.OptedOut != (word == "STOP") {
				t.Errorf("alice sees %+v, opted out %v", v.Held, v.OptedOut)
			}
			if word == "STOP" {
				k.RequireSent(alicesCustomer, "Acme Support: You have opted out and will get no more messages from us. Reply START to opt in again.")
				if m := k.message(waits.ID); m.State != store.StateBlocked {
					t.Errorf("what waited is %s, want blocked", m.State)
				}
			} else {
				k.RequireSent(alicesCustomer, "You wrote: are you there?")
				if told := k.told(store.ContactReleased); len(told) != 1 || told[0].Actor.Kind != store.ByCustomer {
					t.Errorf("the team was told %+v", told)
				}
			}
			k.Advance(25 * time.Hour) // the timer finds nothing to do
			k.RequireNothingSent(alicesCustomer)
			if got := k.kinds(); !slices.Equal(got, want) || len(k.timers()) != 0 {
				t.Errorf("after the deadline the ledger is %v, with timers at %v", got, k.timers())
			}
		})
	}
}

// A process whose clock is behind takes START in after what holds.
func TestStartByAClockThatIsBehind(t *testing.T) {
	k := newHeld(t, inboxtest.Config{})
	behind := anotherEngineAt(k, k.Store, "behind", func() time.Time { return k.Now().Add(-4 * time.Minute) })
	m := channel.Inbound{ProviderID: "start", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "START"}
	if _, err := behind.Receive(t.Context(), "simulated", m); err != nil {
		t.Fatal(err)
	}
	if v := k.view(); v.Held != nil {
		t.Errorf("alice sees %+v, want the hold ended by START", v.Held)
	}
	m.ProviderID, m.Text = "again", unclear
	if _, err := behind.Receive(t.Context(), "simulated", m); err != nil {
		t.Fatal(err)
	}
	if v := k.view(); v.Held == nil {
		t.Error("what was written after START does not hold")
	}
}

// What held before a STOP and a START does not come back, though the process that
// took these in has a clock that is behind.
func TestStopAndStartByAClockThatIsBehind(t *testing.T) {
	k := newHeld(t, inboxtest.Config{})
	behind := anotherEngineAt(k, k.Store, "behind", func() time.Time { return k.Now().Add(-2 * time.Minute) })
	for _, word := range []string{"STOP", "START"} {
		m := channel.Inbound{ProviderID: word, From: alicesCustomer, To: inboxtest.SupportNumber, Text: word}
		if _, err := behind.Receive(t.Context(), "simulated", m); err != nil {
			t.Fatal(err)
		}
	}
	k.Advance(48 * time.Hour)
	entries := ledgerOf(t, k.Harness, alicesCustomer)
	if s := compliance.Fold(entries); s.OptedOut || s.Held.Stands() || len(entries) != 3 {
		t.Errorf("%+v stands after %+v, want the opt-in", s, entries)
	}
}

// A message that was on its way when the customer wrote waits too: it is decided
// about again when it is its turn.
func TestWhatIsQueuedBeforeAHold(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{Responder: chatty}})
	k.RequireSent(alicesCustomer, "You wrote: hello")
	k.Carrier.FailNext(simulated.Fault{Kind: simulated.Refused, RetryAfter: 4 * time.Minute})
	k.customer.Send("news please")
	waits := k.last()
	if m := k.message(waits.ID); m.State != store.StateRetrying {
		t.Fatalf("the answer is %s, want it to be tried again", m.State)
	}
	k.customer.Send(unclear)
	k.Advance(5 * time.Minute)
	if m := k.message(waits.ID); m.State != store.StateDeferred || m.Attempts != 1 {
		t.Fatalf("the answer is %s after %d attempts, want it to wait for a person", m.State, m.Attempts)
	}
	if err := k.Agent("alice").ReleaseHold(t.Context(), k.conv, 0, ""); err != nil {
		t.Fatal(err)
	}
	k.Settle()
	k.RequireSent(alicesCustomer, "You wrote: news please")
}

// A decision is about what the user had read.
func TestReleaseOfWhatWasRead(t *testing.T) {
	k := newHeld(t, inboxtest.Config{})
	first := k.last()
	k.Advance(time.Hour)
	k.customer.Send("enough")
	second := k.last()
	alice := k.Agent("alice")
	if v := k.view(); v.Held.Message != second.ID || !v.Held.Until.Equal(first.CreatedAt.Add(24*time.Hour)) {
		t.Errorf("alice sees %+v, want the last message, and the deadline of the first", v.Held)
	}
	if err := alice.ReleaseHold(t.Context(), k.conv, first.Seq-1, ""); !errors.Is(err, inbox.ErrConflict) {
		t.Errorf("released with nothing of it read: %v, want ErrConflict", err)
	}
	if err := alice.ReleaseHold(t.Context(), k.conv, -1, ""); !errors.Is(err, inbox.ErrInvalid) {
		t.Errorf("released with a negative number: %v, want ErrInvalid", err)
	}
	if err := alice.ReleaseHold(t.Context(), k.conv, first.Seq, ""); err != nil {
		t.Fatal(err)
	}
	if v := k.view(); v.Held == nil || v.Held.Message != second.ID || !v.Held.Until.Equal(second.CreatedAt.Add(24*time.Hour)) {
		t.Errorf("alice sees %+v, want what she had not read to hold still", v.Held)
	}
	if told := k.told(store.ContactReleased); len(told) != 1 || !told[0].Detail.Until.Equal(second.CreatedAt.Add(24*time.Hour)) {
		t.Errorf("the team was told %+v, want until when the other holds", told)
	}
	k.Advance(23*time.Hour + 59*time.Minute) // past the deadline of the first
	if v := k.view(); v.OptedOut || v.Held == nil {
		t.Fatalf("a minute before the deadline alice sees %+v, opted out %v", v.Held, v.OptedOut)
	}
	k.Advance(time.Minute)
	if v := k.view(); !v.OptedOut {
		t.Error("the deadline of the second was missed")
	}
	if entries := ledgerOf(t, k.Harness, alicesCustomer); entries[len(entries)-1].Message != second.ID.String() {
		t.Errorf("the ledger is %+v, want the second message to be the opt-out", entries)
	}
}

// However often a customer writes such things, there is one timer, and one
// decision is enough.
func TestManyMessagesHold(t *testing.T) {
	k := newHeld(t, inboxtest.Config{})
	deadline := k.Now().Add(24 * time.Hour)
	for range 5 {
		k.Advance(time.Minute)
		k.customer.Send("enough")
	}
	if due := k.timers(); len(due) != 1 || !due[0].Equal(deadline) {
		t.Errorf("the mailbox has timers at %v, want one at %v", due, deadline)
	}
	if err := k.Agent("alice").ReleaseHold(t.Context(), k.conv, 0, ""); err != nil {
		t.Fatal(err)
	}
	if v := k.view(); v.Held != nil || len(k.timers()) != 0 {
		t.Errorf("alice sees %+v, and the mailbox has timers at %v; want none", v.Held, k.timers())
	}
}

// A hold is about the customer, whichever inbox they wrote to; whoever decides
// that it is none has to have the message before them.
func TestHoldInAnotherInbox(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{Responder: chatty}})
	sales := k.customer.To(inboxtest.SalesNumber)
	sales.Send("hello sales")
	k.customer.Send(unclear)
	sales.Send("are you there?")
	carol := k.Agent("carol")
	v, err := carol.Conversation(t.Context(), sales.Conversation())
	if err != nil || v.Held == nil || v.Held.Message != 0 || v.Held.Rule == "" {
		t.Fatalf("carol sees %+v (%v), want a hold by a message that is elsewhere", v.Held, err)
	}
	if err := carol.ReleaseHold(t.Context(), sales.Conversation(), 0, ""); !errors.Is(err, inbox.ErrInvalid) {
		t.Errorf("carol releases what she has not read: %v, want ErrInvalid", err)
	}
	if err := k.Agent("alice").ReleaseHold(t.Context(), k.conv, 0, ""); err != nil {
		t.Fatal(err)
	}
	k.Settle()
	if got := sentTo(k.Harness, alicesCustomer); !slices.Contains(got, "You wrote: are you there?") {
		t.Errorf("sent: %q, want what has waited in the other inbox too", got)
	}
	k.customer.Send(unclear)
	if err := carol.ConfirmOptOut(t.Context(), sales.Conversation(), "he called"); err != nil {
		t.Errorf("carol opts the customer out: %v", err)
	}
	if v := k.view(); !v.OptedOut {
		t.Error("alice does not see that the customer has opted out")
	}
}

func TestWhoMayDecide(t *testing.T) {
	k := newHeld(t, inboxtest.Config{})
	if err := k.Agent("alice").Claim(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	for user, want := range map[inbox.UserID]error{"bob": inbox.ErrAlreadyClaimed, "carol": inbox.ErrNotFound, "dave": inbox.ErrUnlicensed, "eve": inbox.ErrUnlicensed} {
		agent := k.Agent(user)
		for verb, err := range map[string]error{
			"release": agent.ReleaseHold(t.Context(), k.conv, 0, ""),
			"opt out": agent.ConfirmOptOut(t.Context(), k.conv, ""),
		} {
			if !errors.Is(err, want) {
				t.Errorf("%s by %s: %v, want %v", verb, user, err, want)
			}
		}
	}
	if err := k.Agent("alice").ConfirmOptOut(t.Context(), k.conv+1, ""); !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("in a conversation that is not there: %v, want ErrNotFound", err)
	}
	if err := k.Agent("alice").ReleaseHold(t.Context(), k.conv, 0, strings.Repeat("x", 1<<20)); !errors.Is(err, inbox.ErrInvalid) {
		t.Errorf("a reason of a megabyte: %v, want ErrInvalid", err)
	}
	if got := k.kinds(); len(got) != 1 {
		t.Errorf("the ledger is %v, want that nobody has decided", got)
	}
}

// A customer who is known by a number and by an id of the medium's is held under
// both, and one decision ends it.
func TestHoldUnderTwoKeys(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Responder: chatty}})
	customer := h.Phone(onWhatsApp)
	customer.SendMessage(channel.Inbound{Text: unclear, UserID: "US.1234"})
	view := func() inbox.View {
		v, err := h.Agent("alice").Conversation(t.Context(), customer.Conversation())
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := view(); v.Held == nil || v.Held.Message == 0 {
		t.Fatalf("alice sees %+v, want the message", v.Held)
	}
	for _, a := range []channel.Address{onWhatsApp, "whatsapp:US.1234"} {
		if entries := ledgerOf(t, h, a); len(entries) != 1 {
			t.Errorf("the ledger of %s is %+v, want the hold", a, entries)
		}
	}
	if err := h.Agent("alice").ReleaseHold(t.Context(), customer.Conversation(), 0, ""); err != nil {
		t.Fatal(err)
	}
	if v := view(); v.Held != nil {
		t.Errorf("alice sees %+v after her decision", v.Held)
	}
}

func TestHoldTermIsChecked(t *testing.T) {
	for term, bad := range map[time.Duration]bool{-1: true, 0: false, 240 * time.Hour: false, 240*time.Hour + 1: true} {
		_, err := inbox.New(inbox.Config{Store: store.Store(nil), HoldTerm: term})
		if got := err != nil && strings.Contains(err.Error(), "HoldTerm"); got != bad {
			t.Errorf("a term of %v: %v", term, err)
		}
	}
}

// A policy that invents a kind has not understood the message.
func TestAKindThatNoMessageHas(t *testing.T) {
	policy := compliance.Funcs{ClassifyFunc: func(channel.Inbound, compliance.Context) compliance.Classification {
		return compliance.Classification{Kind: compliance.Released, Rule: "invented"}
	}}
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{OptOut: policy}})
	h.Phone(alicesCustomer).Send("hello")
	if entries := ledgerOf(t, h, alicesCustomer); len(entries) != 1 || entries[0].Kind != compliance.Ambiguous {
		t.Errorf("the ledger is %+v, want the message left to a person", entries)
	}
}

func TestDecisionsOfWhichNobodyKnowsAreRepeatedWithoutEffect(t *testing.T) {
	for name, decide := range map[string]func(k *talk) error{
		"release": func(k *talk) error { return k.Agent("alice").ReleaseHold(k.t.Context(), k.conv, 0, "") },
		"opt out": func(k *talk) error { return k.Agent("alice").ConfirmOptOut(k.t.Context(), k.conv, "") },
	} {
		t.Run(name, func(t *testing.T) {
			sure, _ := newUnsure(t)
			sure.customer.Send(unclear)
			if err := decide(sure); err != nil {
				t.Fatal(err)
			}
			k, s := newUnsure(t)
			k.customer.Send(unclear)
			s.next = committedUnknown
			if err := decide(k); err != nil || s.next != nil {
				t.Fatalf("when nobody knows whether it committed: %v", err)
			}
			if diff := cmp.Diff(sure.Events(), k.Events()); diff != "" {
				t.Errorf("events (-sure +unsure):\n%s", diff)
			}
			if got := k.kinds(); len(got) != 2 {
				t.Errorf("the ledger is %v, want one decision", got)
			}
		})
	}
}
