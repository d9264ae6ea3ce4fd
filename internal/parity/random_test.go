package parity

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// randomSteps is how many things happen in a script that is made from a seed.
const randomSteps = 250

// random makes the script of a seed.
func random(seed uint64) func(*world) {
	return func(w *world) {
		g := &generator{w: w, r: rand.New(rand.NewPCG(seed, 0x9a417))}
		w.found()
		sum := 0
		for _, d := range deeds {
			sum += d.weight
		}
		for range randomSteps {
			at := g.r.IntN(sum)
			for _, d := range deeds {
				if at -= d.weight; at < 0 {
					d.do(g)
					break
				}
			}
		}
		w.fails(none)
		w.passes(3 * time.Hour)
		for _, who := range []person{alice, bob, carol, other} {
			w.looks(who)
			w.streams(who, 0)
		}
	}
}

// generator draws what happens next. It looks at nothing but what it has drawn
// and what the history says, so that it draws the same for every store.
type generator struct {
	w *world
	r *rand.Rand
}

func pick[T any](g *generator, from ...T) T { return from[g.r.IntN(len(from))] }

func (g *generator) who() person {
	return pick(g, alice, alice, bob, bob, carol, carol, dave, other, other, wrong)
}

// conv is mostly one of the conversations that changed last.
func (g *generator) conv() int {
	n := len(g.w.convs)
	if n == 0 {
		return 0
	}
	return max(g.r.IntN(n), g.r.IntN(n))
}

func (g *generator) text() string {
	return pick(g, "hello", "What is the price?", "Is Carol there?", "STOP", "START", "HELP", "stop", "When do you open?", "thank you", "auto \U0001F600",
		"this meets a broken router", "broken responder", "Grüße aus Köln, +1 202 555 0101", "東京タワー", "yes") + pick(g, "", "", " please", "!")
}

