package inbox

import (
	"bytes"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// BenchmarkConsentFor is what is read of the ledger for a message, without secrets
// of pseudonyms and with them.
func BenchmarkConsentFor(b *testing.B) {
	for name, secrets := range map[string][][]byte{"none": nil, "one secret": {bytes.Repeat([]byte("s"), compliance.MinPseudonymSecret)}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			err := memory.New().View(b.Context(), func(s store.Tx) error {
				t := newTx(s, time.Time{}, secrets)
				for b.Loop() {
					if _, err := consentFor(t, store.DefaultAccount, channel.Address("+14155550123")); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}
