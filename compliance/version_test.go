package compliance_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/compliance"
)

// The ledger keeps the version of the table that has read a message, so a
// table that has changed must have another. When it has, write the sum again
// with
//
//	go test ./compliance -run TestVersionNamesTheTable -update
func TestVersionNamesTheTable(t *testing.T) {
	files, err := filepath.Glob("tables/phrases/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, "tables/keywords.tsv")
	slices.Sort(files)
	h := sha256.New()
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(h, "%s %d\n%s", f, len(data), data)
	}
	version := compliance.StandardTable().Version()
	want := fmt.Sprintf("%s %x\n", version, h.Sum(nil))
	const file = "testdata/tables.sum"
	got, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	if before, _, _ := strings.Cut(string(got), " "); *update && before == version && string(got) != want {
		t.Fatalf("the tables have changed since version %s; put another date into the first line of tables/keywords.tsv", version)
	} else if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(got) != want {
		t.Errorf("the tables of version %s are not those that %s names; put another date into the first line of tables/keywords.tsv, and run the test with -update", version, file)
	}
}
