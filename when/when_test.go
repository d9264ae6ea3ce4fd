package when_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/when"
)

// facts are those of a message that dave writes from London, on a Wednesday at ten in
// the evening by the clock of the inbox, which is in New York.
func facts(text string, change ...func(*when.Facts)) *when.Facts {
	f := &when.Facts{
		Inbox:   store.Inbox{ID: "support", Settings: store.Settings{TimeZone: "America/New_York"}},
		Contact: store.Contact{Name: "Dave", Language: "en-GB", Attributes: map[string]string{"tier": "gold"}},
		Message: store.Message{Text: text, Channel: "twilio", From: "+447700900123", To: "+12125550100"},
		First:   true, Reopened: true,
		Profile: map[string]any{"plan": "premium", "orders": 12},
		Now:     time.Date(2026, time.March, 5, 3, 0, 0, 0, time.UTC),
	}
	for _, c := range change {
		c(f)
	}
	return f
}

func from(a channel.Address) func(*when.Facts) { return func(f *when.Facts) { f.Message.From = a } }
func stated(region string) func(*when.Facts) {
	return func(f *when.Facts) { f.Contact.Region = region }
}

func TestConditions(t *testing.T) {
	yes := func(c when.Condition, f *when.Facts) {
		t.Helper()
		if holds, err := c.Holds(f); !holds || err != nil {
			t.Errorf("%s: %v, %v, want true", c, holds, err)
		}
		if holds, err := when.Not(c).Holds(f); holds || err != nil {
			t.Errorf("%s: %v, %v, want false", when.Not(c), holds, err)
		}
	}
	no := func(c when.Condition, f *when.Facts) {
		t.Helper()
		yes(when.Not(c), f)
	}
	never := when.Func("never", func(*when.Facts) bool { return false })

	yes(when.Says("refund"), facts("I want a REFUND!"))
	yes(when.Says("money back", "refund"), facts("my money-back please"))
	yes(when.Says("remboursé"), facts("Je veux être REMBOURSE."))
	yes(when.Says("dont"), facts("I don’t know"))
	yes(when.Says("退款"), facts("我要退款谢谢"))
	yes(when.Says("🔥"), facts("it burns 🔥!"))
	no(when.Says("fund"), facts("I want a refund"))
	no(when.Says("money back"), facts("my money is back"))
	no(when.Says("refund"), facts(""))
	yes(when.Matches(regexp.MustCompile(`(?i)order #\d{4}`)), facts("about Order #1234"))
	no(when.Matches(regexp.MustCompile(`order #\d{4}`)), facts("about Order #1234"))
	no(when.HasMedia(), facts("hi"))
	yes(when.HasMedia(), facts("", func(f *when.Facts) {
		f.Message.Extras = &store.Extras{Media: []channel.Media{{URL: "https://example.com/1"}}}
	}))
	no(when.MayBeOptOut(), facts("hi"))
	yes(when.MayBeOptOut(), facts("not interested", func(f *when.Facts) { f.Message.Kind = compliance.Ambiguous }))

	yes(when.From("+1", "+44"), facts("hi"))
	yes(when.From("+44"), facts("hi", from("whatsapp:+447700900123")))
	no(when.From("+1"), facts("hi"))
	yes(when.To("+12125550100"), facts("hi"))
	yes(when.Medium("whatsapp"), facts("hi", from("whatsapp:+447700900123")))
	yes(when.Medium(""), facts("hi"))
	yes(when.Channel("twilio"), facts("hi"))
	yes(when.Inbox("sales", "support"), facts("hi"))

	yes(when.Country("GB"), facts("hi"))
	yes(when.Country("US"), facts("hi", from("+12125550123")))
	yes(when.Country("us-ny"), facts("hi", from("+12125550123")))
	no(when.Country("US-CA"), facts("hi", from("+12125550123")))
	yes(when.Country("FR"), facts("hi", stated("FR")))
	no(when.Country("GB"), facts("hi", stated("FR")))
	yes(when.Country("US-NY"), facts("hi", from("+12125550123"), stated("US")))
	yes(when.Country("US-CA"), facts("hi", from("+12125550123"), stated("US-CA")))
	no(when.Country("US-NY"), facts("hi", from("+12125550123"), stated("US-CA")))
	no(when.Country("GB", ""), facts("hi", from("+88355501234"), stated("XX")))

	yes(when.Language("fr", "en"), facts("hi"))
	yes(when.Language("en-GB"), facts("hi"))
	no(when.Language("en-US"), facts("hi"))
	no(when.Language("en"), facts("hi", func(f *when.Facts) { f.Contact.Language = "" }))
	yes(when.FirstMessage(), facts("hi"))
	yes(when.Reopened(), facts("hi"))
	yes(when.Attribute("tier", "silver", "gold"), facts("hi"))
	no(when.Attribute("tier", "silver"), facts("hi"))
	no(when.Attribute("mood", ""), facts("hi"))

	yes(when.Between("22:00", "06:00"), facts("hi"))
	no(when.Between("06:00", "22:00"), facts("hi"))
	yes(when.Between("21:59", "24:00"), facts("hi"))
	yes(when.On(time.Monday, time.Wednesday), facts("hi"))
	no(when.On(time.Thursday), facts("hi")) // it is Thursday in London alone
	yes(when.On(time.Thursday), facts("hi", func(f *when.Facts) { f.Inbox.Settings.TimeZone = "" }))

	yes(when.All(), facts("hi"))
	no(when.Any(), facts("hi"))
	yes(when.All(when.Says("hi"), when.FirstMessage()), facts("hi"))
	no(when.All(when.Says("hi"), never), facts("hi"))
	yes(when.Any(never, when.Says("hi")), facts("hi"))
	yes(when.Always(), facts(""))
}

