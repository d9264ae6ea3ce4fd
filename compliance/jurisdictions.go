package compliance

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Scope is what a row of the table of jurisdictions is about.
type Scope string

// The scopes.
const (
	ScopeAll          Scope = "all"          // every message that needs consent
	ScopeMarketing    Scope = "marketing"    // what sells
	ScopeConfirmation Scope = "confirmation" // the one answer to an opt-out
)

// ConsentModel is what must be there before a message goes.
type ConsentModel string

// The models of consent.
const (
	ConsentNone             ConsentModel = "none"
	ConsentExpress          ConsentModel = "express"            // said so
	ConsentExpressWritten   ConsentModel = "express_written"    // said so in writing
	ConsentExpressOrImplied ConsentModel = "express_or_implied" // or it follows from a business relation
	ConsentSoftOptIn        ConsentModel = "soft_opt_in"        // said so, or is a customer who could refuse
	ConsentOptOut           ConsentModel = "opt_out"            // has not refused, and is in no register of those who have
)

// Basis is where quiet hours come from.
type Basis string

// The bases of quiet hours.
const (
	BasisNone     Basis = "none"     // there are none
	BasisLaw      Basis = "law"      // a statute, a regulator or a network
	BasisPractice Basis = "practice" // what careful senders do
)

// Term is how long an opt-out may take to be honoured at most. The zero Term
// is at once.
type Term struct {
	Within       time.Duration
	BusinessDays int
}

// String returns the term in the form of the table: 0, 24h or 10bd.
func (t Term) String() string {
	switch {
	case t.BusinessDays > 0:
		return strconv.Itoa(t.BusinessDays) + "bd"
	case t.Within >= time.Hour:
		return strconv.Itoa(int(t.Within/time.Hour)) + "h"
	case t.Within > 0:
		return strconv.Itoa(int(t.Within/time.Minute)) + "m"
	}
	return "0"
}

// within reports whether a term never ends after another. It is at least 24 hours
// to the next business day, and nobody knows how many more.
func (t Term) within(other Term) bool {
	if t.BusinessDays > 0 {
		return t.BusinessDays <= other.BusinessDays
	}
	return t.Within <= max(other.Within, time.Duration(other.BusinessDays)*24*time.Hour)
}

func parseTerm(text string) (Term, error) {
	if text == "0" {
		return Term{}, nil
	}
	if days, ok := strings.CutSuffix(text, "bd"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n <= 0 {
			return Term{}, fmt.Errorf("honour is %q; it must be like 10bd", text)
		}
		return Term{BusinessDays: n}, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return Term{}, fmt.Errorf("honour is %q; it must be 0, a duration like 24h, or business days like 10bd", text)
	}
	return Term{Within: d}, nil
}

// Jurisdiction is one row of the table: the rules of a country, a state, or a
// medium, for a scope, as long as they hold. What is typed is what a machine
// can decide by; the notes say what a person must know besides.
type Jurisdiction struct {
	Code           string // ISO 3166-1 or 3166-2, "EU" for members without a row, or "*" and a medium
	Scope          Scope
	AppliesTo      string // the scope in words
	Model          ConsentModel
	Consent        string // the model in words
	Honour         Term   // of an opt-out; of a confirmation, how long after it may follow
	HonourNote     string
	Keywords       string // what must be understood, in words
	Quiet          QuietHours
	QuietBasis     Basis
	QuietNote      string
	Identification string // who the message must say it is from
	Tag            string // what the message must be marked with, or ""
	KeepYears      int    // of records; 0 is not known
	Retention      string // the same in words
	Registries     string // of those who want no advertising, in words
	Register       Register
	MustSay        []Say // what a message must have in its text
	From, Until    time.Time
	Confidence     string // low, med or high
	Source         string
	Note           string
}

func (j Jurisdiction) dates() dates { return dates{j.From, j.Until} }

//go:embed tables/jurisdictions.tsv
var jurisdictionsTSV string

// jurisdictionColumns are those of the table, in its order.
var jurisdictionColumns = strings.Fields(`code scope applies_to model consent honour honour_note keywords quiet quiet_basis quiet_note
	identification tag keep_years retention registries register must_say from until confidence source note`)

// Jurisdictions is the table of jurisdictions. It never changes.
type Jurisdictions struct {
	version string
	rows    []Jurisdiction
}

// StandardJurisdictions returns the table as it comes. It is not legal advice:
// each row says how sure it is.
func StandardJurisdictions() *Jurisdictions { return standardJurisdictions() }

