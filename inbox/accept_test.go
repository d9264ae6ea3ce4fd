package inbox_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/internal/sources"
	"github.com/teaminbox/teaminbox/store"
)

const (
	alicesCustomer channel.Address = "+14155550123"
	otherCustomer  channel.Address = "+14155550124"
	onWhatsApp     channel.Address = "whatsapp:+14155550123"
)

// withFirstReply is the default company, whose support inbox answers a
// customer's first message.
func withFirstReply(text string) []store.Inbox {
	boxes := inboxtest.DefaultInboxes()
	boxes[0].Settings.FirstReply = text
	return boxes
}

// messagesOf returns a conversation as alice reads it, the oldest first.
func messagesOf(t *testing.T, h *inboxtest.Harness, id inbox.ConversationID) []inbox.Message {
	t.Helper()
	h.Settle()
	var all []inbox.Message
	err := h.Store.View(t.Context(), func(tx store.Tx) error {
		newest, err := tx.ListMessages(store.MessageQuery{Conversation: id, Limit: 1000})
		for _, m := range newest {
			all = append([]inbox.Message{m}, all...)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// texts returns what was said, each with who said it.
func texts(messages []inbox.Message) []string {
	var all []string
	for _, m := range messages {
		all = append(all, string(m.Author.Kind)+": "+m.Text)
	}
	return all
}

func TestFirstMessageAlertsTheTeamAndIsAnswered(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{Inboxes: withFirstReply("We answer soon.")})
	customer := h.Phone(alicesCustomer)

	customer.Send("Where is my order?")
	h.RequireAlerted("alice", "bob") // dave is on the team, but has no seat; carol is on another
	h.RequireSent(alicesCustomer, "We answer soon.")

	customer.Send("Hello?")
	h.RequireAlerted("alice", "bob")
	h.RequireNothingSent(alicesCustomer) // only the first message is answered

	got := texts(messagesOf(t, h, customer.Conversation()))
	want := []string{"customer: Where is my order?", "responder: We answer soon.", "customer: Hello?"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("conversation (-want +got):\n%s", diff)
	}
}

func TestTwoMessagesAreOneConversationAndTwoMediaAreTwo(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	sms, whatsApp := h.Phone(alicesCustomer), h.Phone(onWhatsApp)
	sms.Send("by SMS")
	first := sms.Conversation()
	sms.Send("again")
	whatsApp.Send("by WhatsApp")
	if again := sms.Conversation(); again != first {
		t.Errorf("the second message is in conversation %v, the first in %v", again, first)
	}
	if other := whatsApp.Conversation(); other == first {
		t.Error("SMS and WhatsApp share a conversation; they must not, their consent and windows differ")
	}
	sales := sms.To(inboxtest.SalesNumber)
	sales.Send("I want to buy")
	if other := sales.Conversation(); other == first {
		t.Error("two inboxes share a conversation")
	}
}

func TestInboundOnceHoweverOftenItIsDelivered(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{Inboxes: withFirstReply("We answer soon.")})
	h.Carrier.DisturbNext(simulated.Disturbance{Copies: 3})
	customer := h.Phone(alicesCustomer)
	customer.Send("only once")
	events := len(h.Events())

	m := channel.Inbound{ProviderID: h.Carrier.Messages()[0].ProviderID, From: alicesCustomer, To: inboxtest.SupportNumber, Text: "only once"}
	a, err := h.Inbox.Receive(t.Context(), "simulated", m)
	if err != nil {
		t.Fatal(err)
	}
	if !a.Duplicate || a.Conversation != customer.Conversation() {
		t.Errorf("receiving it again: %+v, want a duplicate of the same conversation", a)
	}
	if n := len(h.Events()); n != events {
		t.Errorf("the replay made %d events, want none", n-events)
	}
	if got := messagesOf(t, h, customer.Conversation()); len(got) != 2 {
		t.Errorf("the conversation is %q, want one message and its answer", texts(got))
	}
}

func TestEverythingThatCameWithAMessageIsKept(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	m := channel.Inbound{
		ProviderID: "WA1", From: "whatsapp:US.1234567", To: inboxtest.SupportWhatsApp, Text: "look \xff",
		Media:       []channel.Media{{URL: "https://media.example/1", ContentType: "image/jpeg"}},
		Location:    &channel.Location{Latitude: 37.8, Longitude: -122.4, Label: "Office"},
		Button:      &channel.Button{Text: "Yes", Payload: "yes"},
		ReplyTo:     &channel.ReplyTo{ProviderID: "WA0"},
		Referral:    &channel.Referral{Headline: "Summer"},
		ProfileName: "Erin", Region: "US", Forwarded: true,
		SentAt:   h.Now().Add(-1e9),
		Problems: []string{"MediaContentType1 without MediaUrl1"},
		Raw:      map[string]string{"ApiVersion": "2010-04-01"},
	}
	a, err := h.Inbox.Receive(t.Context(), "simulated", m)
	if err != nil {
		t.Fatal(err)
	}
	got := messagesOf(t, h, a.Conversation)[0]
	want := &store.Extras{
		Media: m.Media, Location: m.Location, Button: m.Button, ReplyTo: m.ReplyTo, Referral: m.Referral, Forwarded: true,
		SentAt: m.SentAt, Problems: m.Problems, Raw: m.Raw,
	}
	if diff := cmp.Diff(want, got.Extras); diff != "" {
		t.Errorf("extras (-want +got):\n%s", diff)
	}
	if got.Text != "look \uFFFD" {
		t.Errorf("text %q, want what is not UTF-8 replaced", got.Text)
	}
	view, err := h.Agent("alice").Conversation(t.Context(), a.Conversation)
	if err != nil {
		t.Fatal(err)
	}
	if view.Contact.Name != "Erin" || view.Contact.Region != "US" {
		t.Errorf("contact is %+v, want name and region from the message", view.Contact)
	}
	h.RequireAlerted("alice", "bob")
}

func TestReceiveNamesWhatIsMissing(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	whole := channel.Inbound{ProviderID: "1", From: alicesCustomer, To: inboxtest.SupportNumber}
	for field, strip := range map[string]func(*channel.Inbound){
		"ProviderID": func(m *channel.Inbound) { m.ProviderID = "" },
		"From":       func(m *channel.Inbound) { m.From = "" },
		"To":         func(m *channel.Inbound) { m.To = "" },
	} {
		m := whole
		strip(&m)
		_, err := h.Inbox.Receive(t.Context(), "simulated", m)
		if !errors.Is(err, inbox.ErrInvalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("without %s: error %v, want ErrInvalid that names it", field, err)
		}
	}
	if _, err := h.Inbox.Receive(t.Context(), "pigeon", whole); !errors.Is(err, inbox.ErrUnknownChannel) {
		t.Errorf("on a channel that is not there: error %v, want ErrUnknownChannel", err)
	}
	if events := h.Events(); len(events) > 0 {
		t.Errorf("%d events of messages that were refused", len(events))
	}
}

func TestStrayIsKeptShownAndAdopted(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	customer := h.Phone(alicesCustomer).To("+14155550199") // nobody's
	h.Carrier.DisturbNext(simulated.Disturbance{Copies: 1})
	customer.Send("Is anybody there?")

	if _, err := h.Agent("dave").Strays(t.Context(), 0); !errors.Is(err, inbox.ErrUnlicensed) {
		t.Errorf("a user without a seat: error %v, want ErrUnlicensed", err)
	}
	alice := h.Agent("alice")
	strays, err := alice.Strays(t.Context(), 0)
	if err != nil || len(strays) != 1 {
		t.Fatalf("strays: %v, %v; want one, though it was delivered twice", strays, err)
	}
	s := strays[0]
	if s.Inbound.Text != "Is anybody there?" || !strings.Contains(s.Reason, "+14155550199") {
		t.Errorf("stray is %+v, want the text and a reason that names the number", s)
	}
	if _, err := alice.AdoptStray(t.Context(), s.ID, "sales"); !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("into an inbox that is not alice's: error %v, want ErrNotFound", err)
	}
	conv, err := alice.AdoptStray(t.Context(), s.ID, "support")
	if err != nil {
		t.Fatal(err)
	}
	h.RequireAlerted("alice", "bob")
	if _, err := alice.Reply(t.Context(), conv, inbox.Draft{Text: "Yes, here."}); err != nil {
		t.Fatal(err)
	}
	if m := h.RequireSent(alicesCustomer, "Yes, here."); m.Number != "+14155550199" {
		t.Errorf("the answer came from %s, want the number that the customer wrote to", m.Number)
	}
	if strays, err := alice.Strays(t.Context(), 0); err != nil || len(strays) > 0 {
		t.Errorf("afterwards: strays %v, %v; want none", strays, err)
	}
	if err := alice.DismissStray(t.Context(), s.ID); !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("dismissing it once more: error %v, want ErrNotFound", err)
	}
}

