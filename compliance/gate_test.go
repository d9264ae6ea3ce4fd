package compliance_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

// atlas is a Locator of a few numbers.
type atlas map[channel.Address][]compliance.Place

func (a atlas) Locate(to channel.Address) ([]compliance.Place, string) {
	return a[to], "its atlas"
}

func (atlas) Zones(code string) []*time.Location {
	if code == "DE" {
		return []*time.Location{clockOf("Europe/Berlin")}
	}
	return nil
}

func clockOf(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the test carries its own
	}
	return z
}

const (
	inNewYork = channel.Address("+12125550123")
	inDenver  = channel.Address("+13035550123")
	inTwo     = channel.Address("+18505550123") // Florida has two clocks
	inBerlin  = channel.Address("+4915255501234")
	inSeoul   = channel.Address("+821055501234")
	inRio     = channel.Address("+5521955501234")
	nowhere   = channel.Address("+88355501234")
)

// seller is a policy that knows where its numbers are.
var seller = compliance.Standard{Places: atlas{
	inNewYork: {{Code: "US-NY", Zone: clockOf("America/New_York")}},
	inDenver:  {{Code: "US-CO", Zone: clockOf("America/Denver")}},
	inTwo:     {{Code: "US-FL", Zone: clockOf("America/New_York")}, {Code: "US-FL", Zone: clockOf("America/Chicago")}},
	inBerlin:  {{Code: "DE", Zone: clockOf("Europe/Berlin")}},
	inSeoul:   {{Code: "KR", Zone: clockOf("Asia/Seoul")}},
	inRio:     {{Code: "BR", Zone: clockOf("America/Sao_Paulo")}},
}}

// consents is the state of a contact who has agreed to what sells.
func consents(strength compliance.Strength) compliance.State {
	return compliance.Fold([]compliance.Entry{{
		ID: 5, Kind: compliance.OptIn, Source: compliance.FromOperator, OccurredAt: at.AddDate(-1, 0, 0), Strength: strength,
	}})
}

// sale is a message that sells.
func sale(to channel.Address) compliance.Outgoing {
	return compliance.Outgoing{
		Purpose: compliance.Marketing, Family: to.Family(), To: to, Brand: "Acme Bikes", Text: "Acme Bikes: all tyres half price. Reply STOP to opt out.",
	}
}

// verdicts are what a policy must say, and a part of its reason.
type verdict struct {
	want   compliance.Verdict
	reason string
}

func requireDecision(t *testing.T, p compliance.OptOutPolicy, s compliance.State, m compliance.Outgoing, when time.Time, want verdict) compliance.Decision {
	t.Helper()
	d := p.Decide(s, m, when)
	if d.Verdict != want.want || !strings.Contains(d.Reason, want.reason) {
		t.Errorf("Decide says %v (%s), want %v (… %s …)", d.Verdict, d.Reason, want.want, want.reason)
	}
	return d
}

func TestMarketingNeedsConsent(t *testing.T) {
	ended := consents(compliance.ExpressWritten)
	ended.Consents[0].Until = at
	for _, c := range []struct {
		name  string
		state compliance.State
		to    channel.Address
		want  verdict
	}{
		{"nothing known", compliance.State{}, inNewYork, verdict{compliance.Deny, "the ledger has none"}},
		{"an opt-in that is not about it", consents(compliance.NotMarketing), inNewYork, verdict{compliance.Deny, "the ledger has none"}},
		{"express where it must be written", consents(compliance.Express), inNewYork, verdict{compliance.Deny, "in writing where the contact is (US-NY)"}},
		{"express where it may be", consents(compliance.Express), inBerlin, verdict{compliance.Allow, "express, entry 5"}},
		{"written", consents(compliance.ExpressWritten), inNewYork, verdict{compliance.Allow, "express_written, entry 5"}},
		{"written where less will do", consents(compliance.ExpressWritten), inBerlin, verdict{compliance.Allow, ""}},
		{"ended", ended, inNewYork, verdict{compliance.Deny, "the ledger has none"}},
		{"nobody knows where", consents(compliance.ExpressWritten), nowhere, verdict{compliance.Deny, "not known where the contact is"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := requireDecision(t, seller, c.state, sale(c.to), at, c.want)
			if (d.Verdict == compliance.Allow) != (d.Consent == 5 && d.Verdict == compliance.Allow) || d.Purpose != compliance.Marketing {
				t.Errorf("it is %+v, which does not name the consent or the purpose", d)
			}
			if c.to != nowhere && (!strings.HasPrefix(d.Version, "jurisdictions 20") || !strings.HasSuffix(d.Local, ", by its atlas")) {
				t.Errorf("it is %+v, which does not name the table or the clock", d)
			}
			requireDecision(t, compliance.Standard{}, c.state, sale(c.to), at, verdict{compliance.Deny, "not known where"})
		})
	}
}