// deeds are what can happen, and how often each does.
var deeds = []struct {
	weight int
	do     func(*generator)
}{
	{20, func(g *generator) {
		g.w.customer(pick(g, customers...), pick(g, support, support, supportWhatsApp, sales, desk, stranded), channel.Inbound{Text: g.text()})
	}},
	{4, func(g *generator) {
		g.w.carrier.DisturbNext(pick(g, simulated.Disturbance{Lost: true}, simulated.Disturbance{Copies: 1}, simulated.Disturbance{Swapped: true}, simulated.Disturbance{Delay: 90 * time.Second}))
	}},
	{4, func(g *generator) {
		id := fmt.Sprintf("direct-%d", g.r.IntN(20))
		g.w.receives(id, plainName, channel.Inbound{ProviderID: id, From: pick(g, customers...), To: plainly, Text: g.text()})
	}},
	{14, func(g *generator) { g.w.deliver() }},
	{14, func(g *generator) { g.w.work() }},
	{8, func(g *generator) { g.w.settle() }},
	{8, func(g *generator) {
		g.w.passes(pick(g, time.Second, 5*time.Second, 20*time.Second, time.Minute, 6*time.Minute, time.Hour))
	}},
	{1, func(g *generator) { g.w.passes(25 * time.Hour) }},
	{3, func(g *generator) { g.w.jumps(pick(g, time.Second, time.Minute, 10*time.Minute)) }},
	{16, func(g *generator) {
		d := inbox.Draft{Text: pick(g, "reply", "a code", "an offer") + fmt.Sprint(" ", g.r.IntN(1000))}
		switch g.r.IntN(5) {
		case 0:
			d.RequestKey = fmt.Sprintf("reply-%d", g.r.IntN(8))
		case 1:
			d = marketing(d.Text)
		case 2:
			d.Seen = 1 + g.r.Int64N(3)
		}
		g.w.reply(g.who(), g.conv(), d)
	}},
	{4, func(g *generator) {
		g.w.notes(g.who(), g.conv(), "note "+g.text(), pick(g, "", fmt.Sprintf("note-%d", g.r.IntN(4))))
	}},
	{12, func(g *generator) {
		g.w.change(g.who(), pick(g, "claim", "claim", "release", "close", "reopen"), g.conv())
	}},
	{4, func(g *generator) {
		g.w.assigns(g.who(), g.conv(), pick(g, nil, []store.UserID{"carol"}, []store.UserID{"bob", "alice"}), pick(g, nil, []store.TeamID{"sales"}))
	}},
	{4, func(g *generator) { g.w.snoozes(g.who(), g.conv(), pick(g, time.Minute, time.Hour, 0)) }},
	{4, func(g *generator) { g.w.reads(g.who(), g.conv(), g.r.Int64N(5)) }},
	{8, func(g *generator) {
		g.w.carrier.FailNext(simulated.Fault{
			Kind: simulated.FaultKind(g.r.IntN(6)), RetryAfter: pick(g, 0, 30*time.Second), Consent: pick(g, 0, 0, 0, 0, 0, channel.ConsentStopped, channel.MarketingStopped, channel.NumberVoid),
			Reports: pick(g, simulated.Disturbance{}, simulated.Disturbance{Lost: true}, simulated.Disturbance{Swapped: true, Copies: 1}, simulated.Disturbance{Delay: time.Minute}),
		})
	}},
	{3, func(g *generator) {
		g.w.plain.next = append(g.w.plain.next, &channel.SendError{Outcome: pick(g, channel.Uncertain, channel.NotSent, channel.Rejected), Code: "p", Consent: pick(g, 0, 0, 0, channel.ConsentStopped, channel.MarketingStopped)})
	}},
	{4, func(g *generator) { g.w.resends(g.who(), g.r.IntN(1+len(g.w.messages))) }},
	{2, func(g *generator) { g.w.marksSent(g.who(), g.r.IntN(1+len(g.w.messages))) }},
	{4, func(g *generator) {
		u := channel.StatusUpdate{State: channel.DeliveryState(g.r.IntN(7)), ProviderID: pick(g, "", "unheard of")}
		if n := len(g.w.messages); n > 0 {
			u.MessageID = g.w.messages[g.r.IntN(n)].String()
		}
		g.w.reports(pick(g, carrierName, plainName), u)
	}},
	{2, func(g *generator) { g.w.carrier.Phone(pick(g, customers...)).Read() }},
	{3, func(g *generator) { g.w.stray(g.who(), pick[store.InboxID](g, "support", "sales", "desk", "")) }},
	{3, func(g *generator) {
		u := pick(g, users()...)
		u.Licensed = g.r.IntN(4) > 0
		g.w.admin("save user "+string(u.ID), store.DefaultAccount, func(ctx context.Context, a admin) error { return a.SaveUser(ctx, u) })
	}},
	{2, func(g *generator) {
		team := store.Team{ID: pick[store.TeamID](g, "support", "sales"), Name: "Team", Members: pick(g, []store.UserID{"alice"}, []store.UserID{"alice", "bob", "carol"}, []store.UserID{"carol", "dave"})}
		g.w.admin("save team "+string(team.ID), store.DefaultAccount, func(ctx context.Context, a admin) error { return a.SaveTeam(ctx, team) })
	}},
	{2, func(g *generator) {
		box := pick(g, inboxes()...)
		if g.r.IntN(3) == 0 {
			box.Endpoints = box.Endpoints[:len(box.Endpoints)-1]
		}
		box.Settings.Claim = pick(g, store.ClaimExclusive, store.ClaimVisible)
		g.w.admin("save inbox "+string(box.ID), store.DefaultAccount, func(ctx context.Context, a admin) error { return a.SaveInbox(ctx, box) })
	}},
	{2, func(g *generator) {
		number := pick(g, "+12025550199", customers[g.r.IntN(len(customers))])
		g.w.editsContact("one more number", g.conv(), func(c *store.Contact) { c.Addresses = append(c.Addresses, number) })
	}},
	{6, func(g *generator) {
		g.w.searches(g.who(), inbox.SearchQuery{Text: pick(g, "hello", "pri", "grusse", "5550101", "京タ", `"is carol"`, "reply 1", "note", "please"), Limit: pick(g, 0, 1, 3)})
	}},
	{3, func(g *generator) {
		g.w.lists(g.who(), inbox.ListQuery{Limit: 1 + g.r.IntN(3), Mine: g.r.IntN(4) == 0})
	}},
	{2, func(g *generator) { g.w.pages(g.who(), g.conv(), 1+g.r.IntN(3)) }},
	{3, func(g *generator) { g.w.streams(g.who(), g.r.IntN(1+len(g.w.cursors))) }},
	{1, func(g *generator) { g.w.forgets(pick(g, accounts...), g.r.IntN(40)) }},
	{1, func(g *generator) { g.w.poisons(g.conv()) }},
	{1, func(g *generator) { g.w.requeues(pick(g, accounts...)) }},
	{1, func(g *generator) { g.w.dies() }},
	{1, func(g *generator) {
		since := g.w.clock.now().Add(-pick(g, time.Minute, time.Hour, 30*time.Hour))
		g.w.step("backfill", func(ctx context.Context) (any, error) { return g.w.in.Backfill(ctx, carrierName, since) })
	}},
	{4, func(g *generator) { g.w.fails(fault(g.r.IntN(int(faultCount)))) }},
}
