package inbox

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// Erasure says whose data is to be erased. Contact or Address has to be set.
type Erasure struct {
	// Contact is the customer.
	Contact store.ContactID

	// Address is one of theirs, like +14155550123: the ledger may know somebody
	// who has never written.
	Address channel.Address

	// Actor is the host's id of the person who erases it. It must be set.
	Actor store.UserID

	// Reason is why, like "their request of March 3, ticket 4711". The ledger
	// keeps it for ever: name nobody in it, and no address. It must be set.
	Reason string

	// Progress is told after each batch what has been done, unless it is nil. The
	// erasure waits for it. Defaults to nil.
	Progress func(ErasureReport)
}

// ErasureReport says what an erasure has done. What an earlier call has done is not
// in it.
type ErasureReport struct {
	Addresses     int   // of the customer
	Conversations int   // with them
	Canceled      int   // messages that waited to be sent
	Messages      int64 // messages and notes
	Strays        int64
}

// An erasure goes in batches, each a change among those that wait at the same time.
const (
	eraseBatch  = 200 // messages, strays
	eraseEvents = 500
)

// EraseContact erases what is known about a customer, and keeps what has to be
// known: that something was written and when, and that they have opted out.
//
// The first transaction cuts the tie to the person, all at once:
//
//   - The contact loses its name, addresses, language, time zone, region and
//     attributes. In the place of each address, there and in the conversations, comes
//     a pseudonym (compliance.Pseudonym), to which nothing can be sent.
//   - The ledger's entries lose words, evidence, reasons and salts, and have the
//     pseudonym for their identity. An entry of the kind compliance.Erased says
//     when, by whom and why; chains hold as before.
//   - What holds until a person has decided is an opt-out, as nobody can read any
//     more what it is about.
//   - Messages that wait are canceled and conversations closed, with what they owe.
//     What is with a provider at that moment can't be called back: its outcome is
//     noted, but nothing is sent a second time, and no provider is asked about it.
//
// Then messages and notes lose text, media, raw parameters and request keys, the
// events of the conversations their reasons, and strays from the customer all but
// their provider's id. When, which way, in what state, by which user and with which
// verdict of the gate stays, as do providers' ids, so that a message that is
// delivered twice does not come back. Searches find nothing of it.
//
// When the customer writes again, they are a new contact in a new conversation, but
// the opt-out holds: whoever knows the number and has Config.PseudonymSecrets finds
// it, and nobody else. Consents end.
//
// It can be repeated, which does nothing, and has to be repeated if the context
// ends or the store fails: it goes on then. Other changes go between its batches.
//
// What the library has handed out is not erased: what the provider has, logs,
// backups, evidence that was written earlier, what a store leaves in free pages of
// its files. See the store's documentation for the last.
//
// The error is ErrNotFound if nobody is known by that id or address. Bad fields
// are named all at once, with ErrInvalid.
func (a *Admin) EraseContact(ctx context.Context, e Erasure) (ErasureReport, error) {
	x := erasing{in: a.in, account: a.account, Erasure: e}
	if err := x.check(); err != nil {
		return ErasureReport{}, err
	}
	if err := x.run(ctx); err != nil {
		return x.report, err
	}
	return x.report, nil
}

// check names the bad fields.
func (x *erasing) check() error {
	errs := []error{checkID("account", string(x.account)), checkID("Erasure.Actor", string(x.Actor)), checkText("Erasure.Reason", x.Reason)}
	if strings.TrimSpace(x.Reason) == "" {
		errs = append(errs, invalid("Erasure.Reason", "is empty; say why, without a name or an address"))
	}
	switch {
	case (x.Contact == 0) == (x.Address == ""):
		errs = append(errs, invalid("Erasure.Contact", "and Address are both set or both empty; set one of them"))
	case x.Address != "":
		parsed, err := channel.ParseAddress(string(x.Address))
		if err != nil {
			errs = append(errs, invalid("Erasure.Address", "is no address: %v", err))
		}
		x.Address = parsed
	}
	if len(x.in.cfg.PseudonymSecrets) == 0 {
		errs = append(errs, invalid("Config.PseudonymSecrets", "is empty, and opt-outs would be lost; make a secret of %d bytes with crypto/rand, and keep it outside of the database",
			compliance.MinPseudonymSecret))
	}
	return errors.Join(errs...)
}

// erasing is an erasure under way.
type erasing struct {
	Erasure

	in      *Inbox
	account store.AccountID
	report  ErasureReport

	pseudonyms []compliance.Key // of the person
}

