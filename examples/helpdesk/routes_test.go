package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// need is what a route asks of whoever calls it.
type need int

const (
	nothing       need = iota // open to everybody
	aSignature                // the provider's
	aSeat                     // a user with a seat
	aConversation             // a user with a seat, whose business the conversation is
	aMessage                  // a user with a seat, whose business the message is
	aWaiting                  // the same, of a message that waits to be sent
	aStray                    // a user with a seat, in the account that has the stray
	aTask                     // a user with a seat, in the account that owes it
)

// route is a request that a route answers well, with {id} and {conversation} for
// what it is about.
type route struct {
	need   need
	path   string
	body   string // JSON, or "" if the route takes none
	stream bool   // the answer goes on until somebody ends it
	probe  bool   // the answer may be that the program does not work, as here it does not
}

// routes are all that the program serves, by the pattern in the mux.
var routes = map[string]route{
	"GET /":        {path: "/"},
	"GET /healthz": {path: "/healthz", probe: true},
	"GET /readyz":  {path: "/readyz", probe: true},

	"POST /api/session":   {path: "/api/session", body: `{"user":"alice"}`},
	"DELETE /api/session": {path: "/api/session"},

	"GET /api/directory":                        {need: aSeat, path: "/api/directory"},
	"GET /api/events":                           {need: aSeat, path: "/api/events?after=0", stream: true},
	"GET /api/conversations":                    {need: aSeat, path: "/api/conversations"},
	"GET /api/conversations/{id}":               {need: aConversation, path: "/api/conversations/{id}"},
	"GET /api/conversations/{id}/messages":      {need: aConversation, path: "/api/conversations/{id}/messages"},
	"GET /api/conversations/{id}/sendability":   {need: aConversation, path: "/api/conversations/{id}/sendability"},
	"POST /api/conversations/{id}/reply":        {need: aConversation, path: "/api/conversations/{id}/reply", body: `{"text":"hi","request_key":"a","seen":1}`},
	"POST /api/conversations/{id}/note":         {need: aConversation, path: "/api/conversations/{id}/note", body: `{"text":"hm","request_key":"b","seen":0}`},
	"POST /api/conversations/{id}/ask":          {need: aConversation, path: "/api/conversations/{id}/ask", body: `{"text":"Reply YES to hear from us.","request_key":"c"}`},
	"POST /api/conversations/{id}/claim":        {need: aConversation, path: "/api/conversations/{id}/claim"},
	"POST /api/conversations/{id}/release":      {need: aConversation, path: "/api/conversations/{id}/release"},
	"POST /api/conversations/{id}/close":        {need: aConversation, path: "/api/conversations/{id}/close"},
	"POST /api/conversations/{id}/reopen":       {need: aConversation, path: "/api/conversations/{id}/reopen"},
	"POST /api/conversations/{id}/read":         {need: aConversation, path: "/api/conversations/{id}/read", body: `{"seq":0}`},
	"POST /api/conversations/{id}/hold/release": {need: aConversation, path: "/api/conversations/{id}/hold/release", body: `{"seen":0,"reason":""}`},
	"POST /api/conversations/{id}/hold/opt-out": {need: aConversation, path: "/api/conversations/{id}/hold/opt-out", body: `{"reason":"he said so"}`},
	"POST /api/messages/{id}/cancel":            {need: aWaiting, path: "/api/messages/{id}/cancel"},
	"POST /api/messages/{id}/resend":            {need: aMessage, path: "/api/messages/{id}/resend"},
	"POST /api/messages/{id}/sent":              {need: aMessage, path: "/api/messages/{id}/sent"},
	"GET /api/search":                           {need: aSeat, path: "/api/search?q=only+may"},
	"GET /api/operator":                         {need: aSeat, path: "/api/operator"},
	"POST /api/operator/requeue":                {need: aTask, path: "/api/operator/requeue", body: `{"conversation":"{conversation}","task":"{id}"}`},
	"GET /api/strays":                           {need: aSeat, path: "/api/strays"},
	"POST /api/strays/{id}/adopt":               {need: aStray, path: "/api/strays/{id}/adopt", body: `{"inbox":"support"}`},
	"POST /api/strays/{id}/dismiss":             {need: aStray, path: "/api/strays/{id}/dismiss"},

	"POST /webhooks/twilio":        {need: aSignature, path: webhookPath},
	"POST /webhooks/twilio/status": {need: aSignature, path: statusPath},

	"GET /phones/config":    {path: "/phones/config"},
	"GET /phones/events":    {path: "/phones/events", stream: true},
	"POST /phones/messages": {path: "/phones/messages", body: `{"from":"` + customer + `","to":"` + supportNumber + `","text":"hi"}`},
	"POST /phones/read":     {path: "/phones/read", body: `{"phone":"` + customer + `"}`},
}

func (r route) method(pattern string) string {
	method, _, _ := strings.Cut(pattern, " ")
	return method
}

// The table above is that of the program's source: whoever adds a route has to
// say what it needs, and the tests of this package look after it.
func TestEveryRouteHasACase(t *testing.T) {
	if diff := cmp.Diff(patternsInSource(t), slices.Sorted(maps.Keys(routes))); diff != "" {
		t.Errorf("the program's routes and those of the tests (-program +tests):\n%s", diff)
	}
	for pattern, r := range routes {
		if r.body == "" && r.method(pattern) == http.MethodPost && r.stream {
			t.Errorf("%s is a stream that is posted to", pattern)
		}
	}
}

// patternsInSource returns what is registered with a mux anywhere in the
// program.
func patternsInSource(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	constants := map[string]string{}
	set := token.NewFileSet()
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, e.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == len(spec.Names) {
				for i, name := range spec.Names {
					if text, ok := textOf(spec.Values[i], nil); ok {
						constants[name.Name] = text
					}
				}
			}
			return true
		})
	}
	var patterns []string
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 || !registers(call.Fun) {
				return true
			}
			text, ok := textOf(call.Args[0], constants)
			if name, isName := call.Args[0].(*ast.Ident); !ok && isName && name.Name == "pattern" {
				return true // of the helper whose callers are found as well
			}
			if !ok {
				t.Fatalf("%v: the pattern of a route can't be read here; write it as a text", set.Position(call.Pos()))
			}
			patterns = append(patterns, text)
			return true
		})
	}
	slices.Sort(patterns)
	return patterns
}

// registers reports whether a function registers a handler.
func registers(function ast.Expr) bool {
	name := ""
	switch f := function.(type) {
	case *ast.SelectorExpr:
		name = f.Sel.Name
	case *ast.Ident:
		name = f.Name
	}
	return name == "Handle" || name == "HandleFunc" || name == "handle"
}

// textOf returns the text that an expression of literals and constants is.
func textOf(e ast.Expr, constants map[string]string) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.Ident:
		text, ok := constants[e.Name]
		return text, ok
	case *ast.BinaryExpr:
		left, leftOK := textOf(e.X, constants)
		right, rightOK := textOf(e.Y, constants)
		return left + right, leftOK && rightOK && e.Op == token.ADD
	}
	return "", false
}
