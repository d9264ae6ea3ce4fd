package sqlite

import (
	"encoding"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/internal/record"
)

// stamp is a time as it is kept: microseconds since 1970, or NULL for the zero
// time.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// timeColumn reads a time. The zero time of a column that sorts is the number
// that time.Time.UnixMicro has for it.
type timeColumn struct{ to *time.Time }

func (c timeColumn) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*c.to = time.Time{}
	case int64:
		*c.to = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("a time is kept as %T", value)
	}
	return nil
}

// encodeList is record.Encode, with NULL for an empty list.
func encodeList[T any](list []T) (any, error) {
	if len(list) == 0 {
		return nil, nil
	}
	return record.Encode(list)
}

// jsonColumn reads what record.Encode has made. NULL leaves the destination
// alone.
type jsonColumn struct{ to any }

func (c jsonColumn) Scan(value any) error { return record.Decode(value, c.to) }

// textColumn reads what is kept as a text.
type textColumn struct{ to encoding.TextUnmarshaler }

func (c textColumn) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("a text is kept as %T", value)
	}
	return c.to.UnmarshalText([]byte(text))
}
