package simulation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// report is what a provider reports about a customer's consent.
type report struct{ channel.ConsentUpdate }

func (r report) kind() compliance.Kind {
	switch r.Change {
	case channel.MarketingResumed:
		return compliance.OptIn
	case channel.NumberVoid:
		return compliance.Voided
	default:
		return compliance.OptOut
	}
}

func (r report) reach() compliance.Reach {
	switch r.Change {
	case channel.MarketingStopped, channel.MarketingResumed:
		return compliance.Reach{Purpose: compliance.Marketing}
	default:
		return compliance.Reach{}
	}
}

// question is what a customer was asked, by its text.
type question struct {
	compliance.Reach
	strength compliance.Strength
}

// The programmes of the companies. Whether letters are capitals makes no difference.
var programmes = []string{"", "news", "News", "deals"}

// reachOf is what a word of an operation is about, and how strong an opt-in is.
func reachOf(o operation) (r compliance.Reach, s compliance.Strength) {
	r.Programme = programmes[o.C>>4%4]
	s = []compliance.Strength{compliance.NotMarketing, compliance.Express, compliance.ExpressWritten, compliance.ExpressWritten}[o.C>>6%4]
	if s != compliance.NotMarketing && o.C>>8%2 == 0 {
		r.Purpose = compliance.Marketing
	}
	return r, s
}

// somebody is a customer of one of the companies, by one of their addresses.
func somebody(o operation) (store.AccountID, channel.Address) {
	account, address := strayAccount, customers[o.A%uint32(len(customers))]
	if o.A>>4%3 == 0 {
		account = otherAccount
	} else if o.A>>6%4 == 0 {
		address = "whatsapp:" + address
	}
	return account, address
}

// statement is what somebody states of a customer, as the n-th of an operation.
func (w *world) statement(o operation, n int) compliance.Statement {
	ago := []time.Duration{0, 0, time.Second, 20 * time.Second, 10 * time.Minute, 2 * time.Hour}[o.B>>8%6]
	s := compliance.Statement{
		Kind: compliance.OptIn, OccurredAt: w.now().Add(-ago).Truncate(time.Second), Text: fmt.Sprintf("statement %d.%d", o.N, n),
		Via: compliance.ViaWebForm, Evidence: "form 12",
	}
	_, s.Address = somebody(o)
	if o.B>>12%4 > 0 {
		s.Reason = "they have asked for it"
	}
	if o.B>>14%8 == 0 {
		s.Via = compliance.ViaSystem
	}
	s.Reach, s.Strength = reachOf(o)
	switch o.B % 8 {
	case 0:
		s.Kind, s.Reach, s.Strength = compliance.Voided, compliance.Reach{}, compliance.NotMarketing
	case 1:
		s.Kind, s.Reach, s.Strength = compliance.OptOut, compliance.Reach{}, compliance.NotMarketing
	case 2:
		s.Kind, s.Strength = compliance.OptOut, compliance.NotMarketing
	default:
		if o.B>>3%4 == 0 {
			s.Until = w.now().Add([]time.Duration{time.Minute, time.Hour}[o.B>>5%2]).Truncate(time.Second)
		}
	}
	w.statements[s.Text] = s
	return s
}

func (w *world) prepareRecord(a *activity, e *engine) func(context.Context) error {
	o := a.op
	account, _ := somebody(o)
	c := inbox.ConsentRecord{Statement: w.statement(o, 0), Actor: "alice", RequestKey: o.Key}
	c.Confirm = c.Kind == compliance.OptOut && c.Reach == (compliance.Reach{}) && o.B>>6%4 > 0
	w.wanted[c.Text] = c.Confirm
	a.did.who.Account, a.did.stated = account, []compliance.Statement{c.Statement}
	a.about = fmt.Sprintf("%s/%s: %s of %s", account, c.Address, c.Kind, c.InWords())
	return func(ctx context.Context) error {
		_, err := e.in.Admin(account).RecordConsent(ctx, c)
		return err
	}
}

func (w *world) prepareImport(a *activity, e *engine) func(context.Context) error {
	o := a.op
	account, _ := somebody(o)
	var file strings.Builder
	file.WriteString("address,kind,occurred_at,via,text,evidence,reason,purpose,programme,strength,until\n")
	for n := range 1 + o.C%3 {
		line := o
		line.A, line.B, line.C = o.A+n, o.B>>n, o.C>>n
		s := w.statement(line, int(n))
		until := ""
		if !s.Until.IsZero() {
			until = s.Until.Format(time.RFC3339)
		}
		fmt.Fprintf(&file, "%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", s.Address, s.Kind, s.OccurredAt.Format(time.RFC3339), s.Via, s.Text, s.Evidence, s.Reason, s.Purpose, s.Programme, s.Strength, until)
	}
	a.about = string(account)
	return func(ctx context.Context) error {
		r, err := e.in.Admin(account).ImportConsent(ctx, strings.NewReader(file.String()), inbox.ImportConfig{Actor: "alice"})
		a.say("%d added, %d known, %d refused", r.Added, r.Known, r.Refused)
		return err
	}
}

// providerReports lets the carrier report what a customer has done beside their
// messages, or that a number was given up.
func (w *world) providerReports(o operation) string {
	u := channel.ConsentUpdate{
		From: w.phone(o).Address(), To: numbers[o.B%uint32(len(numbers))], Code: fmt.Sprintf("report %d", o.N), At: w.now(),
		Change: []channel.ConsentChange{
			channel.MarketingStopped, channel.MarketingStopped, channel.MarketingStopped, channel.MarketingResumed, channel.MarketingResumed,
			channel.ConsentStopped, channel.NumberVoid, channel.NumberVoid,
		}[o.C>>8%8],
	}
	if o.C>>11%4 == 0 && u.Change != channel.MarketingResumed {
		u.To = ""
	}
	w.reports[u.Code] = report{u}
	if err := w.carrier.ReportConsent(u, o.Disturb); err != nil {
		panic(err) // it is this package's own
	}
	return fmt.Sprintf("%s to %s: %s", u.From, u.To, u.Change)
}

