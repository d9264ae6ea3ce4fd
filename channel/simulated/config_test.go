package simulated_test

import (
	"math"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
)

func TestNewNamesEveryBadField(t *testing.T) {
	_, err := simulated.New(simulated.Config{
		Concurrency: -1,
		Reports:     []channel.DeliveryState{channel.DeliverySent, channel.DeliveryAccepted},
		Faults:      simulated.Faults{Slow: 2, Doubled: math.NaN(), Lost: 0.7, Refused: 0.7, MaxDelay: -1},
	})
	if err == nil {
		t.Fatal("a config full of mistakes was accepted")
	}
	for _, want := range []string{"Concurrency", "Reports[1]", "Faults.Slow", "Faults.Doubled", "Faults.Refused, ", "Faults.MaxDelay"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s:\n%v", want, err)
		}
	}
}

func TestSetFaultsRefusesNonsenseAndKeepsWhatWas(t *testing.T) {
	c := newCarrier(t, simulated.Config{Faults: simulated.Faults{Rejected: 1}})
	if err := c.SetFaults(simulated.Faults{Rejected: -1}); err == nil {
		t.Error("a negative probability was accepted")
	}
	if _, err := c.Send(t.Context(), outbound("1")); channel.AsSendError(err).Outcome != channel.Rejected {
		t.Errorf("after a refused SetFaults the send gave %v", err)
	}
	if err := c.SetFaults(simulated.Faults{}); err != nil {
		t.Fatal(err)
	}
	send(t, c, outbound("2"))
	if err := c.SetFaults(simulated.Faults{Rejected: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Send(t.Context(), outbound("3")); channel.AsSendError(err).Outcome != channel.Rejected {
		t.Errorf("after SetFaults the send gave %v", err)
	}
}

func TestIDsDifferBetweenCarriers(t *testing.T) {
	at := newClock()
	ids := map[string]bool{}
	for range 3 {
		c := newCarrier(t, simulated.Config{Now: at.now})
		at.at = at.at.Add(1)
		for _, id := range []string{"1", "2"} {
			ids[send(t, c, outbound(id)).ProviderID] = true
		}
	}
	if len(ids) != 6 {
		t.Errorf("6 messages of 3 carriers have %d ids", len(ids))
	}
}

func TestStringKeepsNumbersToItself(t *testing.T) {
	c := newCarrier(t, simulated.Config{Name: "demo"})
	write(t, c.Phone(alice), "hello")
	if got, want := c.String(), `simulated carrier "demo"`; got != want {
		t.Errorf("String returned %q instead of %q", got, want)
	}
}
