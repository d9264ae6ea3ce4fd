package store_test

import (
	"context"
	"fmt"
	"log"
	"slices"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// After a copy, the source is looked at once more: what somebody has written
// meanwhile would be missing.
func ExampleChecksum() {
	ctx := context.Background()
	from, to := memory.New(), memory.New()
	if err := from.Update(ctx, func(tx store.Tx) error {
		return tx.PutAccounts(store.Account{ID: store.DefaultAccount, Name: "Acme"})
	}); err != nil {
		log.Fatal(err)
	}
	report, err := store.Copy(ctx, to, from, nil)
	if err != nil {
		log.Fatal(err) // and the target is as empty as before
	}
	fmt.Println(report.Records(), "record was carried")

	// Did somebody write to the source meanwhile?
	now, err := store.Checksum(ctx, from, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("unchanged:", slices.Equal(now.Kinds, report.Kinds))
	// Output:
	// 1 record was carried
	// unchanged: true
}
