package when

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
)

// rewriting makes the functions of an expression operators on what the facts have
// computed already: says("a b") is §text contains " a b ". So the words are folded
// once, when the expression is compiled, and nothing that an expression could call
// takes long.
type rewriting struct {
	wrong *file.Error // the first that is
}

func (r *rewriting) fail(n ast.Node, format string, args ...any) {
	if r.wrong == nil {
		r.wrong = &file.Error{Location: n.Location(), Message: fmt.Sprintf(format, args...)}
	}
}

// Visit rewrites a node.
func (r *rewriting) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		if n.Operator == ".." {
			r.fail(n, "ranges are not allowed; name the values, or compare with < and >")
		}
		if _, constant := n.Right.(*ast.StringNode); n.Operator == "matches" && !constant {
			r.fail(n.Right, "matches takes a regular expression in quotes")
		}
	case *ast.CallNode:
		name, ok := n.Callee.(*ast.IdentifierNode)
		if !ok {
			return
		}
		var by ast.Node
		switch name.Value {
		case "says":
			by = r.says(n)
		case "between":
			by = r.between(n)
		case "on":
			by = r.on(n)
		default:
			return
		}
		if by == nil { // it is wrong already; let the rest be read
			by = &ast.BoolNode{}
		}
		by.SetLocation(n.Location())
		ast.Patch(node, by)
	}
}

// quoted returns the arguments of a call, which must be texts in quotes.
func (r *rewriting) quoted(n *ast.CallNode, what string) []string {
	texts := make([]string, 0, len(n.Arguments))
	for _, a := range n.Arguments {
		s, ok := a.(*ast.StringNode)
		if !ok {
			r.fail(a, "%s in quotes", what)
			return nil
		}
		texts = append(texts, s.Value)
	}
	if len(texts) == 0 {
		r.fail(n, "%s in quotes", what)
	}
	return texts
}

func (r *rewriting) says(n *ast.CallNode) ast.Node {
	var any ast.Node
	for i, words := range r.quoted(n, "says takes words or phrases") {
		p := phrase(words)
		if strings.TrimSpace(p) == "" {
			r.fail(n.Arguments[i], "%q has neither letters nor digits; use contains for other characters", words)
			return nil
		}
		any = either(any, &ast.BinaryNode{Operator: "contains", Left: &ast.IdentifierNode{Value: foldedText}, Right: &ast.StringNode{Value: p}})
	}
	return any
}

// either joins nodes with or.
func either(a, b ast.Node) ast.Node {
	if a == nil {
		return b
	}
	return &ast.BinaryNode{Operator: "or", Left: a, Right: b}
}

func (r *rewriting) between(n *ast.CallNode) ast.Node {
	times := r.quoted(n, `between takes two times of day, like "09:00",`)
	if times == nil {
		return nil
	}
	if len(times) != 2 {
		r.fail(n, `between takes two times of day, like between("09:00", "17:30")`)
		return nil
	}
	m, err := parseBetween(times[0], times[1])
	if err != nil {
		r.fail(n, "%v", err)
		return nil
	}
	compare := func(operator string, minute int) ast.Node {
		return &ast.BinaryNode{Operator: operator, Left: &ast.IdentifierNode{Value: minuteOfDay}, Right: &ast.IntegerNode{Value: minute}}
	}
	both := "and"
	if m.from > m.until {
		both = "or"
	}
	return &ast.BinaryNode{Operator: both, Left: compare(">=", m.from), Right: compare("<", m.until)}
}

func (r *rewriting) on(n *ast.CallNode) ast.Node {
	days := r.quoted(n, `on takes days, like "Mon" or "Mon-Fri",`)
	if len(days) == 0 {
		return nil
	}
	set, err := parseDays(days...)
	if err != nil {
		r.fail(n, "%v", err)
		return nil
	}
	var any ast.Node
	for d, name := range []string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"} {
		if set&(1<<d) != 0 {
			any = either(any, &ast.BinaryNode{Operator: "==", Left: &ast.IdentifierNode{Value: "weekday"}, Right: &ast.StringNode{Value: name}})
		}
	}
	return any
}