func TestDismissedStrayStaysGone(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	h.Phone(alicesCustomer).To("+14155550199").Send("spam")
	alice := h.Agent("alice")
	strays, err := alice.Strays(t.Context(), 0)
	if err != nil || len(strays) != 1 {
		t.Fatalf("strays: %v, %v", strays, err)
	}
	if err := alice.DismissStray(t.Context(), strays[0].ID); err != nil {
		t.Fatal(err)
	}
	a, err := h.Inbox.Receive(t.Context(), "simulated", strays[0].Inbound)
	if err != nil || !a.Duplicate {
		t.Errorf("delivered again: %+v, %v; want a duplicate", a, err)
	}
	if strays, err := alice.Strays(t.Context(), 0); err != nil || len(strays) > 0 {
		t.Errorf("strays %v, %v; want none", strays, err)
	}
}

func TestAcceptFailsWholeWhenTheStoreFails(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m := channel.Inbound{ProviderID: "1", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "hi"}
	if _, err := h.Inbox.Receive(ctx, "simulated", m); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	if a, err := h.Inbox.Receive(t.Context(), "simulated", m); err != nil || a.Duplicate {
		t.Errorf("offered again: %+v, %v; want it taken, since nothing was kept", a, err)
	}
}

// TestNewestMessageIsShownWhateverTheClocks has a message taken in by a process
// whose clock is behind.
func TestNewestMessageIsShownWhateverTheClocks(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	a := w.text(inboxtest.SupportNumber, "one")
	other, err := inbox.NewWithSources(inbox.Config{Store: w.Store, Channels: []channel.Channel{w.Carrier}, Logger: slog.New(slog.DiscardHandler)},
		sources.Sources{Now: func() time.Time { return w.Now().Add(-10 * time.Second) }, Jitter: func() float64 { return 0.5 }, Name: func() string { return "other" }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: "x", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "two"}); err != nil {
		t.Fatal(err)
	}
	v, err := w.Agent("alice").Conversation(t.Context(), a.Conversation)
	if err != nil || v.Preview != "two" {
		t.Errorf("the list shows %q, %v; want the last message", v.Preview, err)
	}
}
