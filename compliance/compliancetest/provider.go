package compliancetest

import (
	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/kit"
)

func providerCases() []kit.Case[*env] {
	provider := func(name string, k channel.Keyword, text string, c compliance.Context, want compliance.Kind) kit.Case[*env] {
		return kit.Case[*env]{
			Name: "Classify/" + name,
			Rule: "Keyword is what the provider made of the message when it handles opt-outs itself, in words of the host's own choice as well.",
			Check: func(e *env) error {
				m := inbound(text)
				m.Keyword = k
				return e.want(m, c, want)
			},
		}
	}
	return []kit.Case[*env]{
		provider("ProviderStop", channel.KeywordStop, "DUR", compliance.Context{Region: "TR"}, compliance.OptOut),
		provider("ProviderStart", channel.KeywordStart, "BAŞLAT", out(), compliance.OptIn),
		provider("ProviderHelp", channel.KeywordHelp, "BİLGİ", compliance.Context{Region: "TR"}, compliance.Help),
	}
}
