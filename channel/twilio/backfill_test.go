package twilio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func backfill(t *testing.T, c *twilio.Channel, since time.Time) (all []channel.Inbound) {
	t.Helper()
	err := c.Backfill(context.Background(), since, func(m channel.Inbound) error {
		all = append(all, m)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestBackfillPages reads more than two pages.
func TestBackfillPages(t *testing.T) {
	fake := twiliotest.NewServer(t)
	var want, got []string
	for i := range 2100 {
		at := noon.Add(time.Duration(i/3) * time.Second)
		want = append(want, fake.Receive(twiliotest.Message{From: string(alice), To: string(ours), Body: fmt.Sprint(i), At: at}))
	}
	for i, m := range backfill(t, newChannel(t, fake), noon) {
		got = append(got, m.ProviderID)
		if m.Text != fmt.Sprint(i) {
			t.Fatalf("message %d says %s", i, m.Text)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("other messages were listed (-want +got):\n%s", diff)
	}
}

// TestBackfillEqualsWebhook compares what both ways say about one message.
func TestBackfillEqualsWebhook(t *testing.T) {
	fake := twiliotest.NewServer(t)
	c := newChannel(t, fake)
	for _, m := range []twiliotest.Message{
		{From: string(alice), To: string(ours), Body: "hello"},
		{From: string(alice), To: string(ours), Body: "STOP"},
		{From: "whatsapp:US.ABC123", To: "whatsapp:+14155550100", Body: "Grüße 👋"},
		{From: string(alice), To: string(ours), Body: "see", Media: []twiliotest.Media{
			{Content: []byte("a"), ContentType: "image/png"}, {Content: []byte("b"), ContentType: "text/vcard"},
		}},
	} {
		m.At = noon
		delivery, err := c.ParseWebhook(fake.Request(publicURL, fake.WebhookForm(fake.Receive(m))))
		if err != nil {
			t.Fatal(err)
		}
		listed := backfill(t, c, noon)
		late := listed[len(listed)-1]
		if !late.Late || !late.SentAt.Equal(noon) {
			t.Errorf("the listed message is late: %v, sent at %v", late.Late, late.SentAt)
		}
		if diff := cmp.Diff(delivery.Inbound[0], late, cmpopts.IgnoreFields(channel.Inbound{}, "Late", "SentAt", "Raw")); diff != "" {
			t.Errorf("%q is listed differently (-webhook +list):\n%s", m.Body, diff)
		}
		for _, media := range late.Media {
			body, _, err := c.FetchMedia(context.Background(), media, 100)
			if err != nil {
				t.Fatal(err)
			}
			body.Close()
		}
	}
}

func TestBackfillSelects(t *testing.T) {
	fake := twiliotest.NewServer(t)
	const other, third = channel.Address("+14155550101"), channel.Address("+14155550102")
	receive := func(to channel.Address, text string, minute int) {
		fake.Receive(twiliotest.Message{From: string(alice), To: string(to), Body: text, At: noon.Add(time.Duration(minute) * time.Minute)})
	}
	receive(ours, "before", -1)
	receive(ours, "one", 0)
	receive(other, "two", 1)
	receive(third, "elsewhere", 2)
	receive(ours, "three", 3)
	receive(other, "four", 4)
	if _, err := newChannel(t, fake).Send(context.Background(), hello()); err != nil {
		t.Fatal(err)
	}
	texts := func(numbers ...channel.Address) (all []string) {
		c := newChannel(t, fake, func(c *twilio.Config) { c.Numbers = numbers })
		for _, m := range backfill(t, c, noon.Add(999*time.Millisecond)) {
			all = append(all, m.Text)
		}
		return all
	}
	if diff := cmp.Diff([]string{"one", "two", "elsewhere", "three", "four"}, texts()); diff != "" {
		t.Errorf("of the whole account (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"one", "two", "three", "four"}, texts(other, ours)); diff != "" {
		t.Errorf("of two numbers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"elsewhere"}, texts(third, third)); diff != "" {
		t.Errorf("of one number, named twice (-want +got):\n%s", diff)
	}
}

// listing is a Twilio that answers lists as a test says.
func listing(t *testing.T, answer func(r *http.Request) (int, string), changes ...func(*twilio.Config)) *twilio.Channel {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, body := answer(r)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return newChannel(t, twiliotest.NewServer(t), append(changes, func(c *twilio.Config) { c.APIURL = server.URL })...)
}

const listed = `{"sid": "SM0123456789abcdef0123456789abcdef", "direction": "inbound", "from": "+14155550123", "to": "+14155550100",
	"body": "hello", "num_media": "0", "date_created": "Mon, 23 Nov 2026 12:00:01 +0000", "date_sent": "Mon, 23 Nov 2026 12:00:02 +0000"}`

func TestBackfillOddMessages(t *testing.T) {
	replace := func(pairs ...string) string {
		return strings.NewReplacer(pairs...).Replace(listed)
	}
	for _, test := range []struct {
		name     string
		message  string
		media    string // the answer about attachments; "": HTTP 404
		left     bool
		problems int
		sentAt   time.Time
	}{
		{"nothing odd", listed, "", false, 0, noon.Add(time.Second)},
		{"no creation", replace(`"Mon, 23 Nov 2026 12:00:01 +0000"`, "null"), "", false, 0, noon.Add(2 * time.Second)},
		{"no times", replace("Nov", "Noy"), "", false, 0, time.Time{}},
		{"no number of attachments", replace(`"0"`, "null"), "", false, 1, noon.Add(time.Second)},
		{"seemingly empty", replace(`"hello"`, `""`), "", false, 1, noon.Add(time.Second)},
		{"deleted attachments", replace(`"0"`, `"2"`), "", false, 1, noon.Add(time.Second)},
		{"attachments deleted in part", replace(`"0"`, `"2"`), `{"media_list": [{"sid": "ME1", "content_type": "image/png"}]}`, false, 1, noon.Add(time.Second)},
		{"ours", replace("inbound", "outbound-reply"), "", true, 0, time.Time{}},
		{"no id", replace(`"SM0123456789abcdef0123456789abcdef"`, "null"), "", true, 0, time.Time{}},
		{"no sender", replace(`"+14155550123"`, "null"), "", true, 0, time.Time{}},
		{"a receiver that is none", replace("+14155550100", "+"), "", true, 0, time.Time{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := listing(t, func(r *http.Request) (int, string) {
				switch {
				case !strings.HasSuffix(r.URL.Path, "/Media.json"):
					return 200, `{"messages": [` + test.message + `, ` + test.message + `]}`
				case test.media == "":
					return 404, twilioError(20404)
				default:
					return 200, test.media
				}
			})
			all := backfill(t, c, noon)
			if test.left {
				if len(all) > 0 {
					t.Errorf("it was listed: %+v", all)
				}
				return
			}
			if len(all) != 1 || len(all[0].Problems) != test.problems || !all[0].SentAt.Equal(test.sentAt) {
				t.Errorf("it was listed as %+v", all)
			}
		})
	}
}

func TestBackfillFails(t *testing.T) {
	for name, answer := range map[string]func(r *http.Request) (int, string){
		"refused":             func(*http.Request) (int, string) { return 401, twilioError(20003) },
		"broken":              func(*http.Request) (int, string) { return 503, "<html>" },
		"can't be read":       func(*http.Request) (int, string) { return 200, "<html>" },
		"the same page again": func(r *http.Request) (int, string) { return 200, `{"next_page_uri": "` + r.URL.RequestURI() + `"}` },
		"no page":             func(*http.Request) (int, string) { return 200, `{"next_page_uri": "/Messages.json"}` },
		"the second page": func(r *http.Request) (int, string) {
			if r.URL.Query().Has("Page") {
				return 500, "<html>"
			}
			return 200, `{"messages": [` + listed + `], "next_page_uri": "/Messages.json?Page=1"}`
		},
		"the attachments": func(r *http.Request) (int, string) {
			if strings.HasSuffix(r.URL.Path, "/Media.json") {
				return 500, "<html>"
			}
			return 200, `{"messages": [` + strings.Replace(listed, `"0"`, `"1"`, 1) + `]}`
		},
	} {
		t.Run(name, func(t *testing.T) {
			soon := func(c *twilio.Config) { c.Now = func() time.Time { return noon.Add(time.Minute) } }
			err := listing(t, answer, soon).Backfill(context.Background(), noon, func(m channel.Inbound) error {
				return fmt.Errorf("it was listed: %+v", m)
			})
			if err == nil || !strings.HasPrefix(err.Error(), "twilio: listing ") || strings.Contains(err.Error(), "4155550123") {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestBackfillContextEndsBetween(t *testing.T) {
	fake := twiliotest.NewServer(t)
	for range 2 {
		fake.Receive(twiliotest.Message{From: string(alice), To: string(ours), Body: "hello"})
	}
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	err := newChannel(t, fake).Backfill(ctx, noon.AddDate(-1, 0, 0), func(channel.Inbound) error {
		calls++
		cancel()
		return nil
	})
	if calls != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("yield was called %d times, the error is %v", calls, err)
	}
}

// TestMessageWhoseAttachmentsAreMissingHidesNoOther can't list the attachments
// of one message.
func TestMessageWhoseAttachmentsAreMissingHidesNoOther(t *testing.T) {
	stop := strings.NewReplacer("SM0123456789abcdef0123456789abcdef", "SM1123456789abcdef0123456789abcdef", `"hello"`, `"STOP"`, "12:00:01", "12:05:01", "12:00:02", "12:05:02").Replace(listed)
	bad := strings.Replace(listed, `"0"`, `"1"`, 1)
	for _, test := range []struct {
		after time.Duration
		fails bool
		want  []string
	}{{10 * time.Minute, true, []string{"STOP"}}, {2 * time.Hour, false, []string{"hello", "STOP"}}} {
		c := listing(t, func(r *http.Request) (int, string) {
			if strings.HasSuffix(r.URL.Path, "/Media.json") {
				return http.StatusInternalServerError, "<html>"
			}
			return http.StatusOK, `{"messages": [` + stop + `, ` + bad + `]}`
		}, func(c *twilio.Config) { c.Now = func() time.Time { return noon.Add(test.after) } })
		var got []string
		var problems []string
		err := c.Backfill(context.Background(), noon, func(m channel.Inbound) error {
			got, problems = append(got, m.Text), append(problems, m.Problems...)
			return nil
		})
		if diff := cmp.Diff(test.want, got); diff != "" || (err != nil) != test.fails || (len(problems) > 0) == test.fails {
			t.Errorf("after %v: error %v, problems %q, fetched (-want +got):\n%s", test.after, err, problems, diff)
		}
	}
}
