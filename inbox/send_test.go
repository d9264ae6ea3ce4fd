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
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

// talk is a harness in which a customer has written to alice's inbox.
type talk struct {
	*inboxtest.Harness
	t        *testing.T
	customer *inboxtest.Phone
	conv     inbox.ConversationID
}

func newTalk(t *testing.T, cfg inboxtest.Config) *talk {
	t.Helper()
	h := inboxtest.New(t, cfg)
	customer := h.Phone(alicesCustomer)
	customer.Send("hello")
	h.RequireAlerted("alice", "bob")
	return &talk{Harness: h, t: t, customer: customer, conv: customer.Conversation()}
}

// reply answers as alice.
func (k *talk) reply(text string) inbox.Message {
	k.t.Helper()
	m, err := k.Agent("alice").Reply(k.t.Context(), k.conv, inbox.Draft{Text: text})
	if err != nil {
		k.t.Fatal(err)
	}
	return m
}

// message returns a message as it is at this moment.
func (k *talk) message(id inbox.MessageID) inbox.Message {
	k.t.Helper()
	for _, m := range messagesOf(k.t, k.Harness, k.conv) {
		if m.ID == id {
			return m
		}
	}
	k.t.Fatalf("message %v is not there", id)
	return inbox.Message{}
}

// states returns through which states a message went.
func (k *talk) states(id inbox.MessageID) []store.State {
	k.t.Helper()
	var all []store.State
	for _, e := range k.Events() {
		if e.Message == id && (e.Type == store.MessageState || e.Type == store.MessageQueued) {
			all = append(all, e.Detail.State)
		}
	}
	return all
}

func (k *talk) requireStates(id inbox.MessageID, want ...store.State) {
	k.t.Helper()
	if diff := cmp.Diff(want, k.states(id)); diff != "" {
		k.t.Errorf("states (-want +got):\n%s", diff)
	}
	if got := k.message(id).State; got != want[len(want)-1] {
		k.t.Errorf("state is %s, want %s", got, want[len(want)-1])
	}
}

func TestReplyClimbsToRead(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	m := k.reply("hi there")
	if m.State != store.StateQueued || m.Seq != 2 {
		t.Errorf("the reply is %s with number %d, want queued with 2", m.State, m.Seq)
	}
	got := k.RequireSent(alicesCustomer, "hi there")
	if got.Number != inboxtest.SupportNumber || got.MessageID != m.ID.String() {
		t.Errorf("sent from %s with our id %s, want %s and %s", got.Number, got.MessageID, inboxtest.SupportNumber, m.ID)
	}
	k.customer.Read()
	k.requireStates(m.ID, "queued", "attempting", "accepted", "sent", "delivered", "read")
	if p := k.message(m.ID).ProviderID; p != got.ProviderID {
		t.Errorf("the provider's id is %q, want %q", p, got.ProviderID)
	}
}

func TestReportsInAnyOrderLeadToTheSameState(t *testing.T) {
	reports := []channel.DeliveryState{channel.DeliveryAccepted, channel.DeliverySent, channel.DeliveryDelivered, channel.DeliveryRead}
	for _, order := range permutations(reports) {
		k := newTalk(t, inboxtest.Config{Carrier: simulated.Config{Reports: []channel.DeliveryState{}}})
		m := k.reply("hi")
		id := k.RequireSent(alicesCustomer, "hi").ProviderID
		rank := 0
		for _, s := range slices.Concat(order, order) { // each twice
			if err := k.Inbox.Status(t.Context(), "simulated", channel.StatusUpdate{ProviderID: id, State: s}); err != nil {
				t.Fatal(err)
			}
			now := slices.Index([]store.State{"accepted", "sent", "delivered", "read"}, k.message(m.ID).State)
			if now < rank {
				t.Fatalf("order %v: the state fell", order)
			}
			rank = now
		}
		if rank != 3 {
			t.Errorf("order %v: the state ends as %s, want read", order, k.message(m.ID).State)
		}
	}
}

