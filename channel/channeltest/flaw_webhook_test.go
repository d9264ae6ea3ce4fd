package channeltest

import (
	"crypto/hmac"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

func webhookFlaws() []flaw {
	all := []flaw{
		broken("confuses the addresses of what comes in", eachInbound(func(m *channel.Inbound) { m.From, m.To = m.To, m.From }),
			"Webhook/Inbound"),
		broken("marks everything as late", eachInbound(func(m *channel.Inbound) { m.Late = true }), "Webhook/Inbound"),
		broken("trims what comes in", eachInbound(func(m *channel.Inbound) { m.Text = strings.TrimSpace(m.Text) }),
			"Webhook/TextUntouched"),
		broken("unescapes what comes in", eachInbound(func(m *channel.Inbound) {
			if text, err := url.QueryUnescape(m.Text); err == nil {
				m.Text = text
			}
		}), "Webhook/TextUntouched"),
		broken("lets broken UTF-8 in", func(a *acme) {
			a.parsed = func(d *channel.Delivery, form url.Values) {
				for i := range d.Inbound {
					d.Inbound[i].Text = form.Get("text")
				}
			}
		}, "Webhook/TextUntouched"),
		broken("drops parameters that it does not know", eachInbound(func(m *channel.Inbound) { m.Raw = nil }), "Webhook/Raw"),
		broken("drops what comes twice", func(a *acme) {
			var known sync.Map
			a.parsed = func(d *channel.Delivery, form url.Values) {
				if _, again := known.LoadOrStore(form.Get("id"), true); again {
					*d = channel.Delivery{}
				}
			}
		}, "Webhook/Replay"),
		broken("serves a few callers only", func(a *acme) {
			var calls atomic.Int64
			a.parsed = func(d *channel.Delivery, _ url.Values) {
				if calls.Add(1) > 16 {
					*d = channel.Delivery{}
				}
			}
		}, "Webhook/Concurrent"),
		broken("bounds no body", func(a *acme) { a.maxBody = 0 }, "Webhook/TooLarge", "Webhook/BoundedRead"),
		broken("calls a large body malformed", func(a *acme) { a.tooLarge = channel.ErrMalformed }, "Webhook/TooLarge"),
		broken("accepts a parameter that comes twice", func(a *acme) {
			a.duplicates = true
		}, "Webhook/Malformed"),
		broken("tells a forged body in its error", func(a *acme) { a.leakForged = true }, "Webhook/ErrorsTellNothing"),
		broken("acknowledges with a failure", func(a *acme) {
			a.acknowledge = func(w http.ResponseWriter) { w.WriteHeader(http.StatusFound) }
		}, "Webhook/Acknowledge"),

		broken("needs no signature", verifying(func(a *acme, body []byte, signature string) bool {
			return signature == "" || hmac.Equal([]byte(sign(body)), []byte(signature))
		}), "Signature/Missing"),
		broken("believes any signature", verifying(func(_ *acme, _ []byte, signature string) bool { return signature != "" }),
			"Signature/Wrong", "Signature/OfAnotherRequest", "Signature/TamperedText", "Signature/TamperedMessageID"),
		broken("compares the beginning of signatures", verifying(func(_ *acme, body []byte, signature string) bool {
			return signature != "" && strings.HasPrefix(sign(body), signature)
		}), "Signature/Wrong"),
		broken("parses what it has not verified", func(a *acme) { a.parseFirst = true }, "Signature/BeforeParsing"),
		broken("believes a signature that it has seen", func(a *acme) {
			var seen sync.Map
			a.verify = func(body []byte, signature string) bool {
				if hmac.Equal([]byte(sign(body)), []byte(signature)) {
					seen.Store(signature, true)
				}
				_, ok := seen.Load(signature)
				return ok
			}
		}, "Signature/OfAnotherRequest"),

		broken("drops our id from status updates", eachStatus(func(u *channel.StatusUpdate) { u.MessageID = "" }), "Status/OfASentMessage"),
		broken("drops codes", eachStatus(func(u *channel.StatusUpdate) { u.Code = "" }), "Status/Code"),
		broken("does not see opt-outs in status updates", eachStatus(func(u *channel.StatusUpdate) { u.Consent = channel.ConsentUnchanged }),
			"Status/ConsentStopped", "Status/MarketingStopped", "Status/NumberVoid"),
		broken("takes every word about consent in status updates for an opt-out", eachStatus(func(u *channel.StatusUpdate) {
			u.Consent = min(u.Consent, channel.ConsentStopped)
		}), "Status/MarketingStopped", "Status/NumberVoid"),
		broken("takes every failure for an opt-out", eachStatus(func(u *channel.StatusUpdate) {
			if u.State == channel.DeliveryFailed {
				u.Consent = channel.ConsentStopped
			}
		}), "Status/failed"),

		broken("takes every change of consent for a stop of what sells", eachConsent(func(u *channel.ConsentUpdate) {
			u.Change = channel.MarketingStopped
		}), "Consent/stopped", "Consent/marketing resumed", "Consent/number void"),
		broken("takes every change of consent for an end of a stop", eachConsent(func(u *channel.ConsentUpdate) {
			u.Change = channel.MarketingResumed
		}), "Consent/marketing stopped"),
		broken("confuses the addresses of changes of consent", eachConsent(func(u *channel.ConsentUpdate) { u.From, u.To = u.To, u.From }),
			"Consent/stopped", "Consent/marketing stopped", "Consent/marketing resumed", "Consent/number void"),
		broken("drops to which number a stop was taken back", eachConsent(func(u *channel.ConsentUpdate) { u.To = "" }), "Consent/marketing resumed"),
		broken("drops when a stop was taken back", eachConsent(func(u *channel.ConsentUpdate) { u.At = time.Time{} }), "Consent/marketing resumed"),
	}
	for s := channel.DeliveryAccepted; s <= channel.DeliveryCanceled; s++ {
		all = append(all, broken(fmt.Sprintf("does not know the state %v", s), eachStatus(func(u *channel.StatusUpdate) {
			if u.State == s {
				u.State = channel.DeliveryUnknown
			}
		}), "Status/"+s.String()))
	}
	for _, field := range []string{"Media", "Location", "Button", "ReplyTo", "Referral", "ProfileName", "Forwarded", "Keyword"} {
		all = append(all, broken("drops "+field, eachInbound(func(m *channel.Inbound) {
			reflect.ValueOf(m).Elem().FieldByName(field).SetZero()
		}), "Inbound/"+field))
	}
	return append(all,
		broken("sees the first attachment only", eachInbound(func(m *channel.Inbound) { m.Media = m.Media[:min(1, len(m.Media))] }), "Inbound/MediaSeveral"),
		broken("confuses latitude and longitude", eachInbound(func(m *channel.Inbound) {
			if l := m.Location; l != nil {
				l.Latitude, l.Longitude = l.Longitude, l.Latitude
			}
		}), "Inbound/Location"),
		broken("complains of what is well", eachInbound(func(m *channel.Inbound) { m.Problems = []string{"unknown"} }), "Webhook/Inbound", "Inbound/Button"),
	)
}

func eachInbound(change func(m *channel.Inbound)) func(*acme) {
	return func(a *acme) {
		a.parsed = func(d *channel.Delivery, _ url.Values) {
			for i := range d.Inbound {
				change(&d.Inbound[i])
			}
		}
	}
}

func eachStatus(change func(u *channel.StatusUpdate)) func(*acme) {
	return func(a *acme) {
		a.parsed = func(d *channel.Delivery, _ url.Values) {
			for i := range d.Status {
				change(&d.Status[i])
			}
		}
	}
}

func eachConsent(change func(u *channel.ConsentUpdate)) func(*acme) {
	return func(a *acme) {
		a.parsed = func(d *channel.Delivery, _ url.Values) {
			for i := range d.Consent {
				change(&d.Consent[i])
			}
		}
	}
}

func verifying(verify func(a *acme, body []byte, signature string) bool) func(*acme) {
	return func(a *acme) {
		a.verify = func(body []byte, signature string) bool { return verify(a, body, signature) }
	}
}
