package compliance

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Keyword is one word that acts when it is the whole message.
type Keyword struct {
	Word   string // in upper case
	Kind   Kind
	Source string
}

// The sources of the keyword table.
const (
	sourceFCC     = "47 CFR 64.1200(a)(10)"
	sourceCTIA    = "CTIA Messaging Principles and Best Practices"
	sourceTwilio  = "Twilio, default handling of opt-out keywords"
	sourceCanada  = "Canadian Common Short Code Application Guidelines"
	sourceCarrier = "common practice of messaging providers"
)

// keywords is looked up by normalised text. See StandardKeywords.
var keywords = map[string]Keyword{
	"stop":        {"STOP", OptOut, sourceFCC},
	"quit":        {"QUIT", OptOut, sourceFCC},
	"end":         {"END", OptOut, sourceFCC},
	"revoke":      {"REVOKE", OptOut, sourceFCC},
	"opt out":     {"OPT OUT", OptOut, sourceFCC},
	"cancel":      {"CANCEL", OptOut, sourceFCC},
	"unsubscribe": {"UNSUBSCRIBE", OptOut, sourceFCC},
	"optout":      {"OPTOUT", OptOut, sourceTwilio},
	"opt-out":     {"OPT-OUT", OptOut, sourceCarrier},
	"stopall":     {"STOPALL", OptOut, sourceTwilio},
	"stop all":    {"STOP ALL", OptOut, sourceCarrier},
	"arret":       {"ARRET", OptOut, sourceCanada},
	"arrêt":       {"ARRÊT", OptOut, sourceCanada},
	"start":       {"START", OptIn, sourceTwilio},
	"unstop":      {"UNSTOP", OptIn, sourceTwilio},
	"help":        {"HELP", Help, sourceCTIA},
	"info":        {"INFO", Help, sourceTwilio},
	"aide":        {"AIDE", Help, sourceCanada},
}

// StandardKeywords returns the keywords that [Standard] recognises, sorted.
// Case, outer punctuation and white space, compatibility forms (ＳＴＯＰ) and
// invisible characters make no difference.
func StandardKeywords() []Keyword {
	all := make([]Keyword, 0, len(keywords))
	for _, k := range keywords {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b Keyword) int { return strings.Compare(a.Word, b.Word) })
	return all
}

// longestKeyword bounds the text that is worth normalising: a keyword with
// generous decoration.
const longestKeyword = 128

func lookup(text string) (Kind, string) {
	text = strings.TrimSpace(text)
	if len(text) > longestKeyword {
		return None, ""
	}
	k := keywords[normalise(text)]
	return k.Kind, k.Word
}

// normalise makes the many spellings of a keyword one.
func normalise(text string) string {
	text = norm.NFKC.String(text)
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1 // zero width, direction marks, byte order mark
		}
		return r
	}, text)
	text = cases.Fold().String(text)
	text = strings.TrimFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(strings.Fields(text), " ")
}
