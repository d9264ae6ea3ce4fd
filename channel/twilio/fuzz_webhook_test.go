package twilio_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

// FuzzWebhook signs whatever form there is, and compares with a reading of the
// rules that is as plain as can be: a message that has all that Twilio always
// sends comes in, once and whole; a report comes in as one; a parameter with two
// values counts as none; and everything else is malformed.
func FuzzWebhook(f *testing.F) {
	fake := twiliotest.NewServer(f)
	c := newChannel(f, fake)
	for _, v := range vectors(f) {
		f.Add(v.Body, "710001")
	}
	hello := inboundForm(fake, channel.Inbound{ProviderID: messageSID, From: alice, To: ours, Text: "hello"}).Encode()
	for _, more := range []string{
		"", "&Body=x", "&Body=hello", "&%ff=1&%fe=2", "&Latitude=1e400&Longitude=-0", "&MediaUrl0=x&NumMedia=1", "&OptOutType=PAUSE",
		"&MessageStatus=received", "&ListId=1&ListTitle=2&ButtonText=3", "&ExternalUserId=whatsapp:US.1&FromCountry=us", "&ReferralBody=%00",
	} {
		f.Add(hello+more, "")
	}
	for _, name := range []string{"AccountSid", "MessageSid", "From", "To", "Body", "NumMedia"} {
		form, _ := url.ParseQuery(hello) // our own text
		form.Del(name)
		f.Add(form.Encode(), "")
	}
	f.Add(fake.StatusForm(messageSID, "failed", 30003).Encode(), "a&b=c%")
	f.Fuzz(func(t *testing.T, body, id string) {
		form, err := url.ParseQuery(body)
		if err != nil || len(form.Encode())+len("%") > maxBody {
			return // what others than Twilio write is FuzzParseForm's
		}
		target := publicURL
		if id != "" {
			target += "?teaminbox-message=" + url.QueryEscape(id)
		}
		got, err := c.ParseWebhook(fake.Request(target, form))
		if again, err2 := c.ParseWebhook(fake.Request(target, form)); !cmp.Equal(got, again) || (err == nil) != (err2 == nil) {
			t.Errorf("%q is read in two ways: %+v (%v) and %+v (%v)", form, got, err, again, err2)
		}
		want := expectation(form, fake.AccountSID)
		switch {
		case want == "malformed":
			if !errors.Is(err, channel.ErrMalformed) || len(got.Inbound)+len(got.Status) > 0 {
				t.Errorf("%q became %+v, %v; want it malformed", form, got, err)
			}
			if err != nil {
				checkPrivate(t, err.Error(), form.Get("From"), form.Get("To"), form.Get("Body"))
			}
		case err != nil || !utf8.ValidString(fmt.Sprintf("%+v", got.Inbound)):
			t.Errorf("%q became %+v, %v; want a %s in valid UTF-8", form, got, err, want)
		case want == "message":
			checkMessage(t, form, got)
		case want == "report":
			if len(got.Inbound) > 0 || len(got.Status) != 1 || got.Status[0].ProviderID != form.Get("MessageSid") || got.Status[0].MessageID != id {
				t.Errorf("%q for message %q became %+v", form, id, got)
			}
		case len(got.Inbound)+len(got.Status) > 0:
			t.Errorf("%q became %+v, want nothing", form, got)
		}
	})
}

// expectation says what a form is.
func expectation(form url.Values, account string) string {
	values := map[string]string{}
	for name, all := range form {
		for _, v := range all {
			name, v := strings.ToValidUTF8(name, "\ufffd"), strings.ToValidUTF8(v, "\ufffd")
			if other, found := values[name]; found && other != v {
				return "malformed"
			}
			values[name] = v
		}
		if len(slices.Compact(slices.Sorted(slices.Values(all)))) > 1 {
			return "malformed" // though valid UTF-8 makes them alike
		}
	}
	if sid := values["MessageSid"]; values["AccountSid"] != account || len(sid) != 34 || sid[:2] != "SM" && sid[:2] != "MM" || strings.Trim(sid[2:], "0123456789abcdefABCDEF") != "" {
		return "malformed"
	}
	_, hasBody := values["Body"]
	switch status := values["MessageStatus"]; {
	case status == "receiving" || status == "received":
		if !hasBody {
			return "nothing"
		}
	case status != "":
		return "report"
	}
	_, hasMedia := values["NumMedia"]
	_, fromErr := channel.ParseAddress(values["From"])
	_, toErr := channel.ParseAddress(values["To"])
	if !hasBody || !hasMedia || fromErr != nil || toErr != nil {
		return "malformed"
	}
	return "message"
}

