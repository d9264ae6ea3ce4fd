package compliance_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
)

var update = flag.Bool("update", false, "write files that follow from the tables again")

func TestJurisdictionsAreFound(t *testing.T) {
	table := compliance.StandardJurisdictions()
	now := time.Date(2026, time.November, 30, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		code  string
		scope compliance.Scope
		at    time.Time
		want  string // code of the row, or ""
	}{
		{"US", compliance.ScopeMarketing, now, "US"},
		{"US-FL", compliance.ScopeMarketing, now, "US-FL"},
		{"US-FL", compliance.ScopeConfirmation, now, "US"},
		{"US-HI", compliance.ScopeMarketing, now, "US"},
		{"DE", compliance.ScopeMarketing, now, "DE"},
		{"DE-BY", compliance.ScopeMarketing, now, "DE"},
		{"PL", compliance.ScopeMarketing, now, "EU"},
		{"US", compliance.ScopeAll, now, "US"},
		{"US", compliance.ScopeAll, time.Time{}, "US"},
		{"US", compliance.ScopeAll, time.Date(2025, time.April, 10, 0, 0, 0, 0, time.UTC), ""},
		{"US-TX", compliance.ScopeMarketing, time.Date(2025, time.August, 1, 0, 0, 0, 0, time.UTC), "US"},
		{"*WHATSAPP", compliance.ScopeMarketing, now, "*WHATSAPP"},
		{"XX", compliance.ScopeMarketing, now, ""},
		{"", compliance.ScopeMarketing, now, ""},
	} {
		got, found := table.For(c.code, c.scope, c.at)
		if got.Code != c.want || found != (c.want != "") {
			t.Errorf("For(%q, %s, %v) is the row of %q, want %q", c.code, c.scope, c.at, got.Code, c.want)
		}
	}
}

func TestQuietHours(t *testing.T) {
	day := func(d, hour, minute int) time.Time { // 1 March 2026 is a Sunday
		return time.Date(2026, time.March, d, hour, minute, 0, 0, time.UTC)
	}
	for _, c := range []struct {
		hours   string
		at      time.Time
		holiday bool
		quiet   bool
	}{
		{"", day(1, 3, 0), false, false},
		{"daily 21:00-08:00", day(1, 20, 59), false, false},
		{"daily 21:00-08:00", day(1, 21, 0), false, true},
		{"daily 21:00-08:00", day(2, 7, 59), false, true},
		{"daily 21:00-08:00", day(2, 8, 0), false, false},
		{"daily 21:00-08:00", day(2, 12, 0), true, false},
		{"mon-sat 20:00-08:00; sun all; hol all", day(1, 12, 0), false, true},
		{"mon-sat 20:00-08:00; sun all; hol all", day(2, 12, 0), false, false},
		{"mon-sat 20:00-08:00; sun all; hol all", day(2, 12, 0), true, true},
		{"mon-fri 18:00-09:00; sat,sun 17:00-10:00", day(7, 9, 30), false, true},
		{"mon-fri 18:00-09:00; sat,sun 17:00-10:00", day(6, 9, 30), false, false},
		{"daily 22:00-08:00; sun all", day(1, 12, 0), false, true},
		{"sun all; daily 22:00-08:00", day(1, 12, 0), false, true},
		{"daily 22:00-08:00; sun all", day(2, 12, 0), false, false},
		{"sun 21:00-08:00,00:00-13:30", day(1, 13, 29), false, true},
		{"sun 21:00-08:00,00:00-13:30", day(1, 13, 30), false, false},
	} {
		q, err := compliance.ParseQuietHours(c.hours)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.At(c.at, c.holiday); got != c.quiet {
			t.Errorf("%q at %v, holiday: %v, is quiet: %v, want %v", c.hours, c.at.Format("Mon 15:04"), c.holiday, got, c.quiet)
		}
		if q.String() != c.hours || q.IsZero() != (c.hours == "") {
			t.Errorf("%q is written as %q", c.hours, q)
		}
	}
	for _, bad := range []string{"daily", "21:00-08:00", "daily 21-08", "daily 24:00-08:00", "daily 08:00-08:00", "fri-mon all", "moon all", "sun all; sun all", "daily 9:00-10:00", "daily 21:00"} {
		if _, err := compliance.ParseQuietHours(bad); err == nil {
			t.Errorf("%q was read as quiet hours", bad)
		}
	}
}