func (x *erasing) run(ctx context.Context) error {
	if err := x.step(ctx, x.cut); err != nil {
		return err
	}
	var convs []store.Conversation
	err := x.in.view(ctx, func(t *tx) error {
		c, err := x.in.company(t, x.account)
		if err != nil {
			return err
		}
		convs, err = t.ConversationsIn(threadsOf(c, x.account, addressesOf(x.pseudonyms))...)
		return err
	})
	if err != nil {
		return err
	}
	for _, conv := range convs {
		if err := x.messages(ctx, conv); err != nil {
			return err
		}
		if err := x.reasons(ctx, conv); err != nil {
			return err
		}
	}
	return x.strays(ctx)
}

// step makes one change, tells of it, and leaves room for others.
func (x *erasing) step(ctx context.Context, apply func(*tx) error) error {
	begun := x.in.now()
	if err := x.in.insist(ctx, apply); err != nil {
		return err
	}
	if x.Progress != nil {
		x.Progress(x.report)
	}
	if !x.in.rest(ctx, begun) {
		return fmt.Errorf("inbox: %w", ctx.Err())
	}
	return nil
}

// cut parts what is known from the person: see EraseContact.
func (x *erasing) cut(t *tx) error {
	x.pseudonyms = nil
	contact, addresses, err := x.person(t)
	if err != nil {
		return err
	}
	pseudonyms := make(map[compliance.Key]compliance.Key)
	for _, addresses := range customers(addresses) {
		if err := x.cutConsent(t, addresses, pseudonyms); err != nil {
			return err
		}
	}
	if len(pseudonyms) == 0 {
		return nil // done already
	}
	x.report = ErasureReport{Addresses: len(pseudonyms)}
	if contact.ID == 0 {
		return nil
	}
	c, err := x.in.company(t, x.account)
	if err != nil {
		return err
	}
	convs, err := t.ConversationsIn(threadsOf(c, x.account, contact.Addresses)...)
	if err != nil {
		return err
	}
	for _, conv := range convs {
		if pseudonym, ok := pseudonyms[compliance.KeyOf(string(x.account), conv.Theirs)]; ok {
			if err := x.cutConversation(t, c, conv, pseudonym.Address()); err != nil {
				return err
			}
		}
	}
	return t.PutContacts(store.Contact{
		ID: contact.ID, Account: contact.Account, Addresses: addressesOf(x.pseudonyms), CreatedAt: contact.CreatedAt, Version: contact.Version,
	})
}

// person finds whom it is about, and by which addresses they are known: those that
// were erased are pseudonyms.
func (x *erasing) person(t *tx) (store.Contact, []channel.Address, error) {
	if x.Contact != 0 {
		c, err := store.One(t.Contacts(x.Contact))
		if errors.Is(err, store.ErrNotFound) || err == nil && c.Account != x.account {
			return c, nil, fmt.Errorf("%w: contact %v", ErrNotFound, x.Contact)
		}
		return c, c.Addresses, err
	}
	found, err := t.ContactsAt(store.IdentityOf(x.account, x.Address))
	if err != nil {
		return store.Contact{}, nil, err
	}
	if len(found) > 0 {
		return found[0], found[0].Addresses, nil
	}
	// They have never written, or were erased.
	key := compliance.KeyOf(string(x.account), x.Address)
	known, _, err := t.pseudonyms(key)
	if err != nil {
		return store.Contact{}, nil, err
	}
	entries, err := t.ConsentEntries(key)
	if err != nil {
		return store.Contact{}, nil, err
	}
	var addresses []channel.Address
	if len(entries) > 0 {
		addresses = append(addresses, x.Address)
	}
	for _, p := range known {
		addresses = append(addresses, p.Address())
		erased, err := t.ContactsAt(store.IdentityOf(x.account, p.Address()))
		if err != nil {
			return store.Contact{}, nil, err
		}
		for _, c := range erased {
			addresses = append(addresses, c.Addresses...)
		}
	}
	if len(addresses) == 0 {
		return store.Contact{}, nil, fmt.Errorf("%w: nobody with the address %s is known", ErrNotFound, x.Address.Masked())
	}
	return store.Contact{}, addresses, nil
}

