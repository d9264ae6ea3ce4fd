package twilio_test

import (
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

// TestDefaultOptOut is about webhooks without OptOutType.
func TestDefaultOptOut(t *testing.T) {
	fake := twiliotest.NewServer(t)
	byTwilio := newChannel(t, fake)
	byNobody := newChannel(t, fake, func(c *twilio.Config) {
		c.DefaultOptOut = func(channel.Address) bool { return false }
	})
	shortCode := newChannel(t, fake, func(c *twilio.Config) {
		c.DefaultOptOut = func(ours channel.Address) bool { return ours == "12345" }
	})
	const (
		none     = channel.NoKeyword
		stop     = channel.KeywordStop
		help     = channel.KeywordHelp
		long     = channel.Address("+14155550100")
		tollFree = channel.Address("+18335550100")
	)
	for _, test := range []struct {
		name    string
		channel *twilio.Channel
		to      channel.Address
		text    string
		keyword channel.Keyword
		replied bool
	}{
		{"stop", byTwilio, long, "STOP", stop, true},
		{"stop in any case", byTwilio, long, "sToP", stop, true},
		{"stop among white space", byTwilio, long, " Stop\n", stop, true},
		{"unsubscribe", byTwilio, long, "unsubscribe", stop, true},
		{"end", byTwilio, long, "END", stop, true},
		{"quit", byTwilio, long, "Quit", stop, true},
		{"stopall", byTwilio, long, "STOPALL", stop, true},
		{"revoke", byTwilio, long, "REVOKE", stop, true},
		{"optout", byTwilio, long, "OPTOUT", stop, true},
		{"cancel", byTwilio, long, "CANCEL", stop, true},
		{"help", byTwilio, long, "help", help, true},
		{"info", byTwilio, long, "Info", help, true},
		{"start", byTwilio, long, "START", none, true},
		{"unstop", byTwilio, long, "unstop", none, true},
		{"yes is an answer", byTwilio, long, "YES", none, false},
		{"two words are no keyword", byTwilio, long, "STOP please", none, false},
		{"a full stop makes another word", byTwilio, long, "STOP.", none, false},
		{"the Canadian word is not Twilio's", byTwilio, long, "ARRET", none, false},
		{"an ordinary message", byTwilio, long, "hello", none, false},
		{"an empty message", byTwilio, long, "", none, false},
		{"toll-free", byTwilio, tollFree, "STOP", stop, true},
		{"toll-free help", byTwilio, tollFree, "HELP", help, true},
		{"a number abroad", byTwilio, "+441632960100", "STOP", stop, true},
		{"a short code alone", byTwilio, "12345", "STOP", none, false},
		{"WhatsApp", byTwilio, "whatsapp:+14155550100", "STOP", none, false},
		{"RCS", byTwilio, "rcs:acme_agent", "STOP", none, false},

		{"switched off", byNobody, long, "STOP", none, false},
		{"help switched off", byNobody, long, "HELP", none, false},
		{"no toll-free number", byNobody, "+18085550100", "STOP", none, false},
		{"too short for a toll-free number", byNobody, "+1833555", "STOP", none, false},
		{"the network of toll-free numbers can't be switched off", byNobody, tollFree, "stop", stop, true},
		{"it confirms a start", byNobody, tollFree, "UNSTOP", none, true},
		{"it does not know other words", byNobody, tollFree, "CANCEL", none, false},
		{"it does not help", byNobody, tollFree, "HELP", none, false},
		{"a short code with default handling", shortCode, "12345", "STOP", stop, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			from := alice
			if test.to.Medium() != "" {
				from = channel.Address(test.to.Medium()) + ":" + alice
			}
			sid := fake.Receive(twiliotest.Message{From: string(from), To: string(test.to), Body: test.text})
			delivery, err := test.channel.ParseWebhook(fake.Request(publicURL, fake.WebhookForm(sid)))
			if err != nil {
				t.Fatal(err)
			}
			if m := delivery.Inbound[0]; m.Keyword != test.keyword || m.ProviderReplied != test.replied {
				t.Errorf("%q to %s: keyword %q, replied %v; want %q, %v", test.text, test.to, m.Keyword, m.ProviderReplied, test.keyword, test.replied)
			}
		})
	}
}
