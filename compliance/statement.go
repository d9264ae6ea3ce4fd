package compliance

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/teaminbox/teaminbox/channel"
)

// Statement is what somebody states of a contact's consent that did not come in
// as a message on a channel of ours: the contact said it on the telephone, wrote
// an e-mail, filled in a form. A request to stop counts whatever way it is made
// (47 CFR 64.1200(a)(10)), so all of it belongs in the ledger.
type Statement struct {
	// Address is whom it is about: a telephone number in the form of E.164, like
	// "+14155550100", or an address of another medium, like
	// "whatsapp:+14155550100". It holds for all numbers and inboxes of the
	// account, and for the family of the address: for SMS, MMS and RCS, or for
	// WhatsApp.
	Address channel.Address

	// Kind is OptOut, OptIn, or Voided: the number is not the contact's, or not any
	// more.
	Kind Kind

	// Reach is what an opt-out or opt-in is about. A request to stop is about
	// everything, and Reach zero, unless the contact has named less.
	Reach

	// Strength is how strong an opt-in is as a consent to what sells. NotMarketing,
	// which is "", lets nothing go that sells.
	Strength Strength

	// OccurredAt is when the contact did it, or when the number was found to be
	// somebody else's.
	OccurredAt time.Time

	// Until is when an opt-in ends by itself, or zero.
	Until time.Time

	// Via is how it reached the company.
	Via Via

	// Text is what the contact said or wrote, word for word, or what the form or
	// the box said that they confirmed. It may be "" for ViaSystem alone.
	Text string

	// Evidence says where the proof is: the recording of a call, a ticket, the
	// scan of a letter, the row of a form, the list of another system. An opt-in
	// needs it, and so does ViaSystem.
	Evidence string

	// Reason is why it is recorded, in the words of whoever does. An opt-in of a
	// contact that has opted out needs it.
	Reason string
}

// Via is a way by which a contact's word reached the company.
type Via string

// The ways. All but ViaSystem are acts of the contact.
const (
	ViaVoice    Via = "voice"     // said on the telephone
	ViaEmail    Via = "email"     // written in an e-mail
	ViaWebForm  Via = "web_form"  // a form or a box on a web page or in an app
	ViaPaper    Via = "paper"     // a letter, or a form on paper
	ViaInPerson Via = "in_person" // said to somebody's face
	ViaMessage  Via = "message"   // written in a message, in words that a person had to read
	ViaSystem   Via = "system"    // another system says so: a CRM, the suppression list of a former provider
)

// InWords says it for people.
func (v Via) InWords() string {
	switch v {
	case ViaVoice:
		return "said on the telephone"
	case ViaEmail:
		return "written in an e-mail"
	case ViaWebForm:
		return "on a web form"
	case ViaPaper:
		return "on paper"
	case ViaInPerson:
		return "said in person"
	case ViaMessage:
		return "written in a message"
	case ViaSystem:
		return "from another system"
	}
	return "of an unknown way"
}

// vias are all ways.
var vias = [...]Via{ViaVoice, ViaEmail, ViaWebForm, ViaPaper, ViaInPerson, ViaMessage, ViaSystem}

func viasInWords() string {
	names := make([]string, len(vias))
	for i, v := range vias {
		names[i] = string(v)
	}
	return strings.Join(names, ", ")
}

// The bounds of a statement.
const (
	longestStatement = 20_000 // code points of a Text
	longestEvidence  = 2_000  // code points of Evidence and of Reason
	longestProgramme = 128    // code points of a programme's name
	shortestNumber   = 7      // digits of a telephone number that a text can be sent to, the country's included
)

// firstText is when the first text message was sent.
var firstText = time.Date(1992, time.December, 3, 0, 0, 0, 0, time.UTC)

// clockSkew is by how much the clock of whoever states something may be ahead.
const clockSkew = 5 * time.Minute

// Problem is what is wrong with a field of a [Statement], and the cure. It does
// not repeat what the field has, so that it may be logged.
type Problem struct {
	Field  string // the name of the field, or of the column
	Reason string // like "is empty; give …"
}

// String puts both together.
func (p Problem) String() string { return p.Field + " " + p.Reason }

