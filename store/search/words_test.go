package search

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestFound(t *testing.T) {
	for _, tt := range []struct {
		language, text string
		found, not     []string
	}{
		{"English", "The invoices don't match: see Order #A-1234 (p. 7)",
			[]string{"invoice", "INVOICES", "match invoices", "don't", "a-1234", "order a-123", "  the ", "inv mat", `"see order"`, "#A-1234", "p.7"},
			[]string{"invoiced", "nvoice", "invoices refund", `"invoice"`, `"order see"`, "mat7", "1234-a", "in", ""}},
		{"German", "Viele Grüße aus der STRAẞE, Herr Müller-Lüdenscheidt",
			[]string{"grüße", "gruße", "grusse", "GRÜSSE", "Gru\u0308ße", "strasse", "straße", "muller", "ludenscheidt", "müller-lüd", "“viele grüße”", "„Herr Müller“", "«aus der»"},
			[]string{"gruese", "stras e", `"grues"`}},
		{"German, written out", "Gruesse von Frau Mueller, Herr Joerg Kaestner", []string{"Grüße", "Gru\u0308ße", "grü", "gruesse", "Müller", `"Frau Müller"`, "jörg", "Kästner", "MÜLL", `"jörg kästner"`}, []string{"muller", "grusse", "jorg", `"müll"`}},
		{"German, typed so", "Grüße an Jörg Müllers Öl, neun", []string{"gruesse", "GRUESSE", "joerg", "muellers", "mueller", "muelle", "oel", `"Joerg Muellers"`}, []string{"grues", "neue", `"gruess"`}},
		{"German only in part", "trust the full quest", nil, []string{"true", "fuel", "queest"}},
		{"French", "L’œuvre à Noël : ÇA va, où ça ?", []string{"oeuvre", "œuvre", "l'oeuvre", "noel", "ca va", "ou"}, []string{"œuvres", "l'noel"}},
		{"Polish", "Dzień dobry, Łódź, żółć", []string{"dzien", "lodz", "zolc", "ŻÓŁĆ"}, []string{"dobrze"}},
		{"Danish", "Rødgrød på Ærø", []string{"rodgrod", "pa", "aero"}, nil},
		{"Turkish", "DİYARBAKIR Iğdır ısparta", []string{"diyarbakır", "diyarbakir", "ığdır", "igdir", "ISPARTA"}, nil},
		{"Vietnamese", "Tiếng Việt đường", []string{"tieng viet", "duong", "việt"}, nil},
		{"Greek", "Ο Οδυσσεύς ΚΑΛΗΜΈΡΑ", []string{"οδυσσευσ", "οδυσσεύς", "καλημέρα", "καλημερα"}, nil},
		{"Russian", "Ещё один заказ", []string{"еще", "ЕЩЁ", "зака"}, []string{"аказ"}},
		{"Arabic", "مَرْحَبًا أحمد، رقم ٠٧٩٥٥٥٠١٢٣", []string{"مرحبا", "احمد", "0795550123"}, nil},
		{"Persian", "می\u200cخواهم كتاب", []string{"میخواهم", "کتاب"}, nil},
		{"Hebrew", "שָׁלוֹם עולם", []string{"שלום", "עולם"}, nil},
		{"Hindi", "नमस्ते दुनिया", []string{"नमस्ते", "दुनि"}, []string{"नमसत"}},
		{"Chinese", "我在北京大学学习。谢谢", []string{"北京", "京大", "北京大学", "学", "习", "我", "谢谢", "北京 学习"}, []string{"北大", "习谢", "东京"}},
		{"Japanese", "東京タワーへ行きたいです。ﾃﾚﾋﾞ", []string{"タワー", "東京", "行き", "テレビ", "です"}, []string{"ダワー", "京東"}},
		{"Korean", "안녕하세요 주문이요", []string{"안녕", "하세요", "주문", "요"}, []string{"안하"}},
		{"Thai", "ขอบคุณมากครับ", []string{"ขอบคุณ", "มาก", "ครับ", "คุณ"}, []string{"มากมาย"}},
		{"mixed", "iPhone15手机 ok", []string{"iphone", "手机", "iphone15手机", `"手机 ok"`}, []string{"ok手机", "15手机"}},
		{"width", "ＡＢＣ１２３ ﬁnd ① x²", []string{"abc123", "find", "1", "x2"}, nil},
		{"a number", "call +1 (415) 555-0123 or 079 555 01 99!",
			[]string{"4155550123", "+14155550123", "415 555 0123", "(415) 555-0123", "5550123", "415-555", "0795550199", "079 555 0199", "+1 415 555 01 23"},
			[]string{"0199", "4155550124", "5550199 415555012399"}},
		{"a number in one", "+41795550123", []string{"0795550123", "079 555 01 23", "795550123", "41 79 555 01 23", "+41795550123", "41795"}, []string{"0555012"}},
		{"numbers on lines", "079 555 01 23\n044 555 01 24\r\n031 555 01 25", []string{"0795550123", "+41795550123", "0445550124", "044 5550124", "0315550125"}, []string{"01240315550125", "0123044"}},
		{"American numbers on lines", "415-555-0123\n415-555-0124\u2028415-555-0125", []string{"4155550123", "+14155550123", "4155550124", "(415) 555-0125"}, []string{"4155550126", "01244155550125"}},
		{"a list of numbers", "1. 079 555 01 23\n2. 044 555 01 24\n3. 031 555 01 25", []string{"0795550123", "0445550124", "0315550125"}, nil},
		{"numbers in a row", "1 415 555 0123 / 1 415 555 0124 / 1 415 555 0125", []string{"14155550123", "+14155550124", "4155550125", "1 415-555-0124"}, []string{"14155550126"}},
		{"two numbers", "from +41795550123 to +41445550124", []string{"0795550123 0445550124", "079 555 01 23 044 555 01 24", "0445550124 / 0795550123", "+41 79 555 01 23, +41 44 555 01 24"}, []string{"0795550123 0445550125"}},
		{"three numbers", "+41795550123, +41445550124, +41315550125", []string{"0795550123 0445550124 0315550125", "0315550125 0795550123 0445550124", "+41 079 555 01 23"}, []string{"0795550123 0445550125 0315550125"}},
		{"a number and another", "order 4471 of +41795550123", []string{"4471 0795550123", "079 555 01 23 4471", "0795550123 4471", "4471 +41 79 555 01 23", "4471, 0795550123"}, []string{"4472 0795550123", "4471 0795550124", "471 0795550123"}},
		{"a number of this country", "call 079 555 01 23 or (415) 555-0123", []string{"+41795550123", "0041795550123", "+41 79 555 01 23", "+14155550123", "+1 (415) 555-0123", "001 415 555 0123"}, []string{"+41795550124", "41795550123", "+3537955501234"}},
		{"countries of three digits", "on 087 955 0123", []string{"+353879550123", "00353 87 955 0123"}, []string{"+353879550124"}},
		{"a zero that stays", "Roma 06 5555 0123", []string{"+390655550123", "+39 06 5555 0123"}, nil},
		{"a zero in parentheses", "call +41 (0)79 555 01 23", []string{"+41795550123", "0795550123", "079 555 01 23", "+41 79 555 01 23", "41795550123", "+41 (0)79 555 01 23", "+41 (0) 79 555 01 23"}, []string{"+41795550124"}},
		{"a zero in parentheses further on", "079 555 (0) 12 34", []string{"079555 01234", "0795550 12 34"}, []string{"0795551234"}},
		{"that is typed", "+41795550123", []string{"+41 (0)79 555 01 23", "+41(0)795550123", "0041 (0) 79 555 01 23"}, []string{"+41 (0)79 555 01 24"}},
		{"zeros in parentheses", "(0) 4155550 (0) or 12 (0", []string{"4155550", "0 4155550"}, nil},
		{"glued", "tel:0795550123;0445550124 A-1234/56", []string{"0795550123", "tel:079", "+41445550124", "1234/56"}, []string{"tel079"}},
		{"numbers apart", "order 6789012 of customer 12345", []string{"12345 6789012", "6789012 12345", "678901"}, []string{"2345"}},
		{"a long number", "tracking 1234567890123456789012", []string{"1234567890123456789012", "12345678901234", "6789012", "890123456789012"}, []string{"789012", "67890123456"}},
		{"a card", "4111 1111 1111 1111", []string{"4111 1111 1111 1111", "11111111", "1111-1111"}, []string{"4111111111111112"}},
		{"dates", "on 2026-12-24 at 10:30", []string{"2026-12-24", "24 12", "20261224", "10:30", "2026"}, []string{"2026-12-25"}},
		{"addresses", "write to alice.smith+x@example.com, https://example.com/a?b=c", []string{"alice.smith", "example.com", "smith@", "https://example.com/a", "alice.smith+x@example.com"}, []string{"alice@example.com"}},
		{"operators", `NEAR AND OR NOT " ( * ^ : -minus`, []string{"and", "near or", "not", "-minus", "minus*", "or NOT", "(near"}, []string{"and that", `"`, "*"}},
		{"a lone quotation mark", `a 24" monitor and stand`, []string{`monitor 24"`, `24" stand`}, []string{`"24 stand"`}},
		{"quotation marks on words", `a 24" stand, a 27" monitor; צה"ל של מנכ״ל`, []string{`27" monitor 24" stand`, `24" 27"`, "מנכ\"ל צה\"ל", "צה״ל", `"27 monitor"`, `"a 24" stand"`}, []string{`"monitor 27"`, "לצה"}},
		{"quotation marks on Chinese", "他说北京 大学", []string{`他说"北京 大学"`}, []string{`他说"大学 北京"`}},
		{"symbols of letters", "HP™ printers, Care Plus℠, Acme® ©2026", []string{"HP", `"hp printers"`, `"care plus"`, "HP™", "acme 2026"}, []string{"hptm"}},
		{"apostrophes", "пʼять п'ять Hawaiʻi", []string{"п'ять", "п’ять", "пʼять", "hawai'i"}, nil},
		{"hidden", "in\u00advoice pay\u200bment \u202eabc\u202c", []string{"invoice", "payment", "abc", "pay\u2060ment"}, nil},
		{"not UTF-8", "caf\xe9 one\x00two", []string{"caf", "two", "one\x00two", "\xffone"}, nil},
		{"not UTF-8 to the end", "hello" + strings.Repeat("\x80", 17_000), []string{"hello"}, nil},
		{"what is not found", "1,234,567 or 1'234'567; DE89 3704 0044 0532 0130 00; ラーメン; الكتاب 👍", nil, []string{"1234567", "DE89370400440532013000", "らーめん", "كتاب", "👍"}},
		{"nothing", "👍🏽 … !", nil, []string{"👍", "", " ", "…"}},
	} {
		t.Run(tt.language, func(t *testing.T) {
			for _, typed := range tt.found {
				if q := Parse(typed); !q.Matches(tt.text) || !q.accepts(Tokens(tt.text)) {
					t.Errorf("%q is not found in %q: %v in %q", typed, tt.text, q, Tokens(tt.text))
				}
			}
			for _, q := range tt.not {
				if Parse(q).Matches(tt.text) {
					t.Errorf("%q is found in %q: %v in %q", q, tt.text, Parse(q), Tokens(tt.text))
				}
			}
		})
	}
}

