package inbox_test

import (
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

// office is a company with many customers, whose number may send only so many
// segments a second.
type office struct {
	*inboxtest.Harness
	t     *testing.T
	convs []inbox.ConversationID
	begin time.Time
}

func newOffice(t *testing.T, customers int, perSecond float64) *office {
	t.Helper()
	return newOfficeWith(t, customers, perSecond, sellsFreely{})
}

// sellsFreely is a policy for which what sells needs no more than what is about an
// order.
type sellsFreely struct{ compliance.Standard }

func (p sellsFreely) Decide(s compliance.State, m compliance.Outgoing, at time.Time) compliance.Decision {
	if m.Purpose == compliance.Marketing {
		m.Purpose = compliance.Transactional
	}
	return p.Standard.Decide(s, m, at)
}

func newOfficeWith(t *testing.T, customers int, perSecond float64, policy compliance.OptOutPolicy) *office {
	t.Helper()
	h := inboxtest.New(t, inboxtest.Config{
		Inbox: inbox.Config{Responder: responder.Silence(), OptOut: policy},
		Carrier: simulated.Config{Limits: func(from, _ channel.Address) channel.Limits {
			if from != inboxtest.SupportNumber {
				return channel.Limits{}
			}
			return channel.Limits{SegmentsPerSecond: perSecond}
		}},
	})
	o := &office{Harness: h, t: t}
	for i := range customers {
		phone := h.Phone(channel.Address(fmt.Sprintf("+1415555%04d", 100+i)))
		phone.Send("hello")
		o.convs = append(o.convs, phone.Conversation())
	}
	o.begin = h.Now()
	return o
}

func (o *office) write(customer int, purpose compliance.Purpose, text string) inbox.Message {
	o.t.Helper()
	m, err := o.Agent("alice").Reply(o.t.Context(), o.convs[customer], inbox.Draft{Text: text, Purpose: purpose})
	if err != nil {
		o.t.Fatal(err)
	}
	return m
}

// sent returns the texts that were sent, with the second in which they were.
func (o *office) sent() []string {
	var all []string
	for _, a := range o.Carrier.Sent() {
		all = append(all, fmt.Sprintf("%d: %s", a.At.Sub(o.begin)/time.Second, a.Message.Text))
	}
	return all
}

func TestSenderKeepsToItsRate(t *testing.T) {
	o := newOffice(t, 40, 2)
	for i := range o.convs {
		o.write(i, compliance.Transactional, fmt.Sprint(i))
	}
	o.Advance(time.Minute)
	var want []string
	for i := range o.convs {
		want = append(want, fmt.Sprintf("%d: %d", max(0, i-19)/2, i)) // 20 at once, then 2 a second
	}
	if diff := cmp.Diff(want, o.sent()); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestReplyOvertakesABroadcast(t *testing.T) {
	o := newOffice(t, 40, 1)
	for i := range o.convs {
		o.write(i, compliance.Marketing, "sale")
	}
	o.Advance(3500 * time.Millisecond)
	before := len(o.sent())
	o.write(39, compliance.Conversational, "your table is ready") // behind its own "sale", too
	o.Phone("+14155550138").Send("STOP")                          // has not had its "sale"
	o.Advance(2 * time.Second)
	got := o.sent()[before:]
	if len(got) != 2 || !strings.Contains(got[0], "opted out") && !strings.Contains(got[0], "ready") || strings.Contains(got[1], "sale") {
		t.Errorf("sent %q, want the reply and the confirmation before the broadcast", got)
	}
	o.Advance(time.Hour)
	sale := 0
	for _, text := range o.sent() {
		if strings.HasSuffix(text, "sale") {
			sale++
		}
	}
	if sale != 39 {
		t.Errorf("%d customers got the broadcast, want all but the one who opted out", sale)
	}
}

func TestConversationWithManyMessagesTakesOneTurnAtATime(t *testing.T) {
	o := newOffice(t, 3, 1)
	for i := range 20 {
		o.write(0, "", fmt.Sprint("a", i))
	}
	o.Settle()
	o.write(1, "", "b")
	o.write(2, "", "c")
	o.Advance(time.Hour)
	got := o.sent()
	at := func(text string) int {
		return slices.IndexFunc(got, func(s string) bool { return strings.HasSuffix(s, ": "+text) })
	}
	if at("b") != 11 || at("c") != 12 { // ten at once, and the one that had its place before
		t.Errorf("b is message %d and c message %d of %q", at("b"), at("c"), got)
	}
	var order []string
	for _, s := range got {
		if _, text, _ := strings.Cut(s, ": "); strings.HasPrefix(text, "a") {
			order = append(order, text)
		}
	}
	for i, text := range order {
		if text != fmt.Sprint("a", i) {
			t.Fatalf("the messages of a conversation went out as %q", order)
		}
	}
}

func TestOrderIsKeptHoweverLongTheWait(t *testing.T) {
	o := newOffice(t, 100, 0.1) // more than a quarter of an hour
	for i := range o.convs {
		o.write(i, compliance.Transactional, "first")
		o.write(i, compliance.Transactional, "second")
	}
	o.Advance(2 * time.Hour)
	last := make(map[channel.Address]string)
	for _, a := range o.Carrier.Sent() {
		if a.Message.Text == "second" && last[a.Message.To] != "first" {
			t.Errorf("%s got the second message before the first", a.Message.To)
		}
		last[a.Message.To] = a.Message.Text
	}
	if n := len(o.sent()); n != 200 {
		t.Errorf("%d messages were sent, want 200", n)
	}
}

func TestLongTextsCountTheirSegments(t *testing.T) {
	o := newOffice(t, 12, 1)
	for i := range o.convs {
		o.write(i, "", strings.Repeat("é", 200)) // two segments
	}
	o.Settle()
	if n := len(o.sent()); n != 5 {
		t.Errorf("%d messages at once, want 5", n)
	}
	o.Advance(14 * time.Second)
	if n := len(o.sent()); n != 12 {
		t.Errorf("%d messages in 14 seconds, want 12", n)
	}
}

func TestTextLongerThanABurstIsSentAllTheSame(t *testing.T) {
	o := newOffice(t, 1, 0.1) // a burst is one segment
	o.write(0, "", strings.Repeat("x", 1000))
	o.Advance(time.Minute)
	if n := len(o.sent()); n != 1 {
		t.Errorf("%d messages were sent, want 1", n)
	}
}

func TestSendersWaitForThemselvesAlone(t *testing.T) {
	o := newOffice(t, 30, 1)
	for i := range o.convs {
		o.write(i, "", "hi")
	}
	other := o.Phone("whatsapp:+14155550199")
	other.Send("hello")
	if _, err := o.Agent("alice").Reply(t.Context(), other.Conversation(), inbox.Draft{Text: "from the other number"}); err != nil {
		t.Fatal(err)
	}
	o.RequireSent("whatsapp:+14155550199", "from the other number")
	if n := len(o.sent()); n != 11 {
		t.Errorf("%d messages were sent, want 11", n)
	}
}

func TestWithdrawnMessageGivesUpItsPlace(t *testing.T) {
	o := newOffice(t, 40, 1)
	for i := range o.convs {
		o.write(i, compliance.Transactional, "news")
	}
	for i := 10; i < 30; i++ { // all of these have a place
		o.Phone(channel.Address(fmt.Sprintf("+1415555%04d", 100+i))).Send("STOP")
	}
	o.Advance(10 * time.Minute)
	news := 0
	for _, s := range o.sent() {
		if strings.HasSuffix(s, "news") {
			news++
		}
	}
	if news != 20 {
		t.Errorf("%d customers got the news, want 20", news)
	}
	for i := range o.convs { // nobody waits behind a place that nobody takes
		o.write(39-i%10, "", fmt.Sprint("later ", i))
	}
	o.Advance(35 * time.Second)
	later := 0
	for _, s := range o.sent() {
		if strings.Contains(s, "later") {
			later++
		}
	}
	if later != 40 {
		t.Errorf("%d of 40 messages were sent in 35 seconds", later)
	}
	for _, v := range []store.State{store.StateQueued, store.StateAttempting} {
		for _, c := range o.convs {
			for _, m := range messagesOf(t, o.Harness, c) {
				if m.State == v {
					t.Errorf("message %q is left %s", m.Text, v)
				}
			}
		}
	}
}

// TestBulkThatWaitsLetsRepliesKeepTheirOrder has a reply that waits for another
// try between a bulk message that waits for its turn and another reply.
func TestBulkThatWaitsLetsRepliesKeepTheirOrder(t *testing.T) {
	o := newOffice(t, 20, 0.1)
	for i := range o.convs {
		o.write(i, compliance.Transactional, "news")
	}
	o.Settle() // the last has its place
	o.Carrier.FailNext(simulated.Fault{Kind: simulated.Refused, RetryAfter: 2 * time.Minute})
	o.write(19, "", "first")
	o.Advance(30 * time.Second)
	o.write(19, "", "second")
	o.Advance(time.Hour)
	var got []string
	for _, m := range o.Phone("+14155550119").Messages() {
		if m.Received {
			got = append(got, m.Text)
		}
	}
	if diff := cmp.Diff([]string{"first", "second", "news"}, got); diff != "" {
		t.Errorf("the customer got (-want +got):\n%s", diff)
	}
}
