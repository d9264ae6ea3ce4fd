package pgtest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// way is one direction of a session. What is written to it arrives with the
// proxy's faults.
type way struct {
	session  *session
	from, to net.Conn
}

func (w way) Write(p []byte) (int, error) {
	if d := time.Duration(w.session.proxy.latency.Load()); d > 0 {
		later := time.NewTimer(d)
		defer later.Stop()
		select {
		case <-later.C:
		case <-w.session.ctx.Done():
			return 0, w.session.ctx.Err()
		}
	}
	if w.session.swallows() {
		return len(p), nil
	}
	return w.to.Write(p)
}

// What a client says first has no kind, but a length and a code. (PostgreSQL,
// "Message Formats".)
const (
	cancelRequest = 80877102
	sslRequest    = 80877103
	gssRequest    = 80877104

	longestGreeting = 10000 // as in the server
)

// greet passes on what client and server say before they exchange messages of
// which each has its kind, and reports whether that was all, a request to
// cancel something in another session.
func greet(up, down way) (cancels bool, err error) {
	for {
		greeting := make([]byte, 8)
		if _, err := io.ReadFull(up.from, greeting); err != nil {
			return false, err
		}
		size, code := binary.BigEndian.Uint32(greeting), binary.BigEndian.Uint32(greeting[4:])
		if size < 8 || size > longestGreeting {
			return false, fmt.Errorf("a client greets with %d bytes", size)
		}
		greeting = append(greeting, make([]byte, size-8)...)
		if _, err := io.ReadFull(up.from, greeting[8:]); err != nil {
			return false, err
		}
		if _, err := up.Write(greeting); err != nil {
			return false, err
		}
		switch code {
		case cancelRequest:
			return true, nil
		case sslRequest, gssRequest:
			answer := make([]byte, 1)
			if _, err := io.ReadFull(down.from, answer); err != nil {
				return false, err
			}
			if answer[0] != 'N' {
				return false, errors.New("the server wants to encrypt")
			}
			if _, err := down.Write(answer); err != nil {
				return false, err
			}
		default:
			return false, nil
		}
	}
}
