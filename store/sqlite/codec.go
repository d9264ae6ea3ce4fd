package sqlite

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"time"
)

// stamp is a time as it is kept: microseconds since 1970, or NULL for the zero
// time.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// kept returns a time in the precision in which it is kept, for structures.
func kept(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

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

// encode returns a list or structure as it is kept: as JSON, which people and
// other programs can read, unless that would change it. JSON has no texts that
// are not UTF-8 and no infinite numbers; package gob has.
func encode(v any) (any, error) {
	text, err := json.Marshal(v)
	if err == nil && !bytes.Contains(text, []byte(`\ufffd`)) && !bytes.Contains(text, []byte("\uFFFD")) {
		return string(text), nil
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// encodeList is encode, with NULL for an empty list.
func encodeList[T any](list []T) (any, error) {
	if len(list) == 0 {
		return nil, nil
	}
	return encode(list)
}

// jsonColumn reads what encode has made. NULL leaves the destination alone.
type jsonColumn struct{ to any }

func (c jsonColumn) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(v), c.to)
	case []byte:
		return gob.NewDecoder(bytes.NewReader(v)).Decode(c.to)
	}
	return fmt.Errorf("a structure is kept as %T", value)
}