// Problems returns all that is wrong with a statement that is made at a moment,
// or nothing.
func (s *Statement) Problems(at time.Time) []Problem {
	var all []Problem
	bad := func(field, format string, args ...any) {
		all = append(all, Problem{field, fmt.Sprintf(format, args...)})
	}
	if reason := badContact(s.Address); reason != "" {
		bad("Address", "%s", reason)
	}
	if s.Kind != OptOut && s.Kind != OptIn && s.Kind != Voided {
		bad("Kind", "is %v; it must be opt_out, opt_in or voided", s.Kind)
	}
	for _, p := range s.scopeProblems() {
		bad(p.Field, "%s", p.Reason)
	}
	switch {
	case s.OccurredAt.IsZero():
		bad("OccurredAt", "is missing; give the moment at which the contact said it")
	case s.OccurredAt.Before(firstText):
		bad("OccurredAt", "is before the first text message was sent, in 1992; give the moment at which the contact said it")
	case s.OccurredAt.After(at.Add(clockSkew)):
		bad("OccurredAt", "is in the future; give the moment at which the contact said it, and check its time zone")
	}
	switch s.Via {
	case ViaVoice, ViaEmail, ViaWebForm, ViaPaper, ViaInPerson, ViaMessage:
		if strings.TrimSpace(s.Text) == "" {
			bad("Text", "is empty; give what the contact said, word for word")
		}
	case ViaSystem:
		if strings.TrimSpace(s.Evidence) == "" {
			bad("Evidence", "is empty; name the system or the list that says so")
		}
	case "":
		bad("Via", "is empty; it must be one of %s", viasInWords())
	default:
		bad("Via", "is not known; it must be one of %s", viasInWords())
	}
	if s.Kind == OptIn && s.Via != ViaSystem && strings.TrimSpace(s.Evidence) == "" {
		bad("Evidence", "is empty; say where the proof of the opt-in is")
	}
	for _, f := range []struct {
		name, text string
		longest    int
	}{{"Text", s.Text, longestStatement}, {"Evidence", s.Evidence, longestEvidence}, {"Reason", s.Reason, longestEvidence}} {
		if reason := badText(f.text, f.longest); reason != "" {
			bad(f.name, "%s", reason)
		}
	}
	return all
}

// scopeProblems returns what is wrong with what a statement is about.
func (s *Statement) scopeProblems() []Problem {
	var all []Problem
	bad := func(field, reason string) { all = append(all, Problem{field, reason}) }
	switch {
	case s.Purpose != "" && s.Purpose != Marketing:
		bad("Purpose", "must be marketing, for what sells alone, or empty")
	case s.Purpose != "" && s.Kind == Voided:
		bad("Purpose", "is for opt-outs and opt-ins; a number is void for all purposes")
	}
	switch {
	case s.Programme != "" && s.Kind == Voided:
		bad("Programme", "is for opt-outs and opt-ins; a number is void for all programmes")
	case strings.TrimSpace(s.Programme) != s.Programme:
		bad("Programme", "begins or ends with a space; give it as messages name it")
	default:
		if reason := badText(s.Programme, longestProgramme); reason != "" {
			bad("Programme", reason)
		}
	}
	switch {
	case !slices.Contains(strengths, s.Strength):
		bad("Strength", "is not known; it must be express, express_written, or empty for an opt-in that is not about marketing")
	case s.Strength != NotMarketing && s.Kind != OptIn:
		bad("Strength", "is for opt-ins alone; leave it empty")
	case s.Strength == NotMarketing && s.Purpose == Marketing && s.Kind == OptIn:
		bad("Strength", "is empty; say whether the consent to marketing is express or express_written")
	case s.Strength == ExpressWritten && (s.Via == ViaVoice || s.Via == ViaInPerson):
		bad("Strength", "is express_written, and what is said is not in writing; it is express")
	case s.Strength != NotMarketing && strings.TrimSpace(s.Text) == "":
		bad("Text", "is empty; give the words to which the contact has agreed")
	}
	switch {
	case s.Until.IsZero():
	case s.Kind != OptIn:
		bad("Until", "is for opt-ins alone; leave it empty")
	case !s.Until.After(s.OccurredAt):
		bad("Until", "is not after the opt-in; give the moment at which it ends, or nothing")
	}
	return all
}

// badContact says why an address can't be a contact's, or "".
func badContact(a channel.Address) string {
	if a == "" {
		return "is empty; give the contact's, like +14155550100 or whatsapp:+14155550100"
	}
	parsed, err := channel.ParseAddress(string(a))
	switch {
	case err != nil:
		return "is no address: " + strings.TrimPrefix(err.Error(), "channel: ")
	case parsed != a:
		return "is not as channel.ParseAddress writes it; parse it first"
	}
	number, ok := strings.CutPrefix(a.Identity(), "+")
	switch {
	case !ok && a.Family() == channel.Telephony:
		return "is no E.164 number; write it with + and the code of the country, like +14155550100"
	case ok && number[0] == '0':
		return "is no E.164 number, as no country's code begins with 0; write it like +14155550100"
	case ok && len(number) < shortestNumber:
		return fmt.Sprintf("is no E.164 number, as it has only %d digits; write it whole, like +14155550100", len(number))
	}
	return ""
}

// badText says what is wrong with a text, or "".
func badText(text string, longest int) string {
	if !utf8.ValidString(text) {
		return "is not valid UTF-8; write it in that encoding"
	}
	if n := utf8.RuneCountInString(text); n > longest {
		return fmt.Sprintf("has %d characters; at most %d are kept", n, longest)
	}
	if strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r) }) >= 0 {
		return "has a control character; take it out"
	}
	return ""
}
