package storetest

import (
	"slices"
	"strings"

	"github.com/teaminbox/teaminbox/store"
)

func searchWordCases() []testCase {
	return []testCase{
		{"search/all words", "A message is found if it has all of the words, in any order.", searchTexts([]searchText{
			{"The order is late again", []string{"order", "late order", "again the is", "is   late\n\tagain", "order order", "late, order!"}, []string{"order refund", "ordr", "orders"}},
		})},
		{"search/beginnings of words", "A word of three characters or more also finds the words that begin with it. Shorter ones find themselves.", searchTexts([]searchText{
			{"Two invoices of Alice", []string{"invoice", "inv", "invoices", "two inv of ali", "of"}, []string{"in", "voices", "invoicess", "nvoice", "tw"}},
		})},
		{"search/side by side", "Words in quotation marks are found side by side, in their order, and each as it is. Words with punctuation but no space between are found side by side too.", searchTexts([]searchText{
			{"Please send the new invoice today, today", []string{`"new invoice"`, `"send the new"`, `today "the new invoice"`, "“new invoice”", "„new invoice“", "«the new»", `"today today"`, `"invoice" please`, `"new`, `new invoice"`}, []string{`"invoice new"`, `"new invoic"`, `"send invoice"`, `"invoi"`}},
			{"mail alice.smith@example.com", []string{"alice.smith@example.com", "smith@exam", "example.com", "alice smith"}, []string{"alice@example", "smith.alice"}},
			{"word word word and two", []string{`"word and"`, `"word word word"`}, []string{`"word word word word"`, `"word two"`}},
			{`a 24" stand, a 27" monitor`, []string{`27" monitor 24" stand`, `"27 monitor"`}, []string{`"monitor 27"`}},
		})},
		{"search/case and accents", "Words are compared without case, accents and width.", searchTexts([]searchText{
			{"Viele Grüße aus der Straße", []string{"grüße", "GRÜSSE", "grusse", "gru\u0308ße", "gruesse", "strasse", "STRAẞE"}, []string{"gruse"}},
			{"Gruesse von Frau Mueller", []string{"grüße", "Müller", `"frau müller"`}, []string{"muller"}},
			{"Ça va à Łódź, Αθήνα, Ещё, İstanbul, ＡＢＣ", []string{"ca", "ÇA VA", "lodz", "αθηνα", "ΑΘΗΝΑ", "еще", "istanbul", "ISTANBUL", "abc"}, []string{"lods"}},
			{"مَرْحَبًا أحمد", []string{"مرحبا", "احمد"}, nil},
			{"नमस्ते दुनिया", []string{"नमस्ते"}, []string{"नमसत"}},
		})},
		{"search/scripts without spaces", "Scripts without spaces between words are found by any part.", searchTexts([]searchText{
			{"我在北京大学学习", []string{"北京", "京大", "北京大学", "学", "习", "学习 北京"}, []string{"北大", "东京", "学北"}},
			{"東京タワーへ行きたい", []string{"タワー", "行き", "東京"}, []string{"ワタ"}},
			{"ขอบคุณมากครับ", []string{"มาก", "ขอบคุณ", "ครับ"}, []string{"มากๆ"}},
			{"안녕하세요", []string{"안녕", "하세요"}, []string{"안하"}},
		})},
		{"search/numbers", "A number of 7 to 15 digits is found however its digits are grouped, and by its last digits, 7 or more.", searchTexts([]searchText{
			{"call +1 (415) 555-0123 please", []string{"4155550123", "415 555 0123", "+14155550123", "5550123", "555-0123", "415555"}, []string{"4155550124", "0123415"}},
			{"my number is +41795550123", []string{"0795550123", "079 555 01 23", "+41 79 555 01 23", "795550123"}, []string{"4155550123", "5012399"}},
			{"order 4471-88, ٠٧٩٥٥٥٠١٢٣", []string{"4471", "4471-88", "88", "0795550123"}, []string{"447188", "471", "880795550123"}},
			{"order 6789012 of customer 12345", []string{"12345 6789012"}, []string{"123456789012"}},
			{"1. 079 555 01 23\n2. 044 555 01 24\n3. 031 555 01 25", []string{"0795550123", "0445550124", "+41315550125", "031-555-0125"}, []string{"012320445550124"}},
			{"1 415 555 0123 / 1 415 555 0124", []string{"14155550123", "+14155550124", "(415) 555-0123"}, []string{"4155550125"}},
			{"order 4471 of +41795550123", []string{"4471 0795550123", "079 555 01 23 4471"}, []string{"4472 0795550123"}},
			{"+41 (0)79 555 01 23", []string{"+41795550123", "0795550123", "0041 79 555 01 23", "+41 (0)79 555 01 23"}, []string{"+41795550124"}},
			{"call (415) 555-0123", []string{"+14155550123", "+1 415 555 0123", "001 4155550123"}, []string{"+14155550124"}},
		})},
		{"search/operators are words", "There are no other operators, so that whatever was written is found by itself.", searchTexts([]searchText{
			{`NEAR (a OR b) AND NOT c* ^d "e`, []string{`NEAR (a OR b) AND NOT c* ^d "e`, "near and", "-near", "^d:e"}, []string{"and that", "xor"}},
			{"it's 100% & more | less ! <-> x", []string{"it's 100% & more | less ! <-> x", "it's", "'s"}, []string{"more | nothing", "less & nothing"}},
		})},
		{"search/hostile texts", "Any text will do. Whatever was written is found by itself.", searchHostile},
		{"search/no words", "A text without words finds nothing.", searchNoWords},
		{"search/long texts", "The first 16 kB of a message's text count, and of what was typed the first 32 words.", searchLong},
	}
}

