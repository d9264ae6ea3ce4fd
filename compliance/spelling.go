package compliance

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// addSpellings prepares what people type for the words that stop.
func (t *Table) addSpellings() {
	for name, f := range t.words {
		if strings.Contains(name, " ") || len(name) < 4 {
			continue
		}
		for _, e := range f.entries {
			if e.Kind == OptOut && e.Match == MatchExact || e.Kind == Help {
				t.skeletons[string(skeleton(nil, []byte(name)))] = name
				break
			}
		}
	}
	for _, typo := range typosOf(core) {
		if _, known := t.words[typo]; !known && !slices.Contains(realWords, typo) {
			t.typos[typo] = core
		}
	}
	for _, long := range mistyped {
		if _, known := t.words[long]; known {
			t.near = append(t.near, long)
		}
	}
}

// realWords are one letter from STOP and mean something.
var realWords = []string{"shop", "step", "stoop", "top", "stomp", "strop", "atop", "sop", "slop", "swop", "stow", "stip", "stol", "sto", "op", "tsop", "stok", "stip", "stap"}

// mistyped are the long words that may have one letter wrong. ABMELDEN,
// AFMELDEN and ОТПИСАТЬСЯ are not among them: one letter more, and they mean
// the opposite.
var mistyped = []string{"unsubscribe", "optout", "stopall", "revoke", "unsub", "terminate", "desabonner", "desinscrire", "arreter", "descadastrar", "desuscribir", "stoppen"}

// neighbours are the letters beside a letter on a keyboard.
var neighbours = map[byte]string{'s': "adwezx", 't': "ryfg56", 'o': "ipkl90", 'p': "ol0"}

// typosOf returns what slips of the finger make of a word: two letters in the
// wrong order, one left out, one twice, or one from beside it.
func typosOf(word string) (all []string) {
	for i := range len(word) {
		if i+1 < len(word) {
			all = append(all, word[:i]+word[i+1:i+2]+word[i:i+1]+word[i+2:])
		}
		all = append(all, word[:i]+word[i+1:], word[:i]+word[i:i+1]+word[i:])
		for _, n := range []byte(neighbours[word[i]]) {
			all = append(all, word[:i]+string(n)+word[i+1:], word[:i]+string(n)+word[i:], word[:i+1]+string(n)+word[i+1:])
		}
	}
	return all
}

// lookalikes are letters that look like another, or stand for it.
var lookalikes = map[rune]byte{
	'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '$': 's', '@': 'a', 'l': 'i', '|': 'i',
	'а': 'a', 'в': 'b', 'е': 'e', 'ѕ': 's', 'і': 'i', 'ј': 'j', 'к': 'k', 'м': 'm', 'н': 'h', 'о': 'o', 'р': 'p', 'с': 'c', 'т': 't', 'у': 'y', 'х': 'x', 'п': 'n',
	'α': 'a', 'β': 'b', 'ε': 'e', 'ζ': 'z', 'η': 'h', 'ι': 'i', 'κ': 'k', 'μ': 'm', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'τ': 't', 'υ': 'y', 'χ': 'x', 'π': 'n',
	'ꮪ': 's', 'ꮲ': 'p', 'ꭲ': 't', 'ꜱ': 's', 'ᴛ': 't', 'ᴏ': 'o', 'ᴘ': 'p', 'ѳ': 'o', 'օ': 'o', 'ɑ': 'a', 'ո': 'n', 'ս': 'u',
}

// skeleton appends a word with its letters replaced by those that they look
// like.
func skeleton(dst, word []byte) []byte {
	for len(word) > 0 {
		r, size := utf8.DecodeRune(word)
		if like := lookalikes[r]; like != 0 {
			dst = append(dst, like)
		} else {
			dst = append(dst, word[:size]...)
		}
		word = word[size:]
	}
	return dst
}

// respell replaces words that are keywords in another spelling: letter by
// letter (S T O P), with letters repeated (STOOOOP), or with letters that
// look like those of the keyword (ST0P).
func (t *Table) respell(s *sheet) {
	kept := s.words[:0]
	for i := 0; i < len(s.words); {
		w := s.words[i]
		if w.alone {
			kept, i = append(kept, w), i+1
			continue
		}
		if n := t.spelled(s, i); n > 0 {
			w.start = int32(len(s.letters))
			for _, letter := range s.words[i : i+n] {
				s.letters = append(s.letters, s.text(letter)...)
			}
			w.end, w.single = int32(len(s.letters)), false
			kept, i = append(kept, w), i+n
			continue
		}
		if !w.single && w.end-w.start <= longestWord {
			t.respellWord(s, &w)
		}
		kept, i = append(kept, w), i+1
	}
	s.words = kept
}

// longestWord is how many bytes of a word are looked at for other spellings.
const longestWord = 64

// spelled returns how many words from i on are the letters of a keyword.
func (t *Table) spelled(s *sheet, i int) int {
	if !s.words[i].single || i > 0 && s.words[i-1].single {
		return 0
	}
	n := 1
	for i+n < len(s.words) && s.words[i+n].single && n < longestWord/4 {
		n++
	}
	const fewest = 4
	if n < fewest {
		return 0
	}
	s.joined = s.joined[:0]
	for _, letter := range s.words[i : i+n] {
		s.joined = append(s.joined, s.text(letter)...)
	}
	if t.words[string(s.joined)] != nil {
		return n
	}
	return 0
}

func (t *Table) respellWord(s *sheet, w *word) {
	text := s.text(*w)
	if t.words[string(text)] != nil {
		return
	}
	var buf [longestWord]byte
	if short := unstretch(buf[:0], text); len(short) < len(text) {
		if !t.phrases.knows(short) {
			return
		}
		w.start = int32(len(s.letters))
		s.letters = append(s.letters, short...)
		w.end = int32(len(s.letters))
		return
	}
	if !w.mixed {
		return
	}
	if plain, found := t.skeletons[string(skeleton(buf[:0], text))]; found {
		w.start = int32(len(s.letters))
		s.letters = append(s.letters, plain...)
		w.end = int32(len(s.letters))
	}
}

// unstretch appends a word with each letter that stands three times or more in
// a row written once.
func unstretch(dst, word []byte) []byte {
	for len(word) > 0 {
		_, size := utf8.DecodeRune(word)
		n := 1
		for bytes.HasPrefix(word[n*size:], word[:size]) {
			n++
		}
		if n == 2 {
			dst = append(dst, word[:size]...)
		}
		dst = append(dst, word[:size]...)
		word = word[n*size:]
	}
	return dst
}

// corrected returns the keyword that a bare word is with one slip of the
// finger, or "".
func (t *Table) corrected(text []byte) string {
	if right, found := t.typos[string(text)]; found {
		return right
	}
	if len(text) < 5 || len(text) > longestWord || t.words[string(text)] != nil {
		return ""
	}
	for _, right := range t.near {
		if oneSlip(string(text), right) {
			return right
		}
	}
	return ""
}

// oneSlip reports whether two words differ by one letter, or by the order of
// two.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	if i == len(a) || a[i+1:] == b[i+1:] {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
