package pgtest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// header is the length of what begins a message: its kind, a byte, and the
// length of the rest, in four bytes that count themselves. (PostgreSQL,
// "Frontend/Backend Protocol", "Overview".)
const header = 5

// relay copies messages from src to dst until src ends, for which the error is
// nil. It shows those whose kind is in watched to pass, whole and before they
// go on; an error of pass ends it, when everything before that message has
// gone on. Messages go on as soon as src has no more for the moment: nothing
// that came whole is held back.
func relay(dst io.Writer, src io.Reader, watched string, pass func(kind byte, body []byte) error) error {
	w := bufio.NewWriter(dst)
	r := bufio.NewReader(flushing{src, w})
	for {
		head, err := r.Peek(header)
		if errors.Is(err, io.EOF) {
			// What there is of a message that was cut off goes on.
			if _, err := w.Write(head); err != nil {
				return err
			}
			return w.Flush()
		}
		if err != nil {
			return err
		}
		size := int64(binary.BigEndian.Uint32(head[1:]))
		if size < header-1 {
			return fmt.Errorf("a message of kind %q says that it has %d bytes", head[0], size)
		}
		if strings.IndexByte(watched, head[0]) >= 0 {
			err = relayWhole(w, r, size+1, pass)
		} else {
			err = relayPart(w, r, size+1)
		}
		if err != nil {
			return err
		}
	}
}

// relayWhole copies a message of n bytes that is shown.
func relayWhole(w *bufio.Writer, r *bufio.Reader, n int64, pass func(kind byte, body []byte) error) error {
	message := make([]byte, n)
	if _, err := io.ReadFull(r, message); err != nil {
		return err
	}
	if err := pass(message[0], message[header:]); err != nil {
		if flushed := w.Flush(); flushed != nil {
			return flushed
		}
		return err
	}
	_, err := w.Write(message)
	return err
}

// relayPart copies n bytes, which may be many, as they come.
func relayPart(w *bufio.Writer, r *bufio.Reader, n int64) error {
	for n > 0 {
		if _, err := r.Peek(1); err != nil {
			return err
		}
		part, err := r.Peek(int(min(n, int64(r.Buffered()))))
		if err != nil {
			return err
		}
		if _, err := w.Write(part); err != nil {
			return err
		}
		if _, err := r.Discard(len(part)); err != nil {
			return err
		}
		n -= int64(len(part))
	}
	return nil
}

// flushing is a Reader that writes out what is held back before it waits for
// more.
type flushing struct {
	src io.Reader
	dst *bufio.Writer
}

func (f flushing) Read(p []byte) (int, error) {
	if err := f.dst.Flush(); err != nil {
		return 0, err
	}
	return f.src.Read(p)
}
