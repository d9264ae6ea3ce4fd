package compliance

import "fmt"

// MarshalText is String.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText has written.
func (k *Kind) UnmarshalText(text []byte) error { return named(k, text, "a kind") }

// MarshalText is String.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText has written.
func (v *Verdict) UnmarshalText(text []byte) error { return named(v, text, "a verdict") }

// named finds a value by its name. The values are numbered from 0, and those that
// there are not have the name of another.
func named[T interface {
	~uint8
	fmt.Stringer
}](to *T, text []byte, what string) error {
	seen := make(map[string]bool)
	for v := T(0); !seen[v.String()]; v++ {
		if seen[v.String()] = true; v.String() == string(text) {
			*to = v
			return nil
		}
	}
	return fmt.Errorf("compliance: %q is not %s", text, what)
}