func TestConditionsSayWhatTheyAre(t *testing.T) {
	c := when.All(when.Any(when.Says("refund", "money back"), when.HasMedia()), when.Not(when.Between("09:00", "17:00")), when.Country("GB"))
	const want = `(the text says "refund" or "money back" or there are files with it) and not it is between 09:00 and 17:00 and the customer is in "GB"`
	if got := c.String(); got != want {
		t.Errorf("it says\n%s, want\n%s", got, want)
	}
}

func TestExpressions(t *testing.T) {
	for expression, want := range map[string]bool{
		``:                                true,
		`says("refund")`:                  true,
		`says("money back", "refund")`:    true,
		`says("fund")`:                    false,
		`text contains "REFUND"`:          true,
		`text matches "(?i)refund"`:       true,
		`lower(text) startsWith "i want"`: true,
		`country == "GB" && region == "GB" && from startsWith "+44" && to == "+12125550100"`: true,
		`country in ["US", "CA"]`: false,
		`medium == "" and channel == "twilio" and inbox == "support" and media == 0`: true,
		`language == "en-GB" and name == "Dave"`:                                     true,
		`attributes["tier"] == "gold" and attributes.mood == ""`:                     true,
		`profile.plan == "premium" and profile.orders > 10`:                          true,
		`profile.nothing == nil`:                                                     true,
		`first and reopened`:                                                         true,
		`hour == 22 and minute == 0`:                                                 true,
		`weekday == "Wed" and on("Mon-Wed")`:                                         true,
		`on("Thu", "Sat-Mon")`:                                                       false,
		`date >= "2026-03-04" and date < "2026-03-05"`:                               true,
		`between("22:00", "06:00")`:                                                  true,
		`!between("09:00", "17:30") && says("refund")`:                               true,
		`first ? says("refund") : true`:                                              true,
		`len(text) > 5`:                                                              true,
	} {
		c, err := when.Compile(expression)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		if got, err := c.Holds(facts("I want a REFUND!")); got != want || err != nil {
			t.Errorf("%s is %v, %v, want %v", expression, got, err, want)
		}
	}
}

