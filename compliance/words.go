package compliance

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// longestText bounds the text that is looked at, in bytes. No medium carries a
// longer one: WhatsApp allows 4096 characters.
const longestText = 4 * 4096

// word is a word of a text: a run of letters and digits, or one character of a
// script without spaces.
type word struct {
	start, end int32  // in sheet.letters
	sentence   int16  // counted from 0
	clause     int16  // counted from 0 in the whole text
	single     bool   // a letter that stands alone, though its script has spaces
	mixed      bool   // letters and digits, or letters of several scripts
	alone      bool   // a character of a script without spaces
	fillers    uint64 // the languages in which it says nothing: please, now; see steps.language
	passed     bool   // a part of a phrase that means nothing of the kind
	common     uint64 // the languages in which everybody uses it
	asks       uint64 // the languages in which requests have it
}

// sheet is a text as the recogniser reads it. It is used again for the next
// text, so that reading allocates nothing.
type sheet struct {
	plain    []byte // the text without styled letters
	normal   []byte // the text in its compatibility form
	letters  []byte // of all words, in lower case and without accents
	spelling []byte // of the word being read, with its accents
	words    []word
	essence  []word // those that are no fillers
	asked    []bool // by sentence: it ends with a question mark
	emoji    []rune // different ones, at most one more than mostEmoji
	laughs   bool   // 😂

	echoed         bool // a line was left out that is a part of our last message
	cut, cutWithin bool // a signature was left out, and it began within a line

	joined []byte // of several words, for looking them up
	runner runner
	gap    gap
	spoken spoken
}

// begin empties a sheet for another text.
func (s *sheet) begin() {
	s.letters, s.words, s.asked = s.letters[:0], s.words[:0], s.asked[:0]
	s.emoji, s.laughs = s.emoji[:0], false
	s.echoed, s.cut, s.cutWithin = false, false, false
	s.gap = gap{}
}

// finish ends a text.
func (s *sheet) finish() { s.asked = append(s.asked, s.gap.asked) }

// gap is where the words of a sheet stop, between two of them.
type gap struct {
	sentence, clause int16
	full, half       bool // a sentence or a clause ends here
	asked            bool // and it is a question
}

// text returns a word's letters. They hold until the sheet is used again.
func (s *sheet) text(w word) []byte { return s.letters[w.start:w.end] }

// add cuts a piece of a text into words. What can't be seen (zero width,
// direction marks, fillers) does not part them, and neither do marks that
// belong to no letter, like those of a struck-out text.
func (s *sheet) add(text string) {
	c := theChart()
	s.normal = s.normal[:0]
	if n := norm.NFKC.QuickSpanString(text); n == len(text) {
		s.normal = append(s.normal, text...)
	} else {
		s.plain = c.unstyled(append(s.plain[:0], text[:n]...), text[n:])
		if norm.NFKC.QuickSpan(s.plain) == len(s.plain) {
			s.normal = append(s.normal, s.plain...)
		} else {
			s.normal = norm.NFKC.Append(s.normal, s.plain...)
		}
	}
	var cur word
	var script scripts
	open := false // a word is being read
	for rest := s.normal; len(rest) > 0; {
		r, size := rune(rest[0]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(rest)
		}
		rest = rest[size:]
		kind := c.kindOf(r)
		switch {
		case kind == joins && open && contracts(rest): // don't
			continue
		case kind == joins:
			kind = parts
		case r == '-' && !open && len(rest) > 0 && rest[0] == ' ': // between spaces, a dash
			kind = pauses
		case r == '.' && letterFollows(rest, c): // S.T.O.P.
			kind = parts
		case r == '$' && letterFollows(rest, c), r == '@' && open && letterFollows(rest, c): // $top
			kind = forms
		}
		if kind != forms && kind != vietnames && kind != hidden && open {
			s.close(&cur, script)
			open = false
		}
		switch kind {
		case ends, asks:
			s.gap.full = true
			s.gap.asked = s.gap.asked || kind == asks && len(s.words) > 0
		case pauses:
			s.gap.half = true
		case pictures:
			s.gap.half = true
			s.picture(r)
		case alone:
			cur = s.open()
			s.letters = utf8.AppendRune(s.letters, r)
			cur.end, cur.alone = int32(len(s.letters)), true
			s.words = append(s.words, cur)
		case forms, vietnames:
			if !open {
				open, script, cur = true, 0, s.open()
			}
			if kind == vietnames {
				script |= ofVietnam
			}
			script |= s.letter(r, c)
		case parts, joins, hidden:
		}
	}
	if open {
		s.close(&cur, script)
	}
}

