package compliance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

func texts() map[string]string {
	return map[string]string{
		"keyword":       "STOP",
		"keyword_bold":  "𝗦𝗧𝗢𝗣",
		"sentence":      "Hello, is my table ready for tonight at eight?",
		"sentence_de":   "Könnten Sie mir bitte die Rechnung noch einmal zuschicken?",
		"long":          strings.Repeat("Is my table ready? ", 84), // 1,596 characters
		"long_japanese": strings.Repeat("予約の時間を変更したいのですが。", 100),   // 1,600 characters
		"long_emoji":    strings.Repeat("🛑👍", 800),
		"long_accents":  strings.Repeat("e\u0301\u0302\u0303", 400),
		"request":       "Please take me off your list, I don't want these messages any more",

		// What makes the recogniser work hardest, 1,600 characters each.
		"worst_bold":    strings.Repeat("𝗦𝗧𝗢𝗣 ", 320),
		"worst_korean":  strings.Repeat("문자 보내지 마", 200),
		"worst_forms":   strings.Repeat("ﷺ", 1600), // eighteen letters each
		"worst_jamo":    strings.Repeat("ㅏ", 1600),
		"worst_letters": strings.Repeat("s t o p q ", 160),
		"worst_lines":   strings.Repeat("s\n", 800),
		"worst_negated": strings.Repeat("don't me to stop ", 94),
		"worst_quotes":  strings.Repeat("“a” ", 400),
		"worst_russian": strings.Repeat("не пишите мне ", 114),
		"worst_chinese": strings.Repeat("停止", 800),
		"worst_sms":     strings.Repeat("sms ", 400),
		"worst_mixed":   strings.Repeat("号stop", 320),
		"worst_stems":   strings.Repeat("stop de ", 200),
		"worst_thai":    strings.Repeat("ไม่ต้องส่งมาอีก", 107),
	}
}

func BenchmarkClassify(b *testing.B) {
	for name, text := range texts() {
		b.Run(name, func(b *testing.B) {
			m := channel.Inbound{Text: text}
			b.ReportAllocs()
			for b.Loop() {
				compliance.Standard{}.Classify(m, compliance.Context{})
			}
		})
	}
}

func BenchmarkDecide(b *testing.B) {
	s := compliance.State{Since: at, Entry: 1}
	m := compliance.Outgoing{Purpose: compliance.Conversational, Family: channel.WhatsApp, LastInbound: at.Add(-time.Hour)}
	b.ReportAllocs()
	for b.Loop() {
		compliance.Standard{}.Decide(s, m, at)
	}
}

func BenchmarkFold(b *testing.B) {
	entries := make([]compliance.Entry, 10)
	for i := range entries {
		kind := compliance.OptOut
		if i%2 == 1 {
			kind = compliance.OptIn
		}
		entries[i] = entry(compliance.EntryID(i+1), kind, i)
	}
	b.ReportAllocs()
	for b.Loop() {
		compliance.Fold(entries)
	}
}

// The hot path is taken for every message, so it allocates nothing, whether
// the text is a keyword or not.
func TestHotPathDoesNotAllocate(t *testing.T) {
	s := compliance.State{Since: at, Entry: 1}
	out := compliance.Outgoing{Purpose: compliance.Conversational, Family: channel.WhatsApp, LastInbound: at}
	for what, fn := range map[string]func(){
		"a sentence": func() {
			compliance.Standard{}.Classify(channel.Inbound{Text: "Hello, is my table ready?"}, compliance.Context{})
		},
		"a keyword": func() { compliance.Standard{}.Classify(channel.Inbound{Text: "Stop!"}, compliance.Context{}) },
		"a request": func() {
			compliance.Standard{}.Classify(channel.Inbound{Text: "Please stop texting me"}, compliance.Context{LastOutbound: "Reply STOP to opt out"})
		},
		"bold": func() {
			compliance.Standard{}.Classify(channel.Inbound{Text: "𝗦𝗧𝗢𝗣"}, compliance.Context{})
		},
		"Chinese": func() {
			compliance.Standard{}.Classify(channel.Inbound{Text: "请不要再发短信了"}, compliance.Context{})
		},
		"accents": func() { compliance.Standard{}.Classify(channel.Inbound{Text: "Könnten Sie?"}, compliance.Context{}) },
		"Decide":  func() { compliance.Standard{}.Decide(s, out, at) },
	} {
		if n := testing.AllocsPerRun(100, fn); n != 0 {
			t.Errorf("%s: %v allocations", what, n)
		}
	}
}
