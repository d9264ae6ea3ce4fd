package twilio_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

// sent is a message of ours in Twilio's list.
type sent struct {
	to    channel.Address
	body  string
	media int
	after time.Duration // since the attempt
	extra string        // further JSON
}

// TestReconcile asks about "hello" to alice, attempted at noon.
func TestReconcile(t *testing.T) {
	const (
		found = "found"
		no    = "no"
		open  = "open" // can't be told
	)
	late := noon.Add(time.Hour)
	for _, test := range []struct {
		name    string
		list    []sent
		now     time.Time // by Twilio's clock
		service bool
		change  func(*channel.Outbound)
		want    string
	}{
		{"nothing, long after", nil, late, false, nil, no},
		{"nothing, soon after", nil, noon.Add(time.Minute), false, nil, open},
		{"nothing, and no clock", nil, time.Time{}, false, nil, open},
		{"the message", []sent{{alice, "hello", 0, 0, ""}}, noon, false, nil, found},
		{"in the same second", []sent{{alice, "hello", 0, -time.Second, ""}}, noon, false, nil, found},
		{"at the end of the attempt", []sent{{alice, "hello", 0, 20 * time.Second, ""}}, noon, false, nil, found},
		{"twice", []sent{{alice, "hello", 0, 0, ""}, {alice, "hello", 0, time.Second, ""}}, late, false, nil, open},
		{"before the attempt", []sent{{alice, "hello", 0, -time.Minute, ""}}, late, false, nil, open},
		{"now and before", []sent{{alice, "hello", 0, 0, ""}, {alice, "hello", 0, -time.Minute, ""}}, late, false, nil, open},
		{"long before", []sent{{alice, "hello", 0, -time.Hour, ""}}, late, false, nil, no},
		{"now and long before", []sent{{alice, "hello", 0, 0, ""}, {alice, "hello", 0, -time.Hour, ""}}, late, false, nil, found},
		{"after the attempt", []sent{{alice, "hello", 0, time.Minute, ""}}, late, false, nil, open},
		{"long after the attempt", []sent{{alice, "hello", 0, 30 * time.Minute, ""}}, late, false, nil, no},
		{"another text", []sent{{alice, "hello!", 0, 0, ""}}, late, false, nil, no},
		{"to another", []sent{{"+14155550124", "hello", 0, 0, ""}}, late, false, nil, no},
		{"from another number", []sent{{alice, "hello", 0, 0, `, "from": "+14155550101"`}}, late, false, nil, no},
		{"with an attachment", []sent{{alice, "hello", 1, 0, ""}}, late, false, nil, no},
		{"from the customer", []sent{{alice, "hello", 0, 0, `, "direction": "inbound"`}}, late, false, nil, no},
		{"without a time", []sent{{alice, "hello", 0, 0, `, "date_created": null`}}, late, false, nil, open},
		{"without an id", []sent{{alice, "hello", 0, 0, `, "sid": null`}}, late, false, nil, no},
		{"from an account on trial", []sent{{alice, "Sent from your Twilio trial account - hello", 0, 0, ""}}, noon, false, nil, found},
		{"the same text through a service", []sent{{alice, "hello", 0, 0, ""}}, noon, true, nil, found},
		{"another text through a service", []sent{{alice, "'hello'", 0, 0, ""}}, late, true, nil, open},
		{"another text through a service, long before", []sent{{alice, "'hello'", 0, -time.Hour, ""}}, late, true, nil, no},
		{"a template, and nothing", nil, late, false, func(m *channel.Outbound) { m.Template = &channel.Template{ID: contentSID} }, no},
		{"a template, and something", []sent{{alice, "who knows", 0, 0, ""}}, late, false, func(m *channel.Outbound) { m.Template = &channel.Template{ID: contentSID} }, open},
		{"a picture", []sent{{alice, "", 1, 0, ""}}, noon, false, func(m *channel.Outbound) {
			m.Text, m.Media = "", []channel.Media{{URL: "https://example.com/1"}}
		}, found},
		{"a picture, and two were sent", []sent{{alice, "", 2, 0, ""}}, late, false, func(m *channel.Outbound) {
			m.Text, m.Media = "", []channel.Media{{URL: "https://example.com/1"}}
		}, no},
	} {
		t.Run(test.name, func(t *testing.T) {
			var list []string
			for i, s := range test.list {
				list = append(list, fmt.Sprintf(`{"sid": "SM%d", "direction": "outbound-api", "from": %q, "to": %q, "body": %q,
					"num_media": "%d", "status": "sent", "num_segments": "1", "date_created": %q%s}`,
					i, ours, s.to, s.body, s.media, noon.Add(s.after).Format(time.RFC1123Z), s.extra))
			}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if q := r.URL.Query(); q.Get("To") != string(alice) || q.Get("From") != string(ours) {
					t.Errorf("the query is %s", r.URL.RawQuery)
				}
				w.Header()["Date"] = nil
				if !test.now.IsZero() {
					w.Header().Set("Date", test.now.Format(http.TimeFormat))
				}
				_, _ = fmt.Fprintf(w, `{"messages": [%s]}`, strings.Join(list, ", "))
			}))
			defer server.Close()
			c := newChannel(t, twiliotest.NewServer(t), func(c *twilio.Config) {
				c.APIURL = server.URL
				c.Now = func() time.Time { return test.now }
				if test.service {
					c.MessagingServiceSID = "MG0123456789abcdef0123456789abcdef"
				}
			})
			m := hello()
			if test.change != nil {
				test.change(&m)
			}
			receipt, ok, err := c.Reconcile(context.Background(), m, noon.Add(300*time.Millisecond))
			got := no
			switch {
			case err != nil:
				got = open
			case ok:
				got = found
			}
			if got != test.want {
				t.Errorf("the answer is %q (%v), want %q", got, err, test.want)
			}
			if ok && (receipt.ProviderID != "SM0" || receipt.State != channel.DeliverySent || receipt.Segments != 1) {
				t.Errorf("the receipt is %+v", receipt)
			}
		})
	}
}