// What a word is about, and what a later one about more or less makes of it.
func TestReachOfWords(t *testing.T) {
	type said struct {
		kind   compliance.Kind
		reach  compliance.Reach
		source compliance.Source
		strong compliance.Strength
	}
	all, sells, news := compliance.Reach{}, compliance.Reach{Purpose: compliance.Marketing}, compliance.Reach{Programme: "news"}
	consent := said{compliance.OptIn, all, compliance.FromOperator, compliance.ExpressWritten}
	stop, start := said{compliance.OptOut, all, compliance.FromContact, ""}, said{compliance.OptIn, all, compliance.FromContact, ""}
	noSale, noNews := said{compliance.OptOut, sells, compliance.FromProvider, ""}, said{compliance.OptOut, news, compliance.FromContact, ""}
	listed := said{compliance.OptIn, all, compliance.FromImport, compliance.ExpressWritten}
	newsAgain := said{compliance.OptIn, news, compliance.FromContact, ""}
	saleAgain := said{compliance.OptIn, sells, compliance.FromProvider, ""}
	void := said{compliance.Voided, all, compliance.FromProvider, ""}
	for _, c := range []struct {
		name                     string
		said                     []said
		order, sale, news, sport bool // an order, what sells, the same of news, and of sport
	}{
		{"nothing", nil, true, false, false, false},
		{"consent", []said{consent}, true, true, true, true},
		{"STOP", []said{consent, stop}, false, false, false, false},
		{"START restores what stood", []said{consent, stop, start}, true, true, true, true},
		{"START makes no consent", []said{stop, start}, true, false, false, false},
		{"no marketing", []said{consent, noSale}, true, false, false, false},
		{"no marketing, and again", []said{consent, noSale, saleAgain}, true, true, true, true},
		{"resuming makes no consent", []said{noSale, saleAgain}, true, false, false, false},
		{"no marketing, STOP, START", []said{consent, noSale, stop, start}, true, false, false, false},
		{"no marketing, then a new consent", []said{consent, noSale, consent}, true, true, true, true},
		{"no news", []said{consent, noNews}, true, true, false, true},
		{"no news, STOP, START", []said{consent, noNews, stop, start}, true, true, false, true},
		{"no news, and news again", []said{consent, noNews, newsAgain}, true, true, true, true},
		{"STOP, and news again", []said{consent, stop, newsAgain}, false, false, true, false},
		{"no marketing, and news again", []said{consent, noSale, newsAgain}, true, false, true, false},
		{"STOP, then a list", []said{stop, listed}, false, false, false, false},
		{"a list, STOP, START", []said{listed, stop, start}, true, true, true, true},
		{"no marketing, then a list", []said{consent, noSale, listed}, true, false, false, false},
		{"void", []said{consent, void}, false, false, false, false},
		{"void, then START", []said{consent, void, start}, true, false, false, false},
		{"void, then a consent", []said{consent, void, consent}, true, true, true, true},
		{"STOP, void", []said{consent, stop, void}, false, false, false, false},
		{"STOP, void, START", []said{consent, stop, void, start}, true, false, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var entries []compliance.Entry
			for i, s := range c.said {
				entries = append(entries, compliance.Entry{
					ID: compliance.EntryID(i + 1), Kind: s.kind, Reach: s.reach, Source: s.source, Strength: s.strong, OccurredAt: at.AddDate(0, 0, i-30),
				})
			}
			state := compliance.Fold(entries)
			order := compliance.Outgoing{Purpose: compliance.Transactional, Family: channel.Telephony, To: inNewYork}
			for name, m := range map[string]struct {
				compliance.Outgoing
				programme string
				want      bool
			}{
				"an order": {order, "", c.order}, "a sale": {sale(inNewYork), "", c.sale},
				"a sale of news": {sale(inNewYork), "news", c.news}, "a sale of sport": {sale(inNewYork), "sport", c.sport},
			} {
				m.Programme = m.programme
				if d := seller.Decide(state, m.Outgoing, at); (d.Verdict == compliance.Allow) != m.want {
					t.Errorf("%s: Decide says %v (%s), want allowed: %v", name, d.Verdict, d.Reason, m.want)
				}
			}
		})
	}
}

