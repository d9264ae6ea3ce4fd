package parity

import (
	"encoding/binary"
	"reflect"
	"regexp"
	"strconv"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// renamer replaces what a store numbers in its own way by the order in which
// it appears. Each kind of number has an order of its own.
type renamer struct {
	known map[string]map[int64]int64
}

func newRenamer() *renamer { return &renamer{known: make(map[string]map[int64]int64)} }

// number returns the new name of a number. 0 is none, and stays.
func (r *renamer) number(kind string, n int64) int64 {
	if n == 0 {
		return 0
	}
	of := r.known[kind]
	if of == nil {
		of = make(map[int64]int64)
		r.known[kind] = of
	}
	if _, ok := of[n]; !ok {
		of[n] = int64(len(of)) + 1
	}
	return of[n]
}

// numbered are the types of numbers that stores choose, by the words that error
// texts call them.
var numbered = map[reflect.Type]string{
	reflect.TypeFor[store.ContactID]():      "contact",
	reflect.TypeFor[store.ConversationID](): "conversation",
	reflect.TypeFor[store.MessageID]():      "message",
	reflect.TypeFor[store.TaskID]():         "task",
	reflect.TypeFor[store.StrayID]():        "stray",
	reflect.TypeFor[store.Cursor]():         "cursor",
	reflect.TypeFor[compliance.EntryID]():   "entry",
}

// field is a field of a structure that has a number though its type is of no
// such kind.
type field struct {
	of   reflect.Type
	name string
}

var numberedFields = map[field]string{
	{reflect.TypeFor[store.Lease](), "Fence"}:              "fence",
	{reflect.TypeFor[compliance.Entry](), "Message"}:       "message",
	{reflect.TypeFor[channel.Outbound](), "ID"}:            "message",
	{reflect.TypeFor[channel.StatusUpdate](), "MessageID"}: "message",
}

// textFields are those in which an error's text may be kept.
var textFields = map[field]bool{
	{reflect.TypeFor[store.Detail](), "Reason"}: true,
	{reflect.TypeFor[store.Task](), "Error"}:    true,
}

// value returns a deep copy in which every such number has its new name.
func (r *renamer) value(v any) any {
	if v == nil {
		return nil
	}
	return r.copy(reflect.ValueOf(v)).Interface()
}

func (r *renamer) copy(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	if kind, ok := numbered[v.Type()]; ok {
		out.SetInt(r.number(kind, v.Int()))
		return out
	}
	if d, ok := v.Interface().(compliance.Digest); ok { // of numbers, among others
		n := r.number("digest", int64(binary.BigEndian.Uint64(d[:])))
		var named compliance.Digest
		binary.BigEndian.PutUint64(named[len(named)-8:], uint64(n))
		return reflect.ValueOf(named)
	}
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return v
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				panic("parity: " + v.Type().String() + " has hidden fields; say how it is shown")
			}
			here := field{v.Type(), f.Name}
			switch kind, ok := numberedFields[here]; {
			case ok:
				r.copyNumber(out.Field(i), v.Field(i), kind)
			case textFields[here]:
				out.Field(i).SetString(r.text(v.Field(i).String()))
			default:
				out.Field(i).Set(r.copy(v.Field(i)))
			}
		}
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return v
		}
		if v.Kind() == reflect.Interface {
			out.Set(r.copy(v.Elem()))
			return out
		}
		out.Set(reflect.New(v.Type().Elem()))
		out.Elem().Set(r.copy(v.Elem()))
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(r.copy(v.Index(i)))
		}
	default: // maps, too: none has a number
		return v
	}
	return out
}

func (r *renamer) copyNumber(out, v reflect.Value, kind string) {
	switch {
	case v.Kind() != reflect.String:
		out.SetInt(r.number(kind, v.Int()))
	case v.String() != "":
		n, err := strconv.ParseInt(v.String(), 10, 64)
		if err != nil {
			out.Set(v)
			return
		}
		out.SetString("#" + strconv.FormatInt(r.number(kind, n), 10))
	}
}

var numberInText = regexp.MustCompile(`\b(contact|conversation|message|task|stray|entry) (\d+)\b`)

// text replaces the numbers in an error's text.
func (r *renamer) text(s string) string {
	return numberInText.ReplaceAllStringFunc(s, func(found string) string {
		parts := numberInText.FindStringSubmatch(found)
		n, err := strconv.ParseInt(parts[2], 10, 64)
		if err != nil {
			return found
		}
		return parts[1] + " #" + strconv.FormatInt(r.number(parts[1], n), 10)
	})
}
