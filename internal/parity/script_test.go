package parity

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// tour is the script that is written by hand: everything that the library does,
// chapter by chapter.
func tour(w *world) {
	for _, chapter := range []func(*world){
		(*world).found, intake, talk, teamwork, bedtime, refusals, doubt, callbacks, consent, strays, administration, customersChange, words,
		retries, poison, oldEvents, crash, erasing, keeping, everybodyLooks,
	} {
		chapter(w)
	}
}

var (
	ann, ben, cid, dot = customers[0], customers[1], customers[2], customers[3]
)

// intake is what comes in: texts, repetitions, media, WhatsApp, and what is no
// message.
func intake(w *world) {
	w.writes(ann, support, "Do you have a table for two?")
	w.writes(ann, support, "For tonight \U0001F37D, please.\x00")
	w.writes(ben, support, "What is the price?")
	w.writes(ben, sales, "I would like to talk to Carol")
	w.writes(cid, supportWhatsApp, "When do you open?")
	w.writes(cid, support, "this meets a broken router")
	w.writes(cid, support, "this meets a broken responder")
	w.writes(dot, desk, "a question to the other company")

	w.carrier.DisturbNext(simulated.Disturbance{Copies: 2})
	w.writes(dot, support, "thrice")
	w.carrier.DisturbNext(simulated.Disturbance{Delay: time.Minute}, simulated.Disturbance{})
	w.writes(dot, support, "late")
	w.writes(dot, support, "early")
	w.passes(2 * time.Minute)

	w.customer(cid, supportWhatsApp, channel.Inbound{
		Text: "A photo", Media: []channel.Media{{URL: "https://example.com/photo", ContentType: "image/jpeg", Name: "photo.jpg"}},
		Location: &channel.Location{Latitude: -33.5, Longitude: 151.25, Label: "Opera"}, Button: &channel.Button{Text: "Yes", Payload: "y"},
		ReplyTo: &channel.ReplyTo{ProviderID: "nothing", Sender: supportWhatsApp}, Referral: &channel.Referral{Headline: "h", SourceID: "1"},
		ProfileName: "Cid Été", UserID: "US.1", Forwarded: true, Region: "US", Problems: []string{"a part"}, Raw: map[string]string{"a": "\u0000b", "Ä": ""},
	})
	w.customer(cid, supportWhatsApp, channel.Inbound{Media: []channel.Media{{URL: "https://example.com/2", ContentType: "image/png"}}})
	w.settle()
	// The same person, by what the medium knows them by.
	w.receives("from a user id alone", carrierName, channel.Inbound{ProviderID: "by-id", From: "whatsapp:US.1", To: supportWhatsApp, Text: "it is me", UserID: "US.1"})
	w.receives("again", carrierName, channel.Inbound{ProviderID: "by-id", From: "whatsapp:US.1", To: supportWhatsApp, Text: "it is me", UserID: "US.1"})
	w.receives("on the plain channel", plainName, channel.Inbound{ProviderID: "by-id", From: ann, To: plainly, Text: "the same id on another channel"})
	w.receives("without an id", plainName, channel.Inbound{From: ann, To: plainly})
	w.receives("without a sender", plainName, channel.Inbound{ProviderID: "x", To: plainly})
	w.receives("on no channel", "nowhere", channel.Inbound{ProviderID: "x", From: ann, To: plainly})
	w.receives("long", plainName, channel.Inbound{ProviderID: "long", From: dot, To: plainly, Text: strings.Repeat("äöü ", 5000)})
	w.settle()
	w.streams(alice, 0)
}

