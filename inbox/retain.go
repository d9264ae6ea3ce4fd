package inbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// Retention says for how long an account keeps what was written.
type Retention struct {
	// Days is for how many days after its last message or note the words of a
	// closed conversation are kept. It must be set, to 1 or more.
	Days int

	// Keep reports whether a conversation is left as it is, however old, like one
	// under a legal hold. It is called outside of transactions. For a message that
	// belongs to no inbox it gets a Conversation that has nothing but Account,
	// Channel, Ours, Theirs and, if the customer is known, Contact. Defaults to
	// none.
	Keep func(store.Conversation) bool

	// Contacts also erases customers of whom nothing but old conversations is left,
	// as [Admin.EraseContact] does, so that Config.PseudonymSecrets must be set.
	// Their opt-outs stand and their consents end, with the proof of them; see
	// EvidenceYears. Defaults to false: names, addresses and the ledger stay.
	Contacts bool

	// EvidenceYears is for how many years after the last that happened with them
	// such customers are kept at least, as what the ledger has of them proves that
	// they had consented. It can't be less than compliance.MinKeepYears, and what
	// Config.OptOut says of where the customer is (compliance.RecordKeeper) counts
	// if it is more. Defaults to that alone.
	EvidenceYears int

	// DryRun changes nothing: the report says what would be erased.
	DryRun bool

	// Actor is the host's id of the person who answers for it. It must be set.
	Actor store.UserID

	// Reason is why customers are erased, for the ledger, which keeps it for ever:
	// name nobody in it. Defaults to how old everything was.
	Reason string

	// Progress is told after each batch what has been done, unless it is nil. The
	// retention waits for it. Defaults to nil.
	Progress func(RetentionReport)
}

// RetentionReport says what a retention has done, or would do. What an earlier call
// has done is not in it.
type RetentionReport struct {
	Conversations int64 // whose words were erased, all of them
	Messages      int64 // messages and notes
	Strays        int64 // messages that belong to no inbox
	Contacts      int64 // customers who were erased, or whose erasure was cut off and is finished

	Kept    int64 // conversations, strays and customers that Keep has kept
	Waiting int64 // conversations and customers that are old enough, but not done with: see Retain
}

// longestRetention bounds Retention.Days and EvidenceYears, in years.
const longestRetention = 100

// Retain erases what was written longer ago than a host keeps it: the text, media,
// parameters, reasons and request keys of the messages and notes of closed
// conversations, the reasons of their events, and the same of messages that belong
// to no inbox once somebody has decided about them. That something was written
// stays: when, which way, between which addresses, in what state, by which user and
// with which verdict of the gate. So does the ledger, with the words of opt-outs and
// consents and their evidence, and so does whoever the customer is, unless Contacts
// is set.
//
// A conversation is erased as a whole or not at all, and it is left as it is while
//
//   - it is open or snoozed,
//   - its last message or note is younger than Days,
//   - Keep keeps it,
//   - something waits in it: a message that is yet to be sent or of which nobody
//     knows whether it was, work that was set aside, or something that the customer
//     wrote and that may be a wish to stop.
//
// It can be repeated, which does nothing, and has to be repeated if the context
// ends or the store fails: it goes on then. Hosts call it once a day, say. Other
// changes go between its batches, and a conversation that goes on meanwhile is left
// alone from then on. Each call looks at every closed conversation that is old
// enough: in a second at some two thousand on Postgres and fifteen thousand on SQLite,
// of which it erases some two hundred and a thousand. Message.ErasedAt and the event
// store.ConversationErased tell what it has done.
//
// What the library has handed out is not erased, see EraseContact.
//
// The law on how long proof of a consent is kept is not of one mind: four years is
// the time to sue under the Telephone Consumer Protection Act (28 U.S.C. 1658(a)),
// Germany wants five years after each use (Section 7a UWG), Virginia that a STOP is
// honoured for ten. That is in the column keep_years of the table of jurisdictions,
// and none of it is about the words of messages: how long those are needed is for the
// host to say.
//
// The error is ErrNotFound if there is no such account. Bad fields are named all at
// once, with ErrInvalid.
func (a *Admin) Retain(ctx context.Context, r Retention) (RetentionReport, error) {
	x := retaining{Retention: r, in: a.in, account: a.account, now: a.in.now()}
	if err := x.check(); err != nil {
		return RetentionReport{}, err
	}
	x.before = x.now.AddDate(0, 0, -r.Days)
	err := a.in.view(ctx, func(t *tx) error { return a.in.requireAccount(t, a.account) })
	if err != nil {
		return RetentionReport{}, err
	}
	for _, part := range []func(context.Context) error{x.strays, x.conversations, x.contacts} {
		if err := part(ctx); err != nil {
			return x.report, err
		}
	}
	return x.report, nil
}

// retaining is a retention under way.
type retaining struct {
	Retention

	in      *Inbox
	account store.AccountID
	now     time.Time // when it began
	before  time.Time // what is older goes
	report  RetentionReport

	written map[store.Identity]bool // who has written strays, and whether one stays as it is
}

