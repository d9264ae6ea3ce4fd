package compliancetest

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

// broken is a policy with one fault.
type broken struct {
	by   string // the case that must find it
	what string
	new  func() compliance.OptOutPolicy
}

func TestBrokenPoliciesAreFound(t *testing.T) {
	found := map[string]bool{}
	for _, broken := range []broken{
		{"Classify/Stop", "does not know STOP in one country", classifies(func(_ channel.Inbound, c compliance.Context, k compliance.Classification) compliance.Classification {
			if c.Region == "JP" {
				return compliance.Classification{}
			}
			return k
		})},
		{"Classify/PerSeWords", "lacks REVOKE", forgets("revoke")},
		{"Classify/PerSeWordsAnswering", "CANCEL answers a reminder", classifies(func(m channel.Inbound, c compliance.Context, k compliance.Classification) compliance.Classification {
			if m.Text == "cancel" && c.Asked == compliance.AskedConfirmation {
				return compliance.Classification{}
			}
			return k
		})},
		{"Classify/AnswerIsNoConsent", "a yes to an offer is consent", classifies(func(m channel.Inbound, c compliance.Context, k compliance.Classification) compliance.Classification {
			if m.Text == "yes" && c.Asked == compliance.AskedOffer {
				return compliance.Classification{Kind: compliance.OptIn, Rule: "fake"}
			}
			return k
		})},
		{"Classify/OurOwnWords", "a quotation is an opt-out", classifies(func(m channel.Inbound, _ compliance.Context, k compliance.Classification) compliance.Classification {
			if strings.Contains(m.Text, "Reply STOP") {
				return stop
			}
			return k
		})},
		{"Classify/Canada", "lacks ARRET", forgets("ARRET")},
		{"Classify/Help", "does not help those who opted out", classifies(func(_ channel.Inbound, c compliance.Context, k compliance.Classification) compliance.Classification {
			if k.Kind == compliance.Help && c.State.OptedOut {
				return compliance.Classification{}
			}
			return k
		})},
		{"Classify/OptIn", "lacks UNSTOP", forgets("UNSTOP")},
		{"Classify/StopAgain", "ignores a second STOP", classifies(func(_ channel.Inbound, c compliance.Context, k compliance.Classification) compliance.Classification {
			if k.Kind == compliance.OptOut && c.State.OptedOut {
				return compliance.Classification{}
			}
			return k
		})},
		{"Classify/Keywords", "lacks a word that it promises", forgets("INFO")},
		{"Classify/Examples", "reads an example otherwise", forgets("stop please")},
		{"Classify/Button", "ignores buttons", classifies(func(m channel.Inbound, c compliance.Context, _ compliance.Classification) compliance.Classification {
			m.Button = nil
			return compliance.Standard{}.Classify(m, c)
		})},
		{"Classify/Case", "knows upper case only", exactly(strings.ToUpper)},
		{"Classify/WhiteSpace", "does not trim", exactly(strings.TrimSpace)},
		{"Classify/Punctuation", "minds punctuation", exactly(without(".!()*#…。"))},
		{"Classify/Quotes", "minds quotes", exactly(without("\"'“”‘’«»„「」"))},
		{"Classify/Emoji", "minds emoji", exactly(without("🛑😡🙏✋"))},
		{"Classify/FullWidth", "does not normalise", exactly(without(fullWidth("STOP")))},
		{"Classify/Invisible", "minds zero width", exactly(without("\u200b\u2060\ufeff"))},
		{"Classify/SentenceWithStop", "looks for stop anywhere", classifies(func(m channel.Inbound, _ compliance.Context, k compliance.Classification) compliance.Classification {
			if strings.Contains(strings.ToLower(m.Text), "stop") {
				return stop
			}
			return k
		})},
		{"Classify/MediaAlone", "reads file names", classifies(func(m channel.Inbound, _ compliance.Context, k compliance.Classification) compliance.Classification {
			if len(m.Media) > 0 && m.Media[0].Name == "STOP" {
				return stop
			}
			return k
		})},
		{"Classify/OrdinaryStaysOptedOut", "takes any message for consent", classifies(func(_ channel.Inbound, c compliance.Context, k compliance.Classification) compliance.Classification {
			if k.Kind == compliance.None && c.State.OptedOut {
				return compliance.Classification{Kind: compliance.OptIn, Rule: "fake"}
			}
			return k
		})},
		{"Classify/Reading", "does not name its rule", classifies(func(_ channel.Inbound, _ compliance.Context, k compliance.Classification) compliance.Classification {
			return compliance.Classification{Kind: k.Kind}
		})},
		{"Classify/Reading", "invents a kind", classifies(func(_ channel.Inbound, _ compliance.Context, k compliance.Classification) compliance.Classification {
			if k.Kind == compliance.None {
				k.Kind = compliance.Ambiguous + 1
			}
			return k
		})},
		{"Classify/Hostile", "panics about an empty text", classifies(func(m channel.Inbound, _ compliance.Context, k compliance.Classification) compliance.Classification {
			_ = m.Text[0]
			return k
		})},
		{"Classify/ProviderStop", "ignores the provider", classifies(func(m channel.Inbound, c compliance.Context, _ compliance.Classification) compliance.Classification {
			m.Keyword = channel.NoKeyword
			return compliance.Standard{}.Classify(m, c)
		})},
		{"Classify/ProviderStart", "ignores the provider's START", classifies(func(m channel.Inbound, c compliance.Context, k compliance.Classification) compliance.Classification {
			if m.Keyword == channel.KeywordStart {
				return compliance.Classification{}
			}
			return k
		})},
		{"Classify/ProviderHelp", "ignores the provider's HELP", classifies(func(m channel.Inbound, c compliance.Context, k compliance.Classification) compliance.Classification {
			if m.Keyword == channel.KeywordHelp {
				return compliance.Classification{}
			}
			return k
		})},

		{"Decide/MarketingWithoutConsent", "sells to whoever has opted in", allows(func(s compliance.State, m compliance.Outgoing, _ time.Time) bool {
			return m.Purpose == compliance.Marketing && s.Entry != 0 && !s.OptedOut
		})},
		{"Decide/UnknownPurpose", "compares purposes whatever their case", decides(func(s compliance.State, m compliance.Outgoing, at time.Time, d compliance.Decision) compliance.Decision {
			if m.Purpose == "CONVERSATIONAL" && !s.OptedOut {
				return allowed
			}
			return d
		})},
		{"Decide/NoPurposeUnasked", "takes what has no purpose for an answer", allows(func(s compliance.State, m compliance.Outgoing, _ time.Time) bool {
			return m.Purpose == "" && s.Entry == 0 && !s.Held.Stands()
		})},
		{"Decide/OptedOutOfMarketing", "knows only opt-outs of everything", allows(func(s compliance.State, m compliance.Outgoing, at time.Time) bool {
			_, ok := s.Consent(m.Programme, at)
			return ok && m.Purpose == compliance.Marketing && !s.OptedOut && !s.Voided.Stands()
		})},
		{"Decide/Voided", "does not mind whose number it is", allows(func(s compliance.State, m compliance.Outgoing, _ time.Time) bool {
			return s.Voided.Stands() && m.Purpose == compliance.Transactional
		})},
		{"Decide/AskedBack", "asks whoever has opted out", allows(func(s compliance.State, m compliance.Outgoing, _ time.Time) bool {
			return m.Answers == compliance.Asked && s.OptedOut
		})},
		{"Decide/AskedTwice", "asks again", allows(func(s compliance.State, m compliance.Outgoing, _ time.Time) bool {
			return m.Answers == compliance.Asked && !s.OptedOut && s.Asked.Entry == 0
		})},

		{"Decide/OptedOutMarketing", "allows everything", func() compliance.OptOutPolicy {
			return fake{decide: func(compliance.State, compliance.Outgoing, time.Time) compliance.Decision { return allowed }}
		}},
		{"Decide/OptedOutTransactional", "exempts transactional messages", allows(func(_ compliance.State, m compliance.Outgoing, _ time.Time) bool {
			return m.Purpose == compliance.Transactional
		})},
		{"Decide/OptedOutNoPurpose", "exempts what has no purpose", allows(func(_ compliance.State, m compliance.Outgoing, _ time.Time) bool { return m.Purpose == "" })},
		{"Decide/OptedOutUnknownPurpose", "compares purposes whatever their case", decides(func(s compliance.State, m compliance.Outgoing, at time.Time, d compliance.Decision) compliance.Decision {
			if strings.EqualFold(string(m.Purpose), string(compliance.Compliance)) && m.Purpose != compliance.Compliance {
				return allowed
			}
			return d
		})},
		{"Decide/OptedOutResponder", "lets responders answer those who opted out", allows(func(_ compliance.State, m compliance.Outgoing, at time.Time) bool {
			return !m.Human && m.Purpose == compliance.Conversational && at.Sub(m.LastInbound) < time.Hour
		})},
		{"Decide/OptedOutPerson", "lets people answer those who opted out, and doesn't say so", allows(func(_ compliance.State, m compliance.Outgoing, at time.Time) bool {
			return m.Human && m.Purpose == compliance.Conversational && at.Sub(m.LastInbound) < time.Hour
		})},
		{"Decide/OptedOutTemplate", "takes a template for a licence", allows(func(_ compliance.State, m compliance.Outgoing, _ time.Time) bool { return m.Template })},
		{"Decide/OptedOutTemplate", "asks those for a template who can't have one", decides(func(s compliance.State, _ compliance.Outgoing, _ time.Time, d compliance.Decision) compliance.Decision {
			if s.OptedOut {
				return compliance.Decision{Verdict: compliance.NeedsTemplate, Reason: "fake"}
			}
			return d
		})},
		{"Decide/OptedOutDisguised", "looks at what is confirmed, not at the purpose", decides(func(s compliance.State, m compliance.Outgoing, at time.Time, _ compliance.Decision) compliance.Decision {
			if m.Answers == compliance.OptOut {
				m.Purpose = compliance.Compliance
			}
			return compliance.Standard{}.Decide(s, m, at)
		})},
		{"Decide/OptedOutForLong", "forgets opt-outs after ten years", allows(func(s compliance.State, _ compliance.Outgoing, at time.Time) bool {
			return s.OptedOut && at.Sub(s.Since) > 10*365*24*time.Hour
		})},
		{"Decide/OptedOutByWhomever", "believes the contact alone", allows(func(s compliance.State, _ compliance.Outgoing, _ time.Time) bool {
			return s.OptedOut && s.Source != compliance.FromContact
		})},
		{"Decide/HeldResponder", "knows no holds", decides(func(s compliance.State, m compliance.Outgoing, at time.Time, _ compliance.Decision) compliance.Decision {
			s.Held = compliance.Hold{}
			return compliance.Standard{}.Decide(s, m, at)
		})},
		{"Decide/HeldResponder", "lets responders go on while a message holds", allows(func(s compliance.State, m compliance.Outgoing, _ time.Time) bool {
			return s.Held.Stands() && !m.Human && m.Purpose == compliance.Conversational
		})},
		{"Decide/HeldResponder", "defers what a person must decide about", decides(func(s compliance.State, _ compliance.Outgoing, _ time.Time, d compliance.Decision) compliance.Decision {
			if s.Held.Stands() && d.Verdict == compliance.NeedsHuman {
				return compliance.Decision{Verdict: compliance.Defer, Reason: "fake", Until: s.Held.Until}
			}
			return d
		})},
		{"Decide/HeldMarketing", "lets people sell while a message holds", allows(func(s compliance.State, m compliance.Outgoing, _ time.Time) bool {
			return s.Held.Stands() && m.Human && m.Purpose == compliance.Marketing
		})},
		{"Decide/HeldTransactional", "exempts transactional messages from holds", allows(func(s compliance.State, m compliance.Outgoing, _ time.Time) bool {
			return s.Held.Stands() && m.Purpose == compliance.Transactional
		})},
		{"Decide/HeldNoPurpose", "exempts what has no purpose from holds", allows(func(s compliance.State, m compliance.Outgoing, _ time.Time) bool {
			return s.Held.Stands() && m.Purpose == ""
		})},
		{"Decide/HeldTemplate", "takes a template for a decision", allows(func(s compliance.State, m compliance.Outgoing, _ time.Time) bool {
			return s.Held.Stands() && m.Template
		})},
		{"Decide/HeldOver", "holds for ever", allows(func(s compliance.State, m compliance.Outgoing, at time.Time) bool {
			return s.Held.Over(at) && m.Human
		})},
		{"Decide/HeldHelp", "helps nobody who is held", decides(func(s compliance.State, m compliance.Outgoing, _ time.Time, d compliance.Decision) compliance.Decision {
			if s.Held.Stands() && m.Answers == compliance.Help {
				return denied
			}
			return d
		})},
		{"Classify/StartWhileHeld", "takes START for an ordinary word while a message holds", classifies(func(_ channel.Inbound, c compliance.Context, k compliance.Classification) compliance.Classification {
			if k.Kind == compliance.OptIn && c.State.Held.Stands() {
				return compliance.Classification{}
			}
			return k
		})},
		{"Decide/Confirmation", "confirms nothing, and doesn't say so", decides(func(s compliance.State, m compliance.Outgoing, _ time.Time, d compliance.Decision) compliance.Decision {
			if s.OptedOut && m.Answers == compliance.OptOut {
				return denied
			}
			return d
		})},
		{"Decide/ConfirmationLate", "confirms without a term", allows(func(s compliance.State, m compliance.Outgoing, _ time.Time) bool {
			return m.Purpose == compliance.Compliance && m.Answers == compliance.OptOut && s.OptedOut && m.Confirms == s.Entry
		})},
		{"Decide/ConfirmationOfAnother", "does not look at what is confirmed", decides(func(s compliance.State, m compliance.Outgoing, at time.Time, _ compliance.Decision) compliance.Decision {
			m.Confirms = s.Entry
			return compliance.Standard{}.Decide(s, m, at)
		})},
		{"Decide/ConfirmationAfterOptIn", "confirms what is over", allows(func(s compliance.State, m compliance.Outgoing, _ time.Time) bool {
			return !s.OptedOut && m.Answers == compliance.OptOut
		})},
		{"Decide/OptInConfirmationOptedOut", "confirms an opt-in that is over", allows(func(_ compliance.State, m compliance.Outgoing, _ time.Time) bool {
			return m.Answers == compliance.OptIn
		})},
		{"Decide/HelpOptedOut", "helps nobody who opted out", decides(func(s compliance.State, m compliance.Outgoing, _ time.Time, d compliance.Decision) compliance.Decision {
			if s.OptedOut && m.Answers == compliance.Help {
				return denied
			}
			return d
		})},
		{"Decide/ComplianceAnswersNothing", "lets every compliance message go", allows(func(_ compliance.State, m compliance.Outgoing, _ time.Time) bool {
			return m.Purpose == compliance.Compliance && m.Answers == compliance.None
		})},
		{"Decide/Answer", "waits for an opt-in", decides(func(s compliance.State, _ compliance.Outgoing, _ time.Time, d compliance.Decision) compliance.Decision {
			if s.Entry == 0 {
				return denied
			}
			return d
		})},
		{"Decide/AnswerAfterOptIn", "never forgives", decides(func(s compliance.State, _ compliance.Outgoing, _ time.Time, d compliance.Decision) compliance.Decision {
			if s.Entry != 0 {
				return denied
			}
			return d
		})},
		{"Decide/WindowOpen", "closes the window early", decides(func(_ compliance.State, m compliance.Outgoing, at time.Time, d compliance.Decision) compliance.Decision {
			if at.Sub(m.LastInbound) > 23*time.Hour {
				return denied
			}
			return d
		})},
		{"Decide/WindowClosed", "knows no window", allows(func(s compliance.State, _ compliance.Outgoing, _ time.Time) bool { return !s.OptedOut })},
		{"Decide/WindowOpen", "has a clock of its own", decides(func(s compliance.State, m compliance.Outgoing, _ time.Time, _ compliance.Decision) compliance.Decision {
			return compliance.Standard{}.Decide(s, m, time.Now())
		})},
		{"Decide/WindowNeverOpened", "takes zero for no limit", allows(func(s compliance.State, m compliance.Outgoing, _ time.Time) bool {
			return !s.OptedOut && m.LastInbound.IsZero()
		})},
		{"Decide/WindowTemplate", "asks a template to be one", decides(func(_ compliance.State, m compliance.Outgoing, _ time.Time, d compliance.Decision) compliance.Decision {
			if m.Template {
				return compliance.Decision{Verdict: compliance.NeedsTemplate, Reason: "fake"}
			}
			return d
		})},
		{"Decide/WindowHelp", "answers HELP outside the window", allows(func(_ compliance.State, m compliance.Outgoing, _ time.Time) bool {
			return m.Answers == compliance.Help
		})},
		{"Decide/Verdict", "invents a verdict", decides(func(_ compliance.State, m compliance.Outgoing, _ time.Time, d compliance.Decision) compliance.Decision {
			if m.Purpose == "" {
				d.Verdict = compliance.NeedsHuman + 1
			}
			return d
		})},
		{"Decide/Reason", "gives no reason", decides(func(_ compliance.State, _ compliance.Outgoing, _ time.Time, d compliance.Decision) compliance.Decision {
			return compliance.Decision{Verdict: d.Verdict}
		})},
		{"Decide/Until", "defers until when it was asked", decides(func(_ compliance.State, m compliance.Outgoing, at time.Time, d compliance.Decision) compliance.Decision {
			if m.Purpose == compliance.Marketing {
				return compliance.Decision{Verdict: compliance.Defer, Reason: "fake", Until: at}
			}
			return d
		})},

		{"Pure/SameAnswer", "counts confirmations", newCounting},
		{"Pure/NoMemory", "keeps a ledger of its own", newRemembering},
		{"Pure/Concurrent", "mixes up callers", newMixing},
		{"Pure/InboundUnchanged", "trims the button in place", classifies(func(m channel.Inbound, c compliance.Context, k compliance.Classification) compliance.Classification {
			if m.Button != nil {
				m.Button.Text = strings.ToLower(m.Button.Text)
			}
			return k
		})},
		{"Pure/InboundUnchanged", "appends to what it was given", classifies(func(m channel.Inbound, _ compliance.Context, k compliance.Classification) compliance.Classification {
			_ = append(m.Problems, "seen")
			return k
		})},
		{"Pure/InboundUnchanged", "notes its reading in the message", classifies(func(m channel.Inbound, _ compliance.Context, k compliance.Classification) compliance.Classification {
			if m.Raw != nil {
				m.Raw["kind"] = k.Kind.String()
			}
			return k
		})},
		{"Pure/KeepsNothing", "caches by pointer", newCaching},
	} {
		t.Run(broken.by+"/"+strings.ReplaceAll(broken.what, " ", "_"), func(t *testing.T) {
			h := harness()
			h.New = func(testing.TB) compliance.OptOutPolicy { return broken.new() }
			found[broken.by] = true
			err := tryCase(t, broken.by, h)
			if err == nil {
				t.Fatalf("the case %s does not find a policy that %s", broken.by, broken.what)
			}
			t.Logf("found: %v", err)
		})
	}
	for _, c := range cases() {
		if !found[c.Name] {
			t.Errorf("no broken policy shows that the case %s can fail", c.Name)
		}
	}
}