func TestMarketingMustSay(t *testing.T) {
	for _, c := range []struct {
		name string
		to   channel.Address
		text string
		want verdict
	}{
		{"all", inNewYork, "ACME BIKES: half price! Text stop to end.", verdict{compliance.Allow, ""}},
		{"in German", inBerlin, "Acme-Bikes: Reifen zum halben Preis. Abmelden mit STOPP", verdict{compliance.Allow, ""}},
		{"no name", inNewYork, "Half price! Reply STOP to opt out.", verdict{compliance.Deny, "lacks the name of who it is from, Acme Bikes"}},
		{"no way out", inNewYork, "Acme Bikes: half price!", verdict{compliance.Deny, "lacks how to opt out"}},
		{"stopover is no way out", inNewYork, "Acme Bikes: book your stopover!", verdict{compliance.Deny, "lacks how to opt out"}},
		{"no tag", inSeoul, "Acme Bikes: half price. Reply STOP to opt out.", verdict{compliance.Deny, "lacks the tag (광고) at its beginning"}},
		{"a tag", inSeoul, "(광고) Acme Bikes: half price. Reply STOP to opt out.", verdict{compliance.Allow, ""}},
		{"a tag elsewhere", inSeoul, "Acme Bikes (광고): half price. Reply STOP to opt out.", verdict{compliance.Deny, "at its beginning"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := sale(c.to)
			m.Text = c.text
			// Noon where they are, whoever they are.
			noon := at
			if c.to == inSeoul {
				noon = at.Add(12 * time.Hour)
			}
			requireDecision(t, seller, consents(compliance.ExpressWritten), m, noon, c.want)
			// What a template says was approved on WhatsApp, and nowhere else.
			if m.Template, m.Text = true, ""; c.want.want == compliance.Deny {
				requireDecision(t, seller, consents(compliance.ExpressWritten), m, noon, verdict{compliance.Deny, "than the name of a template tells"})
				m.Family = channel.WhatsApp
				requireDecision(t, seller, consents(compliance.ExpressWritten), m, noon, verdict{compliance.Allow, ""})
			}
		})
	}
}

