package inbox

import (
	"context"
	"errors"
	"strings"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
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
		errs = append(errs, errNoSecrets())
	}
	return errors.Join(errs...)
}

func errNoSecrets() error {
	return invalid("Config.PseudonymSecrets", "is empty, and opt-outs would be lost; make a secret of %d bytes with crypto/rand, and keep it outside of the database",
		compliance.MinPseudonymSecret)
}

// erasing is an erasure under way.
type erasing struct {
	Erasure

	in      *Inbox
	account store.AccountID
	report  ErasureReport

	pseudonyms []compliance.Key       // of the person
	spares     func(store.Stray) bool // leaves a stray alone; nil: none
}

// run does it all. The messages come last, and their newest at the very end, see
// erasureEnded.
func (x *erasing) run(ctx context.Context) error {
	if err := x.step(ctx, x.cut); err != nil {
		return err
	}
	if err := x.strays(ctx); err != nil {
		return err
	}
	return x.words(ctx)
}

// step makes one change, tells of it, and leaves room for others.
func (x *erasing) step(ctx context.Context, apply func(*tx) error) error {
	return x.in.step(ctx, apply, func() {
		if x.Progress != nil {
			x.Progress(x.report)
		}
	})
}
