package search

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
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
			[]string{"gruesse", "stras e"}},
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
		{"numbers apart", "order 6789012 of customer 12345", []string{"12345 6789012", "6789012 12345", "678901"}, []string{"2345"}},
		{"a long number", "tracking 1234567890123456789012", []string{"1234567890123456789012", "12345678901234"}, []string{"789012"}},
		{"dates", "on 2026-12-24 at 10:30", []string{"2026-12-24", "24 12", "20261224", "10:30", "2026"}, []string{"2026-12-25"}},
		{"addresses", "write to alice.smith+x@example.com, https://example.com/a?b=c", []string{"alice.smith", "example.com", "smith@", "https://example.com/a", "alice.smith+x@example.com"}, []string{"alice@example.com"}},
		{"operators", `NEAR AND OR NOT " ( * ^ : -minus`, []string{"and", "near or", "not", "-minus", "minus*", "or NOT", "(near"}, []string{"and that", `"`, "*"}},
		{"a lone quotation mark", `a 24" monitor and stand`, []string{`monitor 24"`, `24" stand`}, []string{`"24 stand"`}},
		{"hidden", "in\u00advoice pay\u200bment \u202eabc\u202c", []string{"invoice", "payment", "abc", "pay\u2060ment"}, nil},
		{"not UTF-8", "caf\xe9 one\x00two", []string{"caf", "two", "one\x00two", "\xffone"}, nil},
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
		"digits, one by one":  strings.Repeat("1 2 3 4 5 6 7 8 9 0 ", 1<<16),
		"digits":              strings.Repeat("0123456789", 1<<16),
		"numbers":             strings.Repeat("123456789012345,", 1<<16),
		"letters":             strings.Repeat("x", 1<<20),
		"marks":               "e" + strings.Repeat("\u0301", 1<<20),
		"marks that are kept": "क" + strings.Repeat("\u093c", 1<<20),
		"ligature":            strings.Repeat("\ufdfa", 1<<18),
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
		"English": "Hello, is my order 4471 on its way? I have been waiting since last Tuesday and nobody called me back.",
		"German":  "Grüß Gott, ist meine Bestellung schon unterwegs? Ich warte seit Dienstag, niemand hat zurückgerufen.",
		"Chinese": "您好，请问我的订单什么时候能到？我已经等了一个星期了，还没有收到任何消息。",
		"worst":   strings.Repeat("\ufdfa", 1<<14),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Tokens(text)
			}
		})
	}
}
