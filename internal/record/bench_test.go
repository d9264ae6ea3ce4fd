package record_test

import (
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// details are those of the events of a message's life.
func details() map[string]store.Detail {
	return map[string]store.Detail{
		"received": {Seq: 12},
		"routed":   {Users: []store.UserID{"alice", "bob"}, Teams: []store.TeamID{"support"}, Reason: "the team of the inbox"},
		"state":    {State: store.StateRetrying, Seq: 13, Code: "30003", Reason: "the handset can't be reached", Until: time.Date(2026, time.March, 2, 9, 30, 0, 0, time.UTC)},
	}
}

// BenchmarkEncode is how the stores keep what an event tells.
func BenchmarkEncode(b *testing.B) {
	for name, detail := range details() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := record.Encode(detail); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, detail := range details() {
		column, err := record.Encode(detail)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var got store.Detail
				if err := record.Decode(column, &got); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
