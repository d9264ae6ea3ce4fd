package storetest

import (
	"reflect"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
)

// The functions of this file treat records by their shape, so that every field
// of every record takes part in a case, one that is added later too.

// cloned returns a copy of a record that shares no memory with it.
func cloned[T any](record T) T {
	c := reflect.New(reflect.TypeOf(record)).Elem()
	copyInto(c, reflect.ValueOf(record))
	return c.Interface().(T)
}

func copyInto(to, from reflect.Value) {
	switch from.Kind() {
	case reflect.Struct:
		to.Set(from)
		if from.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range from.NumField() {
			copyInto(to.Field(i), from.Field(i))
		}
	case reflect.Pointer:
		if !from.IsNil() {
			to.Set(reflect.New(from.Type().Elem()))
			copyInto(to.Elem(), from.Elem())
		}
	case reflect.Slice:
		if !from.IsNil() {
			to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
			for i := range from.Len() {
				copyInto(to.Index(i), from.Index(i))
			}
		}
	case reflect.Map:
		if !from.IsNil() {
			to.Set(reflect.MakeMap(from.Type()))
			for _, k := range from.MapKeys() {
				to.SetMapIndex(k, from.MapIndex(k))
			}
		}
	default:
		to.Set(from)
	}
}

// altered returns a copy of a record in which change has been called for every
// settable value. Map values are not among them, see alteredTexts.
func altered(record any, change func(field string, v reflect.Value)) any {
	c := reflect.New(reflect.TypeOf(record)).Elem()
	copyInto(c, reflect.ValueOf(record))
	alter(c, "", change)
	return c.Interface()
}

func alter(v reflect.Value, field string, change func(field string, v reflect.Value)) {
	change(field, v)
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			alter(v.Field(i), v.Type().Field(i).Name, change)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			alter(v.Elem(), field, change)
		}
	case reflect.Slice:
		for i := range v.Len() {
			alter(v.Index(i), field, change)
		}
	default: // has nothing settable inside
	}
}

// withTimes returns a copy of a record with other times.
func withTimes(record any, to func(time.Time) time.Time) any {
	return altered(record, func(_ string, v reflect.Value) {
		if t, ok := v.Interface().(time.Time); ok {
			v.Set(reflect.ValueOf(to(t)))
		}
	})
}

// timesOf returns all times of a record.
func timesOf(record any) []time.Time {
	var all []time.Time
	walk(reflect.ValueOf(record), "", func(_ string, v reflect.Value) {
		if t, ok := v.Interface().(time.Time); ok {
			all = append(all, t)
		}
	})
	return all
}

// withTexts returns a copy of a record in which every free text is the given
// one. Ids and addresses are not free texts.
func withTexts(record any, text string) any {
	return altered(record, func(_ string, v reflect.Value) {
		switch v.Type() {
		case reflect.TypeFor[string]():
			v.SetString(text)
		case reflect.TypeFor[map[string]string]():
			if !v.IsNil() {
				v.Set(reflect.ValueOf(map[string]string{text: text, text + "2": ""}))
			}
		}
	})
}

// withoutDetails returns a copy of a record that has its ids, its kinds and
// its addresses, and nothing else.
func withoutDetails(record any) any {
	return altered(record, func(field string, v reflect.Value) {
		switch {
		case v.Type() == reflect.TypeFor[compliance.Key](), field == "Family", field == "Seq", field == "Identity", field == "Account":
			return
		case v.Type() == reflect.TypeFor[time.Time](), v.Kind() != reflect.Struct && v.Type().PkgPath() == "":
			v.SetZero()
		}
	})
}

// withKeysOf returns a copy of a record with the ids of another.
func withKeysOf(keys, record any) any {
	from := reflect.ValueOf(keys)
	return altered(record, func(field string, v reflect.Value) {
		switch field {
		case "ID", "Account", "Conversation", "User", "Seq", "Key", "Version":
			if f := from.FieldByName(field); f.IsValid() && f.Type() == v.Type() {
				v.Set(f)
			}
		}
	})
}

// scramble changes everything that can be reached through a record's lists,
// maps and pointers, as a careless caller might.
func scramble(record any) { scrambleIn(reflect.ValueOf(record), false) }

func scrambleIn(v reflect.Value, shared bool) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			if shared {
				v.Set(reflect.ValueOf(noon.AddDate(-30, 0, 0)))
			}
			return
		}
		for i := range v.NumField() {
			scrambleIn(v.Field(i), shared)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			scrambleIn(v.Elem(), true)
		}
	case reflect.Slice:
		for i := range v.Len() {
			scrambleIn(v.Index(i), true)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			v.SetMapIndex(k, reflect.ValueOf("scrambled").Convert(v.Type().Elem()))
		}
	case reflect.Interface:
		scrambleIn(v.Elem(), false)
	case reflect.String:
		if shared {
			v.SetString("scrambled")
		}
	case reflect.Int, reflect.Int64:
		if shared {
			v.SetInt(-99)
		}
	case reflect.Float64:
		if shared {
			v.SetFloat(-99)
		}
	case reflect.Bool:
		if shared {
			v.SetBool(!v.Bool())
		}
	default: // shares nothing
	}
}
