package twilio_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/channeltest"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

const (
	publicURL = "https://inbox.example.com/webhooks/twilio"
	statusURL = publicURL + "/status"
	ours      = channel.Address("+14155550100")
	alice     = channel.Address("+14155550123")
	maxBody   = 64 << 10
)

// newChannel returns a channel that talks to a fake.
func newChannel(t testing.TB, fake *twiliotest.Server, changes ...func(*twilio.Config)) *twilio.Channel {
	t.Helper()
	cfg := twilio.Config{
		AccountSID: fake.AccountSID,
		AuthTokens: []string{fake.AuthToken},
		PublicURL:  publicURL,
		StatusURL:  statusURL,
		APIURL:     fake.URL,
		MaxBody:    maxBody,
	}
	for _, change := range changes {
		change(&cfg)
	}
	c, err := twilio.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConformance(t *testing.T) {
	for name, to := range map[string]struct{ ours, customer channel.Address }{
		"SMS":      {ours, alice},
		"WhatsApp": {"whatsapp:" + ours, "whatsapp:" + alice},
	} {
		t.Run(name, func(t *testing.T) {
			channeltest.Run(t, channeltest.Harness{New: func(t testing.TB) channeltest.Instance {
				fake := twiliotest.NewServer(t)
				return channeltest.Instance{
					Channel:    newChannel(t, fake),
					From:       to.ours,
					To:         to.customer,
					Requests:   func() []channeltest.Request { return requests(t, fake) },
					Behave:     func(b channeltest.Behaviour) bool { return behave(fake, b) },
					Secrets:    []string{fake.AuthToken},
					Media:      channel.Media{URL: "https://example.com/menu.jpg?size=1&page=2", ContentType: "image/jpeg"},
					Template:   &channel.Template{ID: "HX0123456789abcdef0123456789abcdef", Variables: map[string]string{"1": "Dave <\"&>", "2": "noon"}},
					ProviderID: func(n int) string { return fmt.Sprintf("SM%032x", 1000+n) },
					Webhook: &channeltest.Webhook{
						Inbound:         func(m channel.Inbound) *http.Request { return fake.Request(publicURL, inboundForm(fake, m)) },
						Status:          func(u channel.StatusUpdate) *http.Request { return statusRequest(fake, u) },
						Malformed:       func() []*http.Request { return malformedRequests(fake) },
						SignatureHeader: "X-Twilio-Signature",
						MaxBody:         maxBody,
					},
					Deliver: func(m channel.Inbound) string {
						return fake.Receive(twiliotest.Message{From: string(m.From), To: string(m.To), Body: m.Text})
					},
					HostMedia: func(content []byte, contentType string) channel.Media {
						return channel.Media{URL: fake.HostMedia(content, contentType), ContentType: contentType}
					},
					RedirectMedia: func(target string) channel.Media {
						return channel.Media{URL: fake.RedirectMedia(target), ContentType: "image/png"}
					},
				}
			}})
		})
	}
}

// requests reads the fake's calls back.
func requests(t testing.TB, fake *twiliotest.Server) (all []channeltest.Request) {
	for _, call := range fake.Calls() {
		r := channeltest.Request{
			Taken:      call.Taken,
			ProviderID: call.SID,
			From:       channel.Address(call.Form.Get("From")),
			To:         channel.Address(call.Form.Get("To")),
			Text:       call.Form.Get("Body"),
		}
		callback, err := url.Parse(call.Form.Get("StatusCallback"))
		if err != nil {
			t.Errorf("StatusCallback: %v", err)
			continue
		}
		r.MessageID = callback.Query().Get("teaminbox-message")
		for _, u := range call.Form["MediaUrl"] {
			r.Media = append(r.Media, channel.Media{URL: u})
		}
		if id := call.Form.Get("ContentSid"); id != "" {
			r.Template = &channel.Template{ID: id}
			if v := call.Form.Get("ContentVariables"); v != "" {
				if err := json.Unmarshal([]byte(v), &r.Template.Variables); err != nil {
					t.Errorf("ContentVariables: %v", err)
				}
			}
		}
		all = append(all, r)
	}
	return all
}

func behave(fake *twiliotest.Server, b channeltest.Behaviour) bool {
	how, ok := map[channeltest.Behaviour]twiliotest.Behaviour{
		channeltest.Accept:            twiliotest.Accept(),
		channeltest.Reject:            twiliotest.Refuse(400, 21211),
		channeltest.RejectOptOut:      twiliotest.Refuse(400, 21610),
		channeltest.RejectMarketing:   twiliotest.Refuse(400, 63033),
		channeltest.TooManyRequests:   twiliotest.RateLimit(0),
		channeltest.RetryLater:        twiliotest.RateLimit(channeltest.RetryDelay),
		channeltest.ServerError:       twiliotest.Break(503),
		channeltest.UnreadableSuccess: twiliotest.Break(201),
		channeltest.ResetAfterWrite:   twiliotest.Reset(),
		channeltest.Unreachable:       twiliotest.Unreachable(),
		channeltest.Hang:              twiliotest.Hang(),
	}[b]
	if ok {
		fake.Behave(how)
	}
	return ok
}

// inboundForm makes the parameters of a customer's message.
func inboundForm(fake *twiliotest.Server, m channel.Inbound) url.Values {
	form := url.Values{
		"MessageSid": {m.ProviderID}, "SmsSid": {m.ProviderID}, "AccountSid": {fake.AccountSID},
		"From": {string(m.From)}, "To": {string(m.To)}, "Body": {m.Text},
		"NumMedia": {strconv.Itoa(len(m.Media))}, "NumSegments": {"1"}, "SmsStatus": {"received"},
	}
	set := func(name, value string) {
		if value != "" {
			form.Set(name, value)
		}
	}
	for i, media := range m.Media {
		form.Set("MediaUrl"+strconv.Itoa(i), media.URL)
		form.Set("MediaContentType"+strconv.Itoa(i), media.ContentType)
	}
	if l := m.Location; l != nil {
		set("Latitude", strconv.FormatFloat(l.Latitude, 'f', -1, 64))
		set("Longitude", strconv.FormatFloat(l.Longitude, 'f', -1, 64))
		set("Label", l.Label)
		set("Address", l.Address)
	}
	if b := m.Button; b != nil {
		set("ButtonText", b.Text)
		set("ButtonPayload", b.Payload)
	}
	if q := m.ReplyTo; q != nil {
		set("OriginalRepliedMessageSid", q.ProviderID)
		set("OriginalRepliedMessageSender", string(q.Sender))
	}
	if r := m.Referral; r != nil {
		set("ReferralHeadline", r.Headline)
		set("ReferralBody", r.Body)
		set("ReferralSourceType", r.SourceType)
		set("ReferralSourceId", r.SourceID)
		set("ReferralSourceUrl", r.SourceURL)
		set("ReferralCtwaClid", r.ClickID)
	}
	set("ProfileName", m.ProfileName)
	set("FromCountry", m.Region)
	set("OptOutType", map[channel.Keyword]string{
		channel.KeywordStop: "STOP", channel.KeywordStart: "START", channel.KeywordHelp: "HELP",
	}[m.Keyword])
	if m.Forwarded {
		form.Set("Forwarded", "true")
	}
	for name, value := range m.Raw {
		form.Set(name, value)
	}
	return form
}

// statusRequest makes the request of a status callback.
func statusRequest(fake *twiliotest.Server, u channel.StatusUpdate) *http.Request {
	status := map[channel.DeliveryState]string{
		channel.DeliveryAccepted: "queued", channel.DeliverySent: "sent", channel.DeliveryDelivered: "delivered",
		channel.DeliveryRead: "read", channel.DeliveryFailed: "failed", channel.DeliveryCanceled: "canceled",
	}[u.State]
	form := fake.StatusForm(u.ProviderID, status, 0)
	if u.Code != "" {
		form.Set("ErrorCode", u.Code)
	}
	switch u.Consent {
	case channel.ConsentStopped:
		form.Set("ErrorCode", "21610")
	case channel.MarketingStopped:
		form.Set("ErrorCode", "63033")
	case channel.NumberVoid, channel.MarketingResumed:
		return nil // no code of Twilio's says so
	case channel.ConsentUnchanged:
	}
	return fake.Request(statusURL+"?teaminbox-message="+url.QueryEscape(u.MessageID), form)
}

// malformedRequests makes requests that are signed well and that Twilio would
// not make.
func malformedRequests(fake *twiliotest.Server) (all []*http.Request) {
	good := channel.Inbound{ProviderID: "SM0123456789abcdef0123456789abcdef", From: alice, To: ours, Text: "hello"}
	for _, spoil := range []func(url.Values){
		func(f url.Values) { f.Del("MessageSid") },
		func(f url.Values) { f.Set("MessageSid", "SM1") },
		func(f url.Values) { f.Set("MessageSid", "SM0123456789abcdef0123456789abcdeg") },
		func(f url.Values) { f.Del("AccountSid") },
		func(f url.Values) { f.Set("AccountSid", "ACffffffffffffffffffffffffffffffff") },
		func(f url.Values) { f.Del("From") },
		func(f url.Values) { f.Set("From", "+1415555x") },
		func(f url.Values) { f.Del("To") },
		func(f url.Values) { f.Set("To", "") },
		func(f url.Values) { f.Del("Body") },
		func(f url.Values) { f.Del("NumMedia") },
		func(f url.Values) { f["Body"] = []string{"hello", "good bye"} },
		func(f url.Values) { f["From"] = []string{string(alice), "+14155550124"} },
		func(f url.Values) { clear(f) },
	} {
		form := inboundForm(fake, good)
		spoil(form)
		all = append(all, fake.Request(publicURL, form))
	}
	twice := fake.StatusForm(good.ProviderID, "sent", 0)
	all = append(all, fake.Request(statusURL+"?teaminbox-message=1&teaminbox-message=2", twice))
	put := fake.Request(publicURL, inboundForm(fake, good))
	put.Method = http.MethodPut
	return append(all, put)
}