// TestReconcileByUserID is about the part of an address that twilio-go's own
// lists lose.
func TestReconcileByUserID(t *testing.T) {
	fake := twiliotest.NewServer(t)
	c := newChannel(t, fake)
	m := channel.Outbound{ID: "710001", From: "whatsapp:+14155550100", To: "whatsapp:US.1234567", Text: "hello"}
	attempted := time.Now()
	want, err := c.Send(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	got, found, err := c.Reconcile(context.Background(), m, attempted)
	if err != nil || !found || got.ProviderID != want.ProviderID {
		t.Errorf("the answer is %+v, %v, %v; the receipt was %+v", got, found, err, want)
	}
}

// TestReconcileStopsEarly makes sure that a long history is not read whole.
func TestReconcileStopsEarly(t *testing.T) {
	pages := 0
	c := listing(t, func(*http.Request) (int, string) {
		pages++
		old := strings.NewReplacer("inbound", "outbound-api", "2026", "2020").Replace(listed)
		return 200, fmt.Sprintf(`{"messages": [%s], "next_page_uri": "/Messages.json?Page=%d"}`, old, pages)
	})
	if _, found, err := c.Reconcile(context.Background(), hello(), noon); found || err != nil {
		t.Errorf("the answer is %v, %v", found, err)
	}
	if pages != 1 {
		t.Errorf("%d pages were read", pages)
	}
}

// TestReconcileDistrustsClocks is about a host whose clock is wrong: what was
// made during the attempt then seems to be of another time.
func TestReconcileDistrustsClocks(t *testing.T) {
	fake := twiliotest.NewServer(t)
	for _, skew := range []time.Duration{6 * time.Minute, -6 * time.Minute, 24 * time.Hour, -24 * time.Hour} {
		now := func() time.Time { return time.Now().Add(skew) }
		c := newChannel(t, fake, func(c *twilio.Config) { c.Now = now })
		m := hello()
		attempted := now()
		if _, err := c.Send(context.Background(), m); err != nil {
			t.Fatal(err)
		}
		if _, found, err := c.Reconcile(context.Background(), m, attempted); err == nil && !found {
			t.Errorf("with a clock that is off by %v it says that a message that was sent was not", skew)
		}
	}
	if _, _, err := newChannel(t, fake).Reconcile(context.Background(), hello(), time.Time{}); err == nil {
		t.Error("it knows what became of an attempt of which it does not know when it was")
	}
}