func TestRegistersAreAsked(t *testing.T) {
	listing := func(listed bool, age time.Duration) []compliance.Listing {
		return []compliance.Listing{{Code: "US-CO", AsOf: at}, {Code: "BR", Listed: listed, AsOf: at.Add(-age)}}
	}
	scrubbed := seller
	scrubbed.Scrubbed = []string{"BR"}
	for _, c := range []struct {
		name     string
		policy   compliance.Standard
		listings []compliance.Listing
		want     verdict
	}{
		{"not asked", seller, nil, verdict{compliance.NeedsRegister, "a register must be asked first"}},
		{"asked elsewhere", seller, listing(false, 0)[:1], verdict{compliance.NeedsRegister, "Não Me Ligue"}},
		{"in it", seller, listing(true, 0), verdict{compliance.Deny, "is in a register"}},
		{"not in it", seller, listing(false, 0), verdict{compliance.Allow, ""}},
		{"not in it, just now", seller, listing(false, compliance.RegisterTerm-1), verdict{compliance.Allow, ""}},
		{"not in it, long ago", seller, listing(false, compliance.RegisterTerm), verdict{compliance.NeedsRegister, ""}},
		{"scrubbed by the host", scrubbed, nil, verdict{compliance.Allow, ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := sale(inRio)
			m.Listings = c.listings
			d := requireDecision(t, c.policy, consents(compliance.Express), m, at, c.want)
			if asks := d.Verdict == compliance.NeedsRegister; asks != (len(d.Registers) == 1 && d.Registers[0] == "BR") {
				t.Errorf("it asks for the registers of %q", d.Registers)
			}
		})
	}
	// In the United States a consent in writing is enough.
	requireDecision(t, seller, consents(compliance.ExpressWritten), sale(inNewYork), at, verdict{compliance.Allow, ""})
}

func TestMarketingWaitsForQuietHours(t *testing.T) {
	day := func(hour, minute int) time.Time { return time.Date(2026, time.March, 4, hour, minute, 0, 0, time.UTC) }
	florida := seller
	florida.Quiet, _ = compliance.ParseQuietHours("daily 22:00-06:00")
	holiday := seller
	holiday.Holidays = func(code string, noon time.Time) bool { return code == "US-CO" && noon.Day() == 4 }
	holiday.Quiet, _ = compliance.ParseQuietHours("daily 20:00-09:00; hol all")
	for _, c := range []struct {
		name   string
		policy compliance.Standard
		to     channel.Address
		wrote  time.Duration // ago
		at     time.Time
		until  time.Time // zero: now
	}{
		{"by day", seller, inDenver, 0, day(17, 0), time.Time{}},
		{"early", seller, inDenver, 0, day(12, 0), day(16, 0)},
		{"late", seller, inDenver, 0, day(3, 0), day(16, 0)},
		{"in time", seller, inDenver, 0, time.Date(2026, time.March, 5, 2, 54, 59, 0, time.UTC), time.Time{}},
		{"too near", seller, inDenver, 0, time.Date(2026, time.March, 5, 2, 55, 0, 0, time.UTC), time.Date(2026, time.March, 5, 16, 0, 0, 0, time.UTC)},
		{"to an answer", seller, inDenver, 119 * time.Minute, day(12, 0), time.Time{}},
		{"not to an answer any more", seller, inDenver, 2 * time.Hour, day(12, 0), day(16, 0)},
		{"in both places", seller, inTwo, 0, day(14, 0), day(15, 0)}, // 9 in the east, 8 in the west
		{"the law, where the policy is less careful", florida, inTwo, 0, day(13, 0), day(14, 0)},
		{"on a holiday", holiday, inDenver, 0, day(17, 0), time.Date(2026, time.March, 5, 16, 0, 0, 0, time.UTC)},
		{"on a holiday elsewhere", holiday, inNewYork, 0, day(17, 0), time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := sale(c.to)
			if c.wrote > 0 {
				m.LastInbound = c.at.Add(-c.wrote)
				m.LastTalk = m.LastInbound
			}
			d := c.policy.Decide(consents(compliance.ExpressWritten), m, c.at)
			want := compliance.Allow
			if !c.until.IsZero() {
				want = compliance.Defer
			}
			if d.Verdict != want || !d.Until.Equal(c.until) {
				t.Errorf("Decide says %v until %v (%s), want %v until %v", d.Verdict, d.Until, d.Reason, want, c.until)
			}
			if want == compliance.Defer {
				requireDecision(t, c.policy, consents(compliance.ExpressWritten), m, d.Until, verdict{compliance.Allow, ""})
			}
		})
	}
	d := requireDecision(t, seller, consents(compliance.ExpressWritten), sale(inDenver), day(12, 0), verdict{compliance.Defer, "until 09:00 in America/Denver"})
	if d.Local != "Wed 05:00 in America/Denver (US-CO), by its atlas" {
		t.Errorf("the local time is %q", d.Local)
	}
}