// check names the bad fields.
func (x *retaining) check() error {
	errs := []error{checkID("account", string(x.account)), checkID("Retention.Actor", string(x.Actor)), checkText("Retention.Reason", x.Reason)}
	if x.Days < 1 || x.Days > longestRetention*365 {
		errs = append(errs, invalid("Retention.Days", "is %d; say for how many days words are kept, from 1 to %d", x.Days, longestRetention*365))
	}
	if y := x.EvidenceYears; y != 0 && (y < compliance.MinKeepYears || y > longestRetention) {
		errs = append(errs, invalid("Retention.EvidenceYears", "is %d; keep what proves a consent from %d to %d years, or leave it 0 for what the law asks",
			y, compliance.MinKeepYears, longestRetention))
	}
	if x.Contacts && len(x.in.cfg.PseudonymSecrets) == 0 {
		errs = append(errs, errNoSecrets())
	}
	return errors.Join(errs...)
}

// tell tells how far it is.
func (x *retaining) tell() {
	if x.Progress != nil {
		x.Progress(x.report)
	}
}

// keeps asks the host.
func (x *retaining) keeps(conv store.Conversation) bool { return x.Keep != nil && x.Keep(conv) }

// aged calls fn with the closed conversations whose last message is older than a
// moment, the newest first, a page at a time.
func (x *retaining) aged(ctx context.Context, before time.Time, fn func([]store.Conversation) error) error {
	q := store.ConversationQuery{Account: x.account, Statuses: []store.Status{store.Closed}, Before: store.Position{LastAt: before}, Limit: largestPage}
	for {
		var page []store.Conversation
		err := x.in.view(ctx, func(t *tx) error {
			c, err := x.in.company(t, x.account)
			if err != nil {
				return err
			}
			if q.Inboxes = slices.Sorted(maps.Keys(c.inboxes)); len(q.Inboxes) > 0 {
				page, err = t.ListConversations(q)
			}
			return err
		})
		if err != nil {
			return err
		}
		if err := fn(page); err != nil {
			return err
		}
		x.tell()
		if len(page) < q.Limit {
			return nil
		}
		last := page[len(page)-1]
		q.Before = store.Position{LastAt: last.LastAt, ID: last.ID}
	}
}

// conversations erases what is old in them.
func (x *retaining) conversations(ctx context.Context) error {
	return x.aged(ctx, x.before, func(page []store.Conversation) error {
		var due []store.Conversation
		err := x.in.view(ctx, func(t *tx) (err error) {
			due, err = withWords(t, page)
			return err
		})
		if err != nil {
			return err
		}
		var small []store.Conversation
		for _, conv := range due {
			goes, err := x.goes(ctx, conv)
			switch {
			case err != nil:
				return err
			case !goes:
				continue
			case conv.LastSeq > eraseBatch:
				err = x.long(ctx, conv)
			default:
				if messagesOf(small)+conv.LastSeq > eraseBatch {
					err = x.short(ctx, small)
					small = nil
				}
				small = append(small, conv)
			}
			if err != nil {
				return err
			}
		}
		return x.short(ctx, small)
	})
}

// messagesOf counts those of some conversations.
func messagesOf(convs []store.Conversation) (n int64) {
	for _, conv := range convs {
		n += conv.LastSeq
	}
	return n
}

