package compliance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

// acts reports whether a keyword acts whatever the context.
func acts(k compliance.Keyword) bool {
	return k.Region == "" && k.Thread == "" && (k.Match == compliance.MatchExact || k.Match == compliance.MatchOptedOut || k.Match == compliance.MatchPhrase)
}

func TestStandardKeywords(t *testing.T) {
	all := compliance.StandardKeywords()
	if err := compliance.CheckKeywords(all); err != nil {
		t.Error(err)
	}
	optedOut := compliance.Context{State: compliance.State{OptedOut: true}}
	for _, k := range all {
		got := compliance.Standard{}.Classify(channel.Inbound{Text: k.Word}, optedOut)
		switch {
		case k.Match == compliance.MatchOperator || k.Thread != "":
		case acts(k) && got.Kind != k.Kind:
			t.Errorf("%s of %s is read as %v by %q, want %v", k.Word, k.Language, got.Kind, got.Rule, k.Kind)
		case got.Kind == compliance.OptIn && k.Kind != compliance.OptIn:
			t.Errorf("%s of %s opts in", k.Word, k.Language)
		}
	}
}

// What the law fixes acts for every +1 number, whatever was asked and whatever
// the host leaves out.
func TestFixedKeywords(t *testing.T) {
	for _, word := range []string{"STOP", "QUIT", "END", "REVOKE", "OPT OUT", "CANCEL", "UNSUBSCRIBE", "ARRET", "AIDE"} {
		if _, err := compliance.NewTable(compliance.TableConfig{Without: []string{word}}); err == nil {
			t.Errorf("a host can leave out %s", word)
		}
		want := compliance.OptOut
		if word == "AIDE" {
			want = compliance.Help
		}
		for _, asked := range []compliance.Question{"", compliance.AskedConfirmation, compliance.AskedConsent} {
			m := channel.Inbound{Text: strings.ToLower(word), From: "+14155550123"}
			if got := (compliance.Standard{}).Classify(m, compliance.Context{Asked: asked, Language: "da"}); got.Kind != want {
				t.Errorf("%s after %q is %v, want %v", word, asked, got.Kind, want)
			}
		}
	}
}

func TestCancelIsFlaggedInAnAppointment(t *testing.T) {
	asked := compliance.Context{Region: "US", Asked: compliance.AskedConfirmation}
	if got := (compliance.Standard{}).Classify(channel.Inbound{Text: "Cancel"}, asked); got.Kind != compliance.OptOut || got.Flag == "" {
		t.Errorf("CANCEL after an appointment's reminder is %+v, want an opt-out with a flag", got)
	}
	if got := (compliance.Standard{}).Classify(channel.Inbound{Text: "stop"}, asked); got.Flag != "" {
		t.Errorf("STOP after an appointment's reminder has the flag %q", got.Flag)
	}
	asked = compliance.Context{Region: "GB", LastOutbound: "Will you come on Monday?"}
	if got := (compliance.Standard{}).Classify(channel.Inbound{Text: "Cancel"}, asked); got.Kind != compliance.Ambiguous {
		t.Errorf("CANCEL from Britain after a question is %+v, want ambiguous", got)
	}
}

