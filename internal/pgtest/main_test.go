package pgtest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

// childEnv makes the test binary play another package's, which goes about it
// in one of these ways.
const childEnv = "PGTEST_CHILD"

const (
	asUsual     = "as usual"
	withoutMain = "without Main"
	without     = "without Postgres"
)

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case withoutMain:
		os.Exit(m.Run())
	case without:
		places = nil
	}
	code := Main(m)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// child returns the command that plays another package's test binary and runs
// one of its tests, whose name begins with TestChild.
func child(t *testing.T, way, test string, env ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.v", "-test.run=^"+test+"$")
	cmd.Env = append(append(os.Environ(), childEnv+"="+way, urlVariable+"=", requireVariable+"="), env...)
	output := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = output, output
	return cmd, output
}

// onlyChild skips a test that is for the child.
func onlyChild(t *testing.T) {
	t.Helper()
	if os.Getenv(childEnv) == "" {
		t.Skip("another test runs it in a process of its own")
	}
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func execute(t testing.TB, conn *pgx.Conn, sql string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// value returns the one value that a query has.
func value[T any](t testing.TB, conn *pgx.Conn, sql string, args ...any) T {
	t.Helper()
	var v T
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// await waits until something outside of this process has come about.
func await(t *testing.T, what string, come func() bool) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for !come() {
		select {
		case <-again.C:
		case <-limit.C:
			t.Fatalf("after %v still not: %s", patience, what)
		}
	}
}