// accepts is what an index does: it knows which tokens a text has, but not in
// which order.
func (q Query) accepts(tokens []string) bool {
	for _, t := range q.Terms {
		if !slices.ContainsFunc(t, func(p Phrase) bool {
			return !slices.ContainsFunc(p, func(want Token) bool { return !slices.ContainsFunc(tokens, want.is) })
		}) {
			return false
		}
	}
	return len(q.Terms) > 0
}

func TestTokensOfANumber(t *testing.T) {
	got := Tokens("+1 (415) 555-0123")
	for _, must := range []string{"0123", "1", "14155550123", "4155550123", "415", "555", "5550123"} {
		if !slices.Contains(got, must) {
			t.Errorf("%q is missing in %q", must, got)
		}
	}
	if len(got) > 12 {
		t.Errorf("%d tokens: %q", len(got), got)
	}
}

// However long a row of digits is, those of its groups that may be one number
// are few, as each costs an index the same again.
func TestNumbersOfALongRow(t *testing.T) {
	for _, text := range []string{otherDigits(1 << 14), strings.Repeat("12 ", 1<<12), strings.Repeat("0795550123 ", 1<<10)} {
		words := wordsOf(text)
		runs := 0
		for _, r := range typedNumbersAt(words, 0).runs {
			if r.start == 0 || r.end == len(words) {
				runs++
			}
		}
		if most := 2 * (longestNumber - shortestNumber + 1); runs > most {
			t.Errorf("%.20q has %d numbers at its ends, may have %d", text, runs, most)
		}
	}
}