// talk is what agents answer.
func talk(w *world) {
	w.replies(alice, 0, "At eight?")
	w.settle()
	w.reply(bob, 0, inbox.Draft{Text: "Or at nine?", RequestKey: "once"})
	w.reply(bob, 0, inbox.Draft{Text: "Or at ten?", RequestKey: "once"})
	w.reply(bob, 1, inbox.Draft{Text: "Or at ten?", RequestKey: "once"})
	w.notes(bob, 0, "a regular", "a note's key")
	w.notes(bob, 0, "a regular", "a note's key")
	w.notes(bob, 0, " ", "")
	w.settle()
	w.reply(alice, 0, inbox.Draft{Media: []channel.Media{{URL: "https://example.com/menu", ContentType: "application/pdf"}}})
	w.reply(alice, 3, inbox.Draft{Template: &channel.Template{ID: "welcome", Variables: map[string]string{"1": "Cid"}}})
	w.reply(alice, 0, inbox.Draft{Text: "nothing seen", Seen: 1})
	w.replies(alice, 0, "")
	w.replies(alice, 0, strings.Repeat("x", 1601))
	w.reply(alice, 0, inbox.Draft{Text: "x", Template: &channel.Template{ID: "x"}})
	w.replies(dave, 0, "without a seat")
	w.replies(carol, 0, "not hers")
	w.replies(other, 0, "of the other company")
	w.replies(wrong, 0, "nobody")
	w.settle()
	w.carrier.Phone(ann).Read()
	w.settle()
	for seq := range int64(4) {
		w.reads(bob, 0, seq)
	}
	w.reads(bob, 0, 999)
	w.reads(bob, 0, -1)
	w.looks(alice)
	w.looks(carol)
	w.looks(dave)
	w.looks(other)
}

// teamwork is who answers.
func teamwork(w *world) {
	w.change(alice, "claim", 0)
	w.change(bob, "claim", 0)
	w.replies(bob, 0, "too late")
	w.change(bob, "release", 0)
	w.looks(bob)
	w.streams(bob, 3)
	w.writes(ann, support, "to alice alone")
	w.change(alice, "release", 0)
	w.change(alice, "release", 0)
	w.change(bob, "claim", 0)
	w.admin("end the claim", store.DefaultAccount, func(ctx context.Context, a admin) error { return a.Release(ctx, w.conv(0)) })
	w.admin("end the claim", "other", func(ctx context.Context, a admin) error { return a.Release(ctx, w.conv(0)) })
	w.assigns(bob, 0, []store.UserID{"carol"}, nil)
	w.replies(carol, 0, "Carol here.")
	w.assigns(carol, 0, []store.UserID{"bob", "bob"}, []store.TeamID{"support", "sales"})
	w.assigns(alice, 0, []store.UserID{"nobody"}, nil)
	w.assigns(alice, 0, nil, nil)
	w.change(carol, "claim", 2) // where a claim hides nothing
	w.looks(bob)
	w.settle()
	w.streams(carol, 0)
}

// bedtime is snoozing, closing and opening again.
func bedtime(w *world) {
	w.snoozes(alice, 0, time.Hour)
	w.snoozes(alice, 0, 2*time.Hour)
	w.snoozes(alice, 1, 30*time.Minute)
	w.snoozes(alice, 1, -time.Minute)
	w.snoozes(alice, 1, 400*24*time.Hour)
	w.passes(time.Hour)
	w.writes(ann, support, "still there?")
	w.passes(2 * time.Hour)
	w.change(alice, "close", 0)
	w.change(alice, "close", 0)
	w.looks(alice)
	w.writes(ann, support, "one more thing")
	w.change(alice, "close", 0)
	w.change(bob, "reopen", 0)
	w.change(bob, "reopen", 0)
	w.snoozes(bob, 0, time.Hour)
	w.change(bob, "close", 0)
	w.replies(bob, 0, "opens it again")
	w.passes(3 * time.Hour)
	for n, d := range []time.Duration{3 * time.Minute, time.Minute, 2 * time.Minute} { // what was due first is done first
		w.snoozes(bob, n, d)
	}
	w.jumps(time.Hour)
	w.settle()
	w.customer(ann, support, channel.Inbound{Text: "two at one moment"}) // the list has them by number then
	w.carrier.DisturbNext(simulated.Disturbance{Delay: time.Second}, simulated.Disturbance{Delay: time.Second - time.Millisecond})
	w.customer(ben, support, channel.Inbound{Text: "one"})
	w.customer(cid, support, channel.Inbound{Text: "other"})
	w.jumps(time.Minute)
	w.settle()
	for limit := range 3 {
		w.lists(bob, inbox.ListQuery{Limit: limit + 1})
	}
}

