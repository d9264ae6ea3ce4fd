package compliancetest

import (
	"fmt"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/kit"
)

func ordinaryCases() []kit.Case[*env] {
	return []kit.Case[*env]{{
		Name:  "Classify/SentenceWithStop",
		Rule:  "A message that merely contains a keyword, in another word or about another thing, is no opt-out.",
		Check: classifySentences,
	}, {
		Name:  "Classify/MediaAlone",
		Rule:  "A message without a text says nothing about consent.",
		Check: classifyMediaAlone,
	}, {
		Name:  "Classify/OrdinaryStaysOptedOut",
		Rule:  "An ordinary message of a contact that has opted out opts nobody in, and neither does a bare yes.",
		Check: classifyStaysOptedOut,
	}, {
		Name:  "Classify/AnswerIsNoConsent",
		Rule:  "A yes to a question about something else opts nobody in, whether the contact has opted out or not.",
		Check: classifyAnswers,
	}, {
		Name:  "Classify/OurOwnWords",
		Rule:  "LastOutbound is the text of our last message: what the contact repeats of it is not theirs.",
		Check: classifyOurOwnWords,
	}, {
		Name:  "Classify/Reading",
		Rule:  "Kind is one of the kinds; Rule says what matched, for the ledger and the trace.",
		Check: classifyReading,
	}, {
		Name:  "Classify/Hostile",
		Rule:  "Classify does not block and does not panic, whatever the text.",
		Check: classifyHostile,
	}}
}

// sentences contain keywords and ask for nothing of the kind.
func sentences() []string {
	return []string{
		"Nonstop flight would be best",
		"unstoppable!!",
		"tell them to stop the music",
		"Can you stop the delivery? I'm away",
		"Which bus stop is nearest?",
		"The weekend works for me",
		"What does Reply STOP to opt out mean?",
		"Shop",
		"When do classes start",
		"Is this a bot?",
	}
}

func classifySentences(e *env) error {
	for _, text := range sentences() {
		if err := e.wantNot(inbound(text), compliance.Context{}, compliance.OptOut); err != nil {
			return err
		}
	}
	return nil
}

// media is a message that is an attachment alone.
func media() channel.Inbound {
	m := inbound("")
	m.Media = []channel.Media{{URL: "https://example.com/stop.jpg", ContentType: "image/jpeg", Name: "STOP"}}
	return m
}

func classifyMediaAlone(e *env) error {
	place := inbound("")
	place.Location = &channel.Location{Latitude: 40.7, Longitude: -74, Label: "Stop"}
	for _, m := range []channel.Inbound{media(), place} {
		for _, not := range []compliance.Kind{compliance.OptOut, compliance.OptIn, compliance.Help} {
			for _, c := range []compliance.Context{{}, out()} {
				if err := e.wantNot(m, c, not); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func classifyStaysOptedOut(e *env) error {
	for _, text := range append(sentences(), "", "hello?", "ok thanks", "yes", "Oui", "please restart the machine") {
		if err := e.wantNot(inbound(text), out(), compliance.OptIn); err != nil {
			return err
		}
	}
	return nil
}

func classifyAnswers(e *env) error {
	for _, text := range []string{"yes", "Y", "sí", "oui", "ja", "да", "はい"} {
		for _, c := range questions() {
			if c.Asked == compliance.AskedConsent {
				continue
			}
			for _, state := range []compliance.State{{}, out().State} {
				c.State = state
				if err := e.wantNot(inbound(text), c, compliance.OptIn); err != nil {
					return fmt.Errorf("asked %q %q: %w", c.Asked, c.LastOutbound, err)
				}
			}
		}
	}
	return nil
}

func classifyOurOwnWords(e *env) error {
	const ours = "Acme: 20% off today. Reply STOP to opt out."
	for _, text := range []string{ours, ours + "\nWhat is that?", "> " + ours, "Liked “" + ours + "”"} {
		for _, not := range []compliance.Kind{compliance.OptOut, compliance.OptIn} {
			if err := e.wantNot(inbound(text), compliance.Context{LastOutbound: ours}, not); err != nil {
				return err
			}
		}
	}
	return e.want(inbound("STOP"), compliance.Context{LastOutbound: ours}, compliance.OptOut)
}

// message is an inbound message with its context.
type message struct {
	m channel.Inbound
	c compliance.Context
}

// messages are one of each sort.
func messages() []message {
	texts := append(sentences(), "STOP", "stop", "HELP", "START", "CANCEL", "please stop texting me", "wrong number", "yes")
	ms := make([]message, 0, 2*len(texts)+8)
	for _, text := range texts {
		ms = append(ms, message{inbound(text), compliance.Context{Region: "US"}}, message{inbound(text), out()})
	}
	for _, k := range []channel.Keyword{channel.KeywordStop, channel.KeywordStart, channel.KeywordHelp} {
		m := inbound("DUR")
		m.Keyword = k
		ms = append(ms, message{m, compliance.Context{}}, message{m, out()})
	}
	button := inbound("")
	button.Button = &channel.Button{Text: "STOP", Payload: "p"}
	return append(ms, message{media(), out()}, message{button, compliance.Context{}})
}

func classifyReading(e *env) error {
	for _, x := range messages() {
		got := e.policy.Classify(x.m, x.c)
		switch {
		case got.Kind > compliance.Ambiguous:
			return fmt.Errorf("Classify read %s as kind %d, which does not exist", describe(x.m, x.c), got.Kind)
		case got.Kind != compliance.None && got.Rule == "":
			return fmt.Errorf("Classify read %s as %v and does not say by which rule", describe(x.m, x.c), got.Kind)
		}
	}
	return nil
}

func classifyHostile(e *env) error {
	for _, text := range append(kit.Texts(), "\xff\xfe", "stop\xff") {
		m := inbound(text)
		m.Raw = map[string]string{"Body": text}
		e.policy.Classify(m, compliance.Context{Region: "??"})
		e.policy.Classify(m, out())
	}
	e.policy.Classify(channel.Inbound{}, compliance.Context{})
	return nil
}
