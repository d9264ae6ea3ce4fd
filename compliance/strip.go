package compliance

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// readMessage reads what a contact has written themselves: without lines that
// repeat what somebody else wrote, without our own last message, and without a
// signature, unless signed says that this may be the contact's own as well.
// Nothing of a reaction is.
func (s *sheet) readMessage(text, ours string, signed bool) {
	s.begin()
	defer s.finish()
	if len(text) > longestText || reaction(text, ours) {
		return
	}
	if len(ours) >= shortestQuote {
		if before, after, found := strings.Cut(text, ours); found {
			s.readLines(before, ours, signed)
			s.add("\n")
			s.readLines(after, ours, signed)
			s.echoed = false
			return
		}
	}
	s.readLines(text, ours, signed)
}

func (s *sheet) readLines(text, ours string, signed bool) {
	for first := true; text != ""; first = false {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, ">"), introduces(line) && strings.HasPrefix(strings.TrimSpace(text), ">"):
			continue
		case repeats(line, ours):
			s.echoed = true
			continue
		}
		if i := signatureAt(line); !signed && (i > 0 || i == 0 && !first) {
			s.add(line[:i])
			s.cut, s.cutWithin = true, i > 0
			return
		}
		s.add(line)
		s.add("\n")
	}
}

// shortestQuote is how many bytes of our own words make a quotation: STOP alone
// is the contact's.
const shortestQuote = 12

// repeats reports whether a line is a part of our own message.
func repeats(line, ours string) bool {
	if len(ours) < shortestQuote {
		return false
	}
	line = strings.TrimFunc(line, func(r rune) bool { return strings.ContainsRune("\"“”„«»「」'‘’ ", r) })
	return len(line) >= shortestQuote && strings.Contains(line, " ") && strings.Contains(ours, line)
}

// introduces reports whether a line leads to a quotation, as mail programs
// write it: "On 4 March Alice wrote:".
func introduces(line string) bool { return strings.HasSuffix(line, ":") }

// signatures begin what a telephone or a mail program adds.
var signatures = []string{
	"sent from my ", "sent via ", "sent from yahoo", "sent from outlook", "get outlook for ", "envoyé de mon ", "envoyé depuis mon ",
	"enviado desde mi ", "enviado do meu ", "enviado de mi ", "von meinem ", "gesendet von meinem ", "gesendet mit ", "inviato da ", "verzonden vanaf ", "verstuurd vanaf ",
	"wysłano z ", "wysłane z ", "skickat från ", "sendt fra ", "lähetetty ", "odesláno z ", "trimis de pe ", "küldve ", "στάλθηκε από ",
	"отправлено с ", "надіслано з ", "أرسلت من ", "أُرسلت من ", "נשלח מ", "dikirim dari ", "dihantar dari ", "được gửi từ ", "gửi từ ", "ส่งจาก ",
	"iphoneから送信", "나의 iphone", "发自我的", "傳自我的", "從我的 iphone",
}

// signs are the signatures by the byte that they begin with, in either case.
var signs = func() (by [256][]string) {
	for _, mark := range signatures {
		small, large := mark[0], strings.ToUpper(mark)[0]
		by[small] = append(by[small], mark)
		if large != small {
			by[large] = append(by[large], mark)
		}
	}
	return by
}()

// signatureAt returns where a line's signature begins, or -1. It begins with a
// word.
func signatureAt(line string) int {
	if line == "--" || line == "—" || line == "__" {
		return 0
	}
	c := theChart()
	inWord := false
	for i, r := range line {
		if !inWord {
			for _, mark := range signs[line[i]] {
				if len(line)-i >= len(mark) && strings.EqualFold(line[i:i+len(mark)], mark) {
					return i
				}
			}
		}
		switch c.kindOf(r) {
		case forms, alone, vietnames:
			inWord = true
		default:
			inWord = false
		}
	}
	return -1
}

