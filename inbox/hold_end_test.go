package inbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

// An opt-out ends what holds though they have opted in since, and the team is told.
func TestAnOptOutThatWasTakenBackEndsAHold(t *testing.T) {
	for way, optOut := range map[string]func(*talk, time.Time) error{
		"recorded": func(k *talk, at time.Time) error {
			_, err := k.Admin().RecordConsent(t.Context(), inbox.ConsentRecord{Actor: "carol", Statement: compliance.Statement{
				Address: alicesCustomer, Kind: compliance.OptOut, OccurredAt: at, Via: compliance.ViaVoice, Text: "stop it",
			}})
			return err
		},
		"imported": func(k *talk, at time.Time) error {
			file := fmt.Sprintf("address,kind,occurred_at,via,text\n%s,opt_out,%s,voice,stop it\n", alicesCustomer, at.Format(time.RFC3339Nano))
			_, err := k.Admin().ImportConsent(t.Context(), strings.NewReader(file), inbox.ImportConfig{Actor: "carol"})
			return err
		},
		"reported": func(k *talk, at time.Time) error {
			return k.Inbox.Consent(t.Context(), "simulated", channel.ConsentUpdate{From: alicesCustomer, To: inboxtest.SupportNumber, Change: channel.ConsentStopped, At: at})
		},
	} {
		t.Run(way, func(t *testing.T) {
			k := newHeld(t, inboxtest.Config{})
			k.customer.Send("are you there?")
			waits := k.last()
			k.Advance(time.Minute)
			stopped := k.Now()
			k.Advance(time.Hour)
			_, err := k.Admin().RecordConsent(t.Context(), inbox.ConsentRecord{Actor: "carol", Statement: compliance.Statement{
				Address: alicesCustomer, Kind: compliance.OptIn, OccurredAt: k.Now(), Via: compliance.ViaVoice, Text: "do write", Evidence: "call 4711",
			}})
			if err != nil {
				t.Fatal(err)
			}
			if v := k.view(); v.Held == nil {
				t.Fatal("an opt-in that somebody records has ended what holds")
			}
			if err := optOut(k, stopped); err != nil {
				t.Fatal(err)
			}
			k.Settle()
			if v := k.view(); v.Held != nil || v.OptedOut {
				t.Errorf("alice sees %+v, opted out %v, want neither", v.Held, v.OptedOut)
			}
			if told := k.told(store.ContactReleased); len(told) != 1 || told[0].Detail.Reason == "" || !told[0].Detail.Until.IsZero() {
				t.Errorf("the team was told %+v, want that nothing holds any more, and why", told)
			}
			if told := len(k.told(store.ContactOptedOut)) + len(k.told(store.ContactOptedIn)); told != 0 {
				t.Errorf("the team was told %d times of what has not changed", told)
			}
			if m := k.message(waits.ID); m.State != store.StateDelivered && m.State != store.StateSent && m.State != store.StateAccepted {
				t.Errorf("what waited is %s (%s), want it sent", m.State, m.Reason)
			}
		})
	}
}