// refusals is what the provider does not take.
func refusals(w *world) {
	for i, f := range []simulated.Fault{
		{Kind: simulated.Refused}, {Kind: simulated.Refused, RetryAfter: 3 * time.Minute, Code: "20429", Reason: "slow down"},
		{Kind: simulated.Rejected, Code: "30007", Reason: "filtered"}, {Kind: simulated.Undelivered, Code: "30003", Reason: "unreachable"},
		{Reports: simulated.Disturbance{Swapped: true, Copies: 1}}, {Reports: simulated.Disturbance{Lost: true}}, {Reports: simulated.Disturbance{Delay: time.Hour}},
	} {
		w.carrier.FailNext(f)
		w.replies(alice, 0, fmt.Sprintf("refusal %d", i))
		w.settle()
		w.replies(alice, 0, fmt.Sprintf("behind refusal %d", i))
		w.passes(10 * time.Minute)
	}
	for range 4 {
		w.carrier.FailNext(simulated.Fault{Kind: simulated.Refused})
	}
	w.replies(alice, 1, "refused for ever")
	w.passes(2 * time.Hour)
	for i := range 4 { // more than the number may send
		w.reply(carol, 2, marketing(fmt.Sprintf("bulk %d", i)))
	}
	w.replies(carol, 2, "the talk goes before")
	w.passes(time.Minute)
	w.pages(carol, 2, 4)
}

// doubt is what may or may not have been sent.
func doubt(w *world) {
	for i, f := range []simulated.Fault{{Kind: simulated.Lost}, {Kind: simulated.AnswerLost}, {Kind: simulated.AnswerLost, Reports: simulated.Disturbance{Lost: true}}} {
		w.carrier.FailNext(f)
		w.replies(alice, 0, fmt.Sprintf("doubt %d", i))
		w.settle()
		w.resends(alice, len(w.messages)-1)
		w.passes(2 * time.Hour)
	}
	uncertain := &channel.SendError{Outcome: channel.Uncertain, Reason: "no answer"}
	plainConv := 6
	for _, text := range []string{"the code is 1234", "an offer", "held"} {
		w.plain.next = []error{uncertain}
		w.replies(alice, plainConv, text)
		w.passes(10 * time.Minute)
	}
	w.marksSent(bob, len(w.messages)-1)
	w.marksSent(bob, len(w.messages)-1)
	w.plain.next = []error{uncertain, nil}
	w.replies(alice, plainConv, "held and sent again")
	w.passes(time.Minute)
	w.resends(other, len(w.messages)-1)
	w.resends(bob, len(w.messages)-1)
	w.passes(10 * time.Minute)
	w.resends(bob, len(w.messages)-1)
	w.resends(bob, 0)
	w.pages(alice, plainConv, 5)
}

// callbacks are status updates in any order.
func callbacks(w *world) {
	w.replies(alice, 0, "before it is sent")
	id := w.message(len(w.messages) - 1).String()
	w.reports(carrierName, channel.StatusUpdate{MessageID: id, ProviderID: "early", State: channel.DeliverySent})
	w.settle()
	for _, s := range []channel.DeliveryState{
		channel.DeliveryDelivered, channel.DeliverySent, channel.DeliveryFailed, channel.DeliveryRead, channel.DeliveryRead, channel.DeliveryAccepted, channel.DeliveryUnknown,
	} {
		w.reports(carrierName, channel.StatusUpdate{ProviderID: "early", State: s, Code: "c", Reason: "r"})
	}
	w.reports(carrierName, channel.StatusUpdate{ProviderID: "unheard of", State: channel.DeliveryRead})
	w.reports(carrierName, channel.StatusUpdate{MessageID: "not a number", State: channel.DeliveryRead})
	w.reports(plainName, channel.StatusUpdate{MessageID: id, State: channel.DeliveryFailed})
	w.reports(carrierName, channel.StatusUpdate{})
	w.reports("nowhere", channel.StatusUpdate{MessageID: id})
	w.settle()
}

