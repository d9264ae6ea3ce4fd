package twilio_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

const messageSID = "SM0123456789abcdef0123456789abcdef"

// TestInboundParts adds parameters to a plain message and looks at what
// becomes of them.
func TestInboundParts(t *testing.T) {
	fake := twiliotest.NewServer(t)
	c := newChannel(t, fake)
	plain := inboundForm(fake, channel.Inbound{ProviderID: messageSID, From: alice, To: ours, Text: "hello"})
	always := map[string]string{"NumSegments": "1", "SmsStatus": "received"}
	for _, test := range []struct {
		name   string
		params map[string]string
		change func(m *channel.Inbound) // to what a plain message becomes
	}{
		{"nothing", nil, func(*channel.Inbound) {}},
		{"geography", map[string]string{"FromCountry": "CA", "FromCity": "TORONTO"}, func(m *channel.Inbound) {
			m.Region, m.Raw["FromCity"] = "CA", "TORONTO"
		}},
		{"no country", map[string]string{"FromCountry": ""}, func(m *channel.Inbound) { m.Raw["FromCountry"] = "" }},
		{"a country's name", map[string]string{"FromCountry": "Canada"}, func(m *channel.Inbound) { m.Raw["FromCountry"] = "Canada" }},
		{"a list row", map[string]string{"ListId": "row:2", "ListTitle": "Tuesday"}, func(m *channel.Inbound) {
			m.Button = &channel.Button{Text: "Tuesday", Payload: "row:2"}
		}},
		{"a button without a text", map[string]string{"ButtonPayload": "yes", "ButtonType": "QUICK_REPLY"}, func(m *channel.Inbound) {
			m.Button, m.Raw["ButtonType"] = &channel.Button{Payload: "yes"}, "QUICK_REPLY"
		}},
		{"a user id beside the number", map[string]string{"ExternalUserId": "whatsapp:US.4566546130240823", "WaId": "14155550123"}, func(m *channel.Inbound) {
			m.UserID, m.Raw["WaId"] = "US.4566546130240823", "14155550123"
		}},
		{"a user id instead of the number", map[string]string{"From": "whatsapp:US.ABC123", "To": "whatsapp:+14155550100", "ExternalUserId": "whatsapp:US.ABC123"}, func(m *channel.Inbound) {
			m.From, m.To = "whatsapp:US.ABC123", "whatsapp:+14155550100"
		}},
		{"a user id that is none", map[string]string{"ExternalUserId": ":"}, func(m *channel.Inbound) {
			m.Raw["ExternalUserId"] = ":"
			m.Problems = []string{"the customer's user id could not be read"}
		}},
		{"a short code", map[string]string{"From": "12345"}, func(m *channel.Inbound) { m.From = "12345" }},
		{"a name", map[string]string{"From": "ACME"}, func(m *channel.Inbound) { m.From = "ACME" }},
		{"RCS", map[string]string{"From": "rcs:+14155550123", "To": "rcs:acme_agent"}, func(m *channel.Inbound) {
			m.From, m.To = "rcs:+14155550123", "rcs:acme_agent"
		}},
		{"a place at the origin", map[string]string{"Latitude": "0", "Longitude": "0"}, func(m *channel.Inbound) { m.Location = &channel.Location{} }},
		{"a place without a longitude", map[string]string{"Latitude": "51.5"}, func(m *channel.Inbound) {
			m.Raw["Latitude"] = "51.5"
			m.Problems = []string{"the shared place has no valid coordinates"}
		}},
		{"a place beyond the pole", map[string]string{"Latitude": "90.1", "Longitude": "0", "Label": "x"}, func(m *channel.Inbound) {
			m.Raw["Latitude"], m.Raw["Longitude"], m.Raw["Label"] = "90.1", "0", "x"
			m.Problems = []string{"the shared place has no valid coordinates"}
		}},
		{"a place that is no number", map[string]string{"Latitude": "NaN", "Longitude": "0"}, func(m *channel.Inbound) {
			m.Raw["Latitude"], m.Raw["Longitude"] = "NaN", "0"
			m.Problems = []string{"the shared place has no valid coordinates"}
		}},
		{"no place", map[string]string{"Latitude": "", "Longitude": ""}, func(m *channel.Inbound) {
			m.Raw["Latitude"], m.Raw["Longitude"] = "", ""
		}},
		{"an attachment that was not announced", map[string]string{"MediaUrl0": "https://example.com/0"}, func(m *channel.Inbound) {
			m.Media = []channel.Media{{URL: "https://example.com/0"}}
			m.Raw["NumMedia"] = "0"
			m.Problems = []string{"Twilio announced 0 attachments and named 1"}
		}},
		{"a number of attachments that is none", map[string]string{"NumMedia": "two", "MediaUrl0": "https://example.com/0", "MediaUrl1": "https://example.com/1"}, func(m *channel.Inbound) {
			m.Media = []channel.Media{{URL: "https://example.com/0"}, {URL: "https://example.com/1"}}
			m.Raw["NumMedia"] = "two"
			m.Problems = []string{"Twilio gave no number of attachments"}
		}},
		{"more attachments than anybody sends", map[string]string{"NumMedia": "2000000000"}, func(m *channel.Inbound) {
			m.Raw["NumMedia"] = "2000000000"
			m.Problems = []string{"Twilio announced 2000000000 attachments and named 0"}
		}},
		{"a hole among the attachments", map[string]string{"NumMedia": "3", "MediaUrl0": "https://example.com/0", "MediaUrl10": "https://example.com/10", "MediaUrl2": ""}, func(m *channel.Inbound) {
			m.Media = []channel.Media{{URL: "https://example.com/0"}, {URL: "https://example.com/10"}}
			m.Raw["NumMedia"], m.Raw["MediaUrl2"] = "3", ""
			m.Problems = []string{"attachment 3 has no address", "Twilio announced 3 attachments and named 2"}
		}},
		{"attachments with strange numbers", map[string]string{"MediaUrl": "a", "MediaUrl01": "b", "MediaUrl-1": "c"}, func(m *channel.Inbound) {
			m.Raw["MediaUrl"], m.Raw["MediaUrl01"], m.Raw["MediaUrl-1"] = "a", "b", "c"
		}},
		{"a quote of an old message", map[string]string{"OriginalRepliedMessageSender": "whatsapp:+14155550100"}, func(m *channel.Inbound) {
			m.Raw["OriginalRepliedMessageSender"] = "whatsapp:+14155550100"
		}},
		{"a quote without a sender", map[string]string{"OriginalRepliedMessageSid": "SM1"}, func(m *channel.Inbound) {
			m.ReplyTo = &channel.ReplyTo{ProviderID: "SM1"}
		}},
		{"a quote of a sender that is none", map[string]string{"OriginalRepliedMessageSid": "SM1", "OriginalRepliedMessageSender": "whatsapp:"}, func(m *channel.Inbound) {
			m.ReplyTo, m.Raw["OriginalRepliedMessageSender"] = &channel.ReplyTo{ProviderID: "SM1"}, "whatsapp:"
			m.Problems = []string{"the sender of the quoted message is no address"}
		}},
		{"a referral with a picture", map[string]string{"ReferralHeadline": "Bikes", "ReferralMediaUrl": "https://example.com/m"}, func(m *channel.Inbound) {
			m.Referral, m.Raw["ReferralMediaUrl"] = &channel.Referral{Headline: "Bikes"}, "https://example.com/m"
		}},
		{"no referral", map[string]string{"ReferralNumMedia": "0", "ReferralBody": ""}, func(m *channel.Inbound) {
			m.Raw["ReferralNumMedia"], m.Raw["ReferralBody"] = "0", ""
		}},
		{"forwarded, perhaps", map[string]string{"Forwarded": "maybe"}, func(m *channel.Inbound) {
			m.Raw["Forwarded"] = "maybe"
			m.Problems = []string{"it is unclear whether the message was forwarded"}
		}},
		{"a keyword of a new kind", map[string]string{"OptOutType": "PAUSE"}, func(m *channel.Inbound) {
			m.ProviderReplied, m.Raw["OptOutType"] = true, "PAUSE"
			m.Problems = []string{"Twilio handled the message as a keyword of a kind that is not known here"}
		}},
		{"the call of a fallback URL", map[string]string{"ErrorCode": "11200", "ErrorUrl": "https://inbox.example.com/"}, func(m *channel.Inbound) {
			m.Raw["ErrorCode"], m.Raw["ErrorUrl"] = "11200", "https://inbox.example.com/"
		}},
		{"an old name that differs", map[string]string{"SmsSid": "SM1", "SmsMessageSid": messageSID}, func(m *channel.Inbound) { m.Raw["SmsSid"] = "SM1" }},
		{"a message that is still received", map[string]string{"MessageStatus": "received"}, func(m *channel.Inbound) { m.Raw["MessageStatus"] = "received" }},
		{"bytes that are not UTF-8", map[string]string{"Body": "caf\xe9", "ProfileName": "\xff", "New\xff": "\xfe"}, func(m *channel.Inbound) {
			m.Text, m.ProfileName, m.Raw["New\ufffd"] = "caf\ufffd", "\ufffd", "\ufffd"
		}},
		{"NUL", map[string]string{"Body": "a\x00b"}, func(m *channel.Inbound) { m.Text = "a\x00b" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			form, want := url.Values{}, channel.Inbound{ProviderID: messageSID, From: alice, To: ours, Text: "hello", Raw: map[string]string{}}
			for name, values := range plain {
				form[name] = values
			}
			for name, value := range test.params {
				form.Set(name, value)
			}
			for name, value := range always {
				want.Raw[name] = value
			}
			test.change(&want)
			delivery, err := c.ParseWebhook(fake.Request(publicURL, form))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(channel.Delivery{Inbound: []channel.Inbound{want}}, delivery, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("the message came in differently (-want +got):\n%s", diff)
			}
		})
	}
}
