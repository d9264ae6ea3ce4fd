package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
)

const (
	// urlVariable names the server to use instead of a private one.
	urlVariable = "TEAMINBOX_POSTGRES_URL"
	// requireVariable makes a missing Postgres a failure, so that nobody
	// believes that something was tested that was not.
	requireVariable = "TEAMINBOX_REQUIRE_POSTGRES"
)

// shared is the server that the tests of this binary have in common. It is the
// package's, not a value that tests hand on, as all of them together are what
// it lives for.
var shared struct {
	mu      sync.Mutex
	main    bool // Main runs
	started bool
	err     error // of the start
	cluster cluster
	server  *Server // nil if it is not our own
}

// Main runs the tests and then ends the server that Database has started, if it
// has. Call it from TestMain and exit with the code that it returns. Nothing of
// this package runs afterwards, so it is the moment to look for leaks:
//
//	func TestMain(m *testing.M) {
//		code := pgtest.Main(m)
//		if err := goleak.Find(); err != nil && code == 0 {
//			fmt.Fprintln(os.Stderr, err)
//			code = 1
//		}
//		os.Exit(code)
//	}
func Main(m *testing.M) int {
	shared.mu.Lock()
	shared.main = true
	shared.mu.Unlock()
	code := m.Run()

	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.main = false
	if shared.server == nil {
		return code
	}
	if err := shared.server.close(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return max(code, 1)
	}
	return code
}

// Database returns the URL of a fresh, empty database, in UTF-8, which is
// dropped at the end of the test with whoever is connected to it. The server,
// which the first call starts, is shared and made for speed: it keeps no
// promise about crashes, for which there is Own. Tests may call Database in
// parallel.
//
// It skips the test, or fails it, if there is no Postgres: see the package's
// documentation. It fails the test if the package's TestMain does not call
// Main.
func Database(t testing.TB) string {
	t.Helper()
	c, err := sharedCluster()
	if err != nil {
		giveUp(t, err)
	}
	name, err := c.create(t.Context())
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		// The context of a test ends before its cleanup.
		if err := c.drop(context.WithoutCancel(t.Context()), name); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return c.database(name)
}

// sharedCluster returns the shared server and starts it if it is the first to
// ask. A start that failed is not tried again.
func sharedCluster() (cluster, error) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if !shared.main {
		return cluster{}, errors.New("nobody would end the server: call pgtest.Main from TestMain")
	}
	if !shared.started {
		shared.started = true
		shared.cluster, shared.server, shared.err = startShared(os.Getenv(urlVariable))
	}
	return shared.cluster, shared.err
}

func startShared(external string) (cluster, *Server, error) {
	if external != "" {
		// Neither error may show the password.
		if u, err := url.Parse(external); err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
			return cluster{}, nil, fmt.Errorf("%s is not a URL like postgres://user:password@host:5432/postgres", urlVariable)
		}
		return cluster{url: external}, nil, nil
	}
	s, err := newServer(Options{Fast: true})
	if err != nil {
		return cluster{}, nil, err
	}
	return s.cluster(), s, nil
}

// giveUp skips the test if there is no Postgres and nobody insists on one. It
// fails the test otherwise.
func giveUp(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errMissing) && os.Getenv(requireVariable) == "" {
		t.Skip(err)
	}
	t.Fatalf("pgtest: %v", err)
}
