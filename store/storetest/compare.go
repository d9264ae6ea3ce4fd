package storetest

import (
	"fmt"
	"reflect"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// same says how what was read differs from what was stored. A list or map
// without entries may have become nil. Times must be in UTC.
func same(want, got any) error {
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		return fmt.Errorf("stored and read differ (-want +got):\n%s", diff)
	}
	return allUTC(got)
}

// allUTC checks every time in a value.
func allUTC(v any) error {
	var wrong error
	walk(reflect.ValueOf(v), "", func(path string, v reflect.Value) {
		t, ok := v.Interface().(time.Time)
		if ok && t.Location() != time.UTC && wrong == nil {
			wrong = fmt.Errorf("%s is in the time zone %v, must be UTC", path, t.Location())
		}
	})
	return wrong
}

// walk visits every value that can be reached, times as a whole.
func walk(v reflect.Value, path string, visit func(path string, v reflect.Value)) {
	if !v.IsValid() {
		return
	}
	visit(path, v)
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		walk(v.Elem(), path, visit)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			walk(v.Field(i), path+"."+v.Type().Field(i).Name, visit)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walk(v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			walk(v.MapIndex(k), fmt.Sprintf("%s[%v]", path, k), visit)
		}
	default: // has nothing inside
	}
}

// length returns how many records a read has returned.
func length(list any) int {
	if list == nil {
		return 0
	}
	return reflect.ValueOf(list).Len()
}
