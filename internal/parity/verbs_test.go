package parity

import (
	"context"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

type admin = *inbox.Admin

// customer lets a phone write, and waits for nothing.
func (w *world) customer(from, to channel.Address, m channel.Inbound) {
	w.clock.set(w.clock.now().Add(time.Millisecond)) // no two messages of a person are written at one moment
	if to.Medium() != "" {
		from = channel.Address(to.Medium()+":") + from
	}
	m.To = to
	w.step(fmt.Sprintf("%s writes %q to %s", from, m.Text, to), func(context.Context) (any, error) {
		return w.carrier.Phone(from).SendMessage(m)
	})
}

// writes lets a phone write a text, and the engine do what follows.
func (w *world) writes(from, to channel.Address, text string) {
	w.customer(from, to, channel.Inbound{Text: text})
	w.settle()
}

// receives is what a host does that receives in its own way.
func (w *world) receives(what, on string, m channel.Inbound) {
	w.step(what, func(ctx context.Context) (any, error) { return w.in.Receive(ctx, on, m) })
}

// reports is a status callback.
func (w *world) reports(on string, u channel.StatusUpdate) {
	id := ""
	if u.MessageID != "" {
		id = " about " + w.names.text("message "+u.MessageID)
	}
	w.step(fmt.Sprintf("status %v%s%s", u.State, u.ProviderID, id), func(ctx context.Context) (any, error) { return nil, w.in.Status(ctx, on, u) })
}

// sink gives the engine what the carrier has.
type sink struct{ in *inbox.Inbox }

func (s sink) Receive(ctx context.Context, m channel.Inbound) error {
	_, err := s.in.Receive(ctx, carrierName, m)
	return err
}

func (s sink) Status(ctx context.Context, u channel.StatusUpdate) error {
	return s.in.Status(ctx, carrierName, u)
}

func (s sink) Consent(ctx context.Context, u channel.ConsentUpdate) error {
	return s.in.Consent(ctx, carrierName, u)
}

// deliver hands one item of the carrier's over.
func (w *world) deliver() {
	w.step("deliver", func(ctx context.Context) (any, error) { return w.carrier.Step(ctx, sink{w.in}) })
}

// work lets the engine do what is due.
func (w *world) work() (more bool) {
	w.step("work", func(ctx context.Context) (any, error) {
		n, err := w.in.Step(ctx)
		if err != nil { // what it had begun comes back when its lease has run out
			w.givenUp = w.clock.now().Add(leaseTTL)
		}
		more = n > 0
		return n, err
	})
	return more
}

// settle delivers and works until nothing is left to do at this moment.
func (w *world) settle() {
	w.t.Helper()
	for range 200 {
		_, due := w.carrier.Pending()
		delivers := !due.IsZero() && !due.After(w.clock.now())
		if delivers {
			w.deliver()
		}
		if !w.work() && !delivers {
			return
		}
	}
	w.t.Fatal("the engine does not come to rest")
}

// passes lets time go by, and does everything at its moment.
func (w *world) passes(d time.Duration) {
	w.t.Helper()
	end := w.clock.now().Add(d)
	for range 2000 {
		w.settle()
		now := w.clock.now()
		next := end
		_, item := w.carrier.Pending()
		for _, at := range []time.Time{w.due(), item, w.givenUp} {
			if at.After(now) && at.Before(next) {
				next = at
			}
		}
		w.clock.set(next)
		if next.Equal(end) {
			w.settle()
			return
		}
	}
	w.t.Fatalf("there is no end to what is due within %v", d)
}

// jumps lets time go by while nobody works, as it does while a host is down.
func (w *world) jumps(d time.Duration) {
	w.step(fmt.Sprintf("%v pass at once", d), func(context.Context) (any, error) {
		w.clock.set(w.clock.now().Add(d))
		return nil, nil
	})
}

func (w *world) due() (at time.Time) {
	w.view(func(tx store.Tx) (err error) {
		at, _, err = tx.NextDue()
		return err
	})
	return at
}

// dies ends the engine in the middle of its next send, and starts another.
func (w *world) dies() {
	w.step("the engine dies in its next send", func(ctx context.Context) (any, error) {
		ctx, w.faults.gone = context.WithCancel(ctx)
		defer w.faults.gone()
		w.faults.dying = true
		return w.in.Step(ctx)
	})
	w.givenUp = w.clock.now().Add(leaseTTL)
	w.begin()
}

// conv returns the n-th conversation that there was, from 0.
func (w *world) conv(n int) store.ConversationID {
	if len(w.convs) == 0 {
		return 999_999_999
	}
	return w.convs[n%len(w.convs)]
}

// message returns the n-th message that there was, from 0.
func (w *world) message(n int) store.MessageID {
	if len(w.messages) == 0 {
		return 999_999_999
	}
	return w.messages[n%len(w.messages)]
}

// does lets somebody do something in the n-th conversation.
func (w *world) does(who person, what string, n int, do func(context.Context, *inbox.Agent, store.ConversationID) (any, error)) {
	w.t.Helper()
	w.step(fmt.Sprintf("%s: %s in conversation #%d", who, what, n), func(ctx context.Context) (any, error) {
		return do(ctx, w.in.Agent(who.account, who.user), w.conv(n))
	})
}

func (w *world) reply(who person, n int, d inbox.Draft) {
	w.does(who, fmt.Sprintf("reply %q", d.Text), n, func(ctx context.Context, a *inbox.Agent, id store.ConversationID) (any, error) {
		return a.Reply(ctx, id, d)
	})
}

func (w *world) replies(who person, n int, text string) { w.reply(who, n, inbox.Draft{Text: text}) }

func (w *world) notes(who person, n int, text, key string) {
	w.does(who, fmt.Sprintf("note %q", text), n, func(ctx context.Context, a *inbox.Agent, id store.ConversationID) (any, error) {
		return a.Note(ctx, id, text, key)
	})
}

// changes are what somebody can do with a conversation by a word.
var changes = []struct {
	name string
	do   func(a *inbox.Agent, ctx context.Context, id store.ConversationID) error
}{
	{"claim", (*inbox.Agent).Claim},
	{"release", (*inbox.Agent).Release},
	{"close", (*inbox.Agent).Close},
	{"reopen", (*inbox.Agent).Reopen},
}

func (w *world) change(who person, name string, n int) {
	w.t.Helper()
	for _, c := range changes {
		if c.name == name {
			w.does(who, name, n, func(ctx context.Context, a *inbox.Agent, id store.ConversationID) (any, error) {
				return nil, c.do(a, ctx, id)
			})
			return
		}
	}
	w.t.Fatalf("nobody can %s", name)
}

func (w *world) assigns(who person, n int, users []store.UserID, teams []store.TeamID) {
	w.does(who, fmt.Sprintf("assign to %v %v", users, teams), n, func(ctx context.Context, a *inbox.Agent, id store.ConversationID) (any, error) {
		return nil, a.Assign(ctx, id, users, teams)
	})
}

func (w *world) snoozes(who person, n int, d time.Duration) {
	w.does(who, fmt.Sprintf("snooze for %v", d), n, func(ctx context.Context, a *inbox.Agent, id store.ConversationID) (any, error) {
		return nil, a.Snooze(ctx, id, w.clock.now().Add(d))
	})
}

func (w *world) reads(who person, n int, seq int64) {
	w.does(who, fmt.Sprintf("mark read up to %d", seq), n, func(ctx context.Context, a *inbox.Agent, id store.ConversationID) (any, error) {
		return nil, a.MarkRead(ctx, id, seq)
	})
}

// resends lets somebody decide about the n-th message.
func (w *world) resends(who person, n int) {
	w.step(fmt.Sprintf("%s: resend message #%d", who, n), func(ctx context.Context) (any, error) {
		return nil, w.in.Agent(who.account, who.user).Resend(ctx, w.message(n))
	})
}

func (w *world) marksSent(who person, n int) {
	w.step(fmt.Sprintf("%s: mark message #%d sent", who, n), func(ctx context.Context) (any, error) {
		return nil, w.in.Agent(who.account, who.user).MarkSent(ctx, w.message(n))
	})
}

// looks reads everything that somebody can read.
func (w *world) looks(who person) {
	a := w.in.Agent(who.account, who.user)
	ask := func(what string, do func(context.Context) (any, error)) { w.step(fmt.Sprintf("%s: %s", who, what), do) }
	ask("inboxes", func(ctx context.Context) (any, error) { return a.Inboxes(ctx) })
	ask("unread count", func(ctx context.Context) (any, error) { return a.UnreadCount(ctx) })
	ask("strays", func(ctx context.Context) (any, error) { return a.Strays(ctx, 0) })
	ask("now", func(ctx context.Context) (any, error) { return a.Now(ctx) })
	for _, q := range []inbox.ListQuery{
		{}, {Limit: 2}, {Mine: true}, {Inbox: "sales"}, {Inbox: "nowhere"}, {Statuses: []store.Status{store.Open}, Limit: 3},
		{Statuses: []store.Status{store.Snoozed, store.Closed}, Limit: 1},
	} {
		w.lists(who, q)
	}
	for n := range w.convs {
		w.does(who, "look", n, func(ctx context.Context, a *inbox.Agent, id store.ConversationID) (any, error) {
			return a.Conversation(ctx, id)
		})
	}
	for n := range min(3, len(w.convs)) {
		w.pages(who, n, 3)
	}
}

// lists reads a list to its end, page by page.
func (w *world) lists(who person, q inbox.ListQuery) {
	for page := 1; page < 20; page++ {
		var views []inbox.View
		w.step(fmt.Sprintf("%s: list %v %q mine %t, page %d of %d", who, q.Statuses, q.Inbox, q.Mine, page, q.Limit), func(ctx context.Context) (any, error) {
			var err error
			views, err = w.in.Agent(who.account, who.user).List(ctx, q)
			return views, err
		})
		if q.Limit == 0 || len(views) < q.Limit {
			return
		}
		q.Before = views[len(views)-1].Position()
	}
}

// pages reads a conversation in both directions.
func (w *world) pages(who person, n, limit int) {
	for _, q := range []inbox.MessagesQuery{{Limit: limit}, {After: 1, Limit: limit}} {
		for range 4 {
			var found []store.Message
			w.does(who, fmt.Sprintf("messages after %d before %d", q.After, q.Before), n, func(ctx context.Context, a *inbox.Agent, id store.ConversationID) (any, error) {
				var err error
				found, err = a.Messages(ctx, id, q)
				return found, err
			})
			if len(found) < limit {
				break
			}
			if last := found[len(found)-1].Seq; q.After > 0 {
				q.After = last
			} else {
				q.Before = last
			}
		}
	}
}

func (w *world) searches(who person, q inbox.SearchQuery) {
	for page := 1; page < 10; page++ {
		var hits []inbox.Hit
		w.step(fmt.Sprintf("%s: search %q in %q, page %d", who, q.Text, q.Inbox, page), func(ctx context.Context) (any, error) {
			var err error
			hits, err = w.in.Agent(who.account, who.user).Search(ctx, q)
			return hits, err
		})
		if q.Limit == 0 || len(hits) < q.Limit {
			return
		}
		q.Before = hits[len(hits)-1].Message.ID
	}
}

// streams polls from the cursor of the n-th event, from 0, which is before the
// first, to the end.
func (w *world) streams(who person, n int) {
	var after store.Cursor
	if n > 0 && len(w.cursors) > 0 {
		after = w.cursors[(n-1)%len(w.cursors)]
	}
	for range 20 {
		var last store.Cursor
		w.step(fmt.Sprintf("%s: events", who), func(ctx context.Context) (any, error) {
			events, cursor, err := w.in.Agent(who.account, who.user).EventsAfter(ctx, after)
			last = cursor
			return []any{events, cursor}, err
		})
		if last == after {
			return
		}
		after = last
	}
}

// admin lets an administrator do something.
func (w *world) admin(what string, account store.AccountID, do func(context.Context, admin) error) {
	w.t.Helper()
	w.step(fmt.Sprintf("administrator of %s: %s", account, what), func(ctx context.Context) (any, error) { return nil, do(ctx, w.in.Admin(account)) })
}

// erases erases a customer.
func (w *world) erases(a channel.Address) {
	w.t.Helper()
	w.step(fmt.Sprintf("erase %s", a), func(ctx context.Context) (any, error) {
		return w.in.Admin(store.DefaultAccount).EraseContact(ctx, inbox.Erasure{Address: a, Actor: "carol", Reason: "they asked us to"})
	})
}

// retains erases what is older than some days.
func (w *world) retains(days int, contacts bool) {
	w.t.Helper()
	for _, trial := range []bool{true, false} {
		w.step(fmt.Sprintf("retain for %d days, customers too %t, as a trial %t", days, contacts, trial), func(ctx context.Context) (any, error) {
			return w.in.Admin(store.DefaultAccount).Retain(ctx, inbox.Retention{Days: days, Contacts: contacts, DryRun: trial, Actor: "carol"})
		})
	}
}

// evidence checks that the ledger about a customer holds.
func (w *world) evidence(a channel.Address) {
	w.t.Helper()
	w.step(fmt.Sprintf("evidence about %s", a), func(ctx context.Context) (any, error) {
		e, err := w.in.Admin(store.DefaultAccount).Evidence(ctx, a)
		if err != nil {
			return nil, err
		}
		return len(e.Consent), e.Verify()
	})
}

// inspects reads everything that an administrator can read.
func (w *world) inspects(account store.AccountID) {
	a := w.in.Admin(account)
	w.step("inboxes of "+string(account), func(ctx context.Context) (any, error) { return a.Inboxes(ctx) })
	w.step("teams of "+string(account), func(ctx context.Context) (any, error) { return a.Teams(ctx) })
	w.step("users of "+string(account), func(ctx context.Context) (any, error) { return a.Users(ctx) })
	w.step("set aside in "+string(account), func(ctx context.Context) (any, error) { return a.SetAside(ctx) })
}

// edits changes records past the engine, as a host that keeps its own may.
func (w *world) edits(what string, fn func(tx store.Tx) (any, error)) {
	w.step("host: "+what, func(ctx context.Context) (any, error) {
		var answer any
		err := w.store.Update(ctx, func(tx store.Tx) (err error) {
			answer, err = fn(tx)
			return err
		})
		return answer, err
	})
}

// editsContact changes the contact of the n-th conversation.
func (w *world) editsContact(what string, n int, change func(*store.Contact)) {
	w.edits(what, func(tx store.Tx) (any, error) {
		conv, err := store.One(tx.Conversations(w.conv(n)))
		if err != nil {
			return nil, err
		}
		c, err := store.One(tx.Contacts(conv.Contact))
		if err != nil {
			return nil, err
		}
		change(&c)
		return c, tx.PutContacts(c)
	})
}

// forgets deletes the account's events up to the n-th from the end.
func (w *world) forgets(account store.AccountID, n int) {
	if len(w.cursors) == 0 {
		return
	}
	through := w.cursors[max(0, len(w.cursors)-1-n)]
	w.edits("delete old events", func(tx store.Tx) (any, error) { return nil, tx.DeleteEvents(account, through) })
}

// poisons leaves work that no engine knows.
func (w *world) poisons(n int) {
	w.edits("leave foreign work", func(tx store.Tx) (any, error) {
		conv, err := store.One(tx.Conversations(w.conv(n)))
		if err != nil {
			return nil, err
		}
		id, err := tx.NewID()
		if err != nil {
			return nil, err
		}
		task := store.Task{ID: store.TaskID(id), Account: conv.Account, Conversation: conv.ID, Kind: "teleport", DueAt: w.clock.now()}
		return task, tx.PutTasks(task)
	})
}

// requeues lets all that was set aside be tried again.
func (w *world) requeues(account store.AccountID) {
	w.step("requeue in "+string(account), func(ctx context.Context) (any, error) {
		tasks, err := w.in.Admin(account).SetAside(ctx)
		for _, task := range tasks {
			if err := w.in.Admin(account).Requeue(ctx, task.Conversation, task.ID); err != nil {
				return nil, err
			}
		}
		return tasks, err
	})
}

// stray does something about the oldest message without an inbox.
func (w *world) stray(who person, into store.InboxID) {
	w.step(fmt.Sprintf("%s: stray into %q", who, into), func(ctx context.Context) (any, error) {
		a := w.in.Agent(who.account, who.user)
		waiting, err := a.Strays(ctx, 1)
		if err != nil || len(waiting) == 0 {
			return nil, err
		}
		if into == "" {
			return nil, a.DismissStray(ctx, waiting[0].ID)
		}
		return a.AdoptStray(ctx, waiting[0].ID, into)
	})
}

// fails orders what becomes of the engine's next Update.
func (w *world) fails(f fault) {
	w.step(fmt.Sprintf("the next update meets fault %d", f), func(context.Context) (any, error) {
		w.faults.next = f
		return nil, nil
	})
}

// key returns a request key that was not there before.
func (w *world) key() string {
	w.keys++
	return fmt.Sprintf("key-%d", w.keys)
}

// marketing is a draft of a message that is sent in bulk.
func marketing(text string) inbox.Draft {
	return inbox.Draft{Text: text, Purpose: compliance.Marketing}
}
