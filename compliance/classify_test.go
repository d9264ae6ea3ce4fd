package compliance_test

import (
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

func TestStandardClassifiesTexts(t *testing.T) {
	const (
		none = compliance.None
		out  = compliance.OptOut
		in   = compliance.OptIn
		help = compliance.Help
		held = compliance.Ambiguous
	)
	for _, c := range []struct {
		text     string
		optedOut bool
		want     compliance.Kind
	}{
		// The keyword alone, however it is typed.
		{"STOP", false, out},
		{"STOP.", false, out},
		{"Stop!!", false, out},
		{"«STOP»", false, out},
		{"“Stop”", false, out},
		{"/stop", false, out},
		{"ＳＴＯＰ", false, out},
		{"𝗦𝗧𝗢𝗣", false, out},
		{"ⓈⓉⓄⓅ", false, out},
		{"S\u200bT\u200bO\u200bP", false, out},
		{"\u3164STOP\u3164", false, out}, // Hangul filler: a letter that can't be seen
		{"\u2800STOP", false, out},       // Braille blank
		{"S\u0336T\u0336O\u0336P\u0336", false, out},
		{"🛑 STOP 🛑", false, out},
		{"🛑", false, out},
		{"🛑🛑\ufe0f !", false, out},
		{"opt-out", false, out},
		{"OPT\nOUT", false, out},
		{"Un-subscribe", false, out},
		{"arre\u0302t", false, out},
		{"quıt", false, out},
		{"QUİT", false, out},
		{"unsubscrıbe", false, out},
		{"İNFO", false, help},
		{"stopp", false, out},
		{"S T O P", false, out},
		{"S.T.O.P.", false, out},
		{"H-E-L-P", false, help},

		// More than once, or more than one.
		{"STOP STOP", false, out},
		{"Stop! Stop! Stop!", false, out},
		{strings.Repeat("STOP ", 40), false, out},
		{"STOP\nQUIT\nEND", false, out},
		{"help stop", false, out},
		{"start stop", true, out},
		{"help, info", false, help},
		{"help start", true, none},
		{"help cancel", false, none}, // wants help with canceling something
		{"start end help", true, none},

		// Courtesies, signatures, quotations.
		{"please stop", false, out},
		{"Stop, please. Thanks!", false, out},
		{"opt out pls", false, out},
		{"STOP SVP", false, out},
		{"please cancel", false, held},
		{"end please", false, held},
		{"help please", false, none},
		{"please start", true, held},
		{"please start", false, none},
		{"please", false, none},
		{"thanks", true, none},
		{"STOP\n--\nCarol\nACME", false, out},
		{"STOP\n\nSent from my phone", false, out},
		{"> Reply STOP to opt out\nStop", false, out},
		{"STOP\r\n> Reply STOP to opt out", false, out},
		{"> STOP", false, none}, // only what somebody else said
		{"sent from my stop", false, none},
		{"--\nSTOP", false, out}, // nothing before it: no signature

		// Sentences and other words.
		{"Don't stop", false, none},
		{"bus stop", false, none},
		{"size S top", false, none},
		{"S top", false, none},
		{"nonstop", false, none},
		{"Shop", false, none},
		{"stóp", false, none}, // Polish: of feet
		{"đúng", false, none},

		// Requests in plain words.
		{"stop it", false, out},
		{"STOP\u00a0texting\u00a0me\u00a0about\u00a0cars", false, out},
		{"Please do not contact me again", false, out},
		{"who is this? stop", false, out},
		{"Stop? Or should I wait?", false, none},
		{"haha stop", false, held}, // may be banter
		{"ahahaha stop it", false, held},
		{"stop it jajaja", false, held},
		{"ахаха stop", false, held},
		{"who is this? stop. 555 0123", false, out}, // a number is no Thai laugh
		{"Stop it. Lollipops are none of my business", false, out},
		{"stop. haha, you are funny", false, held},

		{"Liked “Reply STOP to cancel”", false, none},
		{"Hat „Antworten Sie STOP“ geliked", false, none},
		{"Mag keine „Werbung“ mehr, bitte aufhören", false, out}, // begins like a reaction
		{"😂🛑", false, none},
		{"\xffSTOP", false, out}, // as a channel would deliver it: U+FFFD

		// Consent comes back only after an opt-out.
		{"START", true, in},
		{"start.", true, in},
		{"unstop", true, in},
		{"START", false, none},
		{"yes", true, none},

		// Nothing to read.
		{"", true, none},
		{" \n ", true, none},
		{"\u200b", true, none},
		{"...", true, none},

		// Long texts are no keywords, whatever is in them.
		{"STOP" + strings.Repeat("\u200b", 3000), false, out},
		{strings.Repeat("!", 1600) + "STOP", false, out},
		{strings.Repeat("STOP ", 100_000), false, none},
		{strings.Repeat("号stop", 320), false, held}, // made to take long: nobody knows what it says
		{strings.Repeat("號 stop ", 20) + "stop texting me", false, out},
	} {
		t.Run(name(c.text), func(t *testing.T) {
			var ctx compliance.Context
			ctx.State.OptedOut = c.optedOut
			got := compliance.Standard{}.Classify(channel.Inbound{Text: c.text}, ctx)
			if got.Kind != c.want {
				t.Errorf("Classify(%.60q, opted out: %v) is %v (%q), want %v", c.text, c.optedOut, got.Kind, got.Rule, c.want)
			}
			if (got.Rule != "") != (c.want != none) {
				t.Errorf("Classify(%.60q) has the rule %q", c.text, got.Rule)
			}
		})
	}
}

func name(text string) string {
	const enough = 24
	if r := []rune(text); len(r) > enough {
		return string(r[:enough])
	}
	return text
}

func TestStandardNamesTheKeyword(t *testing.T) {
	for text, want := range map[string]string{
		"stop": "keyword STOP", "Opt-Out!": "keyword OPT OUT", "please stop": "keyword STOP", "arret": "keyword ARRET", "🛑": "keyword 🛑",
	} {
		if got := (compliance.Standard{}).Classify(channel.Inbound{Text: text}, compliance.Context{}); got.Rule != want {
			t.Errorf("Classify(%q) has the rule %q, want %q", text, got.Rule, want)
		}
	}
}

// What the provider made of a message counts, but an opt-out wins, and a bare
// yes is no consent.
func TestStandardAndTheProvider(t *testing.T) {
	for _, c := range []struct {
		name     string
		keyword  channel.Keyword
		text     string
		optedOut bool
		want     compliance.Kind
	}{
		{"its own stop word", channel.KeywordStop, "DUR", false, compliance.OptOut},
		{"its own stop word, again", channel.KeywordStop, "DUR", true, compliance.OptOut},
		{"its stop without a text", channel.KeywordStop, "", false, compliance.OptOut},
		{"its own help word", channel.KeywordHelp, "BİLGİ", false, compliance.Help},
		{"its own start word", channel.KeywordStart, "BAŞLAT", true, compliance.OptIn},
		{"START, though we know of no opt-out", channel.KeywordStart, "START", false, compliance.OptIn},
		{"a start word that may be anything", channel.KeywordStart, "BAŞLAT", false, compliance.None},
		{"YES answers our question", channel.KeywordStart, "Yes", false, compliance.None},
		{"YES after an opt-out", channel.KeywordStart, "Yes!", true, compliance.Ambiguous},
		{"Oui after an opt-out", channel.KeywordStart, "oui", true, compliance.Ambiguous},
		{"STOP that it takes for help", channel.KeywordHelp, "STOP", false, compliance.OptOut},
		{"STOP that it takes for START", channel.KeywordStart, "STOP", true, compliance.OptOut},
		{"a verdict of another library", channel.Keyword("maybe"), "hello", false, compliance.None},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := channel.Inbound{Text: c.text, Keyword: c.keyword}
			got := compliance.Standard{}.Classify(m, compliance.Context{State: compliance.State{OptedOut: c.optedOut}})
			if got.Kind != c.want {
				t.Errorf("Classify is %v (%q), want %v", got.Kind, got.Rule, c.want)
			}
		})
	}
}

