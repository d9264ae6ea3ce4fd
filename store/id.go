package store

import (
	"fmt"
	"strconv"
)

// Ids that the host chooses. They are compared byte for byte, at most 128
// bytes long, and not empty.
type (
	AccountID string
	InboxID   string
	TeamID    string
	UserID    string // the host's own id of the user
)

// DefaultAccount is the account of a host that has only one.
const DefaultAccount AccountID = "default"

// Ids that the library makes. They come from one sequence, are never reused,
// and print as decimals. In JSON they are strings, since they may exceed what
// JavaScript's numbers hold.
type (
	ContactID      int64
	ConversationID int64
	MessageID      int64
	TaskID         int64
	StrayID        int64
)

// Cursor is a position in the event stream: that of the last event seen.
// 0 is before the first.
type Cursor int64

// String returns the id in decimal.
func (id ContactID) String() string { return strconv.FormatInt(int64(id), 10) }

// String returns the id in decimal.
func (id ConversationID) String() string { return strconv.FormatInt(int64(id), 10) }

// String returns the id in decimal.
func (id MessageID) String() string { return strconv.FormatInt(int64(id), 10) }

// String returns the id in decimal.
func (id TaskID) String() string { return strconv.FormatInt(int64(id), 10) }

// String returns the id in decimal.
func (id StrayID) String() string { return strconv.FormatInt(int64(id), 10) }

// String returns the cursor in decimal.
func (c Cursor) String() string { return strconv.FormatInt(int64(c), 10) }

// MarshalText encodes the id in decimal.
func (id ContactID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// MarshalText encodes the id in decimal.
func (id ConversationID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// MarshalText encodes the id in decimal.
func (id MessageID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// MarshalText encodes the id in decimal.
func (id TaskID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// MarshalText encodes the id in decimal.
func (id StrayID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// MarshalText encodes the cursor in decimal.
func (c Cursor) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText decodes what MarshalText encodes.
func (id *ContactID) UnmarshalText(b []byte) error { return parse(b, id, "contact id") }

// UnmarshalText decodes what MarshalText encodes.
func (id *ConversationID) UnmarshalText(b []byte) error { return parse(b, id, "conversation id") }

// UnmarshalText decodes what MarshalText encodes.
func (id *MessageID) UnmarshalText(b []byte) error { return parse(b, id, "message id") }

// UnmarshalText decodes what MarshalText encodes.
func (id *TaskID) UnmarshalText(b []byte) error { return parse(b, id, "task id") }

// UnmarshalText decodes what MarshalText encodes.
func (id *StrayID) UnmarshalText(b []byte) error { return parse(b, id, "stray id") }

// UnmarshalText decodes what MarshalText encodes.
func (c *Cursor) UnmarshalText(b []byte) error { return parse(b, c, "cursor") }

func parse[T ~int64](b []byte, to *T, what string) error {
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != string(b) {
		return fmt.Errorf("store: %s must be a decimal number without sign or leading zeros", what)
	}
	*to = T(n)
	return nil
}
