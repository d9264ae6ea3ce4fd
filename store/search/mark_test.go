package search

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// marked writes a text with its marks in square brackets.
func marked(text string, marks []Range) string {
	var b strings.Builder
	at := 0
	for _, m := range marks {
		b.WriteString(text[at:m.Start] + "[" + text[m.Start:m.End] + "]")
		at = m.End
	}
	return b.String() + text[at:]
}

func TestMarks(t *testing.T) {
	for _, tt := range []struct{ what, typed, want string }{
		{"a word, as often as it is there", "order", "My [order]? Yes, the [ORDER] is here"},
		{"the beginning of a word", "inv", "the [inv]oices and [Inv]oice 7, no reinventions"},
		{"words in any order", "late order", "The [order] is [late]"},
		{"a short word as it is", "is on", "It [is] [on] the list: once"},
		{"of several words those that are there", "late refund", "it is [late]"},
		{"nothing", "refund", "it is late"},
		{"no words", "?!", "it is late?!"},

		{"accents", "grusse", "Viele [Grüße] und [GRÜSSE]"},
		{"accents that stand alone", "grüsse", "Viele [Gru\u0308ße]!"},
		{"an accent that was not looked for", "cafe", "[Cafe\u0301\u0300]s"},
		{"half a letter", "stras", "die [Straß]e"},
		{"a ligature", "fin", "[ﬁn]d"},
		{"half a ligature", "inf", "[inﬁ]nite"}, // ﬁ is one character
		{"letters that take more bytes in one case", "diyarbakir", "in [DİYARBAKIR]’da"},
		{"width", "abc12", "[ＡＢＣ１２]３"},
		{"after what can't be seen", "invoice", "\u202ethe [in\u00advoice\u200b]s"},
		{"a vowel that is a mark", "दुन", "नमस्ते [दुनि]या"},
		{"points", "שלום", "[שָׁלוֹם] עולם"},
		{"after what is no UTF-8", "table", "caf\xe9\xff [table]s \xff"},
		{"after emoji", "ship", "👍🏽 has it [ship]ped?"},

		{"quoted words", `"see order"`, "order 1: [see Order] #2, see other order"},
		{"quoted words and another", `"see order" see`, "[see], I [see: order] it"},
		{"a word of quoted ones", `"invoice"`, "invoices, [invoice]"},
		{"an address", "alice@example", "write to [alice@example].com or alice"},

		{"a part of Chinese", "北京", "我在[北京]大学学习，[北京]"},
		{"a longer part of Chinese", "北京大学", "我在[北京大学]学习，北京"},
		{"one character of Chinese", "学", "我在北京大[学学]习"},
		{"the last character", "习", "学[习]。"},
		{"kana of another width", "テレビ", "新しい[ﾃﾚﾋﾞ]です"},
		{"Korean that is taken apart", "주문", "[\u110c\u116e\u1106\u116e\u11ab]이요"},
		{"Thai", "คุณ", "ขอบ[คุณ]มาก"},
		{"scripts that are mixed", "phone15手", "iphone [phone15手]机"},

		{"a telephone number in groups", "4155550123", "call +1 ([415) 555-0123]!"},
		{"and with its country code", "+14155550123", "call +[1 (415) 555-0123]!"},
		{"in other groups", "415 555 01 23", "call +1 ([415) 555-0123], not ext. 4155"},
		{"in one", "079 555 01 23", "+41[795550123]"},
		{"the beginning of one", "4155550", "at +1 ([415) 555-0]123"},
		{"its end", "5550123", "at +1 (415) [555-0123]"},
		{"a number and its groups", "415-555", "at +1 ([415) 555]-0123"},
		{"one with its country code", "+41795550123", "call 0[79 555 01 23] or 079 555 01 24"},
		{"one whose zero stays", "+390655550123", "Roma [06 5555 0123]"},
		{"one beside another", "4471 0795550123", "order [4471] of +41[795550123]"},
		{"one in a long row", "14155550124", "[1 415 555 0124] / 1 415 555 0123 / [1 415 555 0124]"},
		{"one of several lines", "0445550124", "079 555 01 23\n[044 555 01 24]\n031 555 01 25"},
		{"one with a zero in parentheses", "+41795550123", "call +[41 (0)79 555 01 23]"},
		{"umlauts that are written out", "Grüße", "Viele [Gruesse] und [Grüße]"},
		{"umlauts that are typed so", "gruesse mueller", "Viele [Grüße], [Müller]"},
		{"a word under a symbol", "hp", "[HP]™ printers"},
		{"a word with a quotation mark on it", `27"`, `a [27]" monitor`},
		{"digits of another script", "0795550123", "رقم [٠٧٩ ٥٥٥ ٠١٢٣]"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			text := strings.NewReplacer("[", "", "]", "").Replace(tt.want)
			if got := marked(text, Parse(tt.typed).Marks(text)); got != tt.want {
				t.Errorf("%q marks %q, want %q", tt.typed, got, tt.want)
			}
		})
	}
}

func FuzzMarks(f *testing.F) {
	for typed, text := range map[string]string{
		"grusse": "Viele Grüße, GRU\u0308SSE", "+1 (415) 555-0123": "1 415 5550123", "北京": "我在北京大学", `"a b" c`: "a, b c", "x": "e\u0301\x00\xff x",
		"\uac00": "\u1100\u00ad\u1161", "ｶﾞ": "カ\u200b\u3099", "ﷺ": "ŉǰΐﷺ", "hp tm": "HP™ x™\u0301 ℠\u093c", "+41 (0)79 555 01 23": "079 555 01 23\n1. +41 (0)79 / 555 (0)123", "mueller": "Müller Mu\u0308ller ʼ",
		"क": "क" + strings.Repeat("\u093c", 70), "\u1100\u1161": "\u1100" + strings.Repeat("\u1161", 40), "a": "\u1100" + strings.Repeat("\u3099", 40) + "\u1161 a",
	} {
		f.Add(typed, text)
	}
	f.Fuzz(func(t *testing.T, typed, text string) {
		if traced := foldTraced(text).text; traced != fold(text) {
			t.Errorf("%q is traced as %q, but folds to %q", text, traced, fold(text))
		}
		for what, q := range map[string]Query{"what was typed": Parse(typed), "itself": Parse(text)} {
			marks := q.Marks(text)
			end := -1
			for _, m := range marks {
				if m.Start <= end || m.End <= m.Start || m.End > len(text) {
					t.Fatalf("%s, %q in %q: the marks are %v", what, typed, text, marks)
				}
				end = m.End
				if utf8.ValidString(text) && !utf8.ValidString(text[m.Start:m.End]) {
					t.Errorf("%s, %q in %q: the mark %v is half a character", what, typed, text, m)
				}
			}
			if q.Matches(text) && len(marks) == 0 {
				t.Errorf("%s, %q is found in %q, but nothing is marked", what, typed, text)
			}
		}
	})
}

func BenchmarkMarks(b *testing.B) {
	for name, text := range map[string]string{
		"English":            "Hello, is my order 4471 on its way? I have been waiting since last Tuesday and nobody called me back.",
		"German":             "Grüß Gott, ist meine Bestellung schon unterwegs? Ich warte seit Dienstag, niemand hat zurückgerufen.",
		"ligatures of 16 kB": strings.Repeat("\ufdfa", 1<<14),
		"Hangul of 16 kB":    strings.Repeat("각", 1<<14),
		"digits of 16 kB":    otherDigits(1 << 14),
	} {
		b.Run(name, func(b *testing.B) {
			q := Parse("order unterwegs")
			for b.Loop() {
				q.Marks(text)
			}
		})
	}
}