// reactions begin what a telephone that can't show a reaction makes of it, in
// the languages of iOS and Android.
var reactions = []string{
	"liked", "loved", "disliked", "laughed at", "emphasized", "emphasised", "questioned", "reacted", "removed a", "removed an", "replied with",
	"a aimé", "aimé", "a adoré", "n’a pas aimé", "n'a pas aimé", "a ri de", "a ri à", "a mis en évidence", "a souligné", "a réagi", "a interrogé", "j’aime", "j'aime",
	"le gustó", "le gusta", "me gusta", "le encantó", "no le gustó", "se rió", "se ha reído", "le dio risa", "enfatizó", "ha enfatizado", "ha destacado", "destacó", "preguntó", "reaccionó", "ha reaccionado",
	"gostou", "curtiu", "amou", "adorou", "não gostou", "riu", "enfatizou", "questionou", "reagiu",
	"gefällt", "hat „", "liebt", "mag", "missfällt", "lacht", "betont", "hervorgehoben", "reagierte", "hat mit", "hat", "gefiel",
	"ha apprezzato", "piace", "mi piace", "adora", "ha adorato", "non piace", "non ha apprezzato", "ha riso", "ride", "enfatizza", "ha enfatizzato", "ha reagito", "ha messo in",
	"vond", "vindt", "leuk", "geweldig", "niet leuk", "gelachen", "lachte", "benadrukte", "heeft", "reageerde",
	"polubił", "lubi", "lubię", "uwielbia", "nie lubi", "zaśmiał", "wyróżni", "zareagował", "gillade", "gillar", "älskade", "älskar", "ogillade", "skrattade", "betonade", "reagerade",
	"likte", "elsket", "mislikte", "lo av", "understreket", "reagerte", "synes godt om", "kunne lide", "elskede", "grinede", "reagerede", "tykkäsi", "rakasti", "nauroi", "reagoi",
	"líbí", "to se líbí", "zareagoval", "i-a plăcut", "a apreciat", "a reacționat", "tetszik", "kedvelte", "reagált", "του άρεσε", "μου αρέσει", "αντέδρασε",
	"beğendi", "beğenildi", "sevdi", "beğenmedi", "güldü", "vurguladı", "tepki", "нравится", "понравилось", "не нравится", "смеется", "подчеркнул", "отреагировал", "реакция", "поставил", "сподобалося", "вподобав", "відреагував",
	"أعجبه", "أعجبني", "أحب", "لم يعجبه", "ضحك", "أكد", "تفاعل", "אהב", "אהבתי", "לא אהב", "צחק", "הדגיש", "הגיב", "पसंद", "menyukai", "menyukai", "suka", "đã thích", "thích", "yêu thích", "bày tỏ",
	"ถูกใจ", "いいね", "「いいね」", "高く評価", "ハート", "좋아함", "좋아요", "赞", "喜欢", "讚", "按讚", "喜愛",
}

const (
	openers = "“\"„«»「『‘"
	closers = "”\"“»«」』’"
)

// reaction reports whether a text is a reaction to one of our messages, which
// it quotes: Liked “Reply STOP to opt out”.
func reaction(text, ours string) bool {
	if !mayQuote(text) {
		return false
	}
	text = strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	const longest = 40
	open := strings.IndexAny(text[:min(len(text), longest+utf8.UTFMax)], openers)
	end := max(len(text)-longest-utf8.UTFMax, 0)
	shut := end + strings.LastIndexAny(text[end:], closers)
	if open < 0 || shut < end || shut <= open {
		return false
	}
	_, width := utf8.DecodeRuneInString(text[open:])
	_, closing := utf8.DecodeRuneInString(text[shut:])
	before, inside, after := strings.TrimSpace(text[:open]), text[open+width:max(shut, open+width)], strings.TrimSpace(text[shut+closing:])
	switch {
	case len(before) > longest || len(after) > longest || before == "" && after == "":
		return false
	case pictured(before) && after == "", before == "" && pictured(after):
		return len(strings.Fields(inside)) > 1 // an emoji and what it is about
	case len(inside) >= shortestQuote && strings.Contains(ours, strings.TrimRight(inside, "….")):
		return true
	}
	if before != "" && strings.Contains(after, " ") {
		return false // it goes on in the contact's own words
	}
	for _, verb := range reactions {
		if hasFoldPrefix(before, verb) || before == "" && hasFoldPrefix(after, verb) {
			return true
		}
	}
	if _, to, found := strings.Cut(before, " "); found && (to == "to" || to == "a" || to == "à" || to == "zu" || to == "auf") {
		return !strings.ContainsFunc(strings.TrimSuffix(before, " "+to), unicode.IsLetter) // 👍 to “…”
	}
	return false
}

// mayQuote reports whether a text has a byte with which quotes begin. It is
// cheap, and most texts have none.
func mayQuote(text string) bool {
	for i := range len(text) {
		switch text[i] {
		case '"', 0xc2, 0xe2, 0xe3:
			return true
		}
	}
	return false
}

// pictured reports whether a text is emoji, and no words.
func pictured(text string) bool {
	c := theChart()
	found := false
	for _, r := range text {
		switch c.kindOf(r) {
		case forms, alone, vietnames:
			return false
		case pictures:
			found = true
		default:
		}
	}
	return found
}

// hasFoldPrefix reports whether a text begins with a word, whatever the case.
func hasFoldPrefix(text, word string) bool {
	return len(text) >= len(word) && strings.EqualFold(text[:len(word)], word) && (len(text) == len(word) || !unicode.IsLetter(firstRune(text[len(word):])) || !unicode.IsLetter(lastRune(word)))
}

func firstRune(text string) rune {
	r, _ := utf8.DecodeRuneInString(text)
	return r
}

func lastRune(text string) rune {
	r, _ := utf8.DecodeLastRuneInString(text)
	return r
}
