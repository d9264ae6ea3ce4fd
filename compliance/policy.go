package compliance

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// OptOutPolicy recognises keywords and decides about every outbound message.
//
// The engine calls both methods from many goroutines at once, inside
// transactions that may be run again. So they must be pure: no I/O, no
// blocking, no clock but the one they are given, the same answer for the same
// arguments. They must not keep what they are given. A panic counts as
// [Ambiguous] from Classify and as [Deny] from Decide. What is ambiguous holds,
// see [Hold], and is an opt-out if no person decides in time: a policy that
// panics ends in opt-outs if nobody cares.
//
// Classify is called for each inbound message, before any router or responder
// sees it. Decide is called for each outbound message when it is queued, and
// again in every transaction that marks it as being sent. Both may be called
// more often.
//
// Test your implementation with package compliance/compliancetest.
type OptOutPolicy interface {
	Classify(m channel.Inbound, c Context) Classification
	Decide(s State, m Outgoing, at time.Time) Decision
}

// Context is what is known about the sender of an inbound message, and about
// the talk that it is a part of. Every field may be zero. The engine of package
// inbox fills all but Asked, and LastOutbound for those messages alone that the
// policy takes for more than ordinary ones: it asks about them twice.
type Context struct {
	State  State  // what holds before this message
	Region string // ISO 3166-1 code of the contact's country, or ""

	// Language is the BCP 47 tag of the language that the contact writes in, or
	// "". It tells words apart that two languages share.
	Language string

	// Asked says what our last message asked, or "". A host knows that sends by
	// a flow of its own, and can add it in an [OptOutPolicy] around [Standard];
	// where it is "", LastOutbound tells whether we asked anything.
	Asked Question

	// LastOutbound is the text of our last message to the contact, or "". What
	// the contact repeats of it is not theirs.
	LastOutbound string

	// Subject is the subject line of an MMS, or "". It is read if the text says
	// nothing about consent.
	Subject string

	// At is when the message came in. The rows of the tables count that hold at
	// that moment; if it is zero, those that have no end.
	At time.Time
}

// Question is what a message of ours asked. A host may use values of its own;
// they count as a question that words like CANCEL may answer.
type Question string

// The questions.
const (
	AskedConsent      Question = "double_optin"        // may we write to you?
	AskedConfirmation Question = "appointment_confirm" // will you come?
	AskedOffer        Question = "upsell"              // do you want this?
	AskedOther        Question = "question"
)

// Kind is what an inbound message means for consent.
type Kind uint8

// The kinds.
const (
	None      Kind = iota // an ordinary message
	OptOut                // stop writing to me
	OptIn                 // you may write to me again
	Help                  // who is this, and how do I stop it?
	Ambiguous             // a person must decide
	Released              // of entries of the ledger alone: a person has, and it was no wish to stop
	Asked                 // of entries alone: we have asked the contact to opt in
	Voided                // of entries alone: the number is somebody else's, or nobody's
	Erased                // of entries alone: what is personal was erased, here and in all entries before
)

// String returns the kind in lower case, like "opt_out".
func (k Kind) String() string {
	switch k {
	case OptOut:
		return "opt_out"
	case OptIn:
		return "opt_in"
	case Help:
		return "help"
	case Ambiguous:
		return "ambiguous"
	case Released:
		return "released"
	case Asked:
		return "asked"
	case Voided:
		return "voided"
	case Erased:
		return "erased"
	case None:
	}
	return "none"
}

// Classification is a policy's reading of an inbound message.
type Classification struct {
	Kind Kind
	Rule string // what matched, like "keyword STOP", for the ledger and the trace

	// Language is the ISO 639-1 code of the language of what matched, "und" for
	// emoji, or "" if it was not a word.
	Language string

	// Version is that of the table that Rule is of, or "".
	Version string

	// Flag says why a person should see the message although it needs no
	// decision, or is "": a CANCEL that may be meant for an appointment, a
	// complaint, a wish to have one's data erased.
	Flag string
}