// Whose clock counts: the contact's own, what is stated of where they are, the
// number's.
func TestWhereTheContactIs(t *testing.T) {
	// 8 in New York, 14 in Berlin.
	early := time.Date(2026, time.March, 4, 13, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		to     channel.Address
		region string
		zone   string
		want   verdict
		local  string
	}{
		{"by the number", inNewYork, "", "", verdict{compliance.Defer, "until 09:00 in America/New_York"}, "by its atlas"},
		{"by the contact's zone", inNewYork, "", "Europe/Berlin", verdict{compliance.Allow, ""}, "by the contact's time zone"},
		{"by the contact's region", inNewYork, "DE", "", verdict{compliance.Allow, ""}, "Wed 14:00 in Europe/Berlin (DE), by the contact's region"},
		{"by the contact's region, in small letters", inNewYork, "de ", "", verdict{compliance.Allow, ""}, "Wed 14:00 in Europe/Berlin (DE), by the contact's region"},
		{"by a region that is none", inNewYork, "USA", "", verdict{compliance.Defer, "until 09:00 in America/New_York"}, "by its atlas"},
		{"by a region that is none, and a zone", inNewYork, "USA", "Europe/Berlin", verdict{compliance.Allow, ""}, "(US-NY), by the contact's time zone"},
		{"by a region nobody knows, and a zone", inNewYork, "XX", "Europe/Berlin", verdict{compliance.Allow, ""}, "by the contact's time zone"},
		{"by a part of the region", inNewYork, "US", "", verdict{compliance.Defer, ""}, "by the contact's region, its atlas"},
		{"by region and zone", nowhere, "DE", "Europe/Berlin", verdict{compliance.Allow, ""}, "(DE), by the contact's time zone"},
		{"by a region nobody knows", inNewYork, "XX", "", verdict{compliance.Deny, "not known where"}, ""},
		{"by a zone without a law", nowhere, "", "Europe/Berlin", verdict{compliance.Deny, "not known where"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := sale(c.to)
			m.Region = c.region
			if c.zone != "" {
				m.Zone = clockOf(c.zone)
			}
			if d := requireDecision(t, seller, consents(compliance.ExpressWritten), m, early, c.want); !strings.HasSuffix(d.Local, c.local) {
				t.Errorf("the local time is %q, want … %q", d.Local, c.local)
			}
		})
	}
}

