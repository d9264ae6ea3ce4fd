package compliance

import (
	"fmt"
	"strings"
	"time"
)

// Register is a list of people who want no advertising, which has to be asked
// before one is sent. The zero Register is none.
type Register struct {
	Name string

	// Unless is the strength of a consent with which it need not be asked, or
	// NotMarketing if it always must.
	Unless Strength
}

// String returns the register in the form of the table.
func (r Register) String() string {
	if r.Unless == NotMarketing {
		return r.Name
	}
	return r.Name + "; unless " + string(r.Unless)
}

func parseRegister(text string) (Register, error) {
	name, unless, found := strings.Cut(text, "; unless ")
	if found && unless == "" {
		return Register{}, fmt.Errorf("register is %q; it must be a name, or like DNC; unless express", text)
	}
	return Register{Name: name, Unless: Strength(unless)}, nil
}

// RegisterTerm is for how long the answer of a register holds. Registers give 21
// days and more: 21 in Singapore (Personal Data Protection Act 2012, section 43),
// 31 in the United States (47 CFR 64.1200(c)(2)(i)(D)).
const RegisterTerm = 21 * 24 * time.Hour

// Listing is a register's answer about an address.
type Listing struct {
	Code   string    `json:"code"` // of the jurisdiction, as it was asked for
	Listed bool      `json:"listed"`
	AsOf   time.Time `json:"as_of"` // when the register, or a copy of it, said so
}
