package store_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/store"
)

// In JSON ids are strings, as JavaScript's numbers may not hold them.
func ExampleMessageID() {
	js, err := json.Marshal(map[string]any{"message": store.MessageID(9007199254740993)})
	fmt.Println(string(js), err)

	var id store.MessageID
	err = json.Unmarshal([]byte(`"42"`), &id)
	fmt.Println(id, err)
	// Output:
	// {"message":"9007199254740993"} <nil>
	// 42 <nil>
}

func ExampleOne() {
	read := func(ids ...store.TeamID) ([]store.Team, error) { return nil, nil } // as Tx's reads by keys are

	_, err := store.One(read("billing"))
	fmt.Println(errors.Is(err, store.ErrNotFound))
	// Output: true
}