func permutations[T any](all []T) [][]T {
	if len(all) == 0 {
		return [][]T{nil}
	}
	var out [][]T
	for i := range all {
		rest := append(slices.Clone(all[:i]), all[i+1:]...)
		for _, p := range permutations(rest) {
			out = append(out, append([]T{all[i]}, p...))
		}
	}
	return out
}

func TestReportThatBeatsTheAnswer(t *testing.T) {
	// The report comes while Send has not returned, and names our id alone.
	var h *inboxtest.Harness
	report := reportFirst(t, &h, channel.DeliveryDelivered)
	early := newTalk(t, inboxtest.Config{Carrier: simulated.Config{
		Reports: []channel.DeliveryState{},
		Hook: func(ctx context.Context, m channel.Outbound) simulated.Fault {
			report(ctx, m)
			return simulated.Fault{Kind: simulated.AnswerLost}
		},
	}})
	h = early.Harness
	m := early.reply("hi")
	early.requireStates(m.ID, "queued", "attempting", "delivered") // the lost answer changes nothing any more
	early.Advance(time.Hour)
	if n := len(sentTo(early.Harness, alicesCustomer)); n != 1 {
		t.Errorf("sent %d times, want once", n)
	}
}

func TestWhatCertainlyWasNotSentIsTriedAgain(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	k.Carrier.FailNext(
		simulated.Fault{Kind: simulated.Refused},
		simulated.Fault{Kind: simulated.Refused, RetryAfter: 30 * time.Second},
	)
	m := k.reply("hi")
	k.RequireNothingSent(alicesCustomer)
	if got := k.message(m.ID); got.State != store.StateRetrying || got.Attempts != 1 || !got.DueAt.After(k.Now()) {
		t.Errorf("after the first attempt it is %s, %d attempts, due %v", got.State, got.Attempts, got.DueAt)
	}
	k.Advance(2 * time.Second)
	if got := k.message(m.ID); got.Attempts != 2 || got.DueAt.Sub(got.StateAt) < 30*time.Second {
		t.Errorf("after the second attempt: %d attempts, due %v after it; want 2 and at least what the provider asked for", got.Attempts, got.DueAt.Sub(got.StateAt))
	}
	k.Advance(31 * time.Second)
	k.RequireSent(alicesCustomer, "hi")
	k.requireStates(m.ID, "queued", "attempting", "retrying", "attempting", "retrying", "attempting", "accepted", "sent", "delivered")
}

func TestRetriesEnd(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{SendAttempts: 3}, Carrier: simulated.Config{Faults: simulated.Faults{Refused: 1}}})
	m := k.reply("hi")
	k.Advance(time.Hour)
	got := k.message(m.ID)
	if got.State != store.StateRejected || got.Attempts != 3 || !strings.Contains(got.Reason, "3 attempts") {
		t.Errorf("it is %s after %d attempts (%s), want rejected after 3, and the reason says so", got.State, got.Attempts, got.Reason)
	}
}

// unsureChannel is a channel of which nobody ever knows whether it has sent, and
// that can't find out.
func unsureChannel(sent *[]string) channel.Channel {
	return channel.Func("unsure", func(_ context.Context, m channel.Outbound) (channel.Receipt, error) {
		*sent = append(*sent, m.Text)
		return channel.Receipt{}, errors.New("the connection was lost")
	})
}

