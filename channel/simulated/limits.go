package simulated

import (
	"regexp"

	"github.com/teaminbox/teaminbox/channel"
)

// Limits returns [Config.Limits] of two addresses.
func (c *Carrier) Limits(from, to channel.Address) channel.Limits { return c.cfg.Limits(from, to) }

var placeholder = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)

// render fills in a template. A placeholder without a value stays.
func render(text string, variables map[string]string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		name := placeholder.FindStringSubmatch(found)[1]
		if value, ok := variables[name]; ok {
			return value
		}
		return found
	})
}
