package routing_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/store"
)

// exampleRules are those of an inbox.
func exampleRules() []store.Rule {
	return []store.Rule{
		{Name: "broken", When: `says(`, Users: []store.UserID{"dave"}},
		{Name: "off", Off: true, Users: []store.UserID{"dave"}},
		{Name: "refunds", When: `says("refund", "money back")`, Users: []store.UserID{"bob"}, Teams: []store.TeamID{"billing"}, Keep: true},
		{Name: "alice if she is there", When: `says("alice")`, Users: []store.UserID{"alice"}, Available: true},
		{Name: "germans", When: `country == "DE"`, Teams: []store.TeamID{"berlin"}},
	}
}

func ruled(text string, change ...func(*routing.Request)) routing.Request {
	return ofStaff(text, append([]func(*routing.Request){func(r *routing.Request) {
		r.Inbox.Settings.Rules = exampleRules()
		r.Message.From, r.Contact.Region = "+12125550123", ""
	}}, change...)...)
}

func TestRules(t *testing.T) {
	const broken = "rule broken: could not be told: line 1, column 5: unexpected token EOF"
	router := routing.Rules()
	for _, c := range []struct {
		text   string
		change func(*routing.Request)
		want   string
	}{
		{"I want a refund", nil, "[bob] [billing] by rule refunds; " + broken + "; rule refunds: yes"},
		{"Hello", nil, "[] [] ; " + broken + "; rules refunds, alice if she is there, germans: no"},
		{"Is Alice there?", nil, "[] [] ; " + broken + "; rules refunds: no; rule alice if she is there: yes; by rule alice if she is there: passed over: alice is away; rules germans: no"},
		{"Hallo", func(r *routing.Request) { r.Message.From = "+4915255501234" }, "[] [berlin] by rule germans; " + broken + "; rules refunds, alice if she is there: no; rule germans: yes"},
		{"Hello", func(r *routing.Request) { r.Inbox.Settings.Rules = nil }, "[] [] "},
	} {
		for range 2 {
			change := c.change
			if change == nil {
				change = func(*routing.Request) {}
			}
			d, err := router.Route(t.Context(), ruled(c.text, change))
			if got := inWords(d); err != nil || got != c.want {
				t.Errorf("%s:\n%s, %v, want\n%s", c.text, got, err, c.want)
			}
		}
	}
	if d, _ := router.Route(t.Context(), ruled("refund")); !d.Keep {
		t.Error("the rule keeps those who take part, and the decision does not")
	}
}

// What changes in a rule holds from the next message on, and readers of both versions
// get each their own.
func TestChangedRules(t *testing.T) {
	router := routing.Rules()
	changes := map[string]func(*store.Rule){
		"nothing": func(*store.Rule) {},
		"users":   func(r *store.Rule) { r.Users = []store.UserID{"alice"} },
		"teams":   func(r *store.Rule) { r.Teams = []store.TeamID{"night"} },
		"when":    func(r *store.Rule) { r.When = "false" },
		"off":     func(r *store.Rule) { r.Off = true },
		"keep":    func(r *store.Rule) { r.Keep = true },
		"who":     func(r *store.Rule) { r.Users, r.Available = []store.UserID{"alice"}, true },
	}
	want := map[string]string{}
	of := func(name string) routing.Request {
		r := ruled("Hello")
		r.Inbox.Settings.Rules = []store.Rule{{Name: "all", Users: []store.UserID{"bob"}}}
		changes[name](&r.Inbox.Settings.Rules[0])
		return r
	}
	for name := range changes {
		d, err := routing.Rules().Route(t.Context(), of(name))
		if err != nil {
			t.Fatal(err)
		}
		want[name] = fmt.Sprint(inWords(d), d.Keep)
	}
	var wg sync.WaitGroup
	for name := range changes {
		wg.Go(func() {
			for range 50 {
				if d, err := router.Route(t.Context(), of(name)); err != nil || fmt.Sprint(inWords(d), d.Keep) != want[name] {
					t.Errorf("%s: %s, %v, want %s", name, inWords(d), err, want[name])
				}
			}
		})
	}
	wg.Wait()
}

func TestCheckRules(t *testing.T) {
	good := store.Rule{Name: "refunds", When: `says("refund")`, Users: []store.UserID{"bob"}}
	with := func(change func(*store.Rule)) []store.Rule {
		bad := good
		bad.Name = "other"
		change(&bad)
		return []store.Rule{good, bad}
	}
	many := make([]store.Rule, routing.MostRules+1)
	for i := range many {
		many[i] = store.Rule{Name: fmt.Sprint(i), Teams: []store.TeamID{"t"}}
	}
	if err := routing.CheckRules(many[:routing.MostRules]); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		rules []store.Rule
		want  string
	}{
		{nil, ""},
		{[]store.Rule{good}, ""},
		{with(func(r *store.Rule) { r.Name = " " }), "Rules[1].Name is empty; say what the rule is for"},
		{with(func(r *store.Rule) { r.Name = "refunds" }), `Rules[1].Name is "refunds", which is the name of rule 0 too`},
		{with(func(r *store.Rule) { r.Name = strings.Repeat("n", 129) }), "Rules[1].Name has 129 bytes"},
		{with(func(r *store.Rule) { r.When = `first && fist` }), "Rules[1].When is no condition: line 1, column 10: unknown name fist"},
		{with(func(r *store.Rule) { r.Users = nil }), "Rules[1].Users and Teams are empty"},
		{with(func(r *store.Rule) { r.Users = slices.Repeat([]store.UserID{"a"}, 101) }), "Rules[1].Users and Teams are 101"},
		{many, "Rules[500].Name is one rule too many"},
	} {
		err := routing.CheckRules(c.rules)
		var wrong *routing.RuleError
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("the error is %v, want %q", err, c.want)
		}
	}
	two := with(func(r *store.Rule) { r.When, r.Users = "fist", nil })
	if err := routing.CheckRules(two); err == nil || strings.Count(err.Error(), "Rules[1]") != 2 {
		t.Errorf("of two errors it says %v", err)
	}
}

func BenchmarkTwoHundredRules(b *testing.B) {
	r := ruled("Hello, I would like to know when my bike can be fetched, and whether it costs more than you said.")
	r.Inbox.Settings.Rules = nil
	for i := range 200 {
		r.Inbox.Settings.Rules = append(r.Inbox.Settings.Rules, store.Rule{
			Name: fmt.Sprint("rule ", i), Teams: []store.TeamID{"night"},
			When: []string{`says("refund", "money back") and country == "US"`, `between("01:00", "01:05") and on("Mon-Fri")`, `attributes["tier"] == "bronze"`, `text contains "#"`}[i%4],
		})
	}
	router := routing.Rules()
	b.ReportAllocs()
	for b.Loop() {
		if d, err := router.Route(b.Context(), r); err != nil || d.Named() {
			b.Fatal(d, err)
		}
	}
}