func TestUncertainIsNeverSentAgain(t *testing.T) {
	var sent []string
	const number channel.Address = "+14155550103"
	boxes := inboxtest.DefaultInboxes()
	boxes[0].Endpoints = append(boxes[0].Endpoints, store.Endpoint{Channel: "unsure", Address: number})
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Channels: []channel.Channel{unsureChannel(&sent)}}, Inboxes: boxes})
	a, err := h.Inbox.Receive(t.Context(), "unsure", channel.Inbound{ProviderID: "1", From: alicesCustomer, To: number, Text: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	k := &talk{Harness: h, t: t, conv: a.Conversation}
	m := k.reply("hi")
	next := k.reply("and this")
	k.Advance(7 * 24 * time.Hour)
	for _, id := range []inbox.MessageID{m.ID, next.ID} { // the second does not wait for the first
		if got := k.message(id); got.State != store.StateUnconfirmed || got.Attempts != 1 || got.Reason == "" {
			t.Errorf("it is %s after %d attempts (%q), want unconfirmed after one, with a reason", got.State, got.Attempts, got.Reason)
		}
	}
	if diff := cmp.Diff([]string{"hi", "and this"}, sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestReportSettlesTheUncertain(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	k.Carrier.FailNext(simulated.Fault{Kind: simulated.AnswerLost})
	m := k.reply("hi")
	k.requireStates(m.ID, "queued", "attempting", "unconfirmed", "sent", "delivered")
}

func TestRejectedIsShownWithItsReason(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	k.Carrier.FailNext(simulated.Fault{Kind: simulated.Rejected, Code: "21614", Reason: "not a mobile number"})
	m := k.reply("hi")
	k.Advance(24 * time.Hour)
	if got := k.message(m.ID); got.State != store.StateRejected || got.Code != "21614" || got.Reason != "not a mobile number" || got.Attempts != 1 {
		t.Errorf("it is %s, code %q, reason %q after %d attempts", got.State, got.Code, got.Reason, got.Attempts)
	}
}

func TestMessagesOfAConversationKeepTheirOrder(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	other := k.Phone(otherCustomer)
	other.Send("hello")
	k.Carrier.FailNext(simulated.Fault{Kind: simulated.Refused, RetryAfter: time.Minute})
	for i := range 5 {
		k.reply(fmt.Sprint(i))
	}
	k.RequireNothingSent(alicesCustomer) // the first waits for its retry and holds back the others
	if _, err := k.Agent("bob").Reply(t.Context(), other.Conversation(), inbox.Draft{Text: "not held up"}); err != nil {
		t.Fatal(err)
	}
	k.RequireSent(otherCustomer, "not held up") // but no other conversation
	k.Advance(2 * time.Minute)
	var got []string
	for _, m := range k.customer.Messages() {
		if m.Received {
			got = append(got, m.Text)
		}
	}
	if diff := cmp.Diff([]string{"0", "1", "2", "3", "4"}, got); diff != "" {
		t.Errorf("the phone received (-want +got):\n%s", diff)
	}
}

func TestRequestKeyMakesARepetitionHarmless(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	alice := k.Agent("alice")
	draft := inbox.Draft{Text: "hi", RequestKey: "key-1"}
	first, err := alice.Reply(t.Context(), k.conv, draft)
	if err != nil {
		t.Fatal(err)
	}
	k.Settle()
	again, err := alice.Reply(t.Context(), k.conv, draft)
	if err != nil || again.ID != first.ID {
		t.Errorf("the second reply is %v, %v; want the first one, %v", again.ID, err, first.ID)
	}
	if got := sentTo(k.Harness, alicesCustomer); len(got) != 1 {
		t.Errorf("sent %q, want one message", got)
	}
	if _, err := k.Agent("bob").Reply(t.Context(), k.conv, draft); !errors.Is(err, inbox.ErrInvalid) {
		t.Errorf("bob with alice's key: error %v, want ErrInvalid", err)
	}
}

func TestDraftsThatCanNotBeSent(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	template := &channel.Template{ID: "HX1"}
	for _, test := range []struct {
		draft inbox.Draft
		field string
	}{
		{inbox.Draft{}, "Draft"},
		{inbox.Draft{Text: "a\xff"}, "Draft.Text"},
		{inbox.Draft{Text: strings.Repeat("é", 1601)}, "Draft.Text"},
		{inbox.Draft{Text: "hi", Template: template}, "Draft.Template"},
		{inbox.Draft{Template: &channel.Template{}}, "Draft.Template.ID"},
		{inbox.Draft{Text: " \n"}, "Draft"},
		{inbox.Draft{Text: "a\x00b"}, "Draft.Text"},
		{inbox.Draft{Media: slices.Repeat([]channel.Media{{URL: "https://media.example.com/1"}}, 11)}, "Draft.Media"},
		{inbox.Draft{Media: []channel.Media{{URL: "file:///etc/passwd"}}}, "Draft.Media[0].URL"},
		{inbox.Draft{Text: "hi", Seen: -1}, "Draft.Seen"},
		{inbox.Draft{Text: "hi", RequestKey: "a\xff"}, "Draft.RequestKey"},
		{inbox.Draft{Text: "hi", Purpose: "compliance"}, "Draft.Purpose"},
		{inbox.Draft{Text: "hi", Purpose: "spam"}, "Draft.Purpose"},
		{inbox.Draft{Text: "hi", RequestKey: strings.Repeat("k", 129)}, "Draft.RequestKey"},
	} {
		_, err := k.Agent("alice").Reply(t.Context(), k.conv, test.draft)
		if !errors.Is(err, inbox.ErrInvalid) || !strings.Contains(err.Error(), test.field+" ") {
			t.Errorf("%+v: error %v, want ErrInvalid that names %s", test.draft, err, test.field)
		}
	}
	if got := messagesOf(t, k.Harness, k.conv); len(got) != 1 {
		t.Errorf("%d messages are there, want none of the refused", len(got)-1)
	}
}

func TestAttemptThatIsInterruptedIsUnconfirmed(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Carrier: simulated.Config{Reports: []channel.DeliveryState{}}})
	k.Carrier.FailNext(simulated.Fault{Slow: true})
	m := k.reply("hi")
	ctx, die := context.WithCancel(t.Context())
	go func() { // the process dies when the carrier has the message, and before it answers
		_, _ = k.Carrier.Phone(alicesCustomer).Wait(ctx, 1)
		die()
	}()
	if _, err := k.Inbox.Step(ctx); err == nil {
		t.Fatal("the step went well, want it interrupted")
	}
	k.Restart()
	if got := k.message(m.ID).State; got != store.StateAttempting {
		t.Fatalf("after the crash it is %s, want attempting", got)
	}
	k.Advance(25 * time.Second)
	if got := k.message(m.ID); got.State != store.StateUnconfirmed {
		t.Errorf("it is %s, want unconfirmed", got.State)
	}
	next := k.reply("next")
	k.requireStates(next.ID, "queued", "attempting", "accepted")
	if diff := cmp.Diff([]string{"hi", "next"}, sentTo(k.Harness, alicesCustomer)); diff != "" {
		t.Errorf("sent, what is uncertain only once (-want +got):\n%s", diff)
	}
}

func TestSendThatHangsOrPanics(t *testing.T) {
	for name, hook := range map[string]simulated.Hook{
		"hangs": func(context.Context, channel.Outbound) simulated.Fault {
			return simulated.Fault{Slow: true, Reports: simulated.Disturbance{Lost: true}}
		},
		"panics": func(context.Context, channel.Outbound) simulated.Fault { panic("carrier") },
	} {
		t.Run(name, func(t *testing.T) {
			k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{SendTimeout: 10 * time.Millisecond}, Carrier: simulated.Config{Hook: hook}})
			m := k.reply("hi")
			k.Settle()
			k.requireStates(m.ID, "queued", "attempting", "unconfirmed")
		})
	}
}

func TestProviderThatGivesTwoMessagesOneID(t *testing.T) {
	ch := channel.Func("careless", func(context.Context, channel.Outbound) (channel.Receipt, error) {
		return channel.Receipt{ProviderID: "the same", State: channel.DeliverySent}, nil
	})
	boxes := inboxtest.DefaultInboxes()
	boxes[0].Endpoints = append(boxes[0].Endpoints, store.Endpoint{Channel: "careless", Address: unsureNumber})
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Channels: []channel.Channel{ch}}, Inboxes: boxes})
	a, err := h.Inbox.Receive(t.Context(), "careless", channel.Inbound{ProviderID: "1", From: alicesCustomer, To: unsureNumber, Text: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	k := &talk{Harness: h, t: t, conv: a.Conversation}
	for _, m := range []inbox.Message{k.reply("first"), k.reply("second")} {
		k.requireStates(m.ID, "queued", "attempting", "sent")
	}
}