// A message without a purpose is an answer, or sells.
func TestPurposeByDefault(t *testing.T) {
	for _, c := range []struct {
		name   string
		m      compliance.Outgoing
		wrote  time.Duration // ago; 0 is never
		family channel.Family
		state  compliance.State
		want   compliance.Purpose
	}{
		{"an answer", compliance.Outgoing{}, time.Hour, channel.Telephony, compliance.State{}, compliance.Conversational},
		{"a late answer", compliance.Outgoing{Human: true}, compliance.InquiryTerm - 1, channel.Telephony, compliance.State{}, compliance.Conversational},
		{"a responder's", compliance.Outgoing{}, compliance.FreshTerm - 1, channel.Telephony, compliance.State{}, compliance.Conversational},
		{"too late for a responder", compliance.Outgoing{}, compliance.FreshTerm, channel.Telephony, compliance.State{}, compliance.Marketing},
		{"a responder's that says so", compliance.Outgoing{Purpose: compliance.Conversational}, compliance.InquiryTerm - 1, channel.Telephony, compliance.State{}, compliance.Conversational},
		{"no answer any more", compliance.Outgoing{Human: true}, compliance.InquiryTerm, channel.Telephony, compliance.State{}, compliance.Marketing},
		{"to nobody's question", compliance.Outgoing{}, 0, channel.Telephony, compliance.State{}, compliance.Marketing},
		{"on WhatsApp", compliance.Outgoing{}, compliance.WhatsAppWindow - 1, channel.WhatsApp, compliance.State{}, compliance.Conversational},
		{"too late on WhatsApp", compliance.Outgoing{}, compliance.WhatsAppWindow, channel.WhatsApp, compliance.State{}, compliance.Marketing},
		{"a person's on WhatsApp", compliance.Outgoing{Human: true}, 48 * time.Hour, channel.WhatsApp, compliance.State{}, compliance.Conversational},
		{"a talk that is none", compliance.Outgoing{Purpose: compliance.Conversational}, 0, channel.Telephony, compliance.State{}, compliance.Marketing},
		{"a talk that is over", compliance.Outgoing{Purpose: compliance.Conversational}, compliance.InquiryTerm, channel.Telephony, compliance.State{}, compliance.Marketing},
		{"a talk with somebody who agreed", compliance.Outgoing{Purpose: compliance.Conversational}, 0, channel.Telephony, consents(""), compliance.Conversational},
		{"an order", compliance.Outgoing{Purpose: compliance.Transactional}, 0, channel.Telephony, compliance.State{}, compliance.Transactional},
		{"what there is not", compliance.Outgoing{Purpose: "bulk"}, time.Hour, channel.Telephony, compliance.State{}, compliance.Marketing},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.m.Family, c.m.To = c.family, inNewYork
			if c.wrote > 0 {
				c.m.LastInbound = at.Add(-c.wrote)
			}
			if d := seller.Decide(c.state, c.m, at); d.Purpose != c.want {
				t.Errorf("it counts as %q (%v: %s), want %q", d.Purpose, d.Verdict, d.Reason, c.want)
			}
		})
	}
}

func TestTemplatesNeedAnOptIn(t *testing.T) {
	m := compliance.Outgoing{Purpose: compliance.Transactional, Family: channel.WhatsApp, To: "whatsapp:" + inNewYork, Template: true}
	requireDecision(t, seller, compliance.State{}, m, at, verdict{compliance.Deny, "WhatsApp asks for an opt-in"})
	requireDecision(t, seller, consents(""), m, at, verdict{compliance.Allow, ""})
	requireDecision(t, seller, consents(compliance.Express), m, at, verdict{compliance.Allow, ""})
	m.LastInbound = at.Add(-time.Hour)
	requireDecision(t, seller, compliance.State{}, m, at, verdict{compliance.Allow, ""})
}

func TestAnswersToWhoOptedOut(t *testing.T) {
	answers := seller
	answers.AnswerOptedOut = true
	s := compliance.State{OptedOut: true, Since: at.Add(-time.Hour), Last: at.Add(-time.Hour), Entry: 7}
	m := compliance.Outgoing{
		Purpose: compliance.Conversational, Family: channel.Telephony, To: inNewYork, Human: true, LastInbound: at.Add(-time.Minute), LastTalk: at.Add(-time.Minute),
	}
	denied, allowed := verdict{compliance.Deny, "opted out"}, verdict{compliance.Allow, "a person answers"}
	requireDecision(t, seller, s, m, at, denied)
	requireDecision(t, answers, s, m, at, allowed)
	requireDecision(t, answers, s, m, m.LastInbound.Add(compliance.InquiryTerm), denied)
	before := m
	before.LastTalk = s.Since // what came later was STOP, START or HELP
	requireDecision(t, answers, s, before, at, denied)
	again := s
	again.Last = m.LastTalk.Add(time.Second)
	requireDecision(t, answers, again, m, at, denied)
	robot := m
	robot.Human = false
	requireDecision(t, answers, s, robot, at, denied)
	sells := m
	sells.Purpose = compliance.Marketing
	requireDecision(t, answers, s, sells, at, denied)
}

