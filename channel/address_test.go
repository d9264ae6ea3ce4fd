package channel_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/channel"
)

func TestParseAddress(t *testing.T) {
	for _, c := range []struct {
		in   string
		want channel.Address
		err  string // a part of the error's text
	}{
		{in: "+14155550123", want: "+14155550123"},
		{in: " +1 (415) 555-0123\n", want: "+14155550123"},
		{in: "+1.415.555.0123", want: "+14155550123"},
		{in: "+1\u00a0415\u00a0555\u00a00123", want: "+14155550123"},
		{in: "+1", want: "+1"},
		{in: "+123456789012345", want: "+123456789012345"},
		{in: "12345", want: "12345"},
		{in: "ACME", want: "ACME"},
		{in: "Café 24", want: "Café 24"},
		{in: "whatsapp:+14155550123", want: "whatsapp:+14155550123"},
		{in: "WhatsApp: +1 415 555 0123", want: "whatsapp:+14155550123"},
		{in: "whatsapp:US.1234567", want: "whatsapp:US.1234567"},
		{in: "rcs:acme_agent", want: "rcs:acme_agent"},
		{in: "x-my_medium2:a:b", want: "x-my_medium2:a:b"},
		{in: strings.Repeat("a", 256), want: channel.Address(strings.Repeat("a", 256))},

		{in: "sms:+1 415 555 0123", want: "+14155550123"},
		{in: "TEL:+14155550123", want: "+14155550123"},
		{in: "mms:12345", want: "12345"},
		{in: "\u202a+1 415\u200b 555 0123\u202c", want: "+14155550123"},
		{in: "AC\u200bME", want: "ACME"},

		{in: "", err: "empty"},
		{in: "\u200b", err: "empty"},
		{in: "tel:whatsapp:1", err: "colon"},
		{in: " \t", err: "empty"},
		{in: strings.Repeat("a", 257), err: "257 bytes"},
		{in: "\xff", err: "UTF-8"},
		{in: ":12345", err: "before the colon"},
		{in: "what sapp:1", err: "before the colon"},
		{in: "büro:1", err: "before the colon"},
		{in: "whatsapp:", err: "nothing after the colon"},
		{in: "whatsapp: ", err: "nothing after the colon"},
		{in: "+", err: "0 digits"},
		{in: "+()", err: "0 digits"},
		{in: "+1234567890123456", err: "16 digits"},
		{in: "+1415555O123", err: "neither a digit"},
		{in: "+１４１５", err: "neither a digit"},
		{in: "++14155550123", err: "neither a digit"},
		{in: "AC\x00ME", err: "control character"},
		{in: "AC\nME", err: "control character"},
	} {
		got, err := channel.ParseAddress(c.in)
		switch {
		case c.err == "" && (err != nil || got != c.want):
			t.Errorf("ParseAddress(%.40q) = %q, %v; want %q", c.in, got, err, c.want)
		case c.err != "" && (err == nil || got != "" || !strings.Contains(err.Error(), c.err) || !strings.HasPrefix(err.Error(), "channel: ")):
			t.Errorf("ParseAddress(%.40q) = %q, %v; want an error about %q", c.in, got, err, c.err)
		}
	}
}

func TestParseAddressErrorIsSafeToLog(t *testing.T) {
	const secret = "4155550123"
	for _, in := range []string{"+" + secret + "x", "a b:" + secret, secret + "\x00", secret + strings.Repeat("9", 300), "\xff" + secret} {
		if _, err := channel.ParseAddress(in); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("ParseAddress(%.20q) returned %v, which repeats the number or is no error", in, err)
		}
	}
}