var standardJurisdictions = sync.OnceValue(func() *Jurisdictions {
	rows, version, err := parseJurisdictions(jurisdictionsTSV)
	if err == nil {
		err = CheckJurisdictions(rows)
	}
	if err != nil {
		panic(err) // the tables are part of the program, and a test has read them
	}
	return &Jurisdictions{version, rows}
})

func parseJurisdictions(text string) (all []Jurisdiction, version string, err error) {
	t, err := parseTSV(text, jurisdictionColumns...)
	if err != nil {
		return nil, "", fmt.Errorf("jurisdictions: %w", err)
	}
	for _, r := range t.rows {
		j, err := jurisdictionOf(r)
		if err != nil {
			return nil, "", fmt.Errorf("jurisdictions, line %d: %w", r.line, err)
		}
		all = append(all, j)
	}
	return all, t.version, nil
}

func jurisdictionOf(r tsvRow) (Jurisdiction, error) {
	c := r.cells
	j := Jurisdiction{
		Code: c["code"], Scope: Scope(c["scope"]), AppliesTo: c["applies_to"], Model: ConsentModel(c["model"]), Consent: c["consent"],
		HonourNote: c["honour_note"], Keywords: c["keywords"], QuietBasis: Basis(c["quiet_basis"]), QuietNote: c["quiet_note"],
		Identification: c["identification"], Tag: c["tag"], Retention: c["retention"], Registries: c["registries"],
		Confidence: c["confidence"], Source: c["source"], Note: c["note"],
	}
	d, err := r.dates()
	if err != nil {
		return j, err
	}
	j.From, j.Until = d.from, d.until
	if j.Honour, err = parseTerm(c["honour"]); err != nil {
		return j, err
	}
	if j.Quiet, err = ParseQuietHours(c["quiet"]); err != nil {
		return j, err
	}
	if j.Register, err = parseRegister(c["register"]); err != nil {
		return j, err
	}
	for _, say := range strings.Fields(c["must_say"]) {
		j.MustSay = append(j.MustSay, Say(say))
	}
	if c["keep_years"] != "" {
		if j.KeepYears, err = strconv.Atoi(c["keep_years"]); err != nil {
			return j, fmt.Errorf("keep_years is %q; it must be a number or nothing", c["keep_years"])
		}
	}
	return j, nil
}

// CheckJurisdictions returns what is wrong with rows: what is of an unknown
// kind, has no source, or contradicts another row.
func CheckJurisdictions(all []Jurisdiction) error {
	for i, j := range all {
		if err := j.check(); err != nil {
			return fmt.Errorf("jurisdiction %s, %s: %w", j.Code, j.Scope, err)
		}
		for _, other := range all[:i] {
			if other.Code == j.Code && other.Scope == j.Scope && other.dates().overlap(j.dates()) {
				return fmt.Errorf("jurisdiction %s, %s: two rows hold at the same time", j.Code, j.Scope)
			}
		}
		if country, _, state := strings.Cut(j.Code, "-"); state && !slices.ContainsFunc(all, func(o Jurisdiction) bool { return o.Code == country }) {
			return fmt.Errorf("jurisdiction %s: its country has no row", j.Code)
		}
	}
	return nil
}

func (j Jurisdiction) check() error {
	models := []ConsentModel{ConsentNone, ConsentExpress, ConsentExpressWritten, ConsentExpressOrImplied, ConsentSoftOptIn, ConsentOptOut}
	switch {
	case j.Code == "" || j.Code != strings.ToUpper(j.Code):
		return fmt.Errorf("its code is %q; it must be in upper case", j.Code)
	case !slices.Contains([]Scope{ScopeAll, ScopeMarketing, ScopeConfirmation}, j.Scope):
		return fmt.Errorf("its scope is %q, which is none", j.Scope)
	case !slices.Contains(models, j.Model):
		return fmt.Errorf("its model of consent is %q, which is none", j.Model)
	case !slices.Contains([]Basis{BasisNone, BasisLaw, BasisPractice}, j.QuietBasis), (j.QuietBasis == BasisNone) != j.Quiet.IsZero():
		return fmt.Errorf("its quiet hours %q have the basis %q", j.Quiet, j.QuietBasis)
	case !slices.Contains([]string{"low", "med", "high"}, j.Confidence):
		return fmt.Errorf("its confidence is %q; it must be low, med or high", j.Confidence)
	case j.Source == "":
		return fmt.Errorf("it has no source")
	case slices.ContainsFunc(j.MustSay, func(s Say) bool { return !slices.Contains(says, s) }):
		return fmt.Errorf("messages must say %q; it must be of %q", j.MustSay, says)
	case j.Tag == "" && (slices.Contains(j.MustSay, SayTag) || slices.Contains(j.MustSay, SayTagFirst)):
		return fmt.Errorf("messages must have its tag, and it has none")
	case !slices.Contains(strengths, j.Register.Unless):
		return fmt.Errorf("its register need not be asked with a consent %q, which is none", j.Register.Unless)
	case j.KeepYears < 0:
		return fmt.Errorf("records can't be kept for %d years", j.KeepYears)
	case !j.Until.IsZero() && !j.From.Before(j.Until):
		return fmt.Errorf("it holds from %s until %s, which is never", j.From.Format(time.DateOnly), j.Until.Format(time.DateOnly))
	}
	return nil
}