// A word that is typed again asks for nothing more, and is not looked up again.
func TestRepeatedWordsCountOnce(t *testing.T) {
	for typed, want := range map[string]int{"the the THE thé": 1, "a b a": 2, `"a b" "a b" a`: 2, "the \"the\"": 2, "0795550123 and 0795550123": 2} {
		if got := len(Parse(typed).Terms); got != want {
			t.Errorf("%q has %d terms, want %d", typed, got, want)
		}
	}
}

// Whatever a text is, taking it apart is bounded.
func TestBounds(t *testing.T) {
	for what, text := range map[string]string{
		"digits, all others":  otherDigits(1 << 16),
		"digits, one by one":  strings.Repeat("1 2 3 4 5 6 7 8 9 0 ", 1<<16),
		"digits":              strings.Repeat("0123456789", 1<<16),
		"numbers":             strings.Repeat("123456789012345,", 1<<16),
		"letters":             strings.Repeat("x", 1<<20),
		"marks":               "e" + strings.Repeat("\u0301", 1<<20),
		"marks that are kept": "क" + strings.Repeat("\u093c", 1<<20),
		"ligature":            strings.Repeat("\ufdfa", 1<<18),
		"and digits":          strings.Repeat("\ufdfa1 2 3", 1<<18),
		"words in a square":   strings.Repeat("\u321d", 1<<18),
		"Hangul":              strings.Repeat("각", 1<<18),
		"no UTF-8":            strings.Repeat("a\xff", 1<<18),
		"Han":                 strings.Repeat("北京大学", 1<<16),
		"quotation marks":     strings.Repeat(`"a`, 1<<18),
	} {
		tokens := Tokens(text)
		size := 0
		for _, token := range tokens {
			size += len(token) + 8
		}
		if size > 1<<19 {
			t.Errorf("%s: %d tokens take %d bytes", what, len(tokens), size)
		}
		if n := len(norm.NFKD.String(bounded(text))); n > maxDecomposed+maxText { // and what is put between marks
			t.Errorf("%s: %d bytes are taken apart", what, n)
		}
		if p := placesIn(foldTraced(bounded(text)).text); len(p.numbers) > maxNumbers {
			t.Errorf("%s: %d numbers are marked", what, len(p.numbers))
		}
		q := Parse(text)
		if !q.Matches(text) || len(q.Terms) > maxTerms {
			t.Errorf("%s: the text does not find itself with %d terms", what, len(q.Terms))
		}
		for _, term := range q.Terms {
			for _, p := range term {
				if len(p) > maxPhrase {
					t.Errorf("%s: a phrase has %d tokens", what, len(p))
				}
			}
		}
	}
}

