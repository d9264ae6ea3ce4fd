package twilio_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

func TestStatus(t *testing.T) {
	fake := twiliotest.NewServer(t)
	c := newChannel(t, fake)
	for _, test := range []struct {
		status string
		params map[string]string
		want   channel.StatusUpdate
	}{
		{"accepted", nil, channel.StatusUpdate{State: channel.DeliveryAccepted}},
		{"scheduled", nil, channel.StatusUpdate{State: channel.DeliveryAccepted}},
		{"queued", nil, channel.StatusUpdate{State: channel.DeliveryAccepted}},
		{"sending", nil, channel.StatusUpdate{State: channel.DeliveryAccepted}},
		{"sent", map[string]string{"ErrorCode": "0"}, channel.StatusUpdate{State: channel.DeliverySent}},
		{"delivered", map[string]string{"RawDlrDoneDate": "2611231422"}, channel.StatusUpdate{State: channel.DeliveryDelivered}},
		{"partially_delivered", nil, channel.StatusUpdate{State: channel.DeliverySent}},
		{"read", nil, channel.StatusUpdate{State: channel.DeliveryRead}},
		{"delivered", map[string]string{"EventType": "READ"}, channel.StatusUpdate{State: channel.DeliveryRead}},
		{"canceled", nil, channel.StatusUpdate{State: channel.DeliveryCanceled}},
		{"a word of tomorrow", nil, channel.StatusUpdate{State: channel.DeliveryAccepted}},
		{"failed", nil, channel.StatusUpdate{State: channel.DeliveryFailed, Reason: "Twilio does not say why"}},
		{"failed", map[string]string{"ErrorCode": "21610"}, channel.StatusUpdate{
			State: channel.DeliveryFailed, Code: "21610", Consent: channel.ConsentStopped, Reason: "the customer has opted out of messages from this number",
		}},
		{"undelivered", map[string]string{"ErrorCode": "63014", "ChannelStatusMessage": "+14155550123 has blocked you"}, channel.StatusUpdate{
			State: channel.DeliveryFailed, Code: "63014", Consent: channel.ConsentStopped, Reason: "the customer has blocked messages from us",
		}},
		{"undelivered", map[string]string{"ErrorCode": "63033", "ChannelPrefix": "whatsapp"}, channel.StatusUpdate{
			State: channel.DeliveryFailed, Code: "63033", Consent: channel.MarketingStopped, Reason: "the customer has stopped marketing messages from us",
		}},
		{"undelivered", map[string]string{"ErrorCode": "63049", "ChannelPrefix": "whatsapp"}, channel.StatusUpdate{
			State: channel.DeliveryFailed, Code: "63049", Reason: "the medium declined to deliver a marketing message; it must not be sent again",
		}},
		{"undelivered", map[string]string{"ErrorCode": "30005"}, channel.StatusUpdate{
			State: channel.DeliveryFailed, Code: "30005", Reason: "the customer's number is unknown or no longer exists",
		}},
		{"undelivered", map[string]string{"ErrorCode": "30007"}, channel.StatusUpdate{
			State: channel.DeliveryFailed, Code: "30007", Reason: "a carrier's filter stopped the message; the same text must not be sent again",
		}},
		{"failed", map[string]string{"ErrorCode": "39999"}, channel.StatusUpdate{
			State: channel.DeliveryFailed, Code: "39999", Reason: "Twilio gives a reason that is not known here; Twilio's error dictionary has it under the code",
		}},
		{"failed", map[string]string{"ErrorCode": "broken"}, channel.StatusUpdate{State: channel.DeliveryFailed, Reason: "Twilio does not say why"}},
	} {
		form := fake.StatusForm(messageSID, test.status, 0)
		for name, value := range test.params {
			form.Set(name, value)
		}
		for query, id := range map[string]string{"": "", "?teaminbox-message=710001": "710001", "?tenant=7&teaminbox-message=a%26b+c": "a&b c"} {
			want := test.want
			want.ProviderID, want.MessageID = messageSID, id
			delivery, err := c.ParseWebhook(fake.Request(statusURL+query, form))
			if err != nil {
				t.Errorf("%s %v: %v", test.status, test.params, err)
			}
			if diff := cmp.Diff(channel.Delivery{Status: []channel.StatusUpdate{want}}, delivery); diff != "" {
				t.Errorf("%s %v came in differently (-want +got):\n%s", test.status, test.params, diff)
			}
		}
	}
}

func TestStatusOfInbound(t *testing.T) {
	fake := twiliotest.NewServer(t)
	c := newChannel(t, fake)
	for _, status := range []string{"receiving", "received"} {
		delivery, err := c.ParseWebhook(fake.Request(statusURL, fake.StatusForm(messageSID, status, 0)))
		if err != nil || len(delivery.Inbound)+len(delivery.Status) > 0 {
			t.Errorf("how far a customer's message has come (%s) is reported as %+v, %v", status, delivery, err)
		}
	}
}
