package store

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

func TestCountsHasTheFieldsOfBatch(t *testing.T) {
	batch, counts := reflect.TypeFor[Batch](), reflect.TypeFor[Counts]()
	if batch.NumField() != counts.NumField() {
		t.Fatalf("Batch has %d fields and Counts %d", batch.NumField(), counts.NumField())
	}
	seen := make(map[Kind]bool)
	for i, k := range batchKinds {
		if b, c := batch.Field(i).Name, counts.Field(i).Name; b != c {
			t.Errorf("field %d of Batch is %s, of Counts %s", i, b, c)
		}
		if k == "" || seen[k] {
			t.Errorf("the kind of %s is %q", batch.Field(i).Name, k)
		}
		seen[k] = true
	}
}

// leaves calls visit for every value within a record that can be set alone,
// after filling what can hold some.
func leaves(v reflect.Value, path string, visit func(path string, v reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == timeType {
			visit(path, v)
			return
		}
		for i := range v.NumField() {
			leaves(v.Field(i), path+"."+v.Type().Field(i).Name, visit)
		}
	case reflect.Pointer:
		visit(path, v)
		v.Set(reflect.New(v.Type().Elem()))
		leaves(v.Elem(), path, visit)
	case reflect.Slice:
		visit(path, v)
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		leaves(v.Index(0), path+"[0]", visit)
	case reflect.Array:
		for i := range v.Len() {
			leaves(v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	default:
		visit(path, v)
	}
}

// set gives a value another one.
func set(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("other")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint8:
		v.SetUint(7)
	case reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key"), reflect.ValueOf("value"))
	case reflect.Struct:
		v.Set(reflect.ValueOf(time.UnixMicro(1)))
	default:
		panic(fmt.Sprintf("a field of type %v", v.Type()))
	}
}

// Each field of each record counts, one that is added later too.
func TestEveryFieldIsInTheChecksum(t *testing.T) {
	batch := reflect.TypeFor[Batch]()
	for i := range batch.NumField() {
		record := reflect.New(batch.Field(i).Type.Elem()).Elem()
		fields := 0
		leaves(record, record.Type().Name(), func(path string, v reflect.Value) {
			fields++
			before := newTally().sum(record)
			was := reflect.New(v.Type()).Elem()
			was.Set(v)
			set(v)
			if newTally().sum(record) == before {
				t.Errorf("%s is not in the checksum", path)
			}
			v.Set(was)
			if newTally().sum(record) != before {
				t.Errorf("the checksum after %s is another one", path)
			}
		})
		if fields == 0 {
			t.Errorf("%v has no fields", record.Type())
		}
	}
}

func TestChecksumsOfTheSameRecord(t *testing.T) {
	sum := func(v any) uint64 { return newTally().sum(reflect.ValueOf(v)) }
	at := time.Date(2026, time.May, 4, 9, 30, 0, 1000, time.UTC)
	if sum(Contact{Addresses: nil, CreatedAt: at}) != sum(Contact{Addresses: []channel.Address{}, CreatedAt: at.In(time.FixedZone("", 3600))}) {
		t.Error("an empty list, or a time zone, makes another checksum")
	}
	many := make(map[string]string)
	for i := range 100 {
		many[fmt.Sprint(i)] = "x"
	}
	first := sum(Contact{Attributes: many})
	for range 10 {
		if sum(Contact{Attributes: many}) != first {
			t.Error("the checksum depends on the order of a map")
		}
	}
	if sum(Team{Members: []UserID{"ab", "c"}}) == sum(Team{Members: []UserID{"a", "bc"}}) {
		t.Error("texts run into each other")
	}
}

func TestChecksumsDoNotDependOnOrder(t *testing.T) {
	a, b := Account{ID: "a"}, Account{ID: "b"}
	tallyOf := func(batches ...Batch) []Carried {
		t.Helper()
		tally := newTally()
		for _, batch := range batches {
			if _, _, err := tally.add(batch); err != nil {
				t.Fatal(err)
			}
		}
		return tally.kinds
	}
	there := tallyOf(Batch{Accounts: []Account{a, b}})
	back := tallyOf(Batch{Accounts: []Account{b}}, Batch{Accounts: []Account{a}})
	twice := tallyOf(Batch{Accounts: []Account{a, a}})
	if !reflect.DeepEqual(there, back) || reflect.DeepEqual(there, twice) {
		t.Errorf("the same in another order: %v, %v; something else: %v", there[0], back[0], twice[0])
	}
}

func TestBadBatches(t *testing.T) {
	for what, b := range map[string]Batch{
		"empty":    {},
		"of two":   {Accounts: make([]Account, 1), Teams: make([]Team, 1)},
		"too many": {Accounts: make([]Account, BatchSize+1)},
	} {
		if _, _, err := newTally().add(b); err == nil {
			t.Errorf("a batch that is %s is taken", what)
		}
	}
}
