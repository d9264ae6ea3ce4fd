package when

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/teaminbox/teaminbox/compliance"
)

// Says is the condition that the text has one of the words or phrases: as whole words
// in this order, whatever their case, accents and punctuation. In scripts without
// spaces between words any part of the text counts. It panics if one of them has
// neither letters nor digits, which would be in every text or none.
func Says(words ...string) Condition {
	phrases := make([]string, len(words))
	for i, w := range words {
		if phrases[i] = phrase(w); strings.TrimSpace(phrases[i]) == "" {
			panic(fmt.Sprintf("when: Says(%q): there are no letters or digits in it", w))
		}
	}
	return condition{"the text says " + list(words), func(f *Facts) bool { return says(f.text(), phrases) }}
}

func says(text string, phrases []string) bool {
	for _, p := range phrases {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}

// Matches is the condition that the text matches a regular expression: (?i) at its
// beginning makes it match in any case. It takes time in proportion to the text.
func Matches(re *regexp.Regexp) Condition {
	return condition{"the text matches " + strconv.Quote(re.String()), func(f *Facts) bool { return re.MatchString(f.Message.Text) }}
}

// HasMedia is the condition that files came with the message.
func HasMedia() Condition {
	return condition{"there are files with it", func(f *Facts) bool { return f.files() > 0 }}
}

// MayBeOptOut is the condition that the message may be a wish to stop, about which a
// person has to decide.
func MayBeOptOut() Condition {
	return condition{"it may be an opt-out", func(f *Facts) bool { return f.Message.Kind == compliance.Ambiguous }}
}

// list says names for people: "a", "b" or "c".
func list[T ~string](names []T) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = strconv.Quote(string(n))
	}
	if n := len(quoted); n > 1 {
		return strings.Join(quoted[:n-1], ", ") + " or " + quoted[n-1]
	}
	return strings.Join(quoted, "")
}
