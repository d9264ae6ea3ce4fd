package pgtest

import "strings"

// hasCommit reports whether one of the statements is COMMIT. Its other name,
// END, is left out, as it ends much else, and so is COMMIT PREPARED.
func hasCommit(sql string) bool {
	var first, second string // tokens of a statement
	isCommit := func() bool {
		return strings.EqualFold(first, "commit") && !strings.EqualFold(second, "prepared")
	}
	for sql != "" {
		var token string
		token, sql = cutToken(sql)
		switch {
		case token == ";":
			if isCommit() {
				return true
			}
			first, second = "", ""
		case first == "":
			first = token
		case second == "":
			second = token
		}
	}
	return isCommit()
}

// cutToken returns what SQL begins with and what follows it: a word, a whole
// string or quoted name, whatever stands inside, or a single sign. Space and
// comments are the token "". (PostgreSQL, "SQL Syntax", "Lexical Structure".)
func cutToken(sql string) (token, rest string) {
	end := 1
	switch c := sql[0]; {
	case strings.IndexByte(" \t\r\n\f\v", c) >= 0:
		return "", sql[1:]
	case strings.HasPrefix(sql, "--"):
		_, rest, _ = strings.Cut(sql, "\n")
		return "", rest
	case strings.HasPrefix(sql, "/*"):
		return "", sql[endOfComment(sql):]
	case c == '\'' || c == '"':
		end = endOfString(sql, c, 1, false)
	case (c == 'e' || c == 'E') && strings.HasPrefix(sql[1:], "'"):
		end = endOfString(sql, '\'', 2, true)
	case c == '$':
		end = endOfDollars(sql)
	case isLetter(c):
		for end < len(sql) && (isLetter(sql[end]) || isDigit(sql[end]) || sql[end] == '$') {
			end++
		}
	}
	return sql[:end], sql[end:]
}

// endOfComment returns where a comment ends. Comments may have others inside.
func endOfComment(sql string) int {
	depth := 0
	for i := 0; i < len(sql); i++ {
		switch {
		case strings.HasPrefix(sql[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(sql[i:], "*/"):
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(sql)
}

// endOfString returns where a string ends that has its first byte at start. A
// quote that is doubled makes it two strings, which comes to the same.
func endOfString(sql string, quote byte, start int, escapes bool) int {
	for i := start; i < len(sql); i++ {
		switch {
		case escapes && sql[i] == '\\':
			i++
		case sql[i] == quote:
			if escapes && strings.HasPrefix(sql[i+1:], "'") {
				i++ // what follows has escapes as well
				continue
			}
			return i + 1
		}
	}
	return len(sql)
}

// endOfDollars returns where a string in dollar quotes ends, such as $$…$$ or
// $tag$…$tag$. The dollar of a parameter, such as $1, is a sign of its own.
func endOfDollars(sql string) int {
	tag := 1
	for tag < len(sql) && (isLetter(sql[tag]) || tag > 1 && isDigit(sql[tag])) {
		tag++
	}
	if tag == len(sql) || sql[tag] != '$' {
		return 1
	}
	quote := sql[:tag+1]
	if end := strings.Index(sql[len(quote):], quote); end >= 0 {
		return len(quote) + end + len(quote)
	}
	return len(sql)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}