// What is wrong is told with its place, in characters.
func TestExpressionsThatAreWrong(t *testing.T) {
	for expression, want := range map[string]string{
		`fist`:                              "line 1, column 1: unknown name fist",
		`"été" == text && fist`:             "line 1, column 18: unknown name fist",
		"first &&\n  text > 3":              "line 2, column 8: invalid operation: >",
		`text`:                              "line 1, column 1: expected bool, but got string",
		`first &&`:                          "unexpected token EOF",
		`says()`:                            "line 1, column 1: says takes words or phrases in quotes",
		`first && says(name)`:               "line 1, column 15: says takes words or phrases in quotes",
		`says("?!")`:                        `line 1, column 6: "?!" has neither letters nor digits; use contains for other characters`,
		`between("9", "17:00")`:             `"9" is no time of day; write one like 09:00`,
		`between("09:00")`:                  `between takes two times of day, like between("09:00", "17:30")`,
		`between("09:00", "09:00")`:         "is no time at all",
		`on("Monday")`:                      `"Monday" is no day; write Mon, Tue, Wed, Thu, Fri, Sat or Sun, or a range like Mon-Fri`,
		`text matches "("`:                  "line 1, column 6: error parsing regexp: missing closing )",
		`text matches name`:                 "line 1, column 14: matches takes a regular expression in quotes",
		`any(1..1000000, # > 0)`:            "ranges are not allowed",
		`len(text) in 1..1000000`:           "ranges are not allowed",
		`now() != nil`:                      "now",
		`attributes["tier"] == 3`:           "mismatched types string and int",
		strings.Repeat(" ", 2001) + "first": "line 1, column 2001: the expression has 2006 bytes; at most 2000 are allowed",
		strings.Repeat("!", 600) + "first":  "exceeds maximum allowed nodes",
	} {
		_, err := when.Compile(expression)
		var at *when.SyntaxError
		if !errors.As(err, &at) || at.Line < 1 || at.Column < 1 || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: the error is %v, want … %s …", expression, err, want)
		}
	}
}

// A condition that can't be told holds not, and says why.
func TestExpressionThatFails(t *testing.T) {
	c := when.MustCompile(`profile.orders > "many"`)
	for _, of := range []when.Condition{c, when.Not(c), when.Any(c, when.Always()), when.All(c)} {
		if holds, err := of.Holds(facts("hi")); holds || err == nil || !strings.Contains(err.Error(), "line 1, column") {
			t.Errorf("%s: %v, %v, want false and an error", of, holds, err)
		}
	}
}

func TestWhatPanicsAtOnce(t *testing.T) {
	for name, make := range map[string]func(){
		"Says":        func() { when.Says("refund", "!") },
		"Between":     func() { when.Between("9", "10") },
		"Language":    func() { when.Language("english please") },
		"MustCompile": func() { when.MustCompile("fist") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it takes what is wrong")
				}
			}()
			make()
		})
	}
}

// One condition is asked about many facts at once.
func TestConditionsFromManyGoroutines(t *testing.T) {
	c := when.All(when.MustCompile(`says("refund") and country == "GB" and profile.orders > 3`), when.Says("refund"), when.Language("en"))
	done := make(chan bool)
	for range 8 {
		go func() {
			ok := true
			for range 100 {
				holds, err := c.Holds(facts("a refund"))
				ok = ok && holds && err == nil
			}
			done <- ok
		}()
	}
	for range 8 {
		if !<-done {
			t.Error("the answer changes")
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, e := range []string{`says("a") || between("09:00","10:00")`, `profile.x.y > 3`, `"" matches "a"`, `on("Mon")`, "first ? 1 : 2", `let x = text; x == text`} {
		f.Add(e, "I want a refund")
	}
	f.Fuzz(func(t *testing.T, expression, text string) {
		c, err := when.Compile(expression)
		if err != nil {
			var at *when.SyntaxError
			if !errors.As(err, &at) || at.Line < 1 || at.Column < 1 {
				t.Errorf("the error %v has no place", err)
			}
			return
		}
		first, err := c.Holds(facts(text))
		again, err2 := c.Holds(facts(text))
		if first != again || (err == nil) != (err2 == nil) || first && err != nil {
			t.Errorf("it is %v, %v and again %v, %v", first, err, again, err2)
		}
	})
}

// The cost of a rule set of two hundred, none of which holds.
func BenchmarkTwoHundredExpressions(b *testing.B) {
	var rules []when.Condition
	for i := range 200 {
		rules = append(rules, when.MustCompile([]string{
			`says("refund", "money back") and country == "US"`, `text matches "(?i)order #\\d+" and first`, `between("09:00", "17:30") and on("Mon-Fri")`,
			`profile.plan == "free" or attributes["tier"] == "bronze"`,
		}[i%4]))
	}
	b.ReportAllocs()
	for b.Loop() {
		f := facts("Hello, I would like to know when my bike can be fetched, and whether it costs more than you said.")
		for _, c := range rules {
			if holds, err := c.Holds(f); holds || err != nil {
				b.Fatal(c, holds, err)
			}
		}
	}
}