func TestNumberOfSomebodyElse(t *testing.T) {
	s := compliance.Fold([]compliance.Entry{entry(1, compliance.Voided, -60)})
	m := compliance.Outgoing{Purpose: compliance.Transactional, Family: channel.Telephony, To: inNewYork, LastInbound: at.Add(-2 * time.Hour)}
	requireDecision(t, seller, s, m, at, verdict{compliance.Deny, "not the contact's any more"})
	m.Purpose = compliance.Conversational
	requireDecision(t, seller, s, m, at, verdict{compliance.Deny, "not the contact's any more"})
	m.LastInbound = at.Add(-time.Minute) // whoever has it now
	requireDecision(t, seller, s, m, at, verdict{compliance.Allow, ""})
	m.Purpose = compliance.Emergency
	requireDecision(t, seller, s, m, at, verdict{compliance.Deny, "not the contact's any more"})
}

func TestQuestionToOptIn(t *testing.T) {
	asked := compliance.Entry{ID: 3, Kind: compliance.Asked, OccurredAt: at, Reach: compliance.Reach{Purpose: compliance.Marketing}, Strength: compliance.Express, Until: at.Add(time.Hour)}
	m := compliance.Outgoing{Purpose: compliance.Compliance, Answers: compliance.Asked, Confirms: 3, Family: channel.Telephony, To: inNewYork}
	fold := func(more ...compliance.Entry) compliance.State { return compliance.Fold(append(more, asked)) }
	noSale := entry(1, compliance.OptOut, -5)
	noSale.Purpose = compliance.Marketing
	everything := asked
	everything.Reach = compliance.Reach{}
	withdrawn := compliance.Entry{ID: 4, Kind: compliance.Asked, OccurredAt: at.Add(time.Second), Until: at.Add(time.Second)}
	for _, c := range []struct {
		name  string
		state compliance.State
		at    time.Time
		want  verdict
	}{
		{"once", fold(), at, verdict{compliance.Allow, "the one question"}},
		{"too late", fold(), at.Add(time.Hour), verdict{compliance.Deny, "not open"}},
		{"answered", fold(entry(4, compliance.OptIn, 1)), at, verdict{compliance.Deny, "not open"}},
		{"refused", fold(entry(4, compliance.OptOut, 1)), at, verdict{compliance.Deny, "not open"}},
		{"to somebody who had opted out", fold(entry(1, compliance.OptOut, -5)), at, verdict{compliance.Deny, "nobody who has is asked"}},
		{"to somebody who wants no marketing", fold(noSale), at, verdict{compliance.Deny, "nobody who has is asked"}},
		{"to somebody who wants no marketing, of everything", compliance.Fold([]compliance.Entry{noSale, everything}), at, verdict{compliance.Deny, "nobody who has is asked"}},
		{"withdrawn", fold(withdrawn), at, verdict{compliance.Deny, "not open"}},
		{"while something holds", fold(held(1, -5, "a")), at, verdict{compliance.NeedsHuman, ""}},
		{"at night", compliance.Fold([]compliance.Entry{{ID: 3, Kind: compliance.Asked, OccurredAt: at, Until: at.Add(48 * time.Hour)}}), at.Add(12 * time.Hour), verdict{compliance.Defer, "quiet hours"}},
	} {
		t.Run(c.name, func(t *testing.T) { requireDecision(t, seller, c.state, m, c.at, c.want) })
	}
	yes := entry(4, compliance.OptIn, 1)
	yes.Reach, yes.Strength = asked.Reach, asked.Strength
	confirm := compliance.Outgoing{Purpose: compliance.Compliance, Answers: compliance.OptIn, Confirms: 4, Family: channel.Telephony, To: inNewYork}
	requireDecision(t, seller, fold(yes), confirm, at, verdict{compliance.Allow, "the one confirmation of an opt-in"})
	requireDecision(t, seller, fold(yes, entry(5, compliance.OptOut, 2)), confirm, at, verdict{compliance.Deny, "opted out again"})
}

