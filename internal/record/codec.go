package record

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
)

// Encode returns a list or structure as it is kept: as JSON, a string, which
// people and other programs can read, unless that would change it. JSON has no
// texts that are not UTF-8 and no infinite numbers; package gob, whose encoding
// is a []byte, has.
func Encode(v any) (any, error) {
	text, err := json.Marshal(v)
	if err == nil && !bytes.Contains(text, []byte(`\ufffd`)) && !bytes.Contains(text, []byte("\uFFFD")) {
		return string(text), nil
	}
	return EncodeGob(v)
}

// EncodeGob returns a list or structure, a []byte, for where JSON won't do.
func EncodeGob(v any) (any, error) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Decode reads what Encode has made into what a pointer points to. nil leaves
// it alone.
func Decode(value, to any) error {
	switch v := value.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(v), to)
	case []byte:
		return gob.NewDecoder(bytes.NewReader(v)).Decode(to)
	}
	return fmt.Errorf("a structure is kept as %T", value)
}
