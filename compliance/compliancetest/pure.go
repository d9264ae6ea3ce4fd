package compliancetest

import (
	"fmt"
	"reflect"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/kit"
)

func pureCases() []kit.Case[*env] {
	const pure = "Both methods are pure: the same answer for the same arguments, whatever was asked before."
	return []kit.Case[*env]{{
		Name:  "Pure/SameAnswer",
		Rule:  pure,
		Check: pureSameAnswer,
	}, {
		Name:  "Pure/NoMemory",
		Rule:  pure + " The engine keeps the ledger and says what holds.",
		Check: pureNoMemory,
	}, {
		Name:  "Pure/Concurrent",
		Rule:  "The engine calls both methods from many goroutines at once.",
		Check: pureConcurrent,
	}, {
		Name:  "Pure/InboundUnchanged",
		Rule:  "They change nothing that they are given.",
		Check: pureInboundUnchanged,
	}, {
		Name:  "Pure/KeepsNothing",
		Rule:  "They must not keep what they are given.",
		Check: pureKeepsNothing,
	}}
}

// answers are everything that the policy says to the kit's messages.
func (e *env) answers() (cs []compliance.Classification, ds []compliance.Decision) {
	for _, x := range messages() {
		cs = append(cs, e.policy.Classify(x.m, x.c))
	}
	for _, x := range outgoings() {
		ds = append(ds, e.policy.Decide(x.s, x.m, x.at))
	}
	return cs, ds
}

// sameAnswers asks everything again.
func (e *env) sameAnswers(cs []compliance.Classification, ds []compliance.Decision) error {
	again, then := e.answers()
	for i, x := range messages() {
		if again[i] != cs[i] {
			return fmt.Errorf("Classify read %s as %v and then as %v", describe(x.m, x.c), cs[i], again[i])
		}
	}
	for i, x := range outgoings() {
		if then[i].Verdict != ds[i].Verdict || then[i].Reason != ds[i].Reason || !then[i].Until.Equal(ds[i].Until) {
			return fmt.Errorf("Decide said %+v to %v and then %+v", ds[i], x, then[i])
		}
	}
	return nil
}

func pureSameAnswer(e *env) error {
	cs, ds := e.answers()
	return e.sameAnswers(cs, ds)
}

func pureNoMemory(e *env) error {
	at := kit.Noon()
	before := e.policy.Decide(compliance.State{}, sms(at, 0), at)
	e.policy.Classify(inbound("STOP"), compliance.Context{})
	after := e.policy.Decide(compliance.State{}, sms(at, 0), at)
	if !reflect.DeepEqual(before, after) {
		return fmt.Errorf("Decide said %+v, and %+v after Classify had seen a STOP that the ledger does not know", before, after)
	}
	s := optedOut(at)
	if err := e.refuses(s, sms(at, 48*time.Hour), at); err != nil {
		return err
	}
	e.policy.Classify(inbound("START"), compliance.Context{State: s})
	return e.refuses(s, sms(at, 48*time.Hour), at)
}

func pureConcurrent(e *env) error {
	cs, ds := e.answers()
	const goroutines = 8
	return kit.Together(goroutines, func(int) error { return e.sameAnswers(cs, ds) })
}

// laden is an inbound message with everything that it can point to.
func laden(text string) channel.Inbound {
	m := inbound(text)
	m.Media = []channel.Media{{URL: "https://example.com/1", ContentType: "image/jpeg"}, {URL: "https://example.com/2"}}
	m.Location = &channel.Location{Label: "Stop"}
	m.Button = &channel.Button{Text: "STOP", Payload: "p"}
	m.ReplyTo = &channel.ReplyTo{ProviderID: "kit-0", Sender: ours}
	m.Referral = &channel.Referral{Headline: "Sale", Body: "STOP"}
	m.Problems = []string{"one part could not be read"}
	m.Raw = map[string]string{"Body": text, "OptOutType": "STOP"}
	return kit.Fresh(m)
}

func pureInboundUnchanged(e *env) error {
	for _, text := range []string{"", "STOP", "hello", "START"} {
		for _, c := range []compliance.Context{{Region: "US"}, out()} {
			m := laden(text)
			changed := kit.Watch(m)
			e.policy.Classify(m, c)
			if err := changed(); err != nil {
				return fmt.Errorf("Classify %w", err)
			}
		}
	}
	return nil
}

func pureKeepsNothing(e *env) error {
	m := laden("")
	if err := e.want(m, compliance.Context{}, compliance.OptOut); err != nil {
		return err
	}
	kit.Poison(&m, "blue")
	m.Text = ""
	if err := e.wantNot(m, compliance.Context{}, compliance.OptOut); err != nil {
		return fmt.Errorf("after the button of an earlier message was changed: %w", err)
	}
	return nil
}