// No script is affected by the bound that is there for a few characters.
func TestBoundOfDecomposition(t *testing.T) {
	for what, text := range map[string]string{
		"Korean": "각", "Vietnamese": "ế", "Greek": "ᾂ", "Greek with accents": "ΐ", "Hindi": "क़", "Arabic": "أ", "Chinese": "北", "Japanese": "ｶﾞ", "Latin": "ﬃ", "letters": "\U0001d4d0",
	} {
		text = strings.Repeat(text, maxText)
		if got, want := len(bounded(text)), len(cut(text, maxText)); got != want {
			t.Errorf("%s: of 16 kB only %d bytes count", what, got)
		}
	}
	if got := len(bounded(strings.Repeat("\ufdfa", maxText))); got != 1489*3 {
		t.Errorf("of a ligature of 18 letters %d bytes count, want %d", got, 1489*3)
	}
}

// otherDigits returns digits of which hardly a row comes again, one by one.
func otherDigits(n int) string {
	digits := make([]byte, n)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range digits {
		digits[i] = ' '
		if i%2 == 0 {
			digits[i] = '0' + byte(random.IntN(10))
		}
	}
	return string(digits)
}

// What an index has of a text is known by its version: if this test fails, raise
// Version along with the sum.
func TestVersion(t *testing.T) {
	const version, sum = 2, "6bed628f65c2b198e54369d200b99274789ac654cc9bd56a67b6a9f6ee3b13b2"
	h := sha256.New()
	for _, text := range []string{
		"The invoices don't match: see Order #A-1234/56 (p. 7), alice.smith+x@example.com, first_name",
		"Viele Grüße aus der STRAẞE, Mueller, L’œuvre à Noël, Łódź, Rødgrød på Ærø, DİYARBAKIR ısparta",
		"Οδυσσεύς ΚΑΛΗΜΈΡΑ Ещё пʼять مَرْحَبًا أحمد می\u200cخواهم كتاب שָׁלוֹם צה\"ל नमस्ते",
		"我在北京大学学习。東京タワーへ ﾃﾚﾋﾞ 안녕하세요 ขอบคุณ iPhone15手机",
		"ＡＢＣ１２３ ﬁnd ① x² HP™ ½ in\u00advoice 👍🏽 \xe9",
		"+1 (415) 555-0123, +41 (0)79 555 01 23\n044 555 01 24\r\n1. 031/555 01 25 1 415 555 0124 / 1 415 555 0125 ٠٧٩٥٥٥٠١٢٣ 1234567890123456789012",
		strings.Repeat("0123456 789 ", 1<<11) + strings.Repeat("x", 100), strings.Repeat("y", 100), otherDigits(1 << 14),
	} {
		fmt.Fprintf(h, "%q\n", Tokens(text))
	}
	if got := fmt.Sprintf("%x", h.Sum(nil)); got != sum || Version != version {
		t.Errorf("the sum of the tokens of version %d is %s, that of version %d was %s", Version, got, version, sum)
	}
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"", "Grüße", "+1 (415) 555-0123", "北京 大学", `"a b" c`, "e\u0301\x00\xff", "\u1100\u1161", "ｶﾞ", "ŉǰΐﷺ", "０７９"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := fold(text)
		if twice := fold(once); twice != once {
			t.Errorf("%q folds to %q, and that to %q", text, once, twice)
		}
		if !utf8.ValidString(once) {
			t.Errorf("%q folds to %q, which is not UTF-8", text, once)
		}
		tokens := Tokens(text)
		for _, token := range tokens {
			if token == "" || len(token) > maxWord || strings.ContainsFunc(token, func(r rune) bool { return r < utf8.RuneSelf && isBetween(byte(r)) }) {
				t.Errorf("%q has the token %q", text, token)
			}
		}
		q := Parse(text)
		if len(tokens) > 0 && !q.Matches(text) {
			t.Errorf("%q does not find itself: %v", text, q)
		}
		if q.Matches(text) && !q.accepts(tokens) {
			t.Errorf("%q matches, but has not the tokens: %v, %q", text, q, tokens)
		}
		if q.Plain() && q.accepts(tokens) != q.Matches(text) {
			t.Errorf("%q: the tokens %q say something else than the text", text, tokens)
		}
	})
}

func BenchmarkTokens(b *testing.B) {
	for name, text := range map[string]string{
		"English":            "Hello, is my order 4471 on its way? I have been waiting since last Tuesday and nobody called me back.",
		"German":             "Grüß Gott, ist meine Bestellung schon unterwegs? Ich warte seit Dienstag, niemand hat zurückgerufen.",
		"Chinese":            "您好，请问我的订单什么时候能到？我已经等了一个星期了，还没有收到任何消息。",
		"ligatures of 16 kB": strings.Repeat("\ufdfa", 1<<14),
		"Hangul of 16 kB":    strings.Repeat("각", 1<<14),
		"digits of 16 kB":    otherDigits(1 << 14),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Tokens(text)
			}
		})
	}
}
