package zones_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance/zones"
)

// FuzzLocate asks about arbitrary addresses and codes: the answer is the same each
// time and in each medium, has a place if and only if it says what told it, and all
// zones of a place are there that it names.
func FuzzLocate(f *testing.F) {
	for _, s := range []string{"+13035550123", "whatsapp:+18005550123", "+447700900123", "whatsapp:US.1234567", "12345", "+1", "+262639012345", "US-CO", "DE"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := zones.Numbers()
		for _, zone := range n.Zones(s) {
			if zone == nil {
				t.Errorf("a zone of %q is nil", s)
			}
		}
		a := channel.Address(s)
		places, evidence := n.Locate(a)
		if (len(places) > 0) != (evidence != "") {
			t.Errorf("%q is in %d places, by %q", s, len(places), evidence)
		}
		for _, p := range places {
			if p.Zone == nil || len(n.Zones(p.Code)) == 0 {
				t.Errorf("%q is in %q, whose zones are not known", s, p.Code)
			}
		}
		again, same := n.Locate(a)
		if diff := cmp.Diff(located(places), located(again)); diff != "" || same != evidence {
			t.Errorf("the second answer about %q differs:\n%s", s, diff)
		}
		if strings.Contains(s, ":") {
			return
		}
		if elsewhere, _ := n.Locate("whatsapp:" + a); located(elsewhere) != located(places) {
			t.Errorf("%q is in %s, and on WhatsApp in %s", s, located(places), located(elsewhere))
		}
	})
}
