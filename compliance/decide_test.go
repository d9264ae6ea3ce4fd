package compliance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

var at = time.Date(2026, time.March, 4, 15, 0, 0, 0, time.UTC)

// Every purpose against every state, for a customer who has just written.
func TestStandardDecides(t *testing.T) {
	unknown := compliance.State{}
	optedIn := compliance.State{Since: at.Add(-time.Minute), Entry: 8, Source: compliance.FromContact}
	optedOut := compliance.State{OptedOut: true, Since: at.Add(-time.Minute), Entry: 7, Source: compliance.FromContact}
	longOut := compliance.State{OptedOut: true, Since: at.Add(-time.Hour), Entry: 7, Source: compliance.FromProvider}
	answer := func(kind compliance.Kind, confirms compliance.EntryID) compliance.Outgoing {
		return compliance.Outgoing{Purpose: compliance.Compliance, Answers: kind, Confirms: confirms}
	}
	const (
		allow = compliance.Allow
		deny  = compliance.Deny
	)
	for _, c := range []struct {
		name                                string
		m                                   compliance.Outgoing
		unknown, optedIn, optedOut, longOut compliance.Verdict
	}{
		{"no purpose", compliance.Outgoing{}, allow, allow, deny, deny},
		{"conversational", compliance.Outgoing{Purpose: compliance.Conversational}, allow, allow, deny, deny},
		{"by a person", compliance.Outgoing{Purpose: compliance.Conversational, Human: true}, allow, allow, deny, deny},
		{"transactional", compliance.Outgoing{Purpose: compliance.Transactional}, allow, allow, deny, deny},
		{"marketing", compliance.Outgoing{Purpose: compliance.Marketing}, deny, deny, deny, deny},
		{"template", compliance.Outgoing{Purpose: compliance.Conversational, Template: true}, allow, allow, deny, deny},
		{"template that sells", compliance.Outgoing{Purpose: compliance.Marketing, Template: true}, deny, deny, deny, deny},
		{"emergency", compliance.Outgoing{Purpose: compliance.Emergency}, allow, allow, allow, allow},
		{"what there is not", compliance.Outgoing{Purpose: "COMPLIANCE"}, deny, deny, deny, deny},
		{"confirmation of the opt-out", answer(compliance.OptOut, 7), deny, deny, allow, deny},
		{"confirmation of another opt-out", answer(compliance.OptOut, 6), deny, deny, deny, deny},
		{"confirmation of no opt-out", answer(compliance.OptOut, 0), deny, deny, deny, deny},
		{"confirmation of the opt-in", answer(compliance.OptIn, 8), deny, allow, deny, deny},
		{"confirmation of another opt-in", answer(compliance.OptIn, 6), deny, deny, deny, deny},
		{"confirmation of no opt-in", answer(compliance.OptIn, 0), deny, deny, deny, deny},
		{"help", answer(compliance.Help, 0), allow, allow, allow, allow},
		{"compliance for nothing", answer(compliance.None, 7), deny, deny, deny, deny},
		{"compliance for what is ambiguous", answer(compliance.Ambiguous, 7), deny, deny, deny, deny},
		{"marketing that claims to confirm", compliance.Outgoing{Purpose: compliance.Marketing, Answers: compliance.OptOut, Confirms: 7}, deny, deny, deny, deny},
	} {
		for _, s := range []struct {
			name  string
			state compliance.State
			want  compliance.Verdict
		}{{"unknown", unknown, c.unknown}, {"opted in", optedIn, c.optedIn}, {"opted out", optedOut, c.optedOut}, {"long opted out", longOut, c.longOut}} {
			for _, family := range []channel.Family{channel.Telephony, channel.WhatsApp} {
				t.Run(fmt.Sprintf("%s/%s/%s", c.name, s.name, family), func(t *testing.T) {
					m := c.m
					m.Family, m.LastInbound = family, at.Add(-time.Minute)
					got := compliance.Standard{}.Decide(s.state, m, at)
					if got.Verdict != s.want {
						t.Errorf("Decide says %v (%s), want %v", got.Verdict, got.Reason, s.want)
					}
					if got.Reason == "" || !got.Until.IsZero() {
						t.Errorf("Decide gives the reason %q and until %v", got.Reason, got.Until)
					}
				})
			}
		}
	}
}

func TestConfirmationTerm(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		want  compliance.Verdict
	}{
		{-time.Minute, compliance.Allow}, // the provider's clock is ahead
		{0, compliance.Allow},
		{compliance.ConfirmationTerm - 1, compliance.Allow},
		{compliance.ConfirmationTerm, compliance.Deny},
	} {
		s := compliance.State{OptedOut: true, Since: at, Entry: 7}
		m := compliance.Outgoing{Purpose: compliance.Compliance, Answers: compliance.OptOut, Confirms: 7}
		if got := (compliance.Standard{}).Decide(s, m, at.Add(c.after)); got.Verdict != c.want {
			t.Errorf("%v after the opt-out Decide says %v, want %v", c.after, got.Verdict, c.want)
		}
	}
}

func TestWhatsAppWindow(t *testing.T) {
	help := compliance.Outgoing{Purpose: compliance.Compliance, Answers: compliance.Help}
	for _, c := range []struct {
		name  string
		m     compliance.Outgoing
		since time.Duration
		never bool
		want  compliance.Verdict
	}{
		{name: "just open", since: compliance.WhatsAppWindow - 1, want: compliance.Allow},
		{name: "just closed", since: compliance.WhatsAppWindow, want: compliance.NeedsTemplate},
		{name: "never open", never: true, want: compliance.NeedsTemplate},
		{name: "template in the talk", m: compliance.Outgoing{Purpose: compliance.Conversational, Template: true, Human: true}, since: compliance.WhatsAppWindow, want: compliance.Allow},
		{name: "template of a responder", m: compliance.Outgoing{Purpose: compliance.Conversational, Template: true}, since: compliance.WhatsAppWindow, want: compliance.Deny},
		{name: "HELP in time", m: help, since: time.Hour, want: compliance.Allow},
		{name: "HELP too late", m: help, since: compliance.WhatsAppWindow, want: compliance.NeedsTemplate},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.m.LastInbound = at.Add(-c.since)
			if c.never {
				c.m.LastInbound = time.Time{}
			}
			if c.m.Purpose == "" {
				c.m.Purpose = compliance.Transactional
			}
			c.m.Family = channel.WhatsApp
			if got := (compliance.Standard{}).Decide(compliance.State{}, c.m, at); got.Verdict != c.want {
				t.Errorf("on WhatsApp Decide says %v (%s), want %v", got.Verdict, got.Reason, c.want)
			}
			c.m.Family = channel.Telephony
			if got := (compliance.Standard{}).Decide(compliance.State{}, c.m, at); got.Verdict != compliance.Allow {
				t.Errorf("by SMS, which has no window, Decide says %v (%s)", got.Verdict, got.Reason)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[fmt.Stringer]string{
		compliance.None: "none", compliance.OptOut: "opt_out", compliance.OptIn: "opt_in", compliance.Help: "help",
		compliance.Ambiguous: "ambiguous", compliance.Kind(99): "none",
		compliance.Deny: "deny", compliance.Allow: "allow", compliance.Defer: "defer", compliance.NeedsTemplate: "needs_template",
		compliance.NeedsHuman: "needs_human", compliance.Verdict(99): "deny",
	} {
		if got.String() != want {
			t.Errorf("%#v is called %q, want %q", got, got, want)
		}
	}
}
