package compliance

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Match says when a keyword acts.
type Match string

// The ways in which a keyword acts.
const (
	// MatchExact acts when it is the whole message.
	MatchExact Match = "exact"

	// MatchContext acts as MatchExact does, unless our last message asked
	// something that it may answer: then a person decides.
	MatchContext Match = "exact_ctx"

	// MatchOptedOut acts when it is the whole message of a contact that has
	// opted out.
	MatchOptedOut Match = "exact_if_optedout"

	// MatchPrompted acts when it is the whole message and answers our question
	// whether we may write, see [AskedConsent].
	MatchPrompted Match = "exact_if_prompted"

	// MatchPhrase acts anywhere in a message, unless it is negated.
	MatchPhrase Match = "phrase"

	// MatchReview never acts: a person decides.
	MatchReview Match = "context_review"

	// MatchNever never acts.
	MatchNever Match = "never_auto"

	// MatchOperator is handled by the network, and does not reach us.
	MatchOperator Match = "operator"
)

// Alone says what a keyword that never acts is when it is the whole message.
type Alone string

// The readings of a keyword that never acts.
const (
	AloneHeld     Alone = "hold"   // a person decides
	AloneRefuses  Alone = "refuse" // a person decides, unless it answers a question of ours
	AloneInThread Alone = "thread" // a person decides if the thread is in its language and we asked nothing
	AloneIgnored  Alone = "ignore" // an ordinary word
)

// Tier says how well a keyword is sourced.
type Tier string

// The tiers. Unsourced words that would act are off unless a host switches
// them on, see [TableConfig]. Those that never act are left to a person, which
// needs no source.
const (
	TierLaw       Tier = "A" // a law or a regulator names it
	TierCarrier   Tier = "B" // carriers, aggregators and vendors act on it
	TierPractice  Tier = "C" // seen in the code of others
	TierUnsourced Tier = "U"
)

// Keyword is one row of the table: a word or a few that act, or must not,
// when they are the whole message.
type Keyword struct {
	Language string // ISO 639-1 code, or "und" for emoji
	Word     string // in upper case, where the script has it
	Kind     Kind   // OptOut, OptIn or Help
	Match    Match
	Alone    Alone  // of MatchReview and MatchNever
	Channel  string // where it is customary, in words
	Region   string // "" is everywhere, "+1" the North American numbering plan, or an ISO 3166-1 code
	Thread   string // it is read only in a thread of this language
	Danger   string // low, med or high: how often it means something else
	Tier     Tier
	Source   string
	Note     string
	From     time.Time // the row holds from this day, 0:00 UTC; zero: always did
	Until    time.Time // and to the beginning of this one; zero: it still does
}

// unsourced reports whether a keyword would act and nobody says that it does.
func (k Keyword) unsourced() bool {
	return k.Tier == TierUnsourced && k.Match != MatchReview && k.Match != MatchNever
}

func (k Keyword) dates() dates { return dates{k.From, k.Until} }

//go:embed tables/keywords.tsv
var keywordsTSV string

func parseKeywords(text string) (all []Keyword, version string, err error) {
	t, err := parseTSV(text, "language", "word", "action", "channel", "region", "thread", "match", "alone", "danger", "tier", "from", "until", "source", "note")
	if err != nil {
		return nil, "", fmt.Errorf("keywords: %w", err)
	}
	kinds := map[string]Kind{"out": OptOut, "in": OptIn, "help": Help}
	for _, r := range t.rows {
		d, err := r.dates()
		if err != nil {
			return nil, "", fmt.Errorf("keywords, line %d: %w", r.line, err)
		}
		c := r.cells
		all = append(all, Keyword{
			Language: c["language"], Word: c["word"], Kind: kinds[c["action"]], Match: Match(c["match"]), Alone: Alone(c["alone"]),
			Channel: c["channel"], Region: c["region"], Thread: c["thread"], Danger: c["danger"], Tier: Tier(c["tier"]),
			Source: c["source"], Note: c["note"], From: d.from, Until: d.until,
		})
	}
	return all, t.version, nil
}

