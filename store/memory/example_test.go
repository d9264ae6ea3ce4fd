package memory_test

import (
	"context"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

func ExampleNew() {
	s := memory.New()
	ctx := context.Background()
	err := s.Update(ctx, func(tx store.Tx) error {
		return tx.PutUsers(
			store.User{Account: store.DefaultAccount, ID: "bob", Name: "Bob", Licensed: true},
			store.User{Account: store.DefaultAccount, ID: "alice", Name: "Alice", Licensed: true},
		)
	})
	if err != nil {
		fmt.Println(err)
	}
	err = s.View(ctx, func(tx store.Tx) error {
		users, err := tx.Users(store.DefaultAccount)
		for _, u := range users {
			fmt.Println(u.ID, "version", u.Version)
		}
		return err
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// alice version 1
	// bob version 1
}

// A test moves the clock by which leases are measured.
func ExampleWithClock() {
	now := time.Date(2026, time.May, 4, 9, 30, 0, 0, time.UTC)
	s := memory.New(memory.WithClock(func() time.Time { return now }))
	take := func(owner string) {
		err := s.Update(context.Background(), func(tx store.Tx) error {
			leases, err := tx.Lease(owner, time.Minute, 1)
			fmt.Println(owner, "got", len(leases))
			return err
		})
		if err != nil {
			fmt.Println(err)
		}
	}
	take("one")
	take("two")
	now = now.Add(time.Minute)
	take("two")
	// Output:
	// one got 1
	// two got 0
	// two got 1
}
