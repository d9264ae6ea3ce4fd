package compliance

import (
	"slices"
	"strings"
	"unicode"

	"github.com/teaminbox/teaminbox/channel"
)

// context is a Context and what follows from it.
type context struct {
	Context
	asked    bool   // our last message asked something that is not consent
	language string // of the thread: its first two letters
	american bool   // the contact's number is of the North American numbering plan
}

// applies reports whether a row holds for this contact at this moment.
func (c *context) applies(k *Keyword) bool {
	switch {
	case !k.dates().hold(c.At), k.Thread != "" && k.Thread != c.language:
		return false
	case k.Region == "+1":
		return c.american
	}
	return k.Region == "" || k.Region == c.Region
}

// askedIn reports whether a text asks something.
func askedIn(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		return r == '?' || r == '？' || r == '؟' || r == ';' && !unicode.IsSpace(r) && strings.ContainsFunc(text, greek)
	}) >= 0
}

func greek(r rune) bool { return unicode.Is(unicode.Greek, r) }

// context completes what is known about a message.
func (t *Table) context(m channel.Inbound, c Context) context {
	x := context{Context: c, asked: c.Asked != "" && c.Asked != AskedConsent}
	if c.Asked == "" {
		x.asked = askedIn(c.LastOutbound)
	}
	x.language, _, _ = strings.Cut(strings.ToLower(c.Language), "-")
	x.american = strings.HasPrefix(m.From.Identity(), "+1") || c.Region == "US" || c.Region == "CA"
	return x
}

// prompted reports whether a text is a bare word that opts in only if we asked
// for it.
func (t *Table) prompted(text string) bool { return t.is(text, MatchPrompted) }

// optsIn reports whether a text is a bare word that opts in, like START.
func (t *Table) optsIn(text string) bool { return t.is(text, MatchOptedOut) }

func (t *Table) is(text string, m Match) bool {
	s := takeSheet()
	s.readMessage(text, "", false)
	n, f := t.prefix(s, s.words)
	whole := n == len(s.words)
	returnSheet(s)
	return n > 0 && whole && slices.ContainsFunc(f.entries, func(e entry) bool { return e.Match == m })
}