// open begins a word.
func (s *sheet) open() word {
	if len(s.words) > 0 {
		if s.gap.full {
			s.asked = append(s.asked, s.gap.asked)
			s.gap.sentence++
		}
		if s.gap.full || s.gap.half {
			s.gap.clause++
		}
	}
	s.gap.full, s.gap.half, s.gap.asked = false, false, false
	s.spelling = s.spelling[:0]
	return word{start: int32(len(s.letters)), sentence: s.gap.sentence, clause: s.gap.clause}
}

// scripts are what the letters of a word are of.
type scripts uint8

const (
	ofLatin scripts = 1 << iota
	ofDigits
	ofOthers
	ofVietnam
)

// letter adds a character to the word that is being read.
func (s *sheet) letter(r rune, c *chart) scripts {
	switch {
	case 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z':
		r |= 0x20
		s.letters, s.spelling = append(s.letters, byte(r)), append(s.spelling, byte(r))
		return ofLatin
	case r < utf8.RuneSelf:
		s.letters, s.spelling = append(s.letters, byte(r)), append(s.spelling, byte(r))
		return ofDigits
	}
	script := ofOthers
	if r < smallCapitals && c.latin[r] {
		script = ofLatin
	}
	if r >= folded {
		r = unicode.ToLower(r)
		s.spelling, s.letters = utf8.AppendRune(s.spelling, r), utf8.AppendRune(s.letters, r)
		return script
	}
	s.spelling = utf8.AppendRune(s.spelling, c.lower[r])
	if two := ligature(r); two != "" {
		s.letters = append(s.letters, two...)
		return script
	}
	s.letters = utf8.AppendRune(s.letters, c.fold[r])
	return script
}

// close ends the word that is being read.
func (s *sheet) close(w *word, script scripts) {
	if script&ofVietnam != 0 || string(s.spelling) == accented {
		s.letters = append(s.letters[:w.start], s.spelling...)
	}
	w.end = int32(len(s.letters))
	script &= ofLatin | ofDigits | ofOthers
	w.mixed = script != ofLatin && script != ofDigits
	_, size := utf8.DecodeRune(s.letters[w.start:])
	w.single = int(w.start)+size == int(w.end)
	s.words = append(s.words, *w)
}

// accented is a word that would be a keyword without its accent: Polish "of
// feet".
const accented = "stóp"

// smallCapitals begin the letters that nobody writes but for show.
const smallCapitals = 0x1d00

// mostEmoji is how many different emoji a text of keywords has at most.
const mostEmoji = 8

// picture notes an emoji.
func (s *sheet) picture(r rune) {
	switch r {
	case '😂', '🤣', '😆', '😹':
		s.laughs = true
	}
	if len(s.emoji) <= mostEmoji && !slices.Contains(s.emoji, r) {
		s.emoji = append(s.emoji, r)
	}
}

// contracts reports whether what follows an apostrophe belongs to the same
// word, as in don't and I'm. In l'abonnement it is another word.
func contracts(rest []byte) bool {
	n := 0
	for n < len(rest) && n < 3 && ('a' <= rest[n]|0x20 && rest[n]|0x20 <= 'z') {
		n++
	}
	if n == 0 || n == 3 || n < len(rest) && rest[n] >= utf8.RuneSelf {
		return false
	}
	switch rest[0] | 0x20 {
	case 't', 's', 'm', 'd':
		return n == 1
	case 'r', 'v':
		return n == 2 && rest[1]|0x20 == 'e'
	case 'l':
		return n == 2 && rest[1]|0x20 == 'l'
	}
	return false
}

func letterFollows(rest []byte, c *chart) bool {
	r, _ := utf8.DecodeRune(rest)
	return len(rest) > 0 && c.kindOf(r) == forms && !unicode.IsDigit(r)
}

// questioned reports whether a word's sentence ends with a question mark.
func (s *sheet) questioned(w word) bool { return s.asked[w.sentence] }

// cutWords returns the words of a table's text, as read would find them.
func cutWords(text string) []string {
	s := takeSheet()
	defer returnSheet(s)
	s.begin()
	s.add(text)
	s.finish()
	words := make([]string, 0, len(s.words))
	for _, w := range s.words {
		words = append(words, string(s.text(w)))
	}
	return words
}

// key returns the words of a table's text with a space between two. Most texts
// are their own key.
func key(text string) string {
	s := takeSheet()
	defer returnSheet(s)
	s.begin()
	s.add(text)
	s.finish()
	s.joined = s.joined[:0]
	for i, w := range s.words {
		if i > 0 {
			s.joined = append(s.joined, ' ')
		}
		s.joined = append(s.joined, s.text(w)...)
	}
	if string(s.joined) == text {
		return text
	}
	return string(s.joined)
}