// consent is STOP, START and HELP.
func consent(w *world) {
	for _, text := range []string{"HELP", "STOP", "stop", "Stop it please", "hello?", "START", "START", "Arrêt", "UNSTOP"} {
		w.writes(ben, support, text)
		w.replies(alice, 1, "after "+text)
		w.settle()
	}
	w.replies(alice, 1, "queued before the STOP")
	w.customer(ben, support, channel.Inbound{Text: "STOP"})
	w.deliver()
	w.settle()
	w.reply(alice, 1, marketing("an offer"))
	w.writes(ben, support, "START")
	w.writes(cid, supportWhatsApp, "STOP")
	w.replies(alice, 3, "to WhatsApp")
	w.writes(cid, supportWhatsApp, "START")
	w.carrier.FailNext(simulated.Fault{Kind: simulated.Rejected, Consent: channel.ConsentStopped})
	w.replies(alice, 0, "the provider says that she has opted out")
	w.settle()
	w.replies(alice, 0, "so this is not sent")
	w.writes(ann, support, "START")
	w.receives("a keyword that the provider has handled", carrierName, channel.Inbound{
		ProviderID: "handled", From: dot, To: support, Text: "STOP", Keyword: channel.KeywordStop, ProviderReplied: true, SentAt: w.clock.now().Add(-time.Hour),
	})
	w.settle()
	w.looks(alice)
}

// strays belong to no inbox.
func strays(w *world) {
	w.writes(ann, stranded, "is anybody there?")
	w.writes(ann, stranded, "STOP")
	w.writes(ben, stranded, "hello")
	w.writes(cid, stranded, "hello")
	w.looks(alice)
	w.stray(alice, "support")
	w.stray(bob, "sales")
	w.stray(carol, "sales")
	w.stray(alice, "")
	w.stray(other, "desk")
	w.settle()
	w.writes(ann, stranded, "once more")
	w.looks(bob)
}

// administration changes who is there and what belongs to whom.
func administration(w *world) {
	w.change(alice, "claim", 0)
	w.admin("take alice's seat", store.DefaultAccount, func(ctx context.Context, a admin) error {
		return a.SaveUser(ctx, store.User{ID: "alice", Name: "Alice"})
	})
	w.looks(alice)
	w.admin("give it back", store.DefaultAccount, func(ctx context.Context, a admin) error {
		return a.SaveUser(ctx, store.User{ID: "alice", Name: "Alice", Licensed: true})
	})
	w.admin("a stale version", store.DefaultAccount, func(ctx context.Context, a admin) error {
		return a.SaveUser(ctx, store.User{ID: "bob", Name: "Bob", Licensed: true, Version: 99})
	})
	w.admin("the right version", store.DefaultAccount, func(ctx context.Context, a admin) error {
		return a.SaveUser(ctx, store.User{ID: "bob", Name: "Bobby", Licensed: true, Version: 1})
	})
	w.admin("no name", store.DefaultAccount, func(ctx context.Context, a admin) error { return a.SaveUser(ctx, store.User{}) })
	w.admin("no member", store.DefaultAccount, func(ctx context.Context, a admin) error {
		return a.SaveTeam(ctx, store.Team{ID: "support", Name: "Support", Members: []store.UserID{"nobody"}})
	})
	w.admin("another's number", "other", func(ctx context.Context, a admin) error {
		return a.SaveInbox(ctx, store.Inbox{ID: "desk", Name: "Desk", Team: "support", Endpoints: []store.Endpoint{{Channel: carrierName, Address: support}}})
	})
	w.admin("rename", store.DefaultAccount, func(ctx context.Context, a admin) error { return a.Rename(ctx, "Acme") })
	w.admin("rename", store.DefaultAccount, func(ctx context.Context, a admin) error { return a.Rename(ctx, "Acme") })
	w.replies(carol, 2, "queued before the number goes")
	w.admin("give the number of sales away", store.DefaultAccount, func(ctx context.Context, a admin) error {
		return a.SaveInbox(ctx, store.Inbox{ID: "sales", Name: "Sales", Team: "sales"})
	})
	w.settle()
	w.writes(ben, sales, "to nobody's number")
	w.admin("take it", "other", func(ctx context.Context, a admin) error {
		return a.SaveInbox(ctx, store.Inbox{ID: "desk", Name: "Desk", Team: "support", Endpoints: []store.Endpoint{{Channel: carrierName, Address: desk}, {Channel: carrierName, Address: sales}}})
	})
	w.writes(ben, sales, "to the other company's number")
	w.replies(carol, 2, "from a number that is another's")
	w.looks(other)
	w.inspects(store.DefaultAccount)
	w.inspects("other")
	w.inspects("nowhere")
}

