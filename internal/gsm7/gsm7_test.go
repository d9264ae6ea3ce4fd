package gsm7

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

func TestMeasure(t *testing.T) {
	const a, e, i = "a", "€", "世"
	repeat := strings.Repeat
	for _, test := range []struct {
		name string
		text string
		want Size
	}{
		{"empty", "", Size{GSM7, 0, 0}},
		{"one character", a, Size{GSM7, 1, 1}},
		{"a line break is one septet", "\r\n", Size{GSM7, 2, 1}},
		{"accents of the default alphabet", "èéùìòÇØøÅåÆæßÉÄÖÑÜäöñüà", Size{GSM7, 23, 1}},
		{"Greek capitals of the default alphabet", "ΔΦΓΛΩΠΨΣΘΞ", Size{GSM7, 10, 1}},
		{"the extension table", "\f^{}\\[~]|€", Size{GSM7, 20, 1}},
		{"the small c with cedilla is not in the alphabet", "ç", Size{UCS2, 1, 1}},
		{"the grave accent is not in the alphabet", "`", Size{UCS2, 1, 1}},
		{"a tab is not in the alphabet", "\t", Size{UCS2, 1, 1}},
		{"the escape is not a character", "\x1b", Size{UCS2, 1, 1}},
		{"a typographic quote makes all of it UCS-2", repeat(a, 69) + "’", Size{UCS2, 70, 1}},

		{"160 septets alone", repeat(a, 160), Size{GSM7, 160, 1}},
		{"161 septets", repeat(a, 161), Size{GSM7, 161, 2}},
		{"two full parts", repeat(a, 306), Size{GSM7, 306, 2}},
		{"one more than two parts", repeat(a, 307), Size{GSM7, 307, 3}},
		{"ten full parts", repeat(a, 1530), Size{GSM7, 1530, 10}},
		{"the longest that Twilio takes", repeat(a, 1600), Size{GSM7, 1600, 11}},

		{"80 extension characters alone", repeat(e, 80), Size{GSM7, 160, 1}},
		{"an extension character over the end", repeat(a, 159) + e, Size{GSM7, 161, 2}},
		{"an extension character is not divided", repeat(a, 152) + e + repeat(a, 152), Size{GSM7, 306, 3}},
		{"the same length without that", repeat(a, 151) + e + repeat(a, 153), Size{GSM7, 306, 2}},
		{"each part one septet short", repeat(e, 153), Size{GSM7, 306, 3}},

		{"70 code units alone", repeat(i, 70), Size{UCS2, 70, 1}},
		{"71 code units", repeat(i, 71), Size{UCS2, 71, 2}},
		{"two full parts of UCS-2", repeat(i, 134), Size{UCS2, 134, 2}},
		{"one more than two parts of UCS-2", repeat(i, 135), Size{UCS2, 135, 3}},
		{"35 emoji alone", repeat("👍", 35), Size{UCS2, 70, 1}},
		{"an emoji over the end", repeat(i, 69) + "👍", Size{UCS2, 71, 2}},
		{"a surrogate pair is not divided", repeat(i, 66) + "👍" + repeat(i, 66), Size{UCS2, 134, 3}},
		{"the same length with the pair inside a part", repeat(i, 65) + "👍" + repeat(i, 67), Size{UCS2, 134, 2}},
		{"each part one code unit short", repeat("👍", 67), Size{UCS2, 134, 3}},
		{"an extension character is one code unit of UCS-2", repeat(e, 69) + i, Size{UCS2, 70, 1}},
		{"the last code point of the plane", "\uffff", Size{UCS2, 1, 1}},
		{"the first code point of the next plane", "\U00010000", Size{UCS2, 2, 1}},
		{"a family of emoji is seven characters", "👩‍👩‍👧‍👦", Size{UCS2, 11, 1}},
		{"bytes that are not UTF-8", "caf\xe9\xff", Size{UCS2, 5, 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Measure(test.text); got != test.want {
				t.Errorf("Measure(%q) = %+v, want %+v", test.text, got, test.want)
			}
		})
	}
}

func TestAlphabetSize(t *testing.T) {
	if n := utf8.RuneCountInString(defaultAlphabet); n != 127 {
		t.Errorf("the default alphabet has %d characters, the 128 codes are 127 characters and the escape", n)
	}
	seen := map[rune]bool{}
	for _, r := range defaultAlphabet + extensionTable {
		if seen[r] {
			t.Errorf("%q is in the tables twice", r)
		}
		seen[r] = true
	}
}

func TestEncodingString(t *testing.T) {
	if got := fmt.Sprint(GSM7, UCS2); got != "GSM-7 UCS-2" {
		t.Errorf("the encodings are called %s", got)
	}
}

func TestMeasureAllocatesNothing(t *testing.T) {
	text := strings.Repeat("Hello {€} 👍", 50)
	if n := testing.AllocsPerRun(10, func() { Measure(text) }); n != 0 {
		t.Errorf("Measure allocates %v times", n)
	}
}

// divide is the slow and obvious way: it makes the parts.
func divide(text string) Size {
	encoding, limit := GSM7, 153
	var chars []int
	for _, r := range text {
		switch {
		case strings.ContainsRune(extensionTable, r):
			chars = append(chars, 2)
		case strings.ContainsRune(defaultAlphabet, r):
			chars = append(chars, 1)
		default:
			encoding, limit = UCS2, 67
		}
	}
	if encoding == UCS2 {
		chars = nil
		for _, r := range text {
			chars = append(chars, utf16.RuneLen(r))
		}
	}
	total, alone := 0, map[Encoding]int{GSM7: 160, UCS2: 70}[encoding]
	var parts []int
	for _, n := range chars {
		total += n
		if len(parts) == 0 || parts[len(parts)-1]+n > limit {
			parts = append(parts, 0)
		}
		parts[len(parts)-1] += n
	}
	if 0 < total && total <= alone {
		return Size{encoding, total, 1}
	}
	return Size{encoding, total, len(parts)}
}

func FuzzMeasure(f *testing.F) {
	for _, text := range []string{"", "hello", "€", "\xff", "👍", "\x1b", "Ω", "Ϊ"} {
		for _, n := range []int{1, 66, 67, 68, 70, 71, 80, 152, 153, 154, 160, 161} {
			f.Add(strings.Repeat(text, n))
			f.Add(strings.Repeat("a", n) + text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Measure(text)
		if want := divide(text); got != want {
			t.Errorf("Measure(%q) = %+v, the parts are %+v", text, got, want)
		}
		if longer := Measure(text + "a"); longer.Segments < got.Segments {
			t.Errorf("Measure(%q) = %+v, with one more character %+v", text, got, longer)
		}
	})
}

func BenchmarkMeasure(b *testing.B) {
	for name, text := range map[string]string{
		"short GSM7": "Your table is ready.",
		"GSM7":       strings.Repeat("Your table is ready. ", 76),
		"UCS2":       strings.Repeat("Tu mesa está lista 👍 ", 72),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				Measure(text)
			}
		})
	}
}
