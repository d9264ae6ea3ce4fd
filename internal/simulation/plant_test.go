package simulation

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// buildPlanted builds this package's tests with all planted bugs, and returns
// the binary. A bug is there if the binary runs with its name in envBug. One
// binary for all, as to build one takes longer than most bugs take to be found.
func buildPlanted(t *testing.T) (binary string) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatalf("the module's root is not known: %v", err)
	}
	byFile := make(map[string][]plantedBug)
	for _, bug := range plantedBugs {
		path := filepath.Join(root, filepath.FromSlash(bug.file))
		byFile[path] = append(byFile[path], bug)
	}
	dir := t.TempDir()
	replace := make(map[string]string) // what the go command reads instead of a file
	files := 0
	write := func(path, text string) {
		files++
		planted := filepath.Join(dir, fmt.Sprintf("%d.go", files))
		if err := os.WriteFile(planted, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[path] = planted
	}
	for path, bugs := range byFile {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("the planted bug %q has no file any more; adapt it to the code: %v", bugs[0].name, err)
		}
		text, pkg, err := plant(filepath.Base(path), string(source), bugs)
		if err != nil {
			t.Fatal(err)
		}
		write(path, text)
		write(filepath.Join(filepath.Dir(path), "planted.go"), fmt.Sprintf("package %s\n\nimport \"os\"\n\nvar plantedBug = os.Getenv(%q)\n", pkg, envBug))
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, list, 0o600); err != nil {
		t.Fatal(err)
	}
	binary = filepath.Join(dir, "planted.test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-o", binary, "-overlay", overlay)
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("a planted bug does not build; adapt it to the code: %v\n%s", err, said)
	}
	return binary
}

// plant returns the text of a file with bugs, and the file's package. A
// function with a bug begins with what it does if it has it: its own body, with
// the text of the bug replaced.
func plant(name, source string, bugs []plantedBug) (text, pkg string, err error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
	if err != nil {
		return "", "", err
	}
	type insertion struct {
		at   int // in the source
		text string
	}
	var insertions []insertion
	for _, bug := range bugs {
		if n := strings.Count(source, bug.old); n != 1 {
			return "", "", fmt.Errorf("the planted bug %q is to replace a text that occurs %d times in %s; adapt it to the code", bug.name, n, bug.file)
		}
		begin := strings.Index(source, bug.old)
		fn := enclosing(files, file, begin, begin+len(bug.old))
		if fn == nil {
			return "", "", fmt.Errorf("the planted bug %q is to replace a text that is not within one function of %s; adapt it to the code", bug.name, bug.file)
		}
		opened, closed := files.Position(fn.Body.Lbrace), files.Position(fn.Body.Rbrace)
		body := source[opened.Offset+1:begin] + bug.new + source[begin+len(bug.old):closed.Offset]
		if fn.Type.Results == nil {
			body += "\nreturn\n"
		}
		// What the compiler says of a bug is said with its name for a file.
		insertions = append(insertions, insertion{opened.Offset + 1, fmt.Sprintf("\n//line %s:1\nif plantedBug == %q {%s}\n//line %s:%d\n", bug.name, bug.name, body, name, opened.Line)})
	}
	slices.SortStableFunc(insertions, func(a, b insertion) int { return cmp.Compare(b.at, a.at) }) // from the end on
	for _, in := range insertions {
		source = source[:in.at] + in.text + source[in.at:]
	}
	return source, file.Name.Name, nil
}

// enclosing returns the function whose body has the text between two offsets,
// or nil.
func enclosing(files *token.FileSet, file *ast.File, begin, end int) *ast.FuncDecl {
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if ok && fn.Body != nil && files.Position(fn.Body.Lbrace).Offset < begin && end <= files.Position(fn.Body.Rbrace).Offset {
			return fn
		}
	}
	return nil
}