func TestCheckJurisdictions(t *testing.T) {
	all := compliance.StandardJurisdictions().All()
	if err := compliance.CheckJurisdictions(all); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(j *compliance.Jurisdiction){
		"a code in lower case":  func(j *compliance.Jurisdiction) { j.Code = "us" },
		"an unknown scope":      func(j *compliance.Jurisdiction) { j.Scope = "some" },
		"an unknown model":      func(j *compliance.Jurisdiction) { j.Model = "" },
		"a basis for nothing":   func(j *compliance.Jurisdiction) { j.QuietBasis = compliance.BasisLaw },
		"an unknown confidence": func(j *compliance.Jurisdiction) { j.Confidence = "sure" },
		"no source":             func(j *compliance.Jurisdiction) { j.Source = "" },
		"negative years":        func(j *compliance.Jurisdiction) { j.KeepYears = -1 },
		"nothing to say":        func(j *compliance.Jurisdiction) { j.MustSay = []compliance.Say{"hello"} },
		"no tag to say":         func(j *compliance.Jurisdiction) { j.MustSay = []compliance.Say{compliance.SayTagFirst} },
		"a strength of nothing": func(j *compliance.Jurisdiction) { j.Register = compliance.Register{Name: "DNC", Unless: "strong"} },
		"never holding":         func(j *compliance.Jurisdiction) { j.Until = j.From.AddDate(0, 0, -1) },
		"a twin":                func(j *compliance.Jurisdiction) { *j = all[1] },
		"a state of nowhere":    func(j *compliance.Jurisdiction) { j.Code = "XX-YY" },
	} {
		rows := append([]compliance.Jurisdiction(nil), all...)
		change(&rows[0])
		if err := compliance.CheckJurisdictions(rows); err == nil {
			t.Errorf("rows with %s were accepted", what)
		}
	}
}

func TestJurisdictionsOfHosts(t *testing.T) {
	hours := func(text string) compliance.QuietHours {
		q, err := compliance.ParseQuietHours(text)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	row := compliance.Jurisdiction{
		Code: "US-GA", Scope: compliance.ScopeMarketing, Model: compliance.ConsentExpressWritten, Honour: compliance.Term{BusinessDays: 5},
		Quiet: hours("daily 20:00-09:00"), QuietBasis: compliance.BasisLaw, Confidence: "low", Source: "our counsel",
		Register: compliance.Register{Name: "National DNC", Unless: compliance.ExpressWritten}, MustSay: []compliance.Say{compliance.SayName, compliance.SayStop},
	}
	table, err := compliance.NewJurisdictions("2026-12-01", row)
	if err != nil {
		t.Fatal(err)
	}
	if got, found := table.For("US-GA", compliance.ScopeMarketing, time.Time{}); !found || got.Source != "our counsel" {
		t.Errorf("the host's own row is not found: %+v", got)
	}
	if !strings.HasSuffix(table.Version(), "+2026-12-01") {
		t.Errorf("the version is %s", table.Version())
	}
	for what, change := range map[string]func(j *compliance.Jurisdiction){
		"a row that is there": func(j *compliance.Jurisdiction) { j.Code = "US-FL" },
		"no source":           func(j *compliance.Jurisdiction) { j.Source = "" },
		"less consent":        func(j *compliance.Jurisdiction) { j.Model = compliance.ConsentOptOut },
		"no quiet hours": func(j *compliance.Jurisdiction) {
			j.Quiet, j.QuietBasis = compliance.QuietHours{}, compliance.BasisNone
		},
		"quiet hours but on Sunday":           func(j *compliance.Jurisdiction) { j.Quiet = hours("mon-sat 20:00-09:00") },
		"holidays less quiet than other days": func(j *compliance.Jurisdiction) { j.Quiet = hours("daily 20:00-09:00; hol 12:00-13:00") },
		"a longer term":                       func(j *compliance.Jurisdiction) { j.Honour.BusinessDays = 11 },
		"no register":                         func(j *compliance.Jurisdiction) { j.Register = compliance.Register{} },
		"a register that less waives":         func(j *compliance.Jurisdiction) { j.Register.Unless = compliance.Express },
		"no way to stop":                      func(j *compliance.Jurisdiction) { j.MustSay = []compliance.Say{compliance.SayName} },
		"a longer term in hours":              func(j *compliance.Jurisdiction) { j.Honour = compliance.Term{Within: 1000 * time.Hour} },
	} {
		bad := row
		change(&bad)
		if _, err := compliance.NewJurisdictions("", bad); err == nil {
			t.Errorf("a row with %s was accepted", what)
		}
	}
}

// The document says what the table says. Write it again with
//
//	go test ./compliance -run TestJurisdictionsDocument -update
func TestJurisdictionsDocument(t *testing.T) {
	const file = "../docs/jurisdictions.md"
	want := document()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the table says; write it again with go test ./compliance -run TestJurisdictionsDocument -update", file)
	}
}