// rewritten are the parameters that stand in a message in another form than
// that in which they came, or say nothing more.
var rewritten = map[string]bool{
	"AccountSid": true, "From": true, "To": true, "Latitude": true, "Longitude": true, "Forwarded": true, "NumMedia": true,
	"OptOutType": true, "ExternalUserId": true, "OriginalRepliedMessageSender": true,
}

// checkMessage checks that a message is the form's, with nothing lost.
func checkMessage(t *testing.T, form url.Values, got channel.Delivery) {
	t.Helper()
	if len(got.Inbound) != 1 || len(got.Status) > 0 {
		t.Fatalf("the message %q became %+v", form, got)
	}
	m := got.Inbound[0]
	from, _ := channel.ParseAddress(strings.ToValidUTF8(form.Get("From"), "\ufffd"))
	to, _ := channel.ParseAddress(strings.ToValidUTF8(form.Get("To"), "\ufffd"))
	if m.ProviderID != form.Get("MessageSid") || m.From != from || m.To != to || m.Text != strings.ToValidUTF8(form.Get("Body"), "\ufffd") {
		t.Errorf("the message %q became %+v", form, m)
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var decoded any
	if err := json.Unmarshal(text, &decoded); err != nil {
		t.Fatal(err)
	}
	kept := map[string]bool{"": true}
	collect(decoded, kept)
	for name := range form {
		if value := strings.ToValidUTF8(form.Get(name), "\ufffd"); !kept[value] && !rewritten[name] {
			t.Errorf("%s=%q is lost", name, value)
		}
	}
}

// checkPrivate checks that an error tells nothing of what is worth hiding.
func checkPrivate(t *testing.T, text string, private ...string) {
	t.Helper()
	for _, p := range private {
		// Short texts may stand in an error by chance.
		if len(p) >= 8 && strings.Contains(text, p) {
			t.Errorf("the error tells %q: %s", p, text)
		}
	}
}

// FuzzSignature changes requests that Twilio has signed. Whatever gets past the
// signature must be, in the bytes that it covers, what was signed.
func FuzzSignature(f *testing.F) {
	fake := twiliotest.NewServer(f)
	c := newChannel(f, fake)
	const host = "https://inbox.example.com"
	signed := map[string]string{} // by signature, what it covers
	add := func(method, uri, contentType string, form url.Values) {
		signature := twiliotest.Signature(fake.AuthToken, host+uri, form)
		signed[signature] = host + uri + covered(form)
		f.Add(method, uri, contentType, form.Encode(), signature, "another token")
	}
	const isForm = "application/x-www-form-urlencoded"
	add(http.MethodPost, "/webhooks/twilio", isForm, inboundForm(fake, channel.Inbound{ProviderID: messageSID, From: alice, To: ours, Text: "Yes, Carol"}))
	add(http.MethodPost, "/webhooks/twilio/status?teaminbox-message=7", isForm, fake.StatusForm(messageSID, "delivered", 0))
	add(http.MethodGet, "/webhooks/twilio?MessageSid="+messageSID+"&AccountSid="+fake.AccountSID, "", nil)
	add(http.MethodPost, "/webhooks/twilio?bodySHA256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "application/json", nil)
	f.Fuzz(func(t *testing.T, method, uri, contentType, body, signature, token string) {
		request := func(signature string) *http.Request {
			return &http.Request{
				Method: method, RequestURI: uri, Host: "attacker.example", URL: &url.URL{Path: "/"}, ContentLength: int64(len(body)),
				Header: http.Header{"Content-Type": {contentType}, "X-Twilio-Signature": {signature}, "X-Forwarded-Host": {"inbox.example.com"}},
				Body:   io.NopCloser(strings.NewReader(body)),
			}
		}
		delivery, err := c.ParseWebhook(request(signature))
		if err != nil && len(delivery.Inbound)+len(delivery.Status) > 0 {
			t.Errorf("the error %v came with %+v", err, delivery)
		}
		form, formErr := url.ParseQuery(body)
		if formErr != nil {
			form = nil // FuzzParseForm's
		}
		if !errors.Is(err, channel.ErrSignature) && !errors.Is(err, channel.ErrTooLarge) && formErr == nil {
			if !covers(signed[signature], uri, form) && !covers(signed[signature], uri, nil) {
				t.Errorf("%s %q with the body %q passed for what %q signs: %+v, %v", method, uri, body, signature, delivery, err)
			}
		}
		// HMAC fills a short key up with zeros.
		if strings.TrimRight(token, "\x00") != fake.AuthToken {
			_, err := c.ParseWebhook(request(twiliotest.Signature(token, host+uri, form)))
			if !errors.Is(err, channel.ErrSignature) && !errors.Is(err, channel.ErrTooLarge) {
				t.Errorf("%s %q signed with the token %q: %v", method, uri, token, err)
			}
		}
	})
}

// covered returns what a signature covers of a form.
func covered(form url.Values) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range slices.Compact(slices.Sorted(slices.Values(form[name]))) {
			b.WriteString(name + value)
		}
	}
	return b.String()
}

