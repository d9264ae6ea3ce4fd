package simulated_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
)

func TestTheCarrierRejectsWhatItCanNotSend(t *testing.T) {
	c := newCarrier(t, simulated.Config{Templates: map[string]string{"known": "hello"}})
	for _, tt := range []struct {
		code   string
		change func(m *channel.Outbound)
	}{
		{simulated.CodeInvalidTo, func(m *channel.Outbound) { m.To = "+1x" }},
		{simulated.CodeInvalidFrom, func(m *channel.Outbound) { m.From = "" }},
		{simulated.CodeOtherMedium, func(m *channel.Outbound) { m.To = "whatsapp:+14155550123" }},
		{simulated.CodeEmpty, func(m *channel.Outbound) { m.Text = "" }},
		{simulated.CodeTooLong, func(m *channel.Outbound) { m.Text = strings.Repeat("é", 1601) }},
		{simulated.CodeTooManyMedia, func(m *channel.Outbound) { m.Media = make([]channel.Media, 11) }},
		{simulated.CodeNoTemplate, func(m *channel.Outbound) { m.Template = &channel.Template{ID: "unknown"} }},
		{"", func(m *channel.Outbound) { m.Text = strings.Repeat("é", 1600) }},
		{"", func(m *channel.Outbound) { m.Media, m.Text = make([]channel.Media, 10), "" }},
		{"", func(m *channel.Outbound) { m.Template, m.Text = &channel.Template{ID: "known"}, "" }},
	} {
		m := outbound("1")
		tt.change(&m)
		_, err := c.Send(t.Context(), m)
		var failure *channel.SendError
		switch {
		case tt.code == "":
			if err != nil {
				t.Errorf("a message within the limits: %v", err)
			}
		case !errors.As(err, &failure) || failure.Outcome != channel.Rejected || failure.Code != tt.code:
			t.Errorf("instead of code %s Send returned %v", tt.code, err)
		case strings.Contains(err.Error(), "4155550"):
			t.Errorf("the error tells a number: %v", err)
		}
	}
}

func TestWindow(t *testing.T) {
	at := newClock()
	limits := channel.Limits{Window: 24 * time.Hour}
	c := newCarrier(t, simulated.Config{Now: at.now, Limits: func(_, to channel.Address) channel.Limits {
		if to.Family() == channel.WhatsApp {
			return limits
		}
		return channel.Limits{}
	}})
	m := channel.Outbound{ID: "1", From: "whatsapp:+14155550100", To: "whatsapp:+14155550123", Text: "hello"}
	if got := c.Limits(m.From, m.To); got != limits {
		t.Errorf("Limits returned %+v", got)
	}
	outside := func() {
		t.Helper()
		if _, err := c.Send(t.Context(), m); channel.AsSendError(err).Code != simulated.CodeOutsideWindow {
			t.Errorf("free text outside the window: %v", err)
		}
	}
	outside()
	if _, err := c.Phone(m.To).Send(m.From, "hi"); err != nil {
		t.Fatal(err)
	}
	at.at = at.at.Add(24*time.Hour - 1)
	send(t, c, m)
	at.at = at.at.Add(1)
	outside()
	m.Template, m.Text = &channel.Template{ID: "any"}, ""
	send(t, c, m)
}

func TestPhonesShowTemplates(t *testing.T) {
	c := newCarrier(t, simulated.Config{Templates: map[string]string{"reminder": "See you at {{1}}, {{ name }}. {{missing}}"}})
	m := outbound("1")
	m.Text, m.Template = "", &channel.Template{ID: "reminder", Variables: map[string]string{"1": "noon", "name": "Alice {{1}}"}}
	send(t, c, m)
	if got, want := c.Phone(alice).Messages()[0].Text, "See you at noon, Alice {{1}}. {{missing}}"; got != want {
		t.Errorf("the phone shows %q instead of %q", got, want)
	}
}
