package channeltest

import (
	"fmt"
	"reflect"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/teaminbox/teaminbox/channel"
)

func inboundCases() []testCase {
	picture := channel.Media{URL: "https://example.com/media/1", ContentType: "image/jpeg"}
	card := channel.Media{URL: "https://example.com/media/2?part=a&b", ContentType: "text/vcard"}
	return []testCase{
		inboundField("Media", "Inbound, URL is where the provider keeps it.", channel.Inbound{Media: []channel.Media{picture}}),
		inboundField("Media", "All attachments come, in order.", channel.Inbound{Text: body, Media: []channel.Media{picture, card}}),
		inboundField("Location", "A place that the customer shared, in degrees (WGS 84).", channel.Inbound{
			Location: &channel.Location{Latitude: -37.787890, Longitude: 144.391664, Label: "Depot", Address: "12 Moorabool St"},
		}),
		inboundField("Button", "The button or list row that the customer chose.", channel.Inbound{
			Text: "Yes, please", Button: &channel.Button{Text: "Yes, please", Payload: "confirm:17"},
		}),
		inboundField("ReplyTo", "The message that this one quotes.", channel.Inbound{
			Text: body, ReplyTo: &channel.ReplyTo{},
		}),
		inboundField("Referral", "The advertisement that started the conversation.", channel.Inbound{
			Text: body, Referral: &channel.Referral{
				Headline: "Bikes", Body: "Half the price", SourceType: "ad", SourceID: "1184",
				SourceURL: "https://example.com/ad", ClickID: "click-1",
			},
		}),
		inboundField("ProfileName", "The name that the customer gave to the medium.", channel.Inbound{
			Text: body, ProfileName: "Dave \"D\" Émile <b>",
		}),
		inboundField("Forwarded", "Forwarded messages are marked.", channel.Inbound{Text: body, Forwarded: true}),
		inboundField("Keyword", "What the provider made of the message when it handles opt-outs itself.", channel.Inbound{
			Text: "STOP", Keyword: channel.KeywordStop,
		}),
	}
}

// inboundField is the case that a field survives, beside what else is set.
func inboundField(field, rule string, m channel.Inbound) testCase {
	name := "Inbound/" + field
	if len(m.Media) > 1 {
		name += "Several"
	}
	return testCase{name: name, rule: field + ": " + rule, run: func(e *env) error {
		h, err := e.hook()
		if err != nil {
			return err
		}
		m.ProviderID, m.From, m.To = e.ProviderID(1), e.To, e.From
		if m.ReplyTo != nil {
			m.ReplyTo = &channel.ReplyTo{ProviderID: e.ProviderID(2), Sender: e.From}
		}
		got, err := h.receive(m)
		if err != nil {
			return err
		}
		want := reflect.ValueOf(m).FieldByName(field).Interface()
		have := reflect.ValueOf(got).FieldByName(field).Interface()
		if diff := cmp.Diff(want, have, cmpopts.EquateEmpty()); diff != "" {
			return fmt.Errorf("%s came in differently (-want +got):\n%s", field, diff)
		}
		if got.Text != m.Text {
			return fmt.Errorf("beside %s the text %q became %q", field, m.Text, got.Text)
		}
		if len(got.Problems) > 0 {
			return fmt.Errorf("a message whose parts are all well has Problems: %q", got.Problems)
		}
		return nil
	}}
}