// searchText is a text with what finds it and what does not.
type searchText struct {
	text       string
	found, not []string
}

// searchTexts checks texts, each beside one that nothing finds.
func searchTexts(texts []searchText) func(e *env) error {
	return func(e *env) error {
		for _, t := range texts {
			ms, err := e.written(t.text, "***")
			if err != nil {
				return err
			}
			for _, typed := range t.found {
				if err := e.expectFound(within(ms[0], typed), ms[0]); err != nil {
					return err
				}
			}
			for _, typed := range t.not {
				if err := e.expectFound(within(ms[0], typed)); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// within searches the conversation of a message.
func within(m store.Message, text string) store.SearchQuery {
	q := searched(text)
	q.Conversation = m.Conversation
	return q
}

func searchHostile(e *env) error {
	texts := slices.Concat(hostile, []string{
		"caf\xe9 \xff", "'", `"`, `""`, `"""`, "\\", "'':*&|!()<->", "a'b\"c", "tokens:a", "{tokens} : a", "a NEAR/2 b", "\U0010FFFFff", "\ue000 \ue001" + "1", "?1 $1 @search",
	})
	for _, text := range texts {
		ms, err := e.written(text + " bicycle")
		if err != nil {
			return err
		}
		if err := e.expectFound(within(ms[0], text+" bicycle"), ms[0]); err != nil {
			return err
		}
		// Alone it need not have words, but it must be no error.
		if err := e.view(func(tx store.Tx) error {
			_, err := tx.SearchMessages(searched(text))
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

func searchNoWords(e *env) error {
	if _, err := e.written("", "bicycle", "👍 …"); err != nil {
		return err
	}
	for _, text := range []string{"", " ", "\x00", "*", "-", `"`, `""`, "👍", "…", "\u00ad", "\u202e", "\xff"} {
		if err := e.expectFound(searched(text)); err != nil {
			return err
		}
	}
	return nil
}

func searchLong(e *env) error {
	long := strings.Repeat("Grüße aus Zürich 079 555 01 23 ", 1<<13) // over 200 kB
	for _, text := range []string{long, strings.Repeat("x", 1<<20), strings.Repeat("北京大学", 1<<16), strings.Repeat("0123456789", 1<<14), strings.Repeat("1 2 3 4 5 6 7 8 9 ", 1<<13)} {
		ms, err := e.written("first "+text, "first")
		if err != nil {
			return err
		}
		if err := e.expectFound(within(ms[0], "first "+text), ms[0]); err != nil {
			return err
		}
		if err := e.expectFound(within(ms[0], "first"), ms[1], ms[0]); err != nil {
			return err
		}
	}
	words := strings.Repeat("word ", 40)
	ms, err := e.written("word of all", strings.Repeat("filler ", 2000)+"end")
	if err != nil {
		return err
	}
	if err := e.expectFound(within(ms[0], words[:5*32]+"nothing like it"), ms[0]); err != nil {
		return err
	}
	return e.expectFound(within(ms[0], "filler end"), ms[1])
}