// withWords returns those of some conversations that a retention has something to
// do in. It erases the newest message last, with the preview.
func withWords(t *tx, page []store.Conversation) ([]store.Conversation, error) {
	var due []store.Conversation
	for _, conv := range page {
		if compliance.IsErased(conv.Theirs) {
			continue // see contacts
		}
		newest, err := t.ListMessages(store.MessageQuery{Conversation: conv.ID, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(newest) > 0 && newest[0].ErasedAt.IsZero() || conv.Preview != "" {
			due = append(due, conv)
		}
	}
	return due, nil
}

// goes reports whether a conversation is to be erased, and counts it otherwise.
func (x *retaining) goes(ctx context.Context, conv store.Conversation) (bool, error) {
	if x.keeps(conv) {
		x.report.Kept++
		return false, nil
	}
	var s standing
	err := x.in.view(ctx, func(t *tx) (err error) {
		s, err = x.survey(t, conv.ID)
		return err
	})
	switch {
	case err != nil || s.alive:
		return false, err
	case s.waiting:
		x.report.Waiting++
		return false, nil
	case x.DryRun:
		x.report.Conversations++
		x.report.Messages += s.messages
		return false, nil
	}
	return true, nil
}

// long erases what was written in a conversation that fills more than a batch.
func (x *retaining) long(ctx context.Context, conv store.Conversation) error {
	more, err := x.reasons(ctx, conv)
	if err != nil || !more {
		return err
	}
	return x.messages(ctx, conv)
}

// short erases what was written in some conversations that fit into a batch.
func (x *retaining) short(ctx context.Context, convs []store.Conversation) error {
	if len(convs) == 0 {
		return nil
	}
	return x.in.step(ctx, func(t *tx) error {
		for _, c := range convs {
			conv, s, err := x.glance(t, c.ID)
			if err != nil {
				return err
			}
			if s.alive || s.waiting {
				continue
			}
			q := store.EventQuery{Account: x.account, Conversation: conv.ID, Limit: eraseEvents}
			for more := true; more; more = q.After != 0 {
				if q.After, err = t.EraseReasons(q); err != nil {
					return err
				}
			}
			if err := x.erase(t, conv, 0); err != nil {
				return err
			}
		}
		return nil
	}, x.tell)
}

// standing is where a conversation stands.
type standing struct {
	alive    bool  // it goes on, or is gone with its customer
	waiting  bool  // something in it is not done with
	messages int64 // that have something personal
}

// survey looks at all of a conversation.
func (x *retaining) survey(t *tx, id store.ConversationID) (standing, error) {
	conv, s, err := x.glance(t, id)
	if err != nil || s.alive || s.waiting {
		return s, err
	}
	held, err := consentOf(t, conv)
	if err != nil {
		return s, err
	}
	s.waiting = held.state.Held.Stands()
	for after := int64(0); after < conv.LastSeq && !s.waiting; after += eraseBatch {
		page, err := t.ListMessages(pageAfter(conv, after))
		if err != nil {
			return s, err
		}
		s.waiting = slices.ContainsFunc(page, unsettled)
		s.messages += int64(len(erasedOf(page, "", t.now)))
	}
	return s, nil
}

// glance looks at a conversation, and not at its messages.
func (x *retaining) glance(t *tx, id store.ConversationID) (store.Conversation, standing, error) {
	conv, err := store.One(t.Conversations(id))
	if err != nil {
		return conv, standing{}, err
	}
	owed, err := t.Tasks(id)
	return conv, standing{
		alive:   conv.Status != store.Closed || !conv.LastAt.Before(x.before) || compliance.IsErased(conv.Theirs),
		waiting: len(owed) > 0,
	}, err
}

// unsettled reports whether a message is yet to be sent, or nobody knows whether it
// was.
func unsettled(m store.Message) bool {
	return waits(m.State) || m.State == store.StateAttempting || m.State == store.StateUnconfirmed
}

// step makes a change of a conversation, unless it goes on meanwhile, and reports
// whether it was made.
func (x *retaining) step(ctx context.Context, id store.ConversationID, apply func(*tx, store.Conversation) error) (bool, error) {
	made := false
	err := x.in.step(ctx, func(t *tx) error {
		made = false
		conv, s, err := x.glance(t, id)
		if err != nil || s.alive || s.waiting {
			return err
		}
		made = true
		return apply(t, conv)
	}, x.tell)
	return made, err
}

// reasons erases those of a conversation's events.
func (x *retaining) reasons(ctx context.Context, conv store.Conversation) (bool, error) {
	for after := store.Cursor(0); ; {
		var last store.Cursor
		made, err := x.step(ctx, conv.ID, func(t *tx, _ store.Conversation) (err error) {
			last, err = t.EraseReasons(store.EventQuery{Account: x.account, Conversation: conv.ID, After: after, Limit: eraseEvents})
			return err
		})
		if err != nil || !made || last == 0 {
			return made, err
		}
		after = last
	}
}

// messages erases those of a conversation, the oldest first: that the newest is
// erased says that all are.
func (x *retaining) messages(ctx context.Context, conv store.Conversation) error {
	for after := int64(0); after < conv.LastSeq; after += eraseBatch {
		made, err := x.step(ctx, conv.ID, func(t *tx, conv store.Conversation) error { return x.erase(t, conv, after) })
		if err != nil || !made {
			return err
		}
	}
	return nil
}

// erase erases the messages of a conversation behind a place that share a batch, and
// with the last of them what the list of conversations shows.
func (x *retaining) erase(t *tx, conv store.Conversation, after int64) error {
	page, err := t.ListMessages(pageAfter(conv, after))
	if err != nil {
		return err
	}
	changed := erasedOf(page, "", t.now)
	t.onCommit(func() { x.report.Messages += int64(len(changed)) })
	if len(changed) > 0 {
		if err := t.PutMessages(changed...); err != nil {
			return err
		}
	}
	if after+eraseBatch < conv.LastSeq {
		return nil
	}
	t.onCommit(func() { x.report.Conversations++ })
	conv.Preview = ""
	if err := t.PutConversations(conv); err != nil {
		return err
	}
	by := store.Author{Kind: store.ByUser, User: x.Actor}
	return t.AppendEvents(eventOf(t, conv, store.ConversationErased, by, store.Detail{}))
}

// reason is why customers are erased, for the ledger.
func (x *retaining) reason(years int) string {
	if x.Reason != "" {
		return x.Reason
	}
	return fmt.Sprintf("retention: nothing has happened for %d days and for %d years", x.Days, years)
}
