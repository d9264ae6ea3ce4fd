package compliance_test

import (
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/compliance/zones"
)

func TestKeepYears(t *testing.T) {
	at := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
	own, err := compliance.NewJurisdictions("host", compliance.Jurisdiction{
		Code: "FR", Scope: compliance.ScopeConfirmation, Model: compliance.ConsentNone, QuietBasis: compliance.BasisNone, KeepYears: 6,
		Confidence: "low", Source: "counsel",
	})
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		policy  compliance.Standard
		address channel.Address
		region  string
		want    int
	}{
		"the law of the number's country":        {compliance.Standard{Places: zones.Numbers()}, "+4915550100000", "", 5},
		"of its state, which asks for more":      {compliance.Standard{Places: zones.Numbers()}, "+18045550100", "", 10},
		"of the United States":                   {compliance.Standard{Places: zones.Numbers()}, "+14155550100", "", 4},
		"less than the least":                    {compliance.Standard{}, "+14155550100", "AE", compliance.MinKeepYears},
		"a country of which no term is known":    {compliance.Standard{Places: zones.Numbers()}, "+447700900123", "", compliance.MinKeepYears},
		"where the contact is, not their number": {compliance.Standard{Places: zones.Numbers()}, "+14155550100", "DE", 5},
		"a region without clocks":                {compliance.Standard{}, "+14155550100", "DE", 5},
		"nobody knows where":                     {compliance.Standard{}, "+447700900123", "", 10},
		"a row of the host's":                    {compliance.Standard{Places: zones.Numbers(), Jurisdictions: own}, "+33639980100", "", 6},
	} {
		if got := c.policy.KeepYears(c.address, c.region, at); got != c.want {
			t.Errorf("%s: %d years, want %d", what, got, c.want)
		}
	}
}
