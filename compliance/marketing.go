package compliance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/teaminbox/teaminbox/channel"
)

// decideMarketing decides by the law where the contact may be.
func (g *gate) decideMarketing() Decision {
	if len(g.places) == 0 {
		return deny("it is not known where the contact is, whose law decides about marketing" + g.why())
	}
	rows := g.rows()
	need := Express
	for _, j := range rows {
		if asked := j.Model.asked(); asked.AtLeast(need) {
			need = asked
		}
	}
	consent, ok := g.s.Consent(g.m.Programme, g.at)
	switch {
	case !ok:
		return deny("marketing needs a consent, and the ledger has none" + g.why())
	case !consent.Strength.AtLeast(need):
		return deny(fmt.Sprintf("marketing needs a consent in writing where the contact is (%s), and theirs is %s (entry %d)", g.codes(), consent.Strength, consent.Entry))
	}
	d := Decision{Verdict: Allow, Reason: fmt.Sprintf("the contact has consented (%s, entry %d)", consent.Strength, consent.Entry), Consent: consent.Entry}
	if missing := g.unsaid(rows); missing != "" {
		d.Verdict, d.Reason = Deny, missing
		return d
	}
	if verdict, reason, registers := g.registers(rows, consent); verdict != Allow {
		d.Verdict, d.Reason, d.Registers = verdict, reason, registers
		return d
	}
	if wait, ok := g.quiet(rows); !ok {
		wait.Consent = d.Consent
		return wait
	}
	return d
}

// why says why a message counts as marketing that does not say so itself.
func (g *gate) why() string {
	last := "has never written"
	if !g.m.LastInbound.IsZero() {
		last = "last wrote " + days(g.at.Sub(g.m.LastInbound)) + " ago"
	}
	switch g.m.Purpose {
	case Marketing:
		return ""
	case "":
		return "; the message counts as marketing, as it has no purpose and the contact " + last
	case Conversational:
		return "; the message counts as marketing, as it answers nothing: the contact " + last
	case Transactional, Compliance, Emergency: // which count as what they are
	}
	return fmt.Sprintf("; the message counts as marketing, as %q is no purpose", g.m.Purpose)
}

// rows returns the rows of the law where the contact may be, and of the medium.
func (g *gate) rows() []Jurisdiction {
	t := g.jurisdictions()
	var rows []Jurisdiction
	add := func(code string) {
		if j, ok := t.For(code, ScopeMarketing, g.at); ok && !slices.ContainsFunc(rows, func(r Jurisdiction) bool { return r.Code == j.Code }) {
			rows = append(rows, j)
		}
	}
	for _, p := range g.places {
		add(p.Code)
	}
	add("*" + strings.ToUpper(string(g.m.Family)))
	if medium := g.m.To.Medium(); medium != "" {
		add("*" + strings.ToUpper(medium))
	}
	return rows
}

func (g *gate) jurisdictions() *Jurisdictions {
	g.law = g.Jurisdictions
	if g.law == nil {
		g.law = StandardJurisdictions()
	}
	return g.law
}

// codes names the places.
func (g *gate) codes() string {
	var all []string
	for _, p := range g.places {
		if !slices.Contains(all, p.Code) {
			all = append(all, p.Code)
		}
	}
	if len(all) > 4 {
		all = append(all[:4], "…")
	}
	return strings.Join(all, ", ")
}

// unsaid says what the text lacks that the law asks for, or "". The content of a
// template on WhatsApp was approved with the medium, and is not before us. Nobody
// approves those of other media.
func (g *gate) unsaid(rows []Jurisdiction) string {
	if g.m.Template && g.m.Family == channel.WhatsApp {
		return ""
	}
	t := g.Table
	if t == nil {
		t = StandardTable()
	}
	for i := range rows {
		if missing := rows[i].unsaid(t, &g.m); missing != "" {
			if g.m.Template && g.m.Text == "" {
				return fmt.Sprintf("marketing must say more where the contact is (%s) than the name of a template tells; send it as text", rows[i].Code)
			}
			return fmt.Sprintf("marketing must say more where the contact is (%s): the text lacks %s", rows[i].Code, missing)
		}
	}
	return ""
}

// registers decides by what registers say of the contact.
func (g *gate) registers(rows []Jurisdiction, consent Consent) (v Verdict, reason string, missing []string) {
	for _, j := range rows {
		waived := j.Register.Unless != NotMarketing && consent.Strength.AtLeast(j.Register.Unless)
		if j.Register.Name == "" || waived || slices.Contains(g.Scrubbed, j.Code) {
			continue
		}
		i := slices.IndexFunc(g.m.Listings, func(l Listing) bool { return l.Code == j.Code && l.AsOf.After(g.at.Add(-RegisterTerm)) })
		switch {
		case i < 0:
			missing = append(missing, j.Code)
		case g.m.Listings[i].Listed:
			return Deny, fmt.Sprintf("the contact is in a register of those who want no advertising (%s: %s)", j.Code, j.Register.Name), nil
		}
		if i < 0 && reason == "" {
			reason = fmt.Sprintf("a register must be asked first where the contact is (%s: %s)", j.Code, j.Register.Name)
		}
	}
	if len(missing) > 0 {
		return NeedsRegister, reason, missing
	}
	return Allow, "", nil
}