func TestTablesOfHosts(t *testing.T) {
	in := func(text, language string, c compliance.TableConfig) compliance.Classification {
		t.Helper()
		table, err := compliance.NewTable(c)
		if err != nil {
			t.Fatal(err)
		}
		return compliance.Standard{Table: table}.Classify(channel.Inbound{Text: text}, compliance.Context{Language: language})
	}
	word := compliance.Keyword{
		Language: "en", Word: "BASTANTE YA", Kind: compliance.OptOut, Match: compliance.MatchExact, Danger: "low", Tier: compliance.TierPractice, Source: "our customers",
	}
	own := compliance.TableConfig{Keywords: []compliance.Keyword{word}}
	if got := in("bastante ya!", "", own); got.Kind != compliance.OptOut || !strings.HasSuffix(got.Version, "+host") {
		t.Errorf("a host's own keyword is read as %+v", got)
	}
	if got := in("bastante ya!", "", compliance.TableConfig{}); got.Kind != compliance.None {
		t.Errorf("without the host's keyword it is %+v", got)
	}
	if got := in("please zap the blips", "", compliance.TableConfig{Phrases: map[string]string{"en": "out zap ~ blip*"}}); got.Kind != compliance.OptOut {
		t.Errorf("a host's own phrase is read as %+v", got)
	}
	if got := in("TERMINATE", "", compliance.TableConfig{Without: []string{"terminate"}}); got.Kind == compliance.OptOut {
		t.Errorf("a keyword that was left out is read as %+v", got)
	}
	own.Version = "2026-12-01"
	if got := in("bastante ya!", "", own); !strings.HasSuffix(got.Version, "+2026-12-01") {
		t.Errorf("a host's own version is recorded as %q", got.Version)
	}
	if got := in("🛑", "", compliance.TableConfig{Without: []string{"🛑"}}); got.Kind != compliance.None {
		t.Errorf("an emoji that was left out is read as %+v", got)
	}
	for what, c := range map[string]compliance.TableConfig{
		"a word to leave out that is not there": {Without: []string{"ABRACADABRA"}},
		"a word that is there":                  {Keywords: []compliance.Keyword{{Language: "en", Word: "STOP", Kind: compliance.OptOut, Match: compliance.MatchExact, Danger: "low", Tier: "C", Source: "x"}}},
		"STOP that opts in":                     {Keywords: []compliance.Keyword{{Language: "en", Word: "STOP", Kind: compliance.OptIn, Match: compliance.MatchOptedOut, Danger: "low", Tier: "C", Source: "x"}}},
		"STOP that never acts in the US":        {Keywords: []compliance.Keyword{{Language: "en", Word: "Stop", Region: "US", Kind: compliance.OptOut, Match: compliance.MatchNever, Alone: compliance.AloneIgnored, Danger: "low", Tier: "C", Source: "x"}}},
		"STOP that opts in in Latvian":          {Keywords: []compliance.Keyword{{Language: "lv", Word: "STOP", Kind: compliance.OptIn, Match: compliance.MatchOptedOut, Danger: "low", Tier: "C", Source: "x"}}},
		"an unsourced word that is off":         {Keywords: []compliance.Keyword{{Language: "lv", Word: "BEIGAS", Kind: compliance.OptOut, Match: compliance.MatchExact, Danger: "low", Tier: "U", Source: "unsourced"}}},
		"an unknown class":                      {Phrases: map[string]string{"en": "out {nothing} stop"}},
		"an open bracket":                       {Phrases: map[string]string{"en": "out (a|b"}},
		"a gap first":                           {Phrases: map[string]string{"en": "out ~ stop"}},
		"nothing required":                      {Phrases: map[string]string{"en": "out [stop]"}},
		"no statement":                          {Phrases: map[string]string{"en": "away with it"}},
		"too long a gap":                        {Phrases: map[string]string{"en": "out stop ~12 it"}},
		"a stem in the middle":                  {Phrases: map[string]string{"en": "out (sto* it|quit)"}},
	} {
		if _, err := compliance.NewTable(c); err == nil {
			t.Errorf("a table with %s was accepted", what)
		}
	}
}

// Unsourced words that would act are ordinary ones until a host switches them
// on. A sentence with one of them may be a request all the same.
func TestUnsourcedKeywordsAreOff(t *testing.T) {
	for _, k := range compliance.StandardKeywords() {
		if k.Tier == compliance.TierUnsourced && k.Alone == "" {
			t.Errorf("%s of %s is among the words that are on", k.Word, k.Language)
		}
	}
	for _, c := range []struct {
		word, language string
		on             compliance.Kind
	}{
		{"ENDE", "de", compliance.OptOut}, {"TC", "vi", compliance.OptOut}, {"DUR", "tr", compliance.OptOut}, {"RED", "tr", compliance.OptOut},
		{"KONIEC", "pl", compliance.OptOut}, {"ΔΙΑΓΡΑΦΗ", "el", compliance.OptOut}, {"T", "zh", compliance.OptOut},
		{"AIUTO", "it", compliance.Help}, {"ヘルプ", "ja", compliance.Help}, {"帮助", "zh", compliance.Help}, {"DÉBUT", "fr", compliance.OptIn},
	} {
		m := channel.Inbound{Text: c.word}
		ctx := compliance.Context{Language: c.language, State: compliance.State{OptedOut: c.on == compliance.OptIn}}
		if got := (compliance.Standard{}).Classify(m, ctx); got.Kind != compliance.None {
			t.Errorf("%s of %s is read as %v by %q, though it is off", c.word, c.language, got.Kind, got.Rule)
		}
		if got := (compliance.Standard{Table: unsourced}).Classify(m, ctx); got.Kind != c.on {
			t.Errorf("%s of %s is read as %v when it is on, want %v", c.word, c.language, got.Kind, c.on)
		}
	}
}