func TestWarningAtNight(t *testing.T) {
	m := compliance.Outgoing{Purpose: compliance.Conversational, Family: channel.Telephony, To: inDenver, Human: true}
	night := time.Date(2026, time.March, 4, 5, 10, 0, 0, time.UTC) // 22:10
	for ago, want := range map[time.Duration]string{time.Hour: "", 3 * time.Hour: "it may be 22:10 where the contact is (America/Denver, by its atlas)"} {
		m.LastInbound = night.Add(-ago)
		if d := seller.Decide(compliance.State{}, m, night); d.Verdict != compliance.Allow || d.Warning != want {
			t.Errorf("%v after they wrote Decide says %v and warns %q, want %q", ago, d.Verdict, d.Warning, want)
		}
	}
}

// holey is a Locator that breaks its promise.
type holey struct{ atlas }

func (holey) Zones(string) []*time.Location {
	return []*time.Location{nil, clockOf("Europe/Berlin"), nil}
}

func TestLocatorWithoutClocks(t *testing.T) {
	p := compliance.Standard{Places: holey{}}
	m := sale(nowhere)
	m.Region = "DE"
	requireDecision(t, p, consents(compliance.ExpressWritten), m, at, verdict{compliance.Allow, ""})
}

// A region that no table knows takes nothing away of the law where the number is.
func TestRegionNobodyKnows(t *testing.T) {
	for _, region := range []string{"USA", "XX"} {
		m := sale(inNewYork)
		m.Region, m.Zone = region, clockOf("America/New_York")
		requireDecision(t, seller, consents(compliance.Express), m, at, verdict{compliance.Deny, "needs a consent in writing"})
	}
}

// STOP, START and HELP are nothing that what sells could answer.
func TestMarketingAfterAKeywordIsQuiet(t *testing.T) {
	night := time.Date(2026, time.March, 4, 3, 0, 0, 0, time.UTC)
	m := sale(inNewYork)
	m.LastInbound = night.Add(-time.Minute)
	requireDecision(t, seller, consents(compliance.ExpressWritten), m, night, verdict{compliance.Defer, "quiet hours"})
	m.LastTalk = m.LastInbound
	requireDecision(t, seller, consents(compliance.ExpressWritten), m, night, verdict{compliance.Allow, ""})
}

// The answer YES is confirmed, whatever the contact has agreed to before, and not
// after they have opted out again.
func TestConfirmationOfAYes(t *testing.T) {
	old, yes := entry(1, compliance.OptIn, -60), entry(5, compliance.OptIn, -1)
	yes.Reach = compliance.Reach{Programme: "news"}
	confirm := compliance.Outgoing{Purpose: compliance.Compliance, Answers: compliance.OptIn, Confirms: 5, Programme: "news", Family: channel.Telephony, To: inNewYork}
	stop, stopNews := entry(6, compliance.OptOut, 0), entry(6, compliance.OptOut, 0)
	stopNews.Programme = "news"
	for _, c := range []struct {
		name    string
		entries []compliance.Entry
		want    compliance.Verdict
	}{
		{"alone", []compliance.Entry{yes}, compliance.Allow},
		{"after an older opt-in", []compliance.Entry{old, yes}, compliance.Allow},
		{"and STOP", []compliance.Entry{old, yes, stop}, compliance.Deny},
		{"and no news", []compliance.Entry{old, yes, stopNews}, compliance.Deny},
		{"to a number of somebody else's", []compliance.Entry{old, yes, entry(6, compliance.Voided, 0)}, compliance.Deny},
		{"of an earlier START", []compliance.Entry{old, yes, stop, entry(7, compliance.OptIn, 1)}, compliance.Deny},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := confirm
			if c.name == "of an earlier START" {
				m.Confirms, m.Programme = 1, ""
			}
			requireDecision(t, seller, compliance.Fold(c.entries), m, at, verdict{c.want, ""})
		})
	}
}