// customers groups addresses by the customers that consent tells apart, see
// sameCustomer.
func customers(addresses []channel.Address) [][]channel.Address {
	var groups [][]channel.Address
	for _, a := range addresses {
		same := func(g []channel.Address) bool {
			return g[0].Family() == a.Family() && (a.Family() != channel.Telephony || g[0].Identity() == a.Identity())
		}
		if i := slices.IndexFunc(groups, same); i >= 0 {
			groups[i] = append(groups[i], a)
		} else {
			groups = append(groups, []channel.Address{a})
		}
	}
	return groups
}

// cutConsent erases in the ledger what is about a customer, and notes the
// pseudonyms.
func (x *erasing) cutConsent(t *tx, addresses []channel.Address, pseudonyms map[compliance.Key]compliance.Key) error {
	before, err := consentFor(t, x.account, addresses...)
	if err != nil {
		return err
	}
	live := slices.DeleteFunc(slices.Clone(before.keys), compliance.Key.Pseudonymous)
	if held := before.state.Held; held.Stands() && len(live) > 0 {
		added, _, err := x.in.link(t, before, compliance.Entry{
			Kind: compliance.OptOut, Source: compliance.FromOperator, Actor: string(x.Actor), OccurredAt: t.now,
			Rule: "what may have been a wish to stop was erased before anybody decided",
		})
		if err != nil {
			return err
		}
		if err := t.AppendConsent(added...); err != nil {
			return err
		}
		before.entries = append(before.entries, added...)
	}
	for _, key := range before.keys {
		if key.Pseudonymous() {
			x.add(key)
			continue
		}
		_, pseudonym, err := t.pseudonyms(key)
		if err != nil {
			return err
		}
		if err := t.EraseConsent(key, pseudonym); err != nil {
			return err
		}
		id, err := t.NewID()
		if err != nil {
			return err
		}
		now := record.Time(t.now)
		erased := compliance.Chain(entriesOf(before.entries, key), compliance.Entry{
			ID: compliance.EntryID(id), Key: pseudonym, Kind: compliance.Erased, Source: compliance.FromOperator, OccurredAt: now, RecordedAt: now,
			Actor: string(x.Actor), Reason: x.Reason,
		}, x.in.name())
		if err := t.AppendConsent(erased); err != nil {
			return err
		}
		pseudonyms[key] = pseudonym
		x.add(pseudonym)
	}
	return nil
}

func (x *erasing) add(pseudonym compliance.Key) {
	if !slices.Contains(x.pseudonyms, pseudonym) {
		x.pseudonyms = append(x.pseudonyms, pseudonym)
	}
}

// cutConversation takes the customer's address from a conversation, cancels what
// waits in it and closes it.
func (x *erasing) cutConversation(t *tx, c *company, conv store.Conversation, pseudonym channel.Address) error {
	tasks, err := t.Tasks(conv.ID)
	if err != nil {
		return err
	}
	var events []store.Event
	for _, task := range tasks {
		if task.Kind == store.TaskSettle || task.Kind == store.TaskReconcile {
			// It is with the provider, or may be.
			if task.Error != "" {
				task.Error = ""
				if err := t.PutTasks(task); err != nil {
					return err
				}
			}
			continue
		}
		if err := t.DeleteTasks(task.ID); err != nil {
			return err
		}
		if task.Kind != store.TaskSend && task.Kind != store.TaskPaced {
			continue
		}
		m, err := store.One(t.Messages(task.Message))
		if err != nil {
			return err
		}
		if !waits(m.State) {
			continue
		}
		events = append(events, move(t, conv, &m, store.StateCanceled, "", "the customer's data was erased"))
		m, _ = eraseMessage(m, pseudonym, t.now)
		if err := t.PutMessages(m); err != nil {
			return err
		}
		x.report.Canceled++
		x.report.Messages++
	}
	conv.WaitingSince, conv.SnoozedUntil = time.Time{}, time.Time{}
	if conv.ClaimedBy != "" {
		events = append(events, release(t, c, &conv, x.author())...)
	}
	if conv.Status != store.Closed {
		conv.Status = store.Closed
		events = append(events, eventOf(t, conv, store.ConversationClosed, x.author(), store.Detail{Status: conv.Status}))
	}
	conv.Theirs, conv.Preview = pseudonym, ""
	if err := t.PutConversations(conv); err != nil {
		return err
	}
	x.report.Conversations++
	return t.AppendEvents(append(events, eventOf(t, conv, store.ContactErased, x.author(), store.Detail{}))...)
}

func (x *erasing) author() store.Author { return store.Author{Kind: store.ByUser, User: x.Actor} }