// customerAnswers lets a customer say yes to the last question of a conversation
// that reached them, or to one that has not, yet.
func (w *world) customerAnswers(o operation) string {
	var asked []store.Message
	w.mu.Lock()
	for _, msg := range sorted(w.present().messages) {
		if msg.Kind == compliance.Asked && !compliance.IsErased(msg.To) {
			asked = append(asked, msg)
		}
	}
	w.mu.Unlock()
	if len(asked) == 0 {
		return "nothing"
	}
	msg := asked[len(asked)-1-int(o.A)%min(len(asked), 2)]
	w.carrier.DisturbNext(o.Disturb)
	id, err := w.carrier.Phone(msg.To).SendMessage(channel.Inbound{To: msg.From, Text: o.Text})
	if err != nil {
		panic(err) // the addresses are this package's own
	}
	return fmt.Sprintf("%s to %s is %s", msg.To, msg.From, id)
}

// prepareAsk asks the customer of a conversation to opt in.
func (w *world) prepareAsk(a *activity, agent *inbox.Agent, conv store.ConversationID) func(context.Context) error {
	o, d := a.op, &a.did
	q := inbox.ConsentQuestion{Text: o.Text, RequestKey: o.Key, Evidence: "order 3"}
	q.Reach, q.Strength = reachOf(o)
	w.questions[q.Text] = question{q.Reach, q.Strength}
	return func(ctx context.Context) (err error) {
		d.message, err = agent.AskConsent(ctx, conv, q)
		return err
	}
}

// prepareOffer writes to somebody who has agreed to what sells, as far as the ledger
// knows, or has had.
func (w *world) prepareOffer(a *activity, e *engine) func(context.Context) error {
	o, d := a.op, &a.did
	w.mu.Lock()
	m := w.present()
	agreed := make(map[compliance.Key]string) // to which programme
	for _, entry := range m.entries {
		if entry.Strength != compliance.NotMarketing {
			agreed[entry.Key] = entry.Programme
		}
	}
	var to []store.Conversation
	for _, conv := range sorted(m.convs) {
		if _, ok := agreed[compliance.KeyOf(string(conv.Account), conv.Theirs)]; ok {
			to = append(to, conv)
		}
	}
	w.mu.Unlock()
	if len(to) == 0 {
		return nil
	}
	conv := to[int(o.A)%len(to)]
	d.conv, d.who = conv.ID, store.User{Account: conv.Account, ID: conv.ClaimedBy}
	if who := m.members(conv.Account, m.inboxes[inboxKey{conv.Account, conv.Inbox}].Team); d.who.ID == "" && len(who) > 0 {
		d.who.ID = who[int(o.B)%len(who)]
	}
	draft := draftOf(o, e.now())
	if o.C>>20%4 > 0 {
		draft.Programme = agreed[compliance.KeyOf(string(conv.Account), conv.Theirs)]
	}
	agent := e.in.Agent(d.who.Account, d.who.ID)
	a.about = fmt.Sprintf("of %q in conversation %v by %s/%s", draft.Programme, conv.ID, d.who.Account, d.who.ID)
	return func(ctx context.Context) (err error) {
		d.message, err = agent.Reply(ctx, conv.ID, draft)
		return err
	}
}

// prepareCancel withdraws a message that waits to be sent, or one that does not.
func (w *world) prepareCancel(a *activity, e *engine) func(context.Context) error {
	o, d := a.op, &a.did
	w.mu.Lock()
	defer w.mu.Unlock()
	var waiting []store.Message
	for _, msg := range sorted(w.present().messages) {
		if slices.Contains([]store.State{store.StateQueued, store.StateDeferred, store.StateRetrying}, msg.State) || msg.Direction == store.Outbound && o.C%8 == 0 {
			waiting = append(waiting, msg)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	msg := waiting[int(o.A)%len(waiting)]
	d.conv, d.who = msg.Conversation, person(o, msg.Account)
	agent := e.in.Agent(d.who.Account, d.who.ID)
	a.about = fmt.Sprintf("message %v by %s/%s", msg.ID, d.who.Account, d.who.ID)
	return func(ctx context.Context) error { return agent.Cancel(ctx, msg.ID) }
}

// prepareErase erases somebody, by an address of theirs or as a contact.
func (w *world) prepareErase(a *activity, e *engine) func(context.Context) error {
	o, d := a.op, &a.did
	account, address := somebody(o)
	d.erases = inbox.Erasure{Address: address, Actor: "alice", Reason: "their request"}
	if o.C%2 == 0 {
		w.mu.Lock()
		contacts := sorted(w.present().contacts)
		w.mu.Unlock()
		if len(contacts) > 0 {
			c := contacts[int(o.A)%len(contacts)]
			account, d.erases.Address, d.erases.Contact = c.Account, "", c.ID
		}
	}
	d.who.Account = account
	a.about = fmt.Sprintf("%s/%s %v", account, d.erases.Address, d.erases.Contact)
	return func(ctx context.Context) error {
		r, err := e.in.Admin(account).EraseContact(ctx, d.erases)
		a.say("%d addresses, %d messages", r.Addresses, r.Messages)
		return err
	}
}