// CheckKeywords returns what is wrong with a table of keywords: what has no
// source, is of an unknown kind, or contradicts another row.
func CheckKeywords(all []Keyword) error {
	type place struct{ language, region, thread, word string }
	seen := map[place][]*Keyword{}
	acting := map[string][]*Keyword{} // by word, in any language
	for i := range all {
		k := &all[i]
		if err := k.check(); err != nil {
			return fmt.Errorf("keyword %s of %s: %w", k.Word, k.Language, err)
		}
		at := place{k.Language, k.Region, k.Thread, key(k.Word)}
		if r, ok := emojiIn(k.Word); ok {
			at.word = string(r)
		}
		for _, other := range seen[at] {
			if !k.dates().overlap(other.dates()) {
				continue
			}
			if k.Kind != other.Kind {
				return fmt.Errorf("keyword %s of %s is %v and %v at once", k.Word, k.Language, other.Kind, k.Kind)
			}
			if k.Word == other.Word {
				return fmt.Errorf("keyword %s of %s has two rows that hold at the same time", k.Word, k.Language)
			}
		}
		seen[at] = append(seen[at], k)
		if k.Alone != "" || k.Match == MatchPrompted || k.Thread != "" {
			continue
		}
		for _, other := range acting[at.word] {
			if k.Kind != other.Kind && k.dates().overlap(other.dates()) {
				return fmt.Errorf("keyword %s of %s is %v, and as one of %s it is %v", k.Word, k.Language, k.Kind, other.Language, other.Kind)
			}
		}
		acting[at.word] = append(acting[at.word], k)
	}
	return nil
}

func (k Keyword) check() error {
	never := k.Match == MatchReview || k.Match == MatchNever
	switch {
	case k.Word == "" || k.Language == "":
		return fmt.Errorf("it has no word or no language")
	case key(k.Word) == "" && !isEmoji(k.Word):
		return fmt.Errorf("it has neither letters nor is it one emoji")
	case k.Word != strings.ToUpper(k.Word):
		return fmt.Errorf("it must be in upper case: %s", strings.ToUpper(k.Word))
	case k.Kind != OptOut && k.Kind != OptIn && k.Kind != Help:
		return fmt.Errorf("its action must be out, in or help")
	case !slices.Contains([]Match{MatchExact, MatchContext, MatchOptedOut, MatchPrompted, MatchPhrase, MatchReview, MatchNever, MatchOperator}, k.Match):
		return fmt.Errorf("its match is %q, which is none of the ways to match", k.Match)
	case (k.Kind == OptIn) != (k.Match == MatchOptedOut || k.Match == MatchPrompted):
		return fmt.Errorf("its match is %q; words that opt in need %q or %q, and no others do", k.Match, MatchOptedOut, MatchPrompted)
	case never != (k.Alone != ""), never && k.Alone != AloneHeld && k.Alone != AloneRefuses && k.Alone != AloneInThread && k.Alone != AloneIgnored:
		return fmt.Errorf("alone is %q; a word that never acts needs hold, refuse, thread or ignore, and no other does", k.Alone)
	case k.Danger != "low" && k.Danger != "med" && k.Danger != "high":
		return fmt.Errorf("its danger is %q; it must be low, med or high", k.Danger)
	case k.Tier != TierLaw && k.Tier != TierCarrier && k.Tier != TierPractice && k.Tier != TierUnsourced:
		return fmt.Errorf("its tier is %q; it must be A, B, C or U", k.Tier)
	case k.Source == "":
		return fmt.Errorf("it has no source")
	case k.Source == "unsourced" && k.Tier != TierUnsourced:
		return fmt.Errorf("it is of tier %s and has no source", k.Tier)
	case !k.Until.IsZero() && !k.From.Before(k.Until):
		return fmt.Errorf("it holds from %s until %s, which is never", k.From.Format(time.DateOnly), k.Until.Format(time.DateOnly))
	}
	return nil
}

func isEmoji(word string) bool {
	_, ok := emojiIn(word)
	return ok
}

// StandardKeywords returns the keywords of [StandardTable].
func StandardKeywords() []Keyword { return StandardTable().Keywords() }
