package postgres

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/teaminbox/teaminbox/internal/record"
)

// column is a column of a table: how it is called, of which type it is, and
// what records have in it.
type column[T any] struct {
	name string
	typ  string // as the element of an array that is a parameter
	cast string // what the column needs besides, or ""
	of   func(records []*T) (any, error)
}

func values[T, V any](name, typ string, of func(*T) V) column[T] {
	return column[T]{name: name, typ: typ, of: func(records []*T) (any, error) {
		all := make([]V, len(records))
		for i, r := range records {
			all[i] = of(r)
		}
		return all, nil
	}}
}

func textColumn[T any](name string, of func(*T) string) column[T] {
	return values(name, "text", func(r *T) string { return pack(of(r)) })
}

func numberColumn[T any](name string, of func(*T) int64) column[T] {
	return values(name, "bigint", of)
}

func boolColumn[T any](name string, of func(*T) bool) column[T] {
	return values(name, "boolean", of)
}

// timeColumn is NULL for the zero time.
func timeColumn[T any](name string, of func(*T) time.Time) column[T] {
	return values(name, "timestamptz", func(r *T) pgtype.Timestamptz {
		t := of(r)
		return pgtype.Timestamptz{Time: record.Time(t), Valid: !t.IsZero()}
	})
}

// sortedColumn is a time that is never NULL.
func sortedColumn[T any](name string, of func(*T) time.Time) column[T] {
	return values(name, "timestamptz", func(r *T) time.Time { return record.Time(of(r)) })
}

// jsonColumn is NULL for nil.
func jsonColumn[T any](name string, of func(*T) any) column[T] {
	return column[T]{name: name, typ: "text", cast: "::jsonb", of: func(records []*T) (any, error) {
		all := make([]pgtype.Text, len(records))
		for i, r := range records {
			v := of(r)
			if v == nil {
				continue
			}
			text, err := packJSON(v)
			if err != nil {
				return nil, fmt.Errorf("postgres: %s: %w", name, err)
			}
			all[i] = pgtype.Text{String: text, Valid: true}
		}
		return all, nil
	}}
}

// listOf is a list for a jsonColumn: nil if it is empty.
func listOf[T any](list []T) any {
	if len(list) == 0 {
		return nil
	}
	return list
}

// gobPrefix begins a JSON text that holds what JSON can't, as package gob
// encodes it, in base 64.
const gobPrefix = "gob:"

// packJSON is record.Encode for a column of type jsonb, which has no NUL
// either.
func packJSON(v any) (string, error) {
	encoded, err := record.Encode(v)
	if text, ok := encoded.(string); ok && !strings.Contains(text, `\u0000`) {
		return text, nil
	}
	if _, ok := encoded.(string); ok {
		encoded, err = record.EncodeGob(v)
	}
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(gobPrefix + base64.StdEncoding.EncodeToString(encoded.([]byte)))
	return string(text), err
}

// unpackJSON reads what packJSON has made. No bytes leave the destination
// alone.
func unpackJSON(b []byte, to any) error {
	if len(b) == 0 {
		return nil
	}
	if b[0] != '"' {
		return record.Decode(string(b), to)
	}
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	encoded, found := strings.CutPrefix(text, gobPrefix)
	if !found {
		return fmt.Errorf("a structure is kept as the text %.20q", text)
	}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return err
	}
	return record.Decode(raw, to)
}

// moment reads a time; NULL is the zero time.
type moment struct{ to *time.Time }

// ScanTimestamptz implements [pgtype.TimestamptzScanner].
func (m moment) ScanTimestamptz(v pgtype.Timestamptz) error {
	*m.to = time.Time{}
	if v.Valid {
		*m.to = v.Time.UTC()
	}
	return nil
}

// structure reads a column of type jsonb.
type structure struct{ to any }

// ScanBytes implements [pgtype.BytesScanner]. The bytes are the driver's.
func (s structure) ScanBytes(b []byte) error { return unpackJSON(b, s.to) }
