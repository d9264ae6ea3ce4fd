package when

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// LongestExpression is how many bytes an expression may have.
const LongestExpression = 2000

// SyntaxError is what is wrong with an expression, and where.
type SyntaxError struct {
	Line, Column int    // of the first character that is wrong, both from 1; the column in characters
	Message      string // like "unknown name fist"
}

// Error gives place and message.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// Compile makes an expression a condition; see the package's documentation for what
// it can look at. The error is a *SyntaxError. The empty expression always holds.
func Compile(expression string) (Condition, error) {
	if len(expression) > LongestExpression {
		return nil, &SyntaxError{1, utf8.RuneCountInString(expression[:LongestExpression]) + 1, fmt.Sprintf("the expression has %d bytes; at most %d are allowed", len(expression), LongestExpression)}
	}
	if strings.TrimSpace(expression) == "" {
		return Always(), nil
	}
	r := &rewriting{}
	program, err := expr.Compile(expression,
		expr.Env((&Facts{}).variables()), expr.AsBool(), expr.Patch(r), expr.Optimize(true), expr.MaxNodes(mostNodes),
		expr.DisableAllBuiltins(), expr.EnableBuiltin("len"), expr.EnableBuiltin("lower"), expr.EnableBuiltin("upper"), expr.EnableBuiltin("trim"),
	)
	// What was rewritten is told first: the rest may follow from it.
	if r.wrong != nil {
		err = r.wrong.Bind(file.NewSource(expression))
	}
	if err != nil {
		return nil, syntaxError(err)
	}
	return compiled{expression, program}, nil
}

// MustCompile is Compile for expressions that are a part of the program. It panics at
// an error.
func MustCompile(expression string) Condition {
	c, err := Compile(expression)
	if err != nil {
		panic("when: " + expression + ": " + err.Error())
	}
	return c
}

// mostNodes bounds what an expression computes: there are no loops in one.
const mostNodes = 500

func syntaxError(err error) error {
	var at *file.Error
	if !errors.As(err, &at) {
		return &SyntaxError{1, 1, err.Error()}
	}
	return &SyntaxError{max(at.Line, 1), at.Column + 1, at.Message}
}

// compiled is a Condition of an expression.
type compiled struct {
	expression string
	program    *vm.Program
}

func (c compiled) String() string { return c.expression }

func (c compiled) Holds(f *Facts) (holds bool, err error) {
	if f.names == nil {
		f.names = f.variables()
	}
	answer, err := f.vm.Run(c.program, f.names)
	if err != nil {
		return false, syntaxError(err)
	}
	holds, _ = answer.(bool)
	return holds, nil
}

// The names that only rewriting gives. No expression can have them.
const (
	foldedText  = "§text"
	minuteOfDay = "§minute"
)

// variables are what an expression looks at.
func (f *Facts) variables() map[string]any {
	local, m, c := f.Local(), &f.Message, &f.Contact
	attributes := c.Attributes
	if attributes == nil {
		attributes = map[string]string{}
	}
	return map[string]any{
		"text":       m.Text,
		"media":      f.files(),
		"from":       string(m.From),
		"to":         string(m.To),
		"channel":    m.Channel,
		"medium":     m.From.Medium(),
		"country":    f.Country(),
		"region":     f.Region(),
		"language":   c.Language,
		"name":       c.Name,
		"attributes": attributes,
		"profile":    f.profile(),
		"inbox":      string(f.Inbox.ID),
		"first":      f.First,
		"reopened":   f.Reopened,
		"hour":       local.Hour(),
		"minute":     local.Minute(),
		"weekday":    local.Weekday().String()[:3],
		"date":       local.Format("2006-01-02"),
		foldedText:   f.text(),
		minuteOfDay:  local.Hour()*60 + local.Minute(),
	}
}

func (f *Facts) profile() map[string]any {
	if f.Profile == nil {
		return map[string]any{}
	}
	return f.Profile
}