func TestRowsHoldForATime(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2027, time.January, d, 0, 0, 0, 0, time.UTC) }
	row := compliance.Keyword{Language: "en", Word: "ZAP", Kind: compliance.OptOut, Match: compliance.MatchReview, Alone: compliance.AloneHeld, Danger: "low", Tier: "C", Source: "x", Until: day(10)}
	next := row
	next.Match, next.Alone, next.From, next.Until = compliance.MatchExact, "", day(10), time.Time{}
	table, err := compliance.NewTable(compliance.TableConfig{Keywords: []compliance.Keyword{row, next}})
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Time]compliance.Kind{
		day(1): compliance.Ambiguous, day(10).Add(-1): compliance.Ambiguous, day(10): compliance.OptOut, day(11): compliance.OptOut, {}: compliance.OptOut,
	} {
		got := compliance.Standard{Table: table}.Classify(channel.Inbound{Text: "zap"}, compliance.Context{At: at})
		if got.Kind != want {
			t.Errorf("at %v ZAP is %v, want %v", at, got.Kind, want)
		}
	}
}

// A row that acts anywhere in a message does so in its time and place alone.
func TestPhraseRowsHoldForATimeAndAPlace(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2027, time.January, d, 0, 0, 0, 0, time.UTC) }
	row := compliance.Keyword{
		Language: "en", Word: "ZAP THE BLIPS", Kind: compliance.OptOut, Match: compliance.MatchPhrase, Region: "NZ", Danger: "low", Tier: "C", Source: "x",
		From: day(5), Until: day(10),
	}
	table, err := compliance.NewTable(compliance.TableConfig{Keywords: []compliance.Keyword{row}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		ctx  compliance.Context
		want compliance.Kind
	}{
		{compliance.Context{Region: "NZ", At: day(4)}, compliance.None},
		{compliance.Context{Region: "NZ", At: day(5)}, compliance.OptOut},
		{compliance.Context{Region: "NZ", At: day(10)}, compliance.None},
		{compliance.Context{Region: "AU", At: day(5)}, compliance.None},
	} {
		if got := (compliance.Standard{Table: table}).Classify(channel.Inbound{Text: "Would you zap the blips please"}, c.ctx); got.Kind != c.want {
			t.Errorf("with %+v it is %v by %q, want %v", c.ctx, got.Kind, got.Rule, c.want)
		}
	}
}

func TestCheckKeywords(t *testing.T) {
	good := compliance.Keyword{Language: "en", Word: "ZAP", Kind: compliance.OptOut, Match: compliance.MatchExact, Danger: "low", Tier: compliance.TierPractice, Source: "x"}
	if err := compliance.CheckKeywords([]compliance.Keyword{good}); err != nil {
		t.Fatal(err)
	}
	day := time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC)
	for what, change := range map[string]func(k *compliance.Keyword){
		"lower case":             func(k *compliance.Keyword) { k.Word = "zap" },
		"no word":                func(k *compliance.Keyword) { k.Word = "" },
		"no language":            func(k *compliance.Keyword) { k.Language = "" },
		"no kind":                func(k *compliance.Keyword) { k.Kind = compliance.Ambiguous },
		"an unknown match":       func(k *compliance.Keyword) { k.Match = "sometimes" },
		"opting out on opt-out":  func(k *compliance.Keyword) { k.Match = compliance.MatchOptedOut },
		"opting in at any time":  func(k *compliance.Keyword) { k.Kind = compliance.OptIn },
		"never, and then what":   func(k *compliance.Keyword) { k.Match = compliance.MatchNever },
		"alone though it acts":   func(k *compliance.Keyword) { k.Alone = compliance.AloneHeld },
		"an unknown alone":       func(k *compliance.Keyword) { k.Match, k.Alone = compliance.MatchNever, "sing" },
		"unknown danger":         func(k *compliance.Keyword) { k.Danger = "huge" },
		"unknown tier":           func(k *compliance.Keyword) { k.Tier = "Z" },
		"no source":              func(k *compliance.Keyword) { k.Source = "" },
		"a tier without sources": func(k *compliance.Keyword) { k.Source = "unsourced" },
		"never holding":          func(k *compliance.Keyword) { k.From, k.Until = day, day },
	} {
		bad := good
		change(&bad)
		if err := compliance.CheckKeywords([]compliance.Keyword{bad}); err == nil {
			t.Errorf("a keyword with %s was accepted", what)
		}
	}
	other := good
	other.From = day
	if err := compliance.CheckKeywords([]compliance.Keyword{good, other}); err == nil {
		t.Error("two rows that hold at once were accepted")
	}
	other.Kind, other.Match = compliance.OptIn, compliance.MatchOptedOut
	if err := compliance.CheckKeywords([]compliance.Keyword{good, other}); err == nil {
		t.Error("a word that is out and in at once was accepted")
	}
	french := other
	french.Language = "fr"
	if err := compliance.CheckKeywords([]compliance.Keyword{good, french}); err == nil {
		t.Error("a word that is out in one language and in in another was accepted")
	}
	good.Until = day
	if err := compliance.CheckKeywords([]compliance.Keyword{good, other}); err != nil {
		t.Errorf("rows that follow each other were refused: %v", err)
	}
}
