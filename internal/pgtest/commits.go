package pgtest

import (
	"bytes"
	"strings"
)

// fromClient and fromServer are the kinds of messages by which commits are
// followed: Query, Parse, Bind, Execute and Close of the client's, and
// CommandComplete of the server's.
const (
	fromClient = "QPBEC"
	fromServer = "C"
)

// commits follows what a client prepares, to see when it commits. A statement
// that is prepared is executed by name: Parse names it, Bind makes a portal of
// it, and Execute runs the portal.
type commits struct {
	statements, portals map[string]bool // those that commit
}

func newCommits() *commits {
	return &commits{statements: make(map[string]bool), portals: make(map[string]bool)}
}

// asked reports whether a message of the client's, which is of one of the kinds
// in fromClient, executes a commit.
func (c *commits) asked(kind byte, body []byte) bool {
	first, rest := cString(body)
	switch kind {
	case 'Q':
		return hasCommit(first)
	case 'P':
		query, _ := cString(rest)
		c.statements[first] = hasCommit(query)
	case 'B':
		statement, _ := cString(rest)
		c.portals[first] = c.statements[statement]
	case 'C':
		if name, isStatement := strings.CutPrefix(first, "S"); isStatement {
			delete(c.statements, name)
		} else {
			delete(c.portals, first[min(1, len(first)):])
		}
	case 'E':
		return c.portals[first]
	}
	return false
}

// answered reports whether a CommandComplete is that of a commit. That of a
// transaction that had failed says ROLLBACK.
func answered(body []byte) bool {
	tag, _ := cString(body)
	return tag == "COMMIT"
}

// cString returns the string at the beginning, which a zero byte ends, and what
// follows it.
func cString(b []byte) (string, []byte) {
	s, rest, _ := bytes.Cut(b, []byte{0})
	return string(s), rest
}
