package pgtest

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// oldest is the first major version that the tests are for.
const oldest = 15

// errMissing says that there is no Postgres on the machine.
var errMissing = errors.New("needs Postgres 15 or later: apt install postgresql, or set " + urlVariable)

// programs is a directory with the programs of Postgres.
type programs string

// places are where installations of Postgres put their programs, with the
// version in the place of the star.
var places = []string{
	"/usr/lib/postgresql/*/bin",                                                   // Debian, Ubuntu
	"/usr/pgsql-*/bin",                                                            // Red Hat
	"/opt/homebrew/opt/postgresql@*/bin",                                          // macOS on ARM
	"/usr/local/opt/postgresql@*/bin",                                             // macOS on Intel
	"/Applications/Postgres.app/Contents/Versions/*/bin",                          // Postgres.app
	"/usr/local/pgsql/bin", "/usr/lib/postgresql/bin", "/usr/libexec/postgresql*", // from source, Arch, Alpine
}

// findPrograms returns the first installation that is new enough: what PATH
// has, then what the places have, newest first. The error is errMissing.
func findPrograms(places []string) (programs, error) {
	for _, dir := range slices.Concat(filepath.SplitList(os.Getenv("PATH")), installed(places)) {
		if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil {
			continue
		}
		version, err := exec.CommandContext(context.Background(), filepath.Join(dir, "postgres"), "--version").Output()
		if err == nil && major(string(version)) >= oldest {
			return programs(dir), nil
		}
	}
	return "", errMissing
}

func installed(places []string) []string {
	var dirs []string
	for _, place := range places {
		// The only error is a bad pattern.
		found, _ := filepath.Glob(place)
		slices.SortStableFunc(found, func(a, b string) int { return cmp.Compare(major(b), major(a)) })
		dirs = append(dirs, found...)
	}
	return dirs
}

var number = regexp.MustCompile(`\d+`)

// major returns the first number in a version or in a path that has one, or 0:
// 15 of "postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)".
func major(version string) int {
	// No digits, or more than fit, are no version.
	n, _ := strconv.Atoi(number.FindString(version))
	return n
}

func (p programs) command(name string, args ...string) *exec.Cmd {
	return exec.CommandContext(context.Background(), filepath.Join(string(p), name), args...)
}
