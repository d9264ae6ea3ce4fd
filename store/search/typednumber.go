package search

import "strings"

// typedNumbers are the numbers that a row of groups of digits may mean. What is
// typed in groups may be one number, or begin or end with one beside others.
type typedNumbers struct {
	end  int // the word after the row
	runs []run
}

// run are groups that may be one number, from one word up to another, in the
// ways in which it may be written.
type run struct {
	start, end int
	written    []Token
}

// typedNumbersAt returns those of the row of groups that begins at a word.
func typedNumbersAt(words []word, start int) typedNumbers {
	end := start + numberAt(words[start:])
	row := typedNumbers{end: end}
	if start == end || words[start].quoted != 0 || end < len(words) && !words[end].apart { // as it is, or it goes on
		row.end = start
		return row
	}
	for i := start + 1; i <= end && row.add(words, start, i); i++ {
	}
	for i := end - 1; i > start && row.add(words, i, end); i-- {
	}
	for i := start + 1; i < end-1; i++ {
		row.add(words, i, i+1)
	}
	return row
}

// add adds some groups, if they may be a number. It returns whether more of them
// may be one.
func (t *typedNumbers) add(words []word, start, end int) (more bool) {
	digits := digitsOf(words[start:end])
	if len(digits) < shortestNumber || len(digits) > longestNumber {
		return len(digits) < shortestNumber
	}
	r := run{start: start, end: end}
	write := func(s string) {
		if len(s) >= shortestNumber && !r.has(s) {
			r.written = append(r.written, Token{Text: s, Prefix: end == t.end})
		}
	}
	write(digits)
	// Between countries the zeros in front are left out, and at home the code of
	// the country.
	abroad := strings.TrimLeft(digits, "0")
	write(abroad)
	if words[start].plus || strings.HasPrefix(digits, "00") {
		home := abroad[min(countryCode(abroad), len(abroad)):]
		write(home)
		write(strings.TrimLeft(home, "0"))
	}
	t.runs = append(t.runs, r)
	return true
}

func (r run) has(s string) bool {
	for _, t := range r.written {
		if t.Text == s {
			return true
		}
	}
	return false
}

// of returns the numbers of which some words are a part.
func (t typedNumbers) of(start, end int) []Token {
	var tokens []Token
	for _, r := range t.runs {
		if r.start <= start && end <= r.end {
			tokens = append(tokens, r.written...)
		}
	}
	return tokens
}

// twoDigits are the country codes of two digits. Source: ITU-T E.164, List of
// country codes.
const twoDigits = " 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 "

// countryCode returns how many digits of an international number are the code
// of its country.
func countryCode(number string) int {
	switch {
	case strings.HasPrefix(number, "1") || strings.HasPrefix(number, "7"):
		return 1
	case len(number) >= 2 && strings.Contains(twoDigits, " "+number[:2]+" "):
		return 2
	}
	return 3
}
