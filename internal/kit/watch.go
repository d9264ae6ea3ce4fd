package kit

import (
	"fmt"
	"reflect"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Fresh returns a deep copy of a value. Its slices have room for more
// elements, so that [Watch] sees an append to them as well.
func Fresh[T any](v T) T {
	const room = 2
	return copyOf(v, func(n, _ int) (length, capacity int) { return n, n + room })
}

// Watch remembers everything that a value points to. The function that it
// returns says what has changed since: in maps, behind pointers, and in slices
// even beyond their length.
func Watch[T any](v T) (changed func() error) {
	whole := func(_, n int) (length, capacity int) { return n, n }
	before := copyOf(v, whole)
	return func() error {
		if diff := cmp.Diff(before, copyOf(v, whole), cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			return fmt.Errorf("changed what it was given (-before +after):\n%s", diff)
		}
		return nil
	}
}

// Poison overwrites every text in and behind a value.
func Poison[T any](v *T, text string) { poison(reflect.ValueOf(v).Elem(), text) }

// sizes gives the length and capacity of the copy of a slice from its own.
type sizes func(length, capacity int) (int, int)

func copyOf[T any](v T, size sizes) T {
	var out T
	deepCopy(reflect.ValueOf(&out).Elem(), reflect.ValueOf(&v).Elem(), size)
	return out
}

var timeType = reflect.TypeFor[time.Time]()

func deepCopy(to, from reflect.Value, size sizes) {
	to.Set(from)
	switch from.Kind() {
	case reflect.Struct:
		if from.Type() == timeType {
			return
		}
		for i := range from.NumField() {
			if to.Field(i).CanSet() {
				deepCopy(to.Field(i), from.Field(i), size)
			}
		}
	case reflect.Slice:
		if from.IsNil() {
			return
		}
		length, capacity := size(from.Len(), from.Cap())
		to.Set(reflect.MakeSlice(from.Type(), length, capacity))
		all := from.Slice(0, min(length, from.Cap()))
		for i := range all.Len() {
			deepCopy(to.Index(i), all.Index(i), size)
		}
	case reflect.Map:
		if from.IsNil() {
			return
		}
		to.Set(reflect.MakeMapWithSize(from.Type(), from.Len()))
		for it := from.MapRange(); it.Next(); {
			value := reflect.New(from.Type().Elem()).Elem()
			deepCopy(value, it.Value(), size)
			to.SetMapIndex(it.Key(), value)
		}
	case reflect.Pointer:
		if from.IsNil() {
			return
		}
		to.Set(reflect.New(from.Type().Elem()))
		deepCopy(to.Elem(), from.Elem(), size)
	default:
	}
}

func poison(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Struct:
		if v.Type() == timeType {
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				poison(v.Field(i), text)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), text)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(it.Value())
			poison(value, text)
			v.SetMapIndex(it.Key(), value)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			poison(v.Elem(), text)
		}
	default:
	}
}
