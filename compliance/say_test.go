package compliance_test

import (
	"testing"

	"github.com/teaminbox/teaminbox/compliance"
)

// What sells says how to opt out. A word that could is not enough: somebody has to be
// told to send it.
func TestMarketingTellsHowToStop(t *testing.T) {
	for text, says := range map[string]bool{
		"Reply STOP to opt out.":                            true,
		"Text stop to end":                                  true,
		"STOP to end":                                       true,
		"Stop2end: txt STOP 2 end":                          true,
		"Reply with the word CANCEL":                        true,
		"To unsubscribe: example.com/u":                     true,
		"Opt-out: STOP":                                     true,
		"Opt out at example.com":                            true,
		"Send END to 12345":                                 true,
		"END to 12345":                                      true,
		"STOP au 36179":                                     true,
		"Répondez STOP":                                     true,
		"Pour ne plus recevoir de SMS, envoyez STOP":        true,
		"Antworte mit STOPP, um dich abzumelden":            true,
		"Keine SMS mehr? STOPP an 12345":                    true,
		"STOP antworten":                                    true,
		"Responde BAJA para no recibir más":                 true,
		"Envía BAJA":                                        true,
		"Responda PARAR":                                    true,
		"Rispondi STOP":                                     true,
		"Antwoord STOP om je af te melden":                  true,
		"Svara STOPP":                                       true,
		"Odpisz STOP":                                       true,
		"Ответьте СТОП":                                     true,
		"Απαντήστε STOP":                                    true,
		"회신: 수신거부":                                          true,
		"STOPを返信":                                           true,
		"回复TD退订":                                            true,
		"Tyres half price! STOP":                            true,
		"Half price until the end of the week":              false,
		"Stop by our shop on Monday":                        false,
		"Don't stop now, it is half price":                  false,
		"Quit smoking with us":                              false,
		"Cancel anytime, no fees":                           false,
		"This is the end":                                   false,
		"Text us about it, we won't stop until you love it": false,
		"Ofertas para ti":                                   false,
		"Basta un clic":                                     false,
		"Gibt es nur bis Ende der Woche":                    false,
		"Non-stop flights":                                  false,
		"Au prochain arrêt":                                 false,
	} {
		m := sale(inBerlin)
		m.Text = "Acme Bikes: " + text
		want := verdict{compliance.Allow, ""}
		if !says {
			want = verdict{compliance.Deny, "lacks how to opt out"}
		}
		t.Run(text, func(t *testing.T) { requireDecision(t, seller, consents(compliance.ExpressWritten), m, at, want) })
	}
}

// Who sells is named as a word, and not within another.
func TestMarketingNamesWhoItIsFrom(t *testing.T) {
	for _, c := range []struct {
		brand, text string
		named       bool
	}{
		{"Acme", "Acme: half price", true},
		{"Acme", "half price at ACME's", true},
		{"Acme", "half price at Acmeland", false},
		{"Acme", "half price at Pacme", false},
		{"Ace", "we embrace the lace; a place", false},
		{"A.C.M.E.", "A.C.M.E. sells", true},
		{"アクメ", "こちらはアクメです", true},
		{"Acme", "Pacme, that is Acme", true},
		{"", "half price", false},
	} {
		m := sale(inBerlin)
		m.Brand, m.Text = c.brand, c.text+". Reply STOP to opt out."
		want := verdict{compliance.Allow, ""}
		if !c.named {
			want = verdict{compliance.Deny, "lacks the name"}
		}
		t.Run(c.brand+" in "+c.text, func(t *testing.T) {
			requireDecision(t, seller, consents(compliance.ExpressWritten), m, at, want)
		})
	}
}