// messages erases those of a conversation, the newest first.
func (x *erasing) messages(ctx context.Context, conv store.Conversation) error {
	for before := int64(0); ; {
		var page []store.Message
		err := x.step(ctx, func(t *tx) error {
			var err error
			if page, err = t.ListMessages(store.MessageQuery{Conversation: conv.ID, Before: before, Limit: eraseBatch}); err != nil {
				return err
			}
			var changed []store.Message
			for _, m := range page {
				if m, ok := eraseMessage(m, conv.Theirs, t.now); ok {
					changed = append(changed, m)
				}
			}
			t.onCommit(func() { x.report.Messages += int64(len(changed)) })
			if len(changed) == 0 {
				return nil
			}
			return t.PutMessages(changed...)
		})
		if err != nil {
			return err
		}
		if len(page) < eraseBatch {
			return nil
		}
		before = page[len(page)-1].Seq
	}
}

// eraseMessage returns a message without what is personal, and whether it had any.
// theirs is the address that the customer has in it, or "" for the one that is
// there.
func eraseMessage(m store.Message, theirs channel.Address, at time.Time) (store.Message, bool) {
	had := m
	if theirs != "" {
		switch m.Direction {
		case store.Inbound:
			m.From = theirs
		case store.Outbound:
			m.To = theirs
		case store.Note:
		}
	}
	m.Text, m.Reason, m.RequestKey = "", "", ""
	if m.Extras != nil {
		kept := &store.Extras{Plan: m.Extras.Plan}
		if m.Extras = nil; kept.Plan != (store.Plan{}) {
			m.Extras = kept
		}
	}
	if d := m.Decision; d != nil { // all but its words, and where the customer was
		m.Decision = &compliance.Record{At: d.At, Verdict: d.Verdict, Until: d.Until, Entry: d.Entry, Purpose: d.Purpose, Consent: d.Consent, Version: d.Version}
	}
	if m.ErasedAt.IsZero() {
		m.ErasedAt = at
	}
	return m, !reflect.DeepEqual(had, m)
}

// reasons erases those of a conversation's events.
func (x *erasing) reasons(ctx context.Context, conv store.Conversation) error {
	for after := store.Cursor(0); ; {
		var last store.Cursor
		err := x.step(ctx, func(t *tx) (err error) {
			last, err = t.EraseReasons(store.EventQuery{Account: x.account, Conversation: conv.ID, After: after, Limit: eraseEvents})
			return err
		})
		if err != nil || last == 0 {
			return err
		}
		after = last
	}
}

// strays erases what the customer has written to numbers of no inbox.
func (x *erasing) strays(ctx context.Context) error {
	for after := store.StrayID(0); ; {
		var page []store.Stray
		err := x.step(ctx, func(t *tx) error {
			var err error
			if page, err = t.ListStrays(x.account, after, eraseBatch); err != nil {
				return err
			}
			erased := int64(0)
			for _, s := range page {
				pseudonym, err := x.whose(t, s)
				if err != nil || pseudonym == (compliance.Key{}) {
					if err != nil {
						return err
					}
					continue
				}
				s.Inbound = channel.Inbound{ProviderID: s.Inbound.ProviderID, From: pseudonym.Address(), To: s.Inbound.To}
				if s.ResolvedAt.IsZero() {
					_, err = resolveStray(t, s, x.author(), "erased")
				} else {
					err = t.PutStrays(s)
				}
				if err != nil {
					return err
				}
				erased++
			}
			t.onCommit(func() { x.report.Strays += erased })
			return nil
		})
		if err != nil {
			return err
		}
		if len(page) < eraseBatch {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

// whose returns the pseudonym of the person who has written a stray, if it is the
// one who is erased.
func (x *erasing) whose(t *tx, s store.Stray) (compliance.Key, error) {
	if compliance.IsErased(s.Inbound.From) {
		return compliance.Key{}, nil
	}
	for _, i := range identitiesOf(x.account, s.Inbound) {
		known, _, err := t.pseudonyms(compliance.Key{Account: string(i.Account), Family: i.Family, Identity: i.Value})
		if err != nil {
			return compliance.Key{}, err
		}
		for _, p := range known {
			if slices.Contains(x.pseudonyms, p) {
				return p, nil
			}
		}
	}
	return compliance.Key{}, nil
}

func addressesOf(keys []compliance.Key) []channel.Address {
	addresses := make([]channel.Address, len(keys))
	for i, k := range keys {
		addresses[i] = k.Address()
	}
	return addresses
}
