package inbox_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// No path of the library sends around the gate: Send is called in one place alone,
// with what attempt has made after it has asked the gate. Packages of channels
// implement Send, and tests and examples may call it.
func TestNothingIsSentAroundTheGate(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	var sends, made, asked []string // functions that mention Send, make what is sent, ask the gate
	files := 0
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == "examples" || name == "channel" || strings.HasPrefix(d.Name(), ".") && name != "." || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		files++
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range parsed.Decls {
			in := name
			if fn, ok := decl.(*ast.FuncDecl); ok {
				in = fmt.Sprintf("%s: %s", name, fn.Name.Name)
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					switch n.Sel.Name {
					case "Send":
						sends = append(sends, in)
					case "gate":
						asked = append(asked, in)
					}
				case *ast.CompositeLit:
					if of, ok := n.Type.(*ast.Ident); ok && of.Name == "outgoing" && strings.HasPrefix(name, "inbox/") {
						made = append(made, in)
					}
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Fatalf("the test has read %d files", files)
	}
	if want := []string{"inbox/send.go: send"}; !slices.Equal(sends, want) {
		t.Errorf("Send is called in %q, want %q", sends, want)
	}
	if want := []string{"inbox/outbox.go: attempt"}; !slices.Equal(made, want) {
		t.Errorf("what is sent is made in %q, want %q", made, want)
	}
	if !slices.Contains(asked, "inbox/outbox.go: attempt") {
		t.Errorf("the gate is asked in %q, and not where what is sent is made", asked)
	}
}
