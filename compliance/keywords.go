package compliance

import (
	"slices"
	"strings"
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

// keyword is a Keyword with what the recogniser needs to know of it.
type keyword struct {
	Keyword
	rule string // Classification.Rule when it matched

	// curt says that the word is an opt-out only when nothing stands beside
	// it: with a "please" it answers a question about something else.
	curt bool
}

// keywords is looked up by the words of a text, see appendWords.
var keywords = map[string]keyword{
	"stop":         row("STOP", OptOut, sourceFCC),
	"quit":         row("QUIT", OptOut, sourceFCC),
	"end":          curt(row("END", OptOut, sourceFCC)),
	"revoke":       row("REVOKE", OptOut, sourceFCC),
	"opt out":      row("OPT OUT", OptOut, sourceFCC), // OPT-OUT too
	"cancel":       curt(row("CANCEL", OptOut, sourceFCC)),
	"unsubscribe":  row("UNSUBSCRIBE", OptOut, sourceFCC),
	"un subscribe": row("UNSUBSCRIBE", OptOut, sourceFCC), // UN-SUBSCRIBE
	"optout":       row("OPTOUT", OptOut, sourceTwilio),
	"stopall":      row("STOPALL", OptOut, sourceTwilio),
	"stop all":     row("STOP ALL", OptOut, sourceCarrier),
	"stopp":        row("STOPP", OptOut, sourceCarrier), // German, Norwegian, Swedish
	"arret":        row("ARRET", OptOut, sourceCanada),
	"arrêt":        row("ARRÊT", OptOut, sourceCanada),
	stopSign:       row(stopSign, OptOut, sourceCarrier),
	"start":        row("START", OptIn, sourceTwilio),
	"unstop":       row("UNSTOP", OptIn, sourceTwilio),
	"help":         row("HELP", Help, sourceCTIA),
	"info":         row("INFO", Help, sourceTwilio),
	"aide":         row("AIDE", Help, sourceCanada),
}

func row(word string, kind Kind, source string) keyword {
	return keyword{Keyword: Keyword{Word: word, Kind: kind, Source: source}, rule: "keyword " + word}
}

func curt(k keyword) keyword {
	k.curt = true
	return k
}

// courtesies are words that may stand before and after an opt-out without
// making it a sentence.
var courtesies = map[string]bool{
	"please": true, "pls": true, "plz": true, "thanks": true, "thx": true,
	"svp": true, "merci": true,
}

// affirmatives answer whatever was asked last, so that they opt nobody in,
// even if a provider takes them for START.
var affirmatives = map[string]bool{
	"yes": true, "y": true, "si": true, "sí": true, "oui": true, "ja": true, "da": true,
}

// StandardKeywords returns the keywords that [Standard] recognises, sorted.
// Case, punctuation and white space, compatibility forms (ＳＴＯＰ), invisible
// characters, emoji and a signature make no difference.
func StandardKeywords() []Keyword {
	all := make([]Keyword, 0, len(keywords))
	for _, k := range keywords {
		all = append(all, k.Keyword)
	}
	slices.SortFunc(all, func(a, b Keyword) int { return strings.Compare(a.Word, b.Word) })
	return slices.Compact(all)
}
