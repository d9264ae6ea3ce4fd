package compliance_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/compliance/compliancetest"
)

func TestStandardConforms(t *testing.T) {
	var words []compliance.Keyword
	for _, k := range compliance.StandardKeywords() {
		if acts(k) && strings.ContainsFunc(k.Word, unicode.IsLetter) { // 🛑 has no letters to spell
			words = append(words, k)
		}
	}
	compliancetest.Run(t, compliancetest.Harness{
		New:      func(testing.TB) compliance.OptOutPolicy { return compliance.Standard{} },
		Keywords: words,
	})
}
