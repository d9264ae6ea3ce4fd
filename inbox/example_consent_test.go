package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
)

// A customer calls the hotline and wants no more messages. Bob on the hotline
// records it; alice can't write to the customer any more.
func ExampleAdmin_RecordConsent() {
	ctx := context.Background()
	in, carrier, err := exampleCompany(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	customer := carrier.Phone("+14155550123")
	called := time.Date(2025, time.November, 23, 14, 5, 0, 0, time.UTC)
	entry, err := in.Admin(inbox.DefaultAccount).RecordConsent(ctx, inbox.ConsentRecord{
		Statement: compliance.Statement{
			Address: customer.Address(), Kind: compliance.OptOut, OccurredAt: called,
			Via: compliance.ViaVoice, Text: "Take me off your list.", Evidence: "call 4711",
		},
		Actor:      "bob",
		RequestKey: "call 4711", // the form may be sent twice
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(entry.Kind, entry.Rule)

	// An opt-in of the customer's is not made up.
	_, err = in.Admin(inbox.DefaultAccount).RecordConsent(ctx, inbox.ConsentRecord{
		Statement: compliance.Statement{
			Address: customer.Address(), Kind: compliance.OptIn, OccurredAt: called.Add(-time.Hour),
			Via: compliance.ViaWebForm, Text: "Yes, send me offers", Evidence: "form 12", Reason: "the newsletter",
		},
		Actor: "bob",
	})
	fmt.Println(errors.Is(err, inbox.ErrOptedOut))
	// Output:
	// opt_out said on the telephone
	// true
}

// The suppression list of a former provider is imported before the first message.
func ExampleAdmin_ImportConsent() {
	ctx := context.Background()
	in, _, err := exampleCompany(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	file := strings.NewReader(`address,kind,occurred_at,via,text,evidence
+14155550123,opt_out,2025-11-23T14:05:00Z,system,,list of our former provider
whatsapp:+14155550124,opt_out,2025-12-01T09:30:00+01:00,email,"Stop, please",mail 12
5550125,opt_out,2025-12-01T09:30:00Z,system,,list of our former provider
`)
	report, err := in.Admin(inbox.DefaultAccount).ImportConsent(ctx, file, inbox.ImportConfig{
		Actor:    "bob",
		Progress: func(r inbox.ImportReport) { fmt.Println("line", r.Line) },
	})
	if err != nil {
		fmt.Println(err) // what was told of is kept; the same file can be imported again
		return
	}
	fmt.Println(report.Added, "added,", report.Known, "known,", report.Refused, "refused")
	for _, r := range report.Refusals {
		fmt.Println(r.Error())
	}
	// Output:
	// line 4
	// 2 added, 0 known, 1 refused
	// compliance: line 4: address is no E.164 number; write it with + and the code of the country, like +14155550100
}
