package compliance_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

func ExampleStandard_Classify() {
	var policy compliance.Standard
	for _, text := range []string{"Stop!", "please stop", "take me off your list", "Which bus stop is nearest?", "wrong number", "HELP"} {
		c := policy.Classify(channel.Inbound{Text: text}, compliance.Context{})
		fmt.Printf("%-28s %v\n", text, c.Kind)
	}
	// Output:
	// Stop!                        opt_out
	// please stop                  opt_out
	// take me off your list        opt_out
	// Which bus stop is nearest?   none
	// wrong number                 ambiguous
	// HELP                         help
}

// A host adds a word of its own.
func ExampleNewTable() {
	table, err := compliance.NewTable(compliance.TableConfig{
		Keywords: []compliance.Keyword{{
			Language: "en", Word: "NO SALE", Kind: compliance.OptOut, Match: compliance.MatchExact,
			Danger: "low", Tier: compliance.TierPractice, Source: "printed on our receipts",
		}},
		Phrases: map[string]string{"en": "out scratch me off"},
	})
	if err != nil {
		panic(err)
	}
	policy := compliance.Standard{Table: table}
	c := policy.Classify(channel.Inbound{Text: "no sale!"}, compliance.Context{})
	fmt.Println(c.Kind, c.Rule)
	fmt.Println(policy.Classify(channel.Inbound{Text: "Please scratch me off"}, compliance.Context{}).Kind)

	_, err = compliance.NewTable(compliance.TableConfig{Without: []string{"CANCEL"}})
	fmt.Println(err)
	// Output:
	// opt_out keyword NO SALE
	// opt_out
	// compliance: the keyword CANCEL can't be left out: 47 CFR 64.1200(a)(10); CTIA; Twilio; AWS; Telnyx; Vonage SC
}

func ExampleStandardJurisdictions() {
	at := time.Date(2026, time.March, 4, 20, 30, 0, 0, time.UTC) // by the recipient's clock
	for _, code := range []string{"US", "US-FL", "PL"} {
		j, found := compliance.StandardJurisdictions().For(code, compliance.ScopeMarketing, at)
		fmt.Println(code, found, j.Code, j.Model, j.Quiet.At(at, false))
	}
	// Output:
	// US true US express_written false
	// US-FL true US-FL express_written true
	// PL true EU soft_opt_in false
}

func ExampleStandard_Decide() {
	noon := time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC)
	var policy compliance.Standard
	answer := compliance.Outgoing{
		Purpose: compliance.Conversational, Family: channel.WhatsApp, Human: true, LastInbound: noon.Add(-25 * time.Hour),
	}
	fmt.Println(policy.Decide(compliance.State{}, answer, noon).Verdict)

	optedOut := compliance.State{OptedOut: true, Since: noon.Add(-time.Hour), Entry: 1}
	fmt.Println(policy.Decide(optedOut, answer, noon).Reason)
	// Output:
	// needs_template
	// the contact has opted out; they can text START to hear from you again
}

// A START that is delivered after a STOP, but was written before it, undoes
// nothing.
func ExampleFold() {
	noon := time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC)
	state := compliance.Fold([]compliance.Entry{
		{ID: 1, Kind: compliance.OptOut, OccurredAt: noon, RecordedAt: noon},
		{ID: 2, Kind: compliance.OptIn, OccurredAt: noon.Add(-time.Minute), RecordedAt: noon.Add(time.Minute)},
	})
	fmt.Println(state.OptedOut, state.Entry)
	// Output: true 1
}

// What is wrong with a line is told with the line, and those around it are read.
func ExampleStatementReader() {
	file := `address,kind,occurred_at,via,text,evidence
+14155550123,opt_out,2026-01-02T15:04:05Z,voice,"Please stop, will you?",call 4711
14155550124,opt_out,02/01/2026,voice,Stop,call 4712
whatsapp:+14155550125,opt_in,2026-01-03T09:00:00+01:00,web_form,Yes to offers,form 12 row 3
`
	r, err := compliance.NewStatementReader(strings.NewReader(file))
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2026, time.March, 4, 15, 0, 0, 0, time.UTC)
	for {
		s, err := r.Read(at)
		var line *compliance.LineError
		switch {
		case errors.Is(err, io.EOF):
			return
		case errors.As(err, &line):
			fmt.Println(line)
		case err != nil:
			fmt.Println(err)
			return
		default:
			fmt.Println(s.Address.Masked(), s.Kind, s.Via.InWords())
		}
	}
	// Output:
	// +1•••0123 opt_out said on the telephone
	// compliance: line 3: address is no E.164 number; write it with + and the code of the country, like +14155550100; occurred_at is no moment of RFC 3339; write it like 2026-11-23T14:05:00Z or 2026-11-23T14:05:00-05:00
	// whatsapp:+1•••0125 opt_in on a web form
}