// customersChange is what is known about customers.
func customersChange(w *world) {
	w.editsContact("name and attributes", 0, func(c *store.Contact) {
		c.Name, c.Language, c.TimeZone, c.Region = "Ann", "en-GB", "Europe/London", "GB"
		c.Attributes = map[string]string{"plan": "gold", "": "\x00"}
	})
	w.editsContact("one more number", 0, func(c *store.Contact) { c.Addresses = append(c.Addresses, "+12025550199", "rcs:+12025550198") })
	w.editsContact("a number of somebody else", 0, func(c *store.Contact) { c.Addresses = append(c.Addresses, ben) })
	w.editsContact("a stale version", 0, func(c *store.Contact) { c.Version-- })
	w.writes("+12025550199", support, "from my other number")
	w.writes("+12025550199", support, "STOP")
	w.replies(alice, 0, "to a customer who has opted out by another number")
	w.writes(ann, support, "START")
	w.editsContact("no number", 0, func(c *store.Contact) { c.Addresses = nil })
	w.writes(ann, support, "who am I?")
	w.looks(alice)
}

// erasing is what is left of customers who were erased, and how they are met when
// they write again.
func erasing(w *world) {
	w.customer(ann, "+12025550199", channel.Inbound{Text: "is this a number of yours?"})
	w.replies(alice, 0, "this one waits")
	w.erases(ann)
	w.erases(ann)
	w.settle()
	w.replies(alice, 0, "to nobody")
	w.searches(alice, inbox.SearchQuery{Text: "table"})
	w.writes(ann, support, "me again")
	w.writes(ann, support, "STOP")
	w.erases(ann)
	w.writes(ann, support, "and again")
	w.erases(channel.Address("whatsapp:") + cid)
	w.writes(cid, supportWhatsApp, "hello")
	w.erases("+12025550188") // nobody's
	w.evidence(ann)
	w.looks(alice)
}

// keeping is what is left when words are kept no longer than they have to be.
func keeping(w *world) {
	w.retains(1, false)
	w.writes(ann, support, "this one is in a conversation that goes on")
	w.jumps(48 * time.Hour)
	w.settle()
	w.retains(1, false)
	for n := range 4 {
		w.change(alice, "close", n)
		w.stray(alice, "")
	}
	w.jumps(12 * 365 * 24 * time.Hour)
	w.settle()
	w.retains(30, true)
	w.retains(30, true)
	w.writes(dot, support, "hello after years")
	w.evidence(ann)
	w.evidence(dot)
	w.searches(alice, inbox.SearchQuery{Text: "invoice"})
	w.looks(alice)
}

// words are searches.
func words(w *world) {
	w.writes(dot, support, "Grüße aus Köln! Rechnung Nr. 2026-17 von café@example.com, +1 (202) 555-0101")
	w.writes(dot, support, "東京タワーに行きたい")
	w.notes(alice, 4, "Invoice paid; the customer's straße is long", "")
	for _, text := range []string{
		"table", "tab", "ta", "a", "GRUSSE", "grüße", "koln", `"table for two"`, `"for table"`, "rechnung 2026", "2025550101", "0101", "cafe@example.com", "東京", "タワー",
		"invoice", "strasse", "", "!!!", `"`, "table -two", "x OR y", "'; DROP TABLE", "bulk", "the", "\x00", strings.Repeat("word ", 40),
	} {
		w.searches(alice, inbox.SearchQuery{Text: text})
	}
	w.searches(alice, inbox.SearchQuery{Text: "the", Limit: 2})
	w.searches(alice, inbox.SearchQuery{Text: "after", Conversation: w.conv(1), Limit: 3})
	w.searches(alice, inbox.SearchQuery{Text: "after", Inbox: "sales"})
	w.searches(alice, inbox.SearchQuery{Text: "after", Inbox: "nowhere"})
	w.searches(alice, inbox.SearchQuery{Text: "the", Since: start.Add(4 * time.Hour), Until: start.Add(12 * time.Hour)})
	w.writes(dot, support, "exactly at this moment")
	moment := w.clock.now() // is within what begins then, and not within what ends then
	w.searches(alice, inbox.SearchQuery{Text: "exactly", Since: moment})
	w.searches(alice, inbox.SearchQuery{Text: "exactly", Until: moment})
	w.searches(alice, inbox.SearchQuery{Text: "exactly", Since: moment, Until: moment.Add(time.Microsecond)})
	for _, who := range []person{bob, carol, dave, other} {
		w.searches(who, inbox.SearchQuery{Text: "price"})
		w.searches(who, inbox.SearchQuery{Text: "question", Conversation: w.conv(5)})
	}
}