// FuzzParseAddress reads arbitrary texts as addresses. An address is canonical:
// it reads as itself, however it is decorated; it is its medium and its
// identity; and masked, it shows the ends of a long identity and nothing else.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{
		"+14155550123", " +1 (415) 555-0123", "12345", "ACME", "whatsapp:+14155550123", "WHATSAPP: US.1234567",
		"rcs:acme_agent", "a:b:c", ":", "+", "\xff", "\u00a0", "whatsapp:+", "İ:1", "AAAA0A:0", "tel:•••", "x:0123456789",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := channel.ParseAddress(s)
		if err != nil {
			if a != "" || len(s) >= 8 && strings.Contains(err.Error(), s) {
				t.Errorf("ParseAddress(%q) returned %q and %v", s, a, err)
			}
			return
		}
		for _, spelling := range []string{string(a), " \u200b" + string(a) + "\n", strings.ToUpper(a.Medium()) + strings.TrimPrefix(string(a), a.Medium())} {
			if again, err := channel.ParseAddress(spelling); len(spelling) <= 256 && (err != nil || again != a) {
				t.Errorf("ParseAddress(%q) is %q, and %q is %q, %v", s, a, spelling, again, err)
			}
		}
		if a.Identity() == "" || a.Family() == "" || a.Medium() != strings.ToLower(a.Medium()) {
			t.Errorf("%q has the identity %q, family %q and medium %q", a, a.Identity(), a.Family(), a.Medium())
		}
		if a.Medium() == "" && string(a) != a.Identity() || a.Medium() != "" && string(a) != a.Medium()+":"+a.Identity() {
			t.Errorf("%q is not its medium %q and its identity %q", a, a.Medium(), a.Identity())
		}
		if a.Medium() == "" {
			for _, spelling := range []string{"tel:" + string(a), "SMS: " + string(a)} {
				if again, err := channel.ParseAddress(spelling); len(spelling) <= 256 && (err != nil || again != a) {
					t.Errorf("%q is %q, %v; want %q", spelling, again, err, a)
				}
			}
		}
		masked := "•••"
		if value := []rune(a.Identity()); len(value) >= 10 {
			masked = string(value[:2]) + masked + string(value[len(value)-4:])
		}
		if a.Medium() != "" {
			masked = a.Medium() + ":" + masked
		}
		if a.Masked() != masked || a.LogValue().String() != masked {
			t.Errorf("%q is masked as %q and logged as %q, want %q", a, a.Masked(), a.LogValue(), masked)
		}
	})
}

func TestAddressParts(t *testing.T) {
	for _, c := range []struct {
		a                channel.Address
		medium, identity string
		family           channel.Family
		masked           string
	}{
		{"+14155550123", "", "+14155550123", channel.Telephony, "+1•••0123"},
		{"12345", "", "12345", channel.Telephony, "•••"},
		{"ACME", "", "ACME", channel.Telephony, "•••"},
		{"123456789", "", "123456789", channel.Telephony, "•••"},
		{"1234567890", "", "1234567890", channel.Telephony, "12•••7890"},
		{"whatsapp:+14155550123", "whatsapp", "+14155550123", channel.WhatsApp, "whatsapp:+1•••0123"},
		{"whatsapp:US.1234567", "whatsapp", "US.1234567", channel.WhatsApp, "whatsapp:US•••4567"},
		{"rcs:+14155550123", "rcs", "+14155550123", channel.Telephony, "rcs:+1•••0123"},
		{"rcs:acme", "rcs", "acme", channel.Telephony, "rcs:•••"},
		{"signal:+14155550123", "signal", "+14155550123", "signal", "signal:+1•••0123"},
		{"x:a:b", "x", "a:b", "x", "x:•••"},
		{"", "", "", channel.Telephony, "•••"},
	} {
		if c.a.Medium() != c.medium || c.a.Identity() != c.identity || c.a.Family() != c.family || c.a.Masked() != c.masked {
			t.Errorf("%q has medium %q, identity %q, family %q, masked %q; want %q, %q, %q, %q", c.a,
				c.a.Medium(), c.a.Identity(), c.a.Family(), c.a.Masked(), c.medium, c.identity, c.family, c.masked)
		}
	}
}

// Whatever its length, a number never shows the three digits before its last
// four, nor a short one anything.
func TestMaskedHidesTheMiddle(t *testing.T) {
	const digits = "123456789ABCDEF" // each is there once, so that it can be looked for
	for n := 1; n <= len(digits); n++ {
		for _, medium := range []string{"", "whatsapp:"} {
			number := digits[:n]
			masked := channel.Address(medium + "+" + number).Masked()
			hidden := number
			if n+1 >= 10 {
				hidden = number[n-7 : n-4]
			}
			if strings.ContainsAny(masked, hidden) {
				t.Errorf("+%s is masked as %s, which shows one of %s", number, masked, hidden)
			}
		}
	}
}

func TestAddressMasksItselfInLogs(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	log.Info("sent", "to", channel.Address("whatsapp:+14155550123"))
	if text := out.String(); !strings.Contains(text, "whatsapp:+1•••0123") || strings.Contains(text, "5550123") {
		t.Errorf("the log says %q", text)
	}
}