func harness() Harness {
	return Harness{
		Keywords: []compliance.Keyword{{Word: "INFO", Kind: compliance.Help}},
		Examples: []Example{{Text: "stop please", Want: compliance.OptOut}, {Text: "start", OptedOut: true, Want: compliance.OptIn}},
	}
}

func tryCase(t *testing.T, name string, h Harness) error {
	t.Helper()
	for _, c := range cases() {
		if c.Name == name {
			return c.Try(t, h.env)
		}
	}
	t.Fatalf("there is no case %s", name)
	return nil
}

// stateful is a policy whose answers depend on earlier calls.
type stateful struct {
	compliance.Standard
	mu       sync.Mutex
	confirms int
	stopped  map[channel.Address]bool
	buttons  map[*channel.Button]compliance.Classification
	callers  int

	counts, remembers, caches, mixes bool
}

func newCounting() compliance.OptOutPolicy { return &stateful{counts: true} }
func newRemembering() compliance.OptOutPolicy {
	return &stateful{remembers: true, stopped: map[channel.Address]bool{}}
}
func newCaching() compliance.OptOutPolicy {
	return &stateful{caches: true, buttons: map[*channel.Button]compliance.Classification{}}
}
func newMixing() compliance.OptOutPolicy { return &stateful{mixes: true} }

func (p *stateful) Classify(m channel.Inbound, c compliance.Context) compliance.Classification {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.Standard.Classify(m, c)
	if p.remembers && k.Kind == compliance.OptOut {
		p.stopped[m.From] = true
	}
	if p.mixes {
		// What a racing policy does at times, this one does always: the
		// answer depends on how many calls there have been.
		p.callers++
		if p.callers > 2*len(messages()) {
			return compliance.Classification{}
		}
	}
	if p.caches && m.Button != nil {
		if known, ok := p.buttons[m.Button]; ok {
			return known
		}
		p.buttons[m.Button] = k
	}
	return k
}

func (p *stateful) Decide(s compliance.State, m compliance.Outgoing, at time.Time) compliance.Decision {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counts && m.Confirms != 0 {
		if p.confirms++; p.confirms > 1 {
			return denied
		}
	}
	s.OptedOut = s.OptedOut || p.stopped[m.To]
	return p.Standard.Decide(s, m, at)
}