// covers reports whether the text that was signed is that of a request: at the
// public URL, with or without a prefix that a proxy may have stripped, with or
// without the usual port.
func covers(signed, uri string, form url.Values) bool {
	if _, rest, found := strings.Cut(uri, "://"); found && !strings.HasPrefix(uri, "/") { // a proxy's absolute form
		uri = "/"
		if i := strings.IndexAny(rest, "/?"); i >= 0 {
			uri = "/" + strings.TrimPrefix(rest[i:], "/")
		}
	}
	for _, authority := range []string{"https://inbox.example.com", "https://inbox.example.com:443"} {
		for _, prefix := range []string{"", "/webhooks", "/webhooks/twilio"} {
			if signed == authority+prefix+uri+covered(form) {
				return true
			}
		}
	}
	return false
}

// FuzzConfig makes channels of whatever is configured. What is refused says why
// without a secret, and what is taken works: a request that is signed for the
// URL just as it was configured is believed.
func FuzzConfig(f *testing.F) {
	fake := twiliotest.NewServer(f)
	for _, u := range []string{
		publicURL, "https://inbox.example.com", "http://[::1]:8080/a/b/", "HTTPS://Inbox.Example.com:443//a", "https://alice:pass-5150@h/%zz?q#f",
		" https://h/ ", "https://h:/a", "://", "https://h\x00/", "https://[fe80::1%25eth0]/a", "https://h/a;b'c",
	} {
		f.Add(u, u, "https://api.twilio.com", "sesame-5150", "+14155550100")
	}
	f.Add(publicURL, statusURL+"?a=%ff#rc=2", "https://a:b@c", "a b", "whatsapp:")
	f.Fuzz(func(t *testing.T, public, status, apiURL, token, number string) {
		cfg := twilio.Config{
			AccountSID: fake.AccountSID, AuthTokens: []string{token}, APIKey: "SK01", APISecret: "secret-" + token, PublicURL: public, StatusURL: status,
			APIURL: apiURL, Numbers: []channel.Address{channel.Address(number)},
		}
		c, err := twilio.New(cfg)
		told := fmt.Sprintf("%v %+v %#v %s %v %v", cfg, cfg, cfg, cfg, c, err)
		if !strings.Contains(public+status+apiURL+"must be a token without white space, and not empty", token) {
			checkPrivate(t, told, token)
		}
		for _, raw := range []string{public, status, apiURL} {
			if u, err := url.Parse(raw); err == nil && u.User != nil {
				password, _ := u.User.Password()
				if !strings.Contains(u.Host+u.RequestURI()+u.Fragment, password) {
					checkPrivate(t, told, password)
				}
			}
		}
		u, urlErr := url.Parse(public)
		if err != nil || urlErr != nil || u.User != nil || strings.ContainsAny(public, "?#@ ") || !strings.HasPrefix(public, u.Scheme+"://") {
			return
		}
		_, uri := split(public)
		form := inboundForm(fake, channel.Inbound{ProviderID: messageSID, From: alice, To: ours, Text: "hello"})
		r := fake.Request(publicURL, form)
		r.RequestURI = uri
		r.Header.Set("X-Twilio-Signature", twiliotest.Signature(token, public, form))
		if delivery, err := c.ParseWebhook(r); err != nil || len(delivery.Inbound) != 1 {
			t.Errorf("configured as %q and signed for it, %q was answered with %+v, %v", public, uri, delivery, err)
		}
	})
}