// Evidence says in one line what the ledger keeps of a classification: the
// rule, its language and the version of its table, and the flag.
func (c Classification) Evidence() string {
	text := c.Rule
	if c.Version != "" {
		text += " (" + c.Language + ", table " + c.Version + ")"
	}
	if c.Flag != "" {
		text += "; " + c.Flag
	}
	return text
}

// Purpose is why an outbound message is sent.
type Purpose string

// The purposes. A message that serves two has the first of these that is one of
// them: what sells besides is marketing.
const (
	Marketing      Purpose = "marketing"      // everything that sells
	Transactional  Purpose = "transactional"  // about an order, an appointment, an account
	Conversational Purpose = "conversational" // a part of a talk that the contact takes part in
	Compliance     Purpose = "compliance"     // the answer to STOP, START or HELP, and the question to opt in
	Emergency      Purpose = "emergency"      // a danger to life or health that somebody answers for having warned of
)

// Outgoing is an outbound message as the gate sees it.
type Outgoing struct {
	Purpose   Purpose // "" if nobody has said: [Standard] counts it as marketing unless it answers
	Programme string  // what it is a part of that the contact can subscribe to, see Reach; or ""
	Family    channel.Family
	To        channel.Address
	Text      string // "" of a template
	Template  bool   // the provider has approved the content beforehand
	Human     bool   // a person wrote it, not a responder

	// Brand is the name of the company that the contact knows, or "".
	Brand string

	// Region and Zone are where the contact is, as they or the company's records
	// say: ISO 3166-1 or 3166-2, and the clock there. "" and nil if nobody knows.
	Region string
	Zone   *time.Location

	// LastInbound is when the contact last wrote in this conversation, or
	// zero if never.
	LastInbound time.Time

	// LastTalk is when they last wrote there what is to be answered: not STOP,
	// START or HELP. Zero is never, or not within [AnswerTerm]. The engine of package
	// inbox says it where it decides something: to contacts that have opted out,
	// and for what may have to wait for the end of quiet hours.
	LastTalk time.Time

	// Answers is the kind of inbound message that a message with purpose
	// [Compliance] answers: OptOut, OptIn or Help; or Asked, for the question to
	// opt in itself.
	Answers Kind

	// Confirms is the ledger entry of the opt-out or opt-in that a message
	// with purpose [Compliance] confirms, or of the question that it asks, or 0.
	Confirms EntryID

	// Listings are the answers of those registers that were asked, for
	// [NeedsRegister].
	Listings []Listing
}

// Verdict is what may happen to an outbound message.
type Verdict uint8

// The verdicts. The zero value denies, so that a decision nobody made lets
// nothing through.
const (
	Deny          Verdict = iota // it must not be sent
	Allow                        // it may be sent at this moment
	Defer                        // it may be sent later, see Decision.Until
	NeedsTemplate                // only an approved template may be sent
	NeedsHuman                   // a person must decide first; until then it waits if the contact is held, see [Hold], and else it is not sent
	NeedsRegister                // registers must be asked first, see Decision.Registers; without answers it is not sent
)

// String returns the verdict in lower case, like "needs_template".
func (v Verdict) String() string {
	switch v {
	case Allow:
		return "allow"
	case Defer:
		return "defer"
	case NeedsTemplate:
		return "needs_template"
	case NeedsHuman:
		return "needs_human"
	case NeedsRegister:
		return "needs_register"
	case Deny:
	}
	return "deny"
}

// Decision is a policy's word on an outbound message. What it says besides the
// verdict is for people and for the record.
type Decision struct {
	Verdict Verdict
	Reason  string    // in plain words, for the agent and the record
	Until   time.Time // for Defer: when to ask again; the engine sets it for NeedsHuman, see Hold.Until

	// Registers are the codes of the jurisdictions whose registers must be asked,
	// for NeedsRegister.
	Registers []string

	Purpose Purpose // that the message counts as
	Consent EntryID // the ledger entry of the consent that it goes with, or 0
	Version string  // of the tables that were read, or ""
	Local   string  // the recipient's time and where that is known from, or ""
	Warning string  // what whoever writes should think of, though it may go; or ""
}
