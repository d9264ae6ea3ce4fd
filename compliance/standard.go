package compliance

import (
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// ConfirmationTerm is how long after an opt-out its confirmation may still be
// sent. Source: 47 CFR 64.1200(a)(12), which presumes a confirmation within
// five minutes to be allowed.
const ConfirmationTerm = 5 * time.Minute

// WhatsAppWindow is how long after a customer's last message free text may be
// sent on WhatsApp. Source: WhatsApp Business Platform, customer service
// window.
const WhatsAppWindow = 24 * time.Hour

// Standard is the policy of a host that supplies none. The zero value works, and
// is careful: it lets nothing go that sells to a contact of whom it does not know
// where they are, which Places can tell.
//
// It recognises the keywords of its table, whatever their spelling, and requests to
// stop in plain words: see [Table]. What it lets go is at [Standard.Decide].
type Standard struct {
	// Table is what is recognised. Nil is [StandardTable].
	Table *Table

	// Jurisdictions is what the law asks where the recipient is. Nil is
	// [StandardJurisdictions].
	Jurisdictions *Jurisdictions

	// Places tells where the owner of a number may be, whose records name no
	// place. Nil does not know. Package compliance/zones has one.
	Places Locator

	// Quiet are the hours at which nothing that sells is sent, by the recipient's
	// clock, whatever the law allows besides. Zero is [CarefulHours].
	Quiet QuietHours

	// QuietTransactional keeps the hours for transactional messages too, of
	// contacts who have not written within [AnswerTerm].
	QuietTransactional bool

	// QuietGuard is how long before quiet hours nothing is handed to a provider any
	// more, since it may take that long. 0 is five minutes.
	QuietGuard time.Duration

	// Holidays says whether a day, of which it gets the noon in the recipient's
	// zone, is a public holiday in a place, which is of ISO 3166-1 or 3166-2. It
	// must be pure. Nil is no day.
	Holidays func(code string, noon time.Time) bool

	// ImpliedTerm is for how long what a person writes to a contact who has written
	// is a part of the talk, and what a responder writes that says so: it is no
	// message that we send first. What a responder writes without a purpose is so
	// for a day. On WhatsApp it goes as a template after WhatsAppWindow. 0 is
	// [InquiryTerm].
	ImpliedTerm time.Duration

	// AnswerOptedOut lets a person, but no responder, answer what a contact has
	// written since they last opted out, but STOP, START and HELP.
	AnswerOptedOut bool

	// Scrubbed are the codes of jurisdictions whose registers need not be asked
	// about a message, since the host has compared its lists with them.
	Scrubbed []string
}

var _ OptOutPolicy = Standard{}

// byProvider is the rule of what a provider recognised.
const byProvider = "provider's keyword handling"

// Classify believes the provider's own verdict and the table; where they
// differ, an opt-out wins. A word that opts in does so only for a contact that
// has opted out or is held, or whom we have asked, as otherwise it is an
// ordinary word. A provider may take a bare YES for START; as it may as well
// answer a question, a person decides about it if the contact has opted out, and
// otherwise it is an ordinary word.
func (p Standard) Classify(m channel.Inbound, c Context) Classification {
	text := m.Text
	if strings.TrimSpace(text) == "" && m.Button != nil {
		text = m.Button.Text
	}
	t := p.Table
	if t == nil {
		t = StandardTable()
	}
	ctx := t.context(m, c)
	r := t.recognise(text, &ctx)
	if c.Subject != "" && (r.kind == None || r.kind == Ambiguous) {
		r = stronger(r, t.recognise(c.Subject, &ctx))
	}
	read := Classification{Kind: r.kind, Rule: r.rule, Language: r.language, Flag: r.flag, Version: t.version}
	switch {
	case r.kind == OptOut:
		return read
	case m.Keyword == channel.KeywordStop:
		return Classification{Kind: OptOut, Rule: byProvider}
	case m.Keyword == channel.KeywordHelp:
		return Classification{Kind: Help, Rule: byProvider}
	case m.Keyword == channel.KeywordStart && r.kind != OptIn && c.State.OptedOut && t.prompted(text):
		return Classification{Kind: Ambiguous, Rule: byProvider + " takes a bare yes for START"}
	case m.Keyword == channel.KeywordStart && (c.State.OptedOut || t.optsIn(text)):
		return Classification{Kind: OptIn, Rule: byProvider}
	case r.kind == None:
		return Classification{}
	}
	return read
}