func document() string {
	table := compliance.StandardJurisdictions()
	var b strings.Builder
	fmt.Fprintf(&b, `# Jurisdictions

What `+"`compliance.StandardJurisdictions`"+` knows, of %s. This file is written from the table; change
`+"`compliance/tables/jurisdictions.tsv`"+` instead. It is not legal advice: each row names its source and how sure it is.

Quiet hours are those at which nothing that sells may be sent, by the recipient's clock. "Honour" is how long an opt-out may take at most:
0 is at once, bd are business days. "Register" is the list of those who want no advertising that must be asked before a message that sells, unless
there is a consent of that strength. "Must say" is what the policy looks for in the text: the sender's name, a way to stop, and the tag.

| code | scope | consent | honour | quiet hours | identification | register | must say | holds | sure |
|---|---|---|---|---|---|---|---|---|---|
`, table.Version())
	for _, j := range table.All() {
		quiet := "none"
		if !j.Quiet.IsZero() {
			quiet = j.Quiet.String()
			if j.QuietBasis == compliance.BasisPractice {
				quiet += " (practice)"
			}
		}
		holds := ""
		if !j.From.IsZero() {
			holds = "from " + j.From.Format(time.DateOnly)
		}
		if !j.Until.IsZero() {
			holds += " until " + j.Until.Format(time.DateOnly)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n",
			cell(j.Code), j.Scope, j.Model, j.Honour, quiet, cell(j.Identification), cell(j.Register.String()), mustSay(j), holds, j.Confidence)
	}
	b.WriteString("\n## Notes\n")
	for _, j := range table.All() {
		fmt.Fprintf(&b, "\n### %s, %s\n\n", cell(j.Code), cell(j.AppliesTo))
		for _, l := range []struct{ name, text string }{
			{"Consent", j.Consent}, {"Opt-out", j.HonourNote}, {"Keywords", j.Keywords}, {"Quiet hours", j.QuietNote}, {"Tag", j.Tag},
			{"Records", j.Retention}, {"Registries", j.Registries}, {"Note", j.Note}, {"Source", j.Source},
		} {
			if l.text != "" && l.text != "-" {
				fmt.Fprintf(&b, "- %s: %s\n", l.name, cell(l.text))
			}
		}
	}
	return b.String()
}

func mustSay(j compliance.Jurisdiction) string {
	all := make([]string, len(j.MustSay))
	for i, s := range j.MustSay {
		all[i] = string(s)
	}
	return strings.Join(all, ", ")
}

// cell escapes what Markdown would read as markup.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;", "*", `\*`, "[", `\[`).Replace(text)
}