// retries are commits that fail, or of which nobody knows whether they happened.
func retries(w *world) {
	for f := none; f < faultCount; f++ {
		w.fails(f)
		w.reply(alice, 0, inbox.Draft{Text: fmt.Sprintf("with fault %d", f), RequestKey: w.key()})
		w.fails(f)
		w.change(alice, "claim", 0)
		w.fails(f)
		w.change(alice, "release", 0)
		w.fails(f)
		w.snoozes(alice, 0, time.Hour)
		w.fails(f)
		w.receives(fmt.Sprintf("with fault %d", f), carrierName, channel.Inbound{ProviderID: fmt.Sprintf("fault-%d", f), From: ann, To: support, Text: "x"})
		w.fails(f)
		w.admin("save a team", store.DefaultAccount, func(ctx context.Context, a admin) error {
			return a.SaveTeam(ctx, store.Team{ID: "sales", Name: fmt.Sprintf("Sales %d", f), Members: []store.UserID{"carol"}})
		})
		w.fails(f)
		w.work()
		w.fails(none)
		w.passes(time.Minute)
	}
}

// poison is work that fails, and what came in while nobody listened.
func poison(w *world) {
	w.poisons(0)
	w.passes(time.Hour)
	w.inspects(store.DefaultAccount)
	w.requeues(store.DefaultAccount)
	w.requeues("other")
	w.passes(time.Hour)
	w.admin("requeue nothing", store.DefaultAccount, func(ctx context.Context, a admin) error { return a.Requeue(ctx, w.conv(0), 999_999_999) })

	w.carrier.DisturbNext(simulated.Disturbance{Lost: true}, simulated.Disturbance{Lost: true}, simulated.Disturbance{Lost: true})
	w.writes(ann, support, "lost on the way")
	w.writes(ben, support, "STOP")
	w.writes(cid, stranded, "lost and to nobody")
	for range 2 {
		w.step("backfill", func(ctx context.Context) (any, error) { return w.in.Backfill(ctx, carrierName, start) })
	}
	w.step("backfill of what can't", func(ctx context.Context) (any, error) { return w.in.Backfill(ctx, plainName, start) })
	w.settle()
}

// oldEvents are deleted.
func oldEvents(w *world) {
	n := len(w.cursors)
	w.forgets("other", n/2)
	w.forgets(store.DefaultAccount, n/2)
	w.streams(alice, 1)
	w.streams(alice, n-3)
	w.streams(other, n-3)
	w.step("a cursor ahead of all", func(ctx context.Context) (any, error) {
		_, _, err := w.in.Agent(alice.account, alice.user).EventsAfter(ctx, w.cursors[n-1]+1_000_000)
		return nil, err
	})
	w.forgets("other", 0)
	w.writes(dot, desk, "after all events were deleted")
	w.streams(other, len(w.cursors))
}

// crash is an engine that dies between its mark and the provider's answer.
func crash(w *world) {
	w.writes(ben, support, "START")
	w.replies(alice, 1, "sent by one that dies")
	w.dies()
	w.replies(bob, 1, "behind it")
	for range 5 { // the lease of the one that died ends to the moment
		w.jumps(leaseTTL / 5)
		w.work()
	}
	w.passes(2 * time.Hour)
	w.replies(alice, 6, "a code sent by one that dies")
	w.dies()
	w.passes(2 * time.Hour)
}

func everybodyLooks(w *world) {
	for _, who := range []person{alice, bob, carol, other} {
		w.looks(who)
		w.streams(who, len(w.cursors)/2)
	}
	w.inspects(store.DefaultAccount)
	w.step("health", func(ctx context.Context) (any, error) { return w.in.Health(ctx).Ready, nil })
}
