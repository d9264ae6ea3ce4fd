package storetest

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// typical are values for types of which not every value makes sense.
var typical = map[reflect.Type]any{
	reflect.TypeFor[store.Status]():       store.Snoozed,
	reflect.TypeFor[store.Direction]():    store.Outbound,
	reflect.TypeFor[store.State]():        store.StateDeferred,
	reflect.TypeFor[store.AuthorKind]():   store.ByUser,
	reflect.TypeFor[store.TaskKind]():     store.TaskSend,
	reflect.TypeFor[store.ClaimMode]():    store.ClaimVisible,
	reflect.TypeFor[store.Availability](): store.Away,
	reflect.TypeFor[store.EventType]():    store.MessageState,
	reflect.TypeFor[channel.Family]():     channel.WhatsApp,
	reflect.TypeFor[channel.Keyword]():    channel.KeywordHelp,
	reflect.TypeFor[compliance.Kind]():    compliance.OptOut,
	reflect.TypeFor[compliance.Purpose](): compliance.Transactional,
	reflect.TypeFor[compliance.Source]():  compliance.FromOperator,
	reflect.TypeFor[compliance.Verdict](): compliance.NeedsTemplate,
	reflect.TypeFor[compliance.Via]():     compliance.ViaPaper,
}

// noon is a moment with every digit of a microsecond.
var noon = time.Date(2026, time.March, 14, 12, 0, 0, 123_456_000, time.UTC)

// filled returns a value in which every field is set, none like another, and
// every list has two entries. Whoever adds a field to a record has it tested.
func filled[T any](e *env) T {
	var v T
	e.fill(reflect.ValueOf(&v).Elem())
	return v
}

func (e *env) fill(v reflect.Value) {
	e.filled++
	n := e.filled
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(noon.Add(time.Duration(n) * (time.Hour + time.Microsecond))))
		return
	case reflect.TypeFor[channel.Address]():
		v.Set(reflect.ValueOf(number(n)))
		return
	case reflect.TypeFor[compliance.Digest]():
		v.Set(reflect.ValueOf(compliance.Digest(sha256.Sum256([]byte{byte(n), byte(n >> 8)}))))
		return
	}
	if value, ok := typical[v.Type()]; ok {
		v.Set(reflect.ValueOf(value))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("value %d", n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(n))
	case reflect.Float64:
		v.SetFloat(float64(n) + 1.0/3)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		e.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		e.fill(v.Index(0))
		e.fill(v.Index(1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			e.fill(key)
			e.fill(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			e.fill(v.Field(i))
		}
	default:
		panic(fmt.Sprintf("storetest: a record has a field of type %v, which the kit can't make up", v.Type()))
	}
}

// nobody is an address that number does not return.
const nobody channel.Address = "+19995550100"

// number returns the nth of the telephone numbers that are kept free for
// examples.
func number(n int) channel.Address {
	return channel.Address(fmt.Sprintf("+1%03d55501%02d", 200+n/100%700, n%100))
}