func TestStandardReadsButtons(t *testing.T) {
	button := &channel.Button{Text: "Stop", Payload: "START"}
	for _, c := range []struct {
		text string
		want compliance.Kind
	}{{"", compliance.OptOut}, {" ", compliance.OptOut}, {"a question", compliance.None}} {
		if got := (compliance.Standard{}).Classify(channel.Inbound{Text: c.text, Button: button}, compliance.Context{}); got.Kind != c.want {
			t.Errorf("with the text %q a Stop button is %v, want %v", c.text, got.Kind, c.want)
		}
	}
}

// What seems to be a signature, or our own words, may be a request all the same:
// it is not lost.
func TestWhatIsLeftOutIsNotLost(t *testing.T) {
	const ours = "Acme: everything must go! Reply STOP to unsubscribe"
	for _, tt := range []struct {
		text, ours string
		want       compliance.Kind
	}{
		{"STOP to unsubscribe", ours, compliance.OptOut},
		{"STOP to unsubscribe\nThanks, Carol", ours, compliance.Ambiguous},
		{"Reply STOP to unsubscribe", ours, compliance.None},
		{ours, ours, compliance.None},
		{ours + "\nWhat is this?", ours, compliance.None},
		{"> STOP to unsubscribe", ours, compliance.None},
		{"You sent via SMS what I never asked for. STOP", "", compliance.OptOut},
		{"You sent via SMS what I never asked for.\nSTOP", "", compliance.OptOut},
		{"Die Nummer habt ihr von meinem Chef. Stop", "", compliance.OptOut},
		{"Hello\n--\nSTOP", "", compliance.Ambiguous},
		{"Thanks\nSent from my iPhone\n> Reply STOP to unsubscribe", "", compliance.None},
		{"Thanks\nSent from my iPhone", "", compliance.None},
		{"STOP\nSent from my iPhone", "", compliance.OptOut},
	} {
		got := compliance.Standard{}.Classify(channel.Inbound{Text: tt.text}, compliance.Context{LastOutbound: tt.ours})
		if got.Kind != tt.want {
			t.Errorf("%q after %q is %v by the %s, want %v", tt.text, tt.ours, got.Kind, got.Rule, tt.want)
		}
	}
}