// NewJurisdictions returns a table with rows of a host's own after the standard
// ones, whose version is the standard one with the host's, like
// 2026-11-23+2026-12-01. A row may not hold at the same time as another of its
// code and scope, and one of a state may not ask less than its country's: what
// the law fixes can't be loosened by a narrower row.
func NewJurisdictions(version string, rows ...Jurisdiction) (*Jurisdictions, error) {
	standard := StandardJurisdictions()
	all := slices.Concat(standard.rows, rows)
	if err := CheckJurisdictions(all); err != nil {
		return nil, fmt.Errorf("compliance: %w", err)
	}
	for _, j := range rows {
		country, _, state := strings.Cut(j.Code, "-")
		if !state {
			continue
		}
		for _, wider := range all {
			if wider.Code != country || wider.Scope != j.Scope || !wider.dates().overlap(j.dates()) {
				continue
			}
			if err := j.atLeast(wider); err != nil {
				return nil, fmt.Errorf("compliance: jurisdiction %s, %s: %w", j.Code, j.Scope, err)
			}
		}
	}
	return &Jurisdictions{version: standard.version + "+" + cmp.Or(version, "host"), rows: all}, nil
}

// strictness orders the models of consent.
var strictness = []ConsentModel{ConsentNone, ConsentOptOut, ConsentSoftOptIn, ConsentExpressOrImplied, ConsentExpress, ConsentExpressWritten}

// atLeast returns what a row asks less than a wider one.
func (j Jurisdiction) atLeast(wider Jurisdiction) error {
	switch {
	case slices.Index(strictness, j.Model) < slices.Index(strictness, wider.Model):
		return fmt.Errorf("its model of consent is %s, and its country's is %s", j.Model, wider.Model)
	case wider.QuietBasis == BasisLaw && !j.Quiet.covers(wider.Quiet):
		return fmt.Errorf("its quiet hours are %q, and its country's, which they must cover, %q", j.Quiet, wider.Quiet)
	case wider.Register.Name != "" && (j.Register.Name == "" || j.Register.Unless != NotMarketing && !j.Register.Unless.AtLeast(wider.Register.Unless) || j.Register.Unless != NotMarketing && wider.Register.Unless == NotMarketing):
		return fmt.Errorf("its register is %q, and its country's is %q", j.Register, wider.Register)
	case slices.ContainsFunc(wider.MustSay, func(s Say) bool { return !slices.Contains(j.MustSay, s) }):
		return fmt.Errorf("messages must say %q, and in its country %q", j.MustSay, wider.MustSay)
	case !j.Honour.within(wider.Honour):
		return fmt.Errorf("an opt-out must be honoured within %s, and in its country within %s", j.Honour, wider.Honour)
	}
	return nil
}

// Version returns the date of the table.
func (t *Jurisdictions) Version() string { return t.version }

// All returns the rows in the order of the table.
func (t *Jurisdictions) All() []Jurisdiction { return slices.Clone(t.rows) }

// members are the countries of the European Economic Area, whose law is the
// Union's where they have no row of their own.
var members = strings.Fields("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK")

// For returns the row that holds for a country or a state at a moment: its
// own, or else its country's, or the European Union's for a member. At the
// zero moment do rows that have no end. It reports false if there is none,
// which says nothing about the law there.
func (t *Jurisdictions) For(code string, s Scope, at time.Time) (Jurisdiction, bool) {
	country, _, _ := strings.Cut(code, "-")
	codes := []string{code, country}
	if slices.Contains(members, country) {
		codes = append(codes, "EU")
	}
	for _, c := range codes {
		for _, j := range t.rows {
			if j.Code == c && j.Scope == s && j.dates().hold(at) {
				return j, true
			}
		}
	}
	return Jurisdiction{}, false
}
