package pgtest

import (
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// superuser is the role that owns everything in a server of the tests' own.
const superuser = "postgres"

// Options are how a server of a test's own is. The zero value is durable.
type Options struct {
	// Fast leaves out what makes commits survive a crash (fsync,
	// synchronous_commit, full_page_writes), and keeps the files in memory
	// where Linux has 4 GB to spare. It is for tests that crash nothing.
	// Defaults to the settings of production.
	Fast bool
	// Settings are further ones, by the names of postgresql.conf, such as
	// "deadlock_timeout": "10ms". They win over those of this package, but for
	// where the server listens.
	// Defaults to none.
	Settings map[string]string
}

// parent returns where a server's directory is to be.
func (o Options) parent() string {
	if dir := memory(); o.Fast && dir != "" {
		return dir
	}
	return os.TempDir()
}

// Server is a Postgres that nobody else knows of, with its files in a
// temporary directory: UTF-8, locale C.UTF-8 (or C where there is none), time
// zone UTC, 200 connections, superuser postgres without a password.
//
// All methods may be called from many goroutines. Start, Stop, Kill, Pause and
// Resume wait for one another.
type Server struct {
	programs programs
	account  account
	options  Options
	dir      string
	reaper   *reaper
	port     int

	mu      sync.Mutex
	process *process // nil while there is none
	paused  bool
}

// Own starts a server for one test and ends it with the test. It needs the
// programs of Postgres, also if TEAMINBOX_POSTGRES_URL is set, and skips the
// test, or fails it, if there are none: see the package's documentation. A
// server that does not start fails the test with what the server logged.
func Own(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := newServer(o)
	if err != nil {
		giveUp(t, err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return s
}

func newServer(o Options) (*Server, error) {
	s := &Server{options: o}
	var err error
	if s.programs, err = findPrograms(places); err != nil {
		return nil, err
	}
	if s.account, err = serverAccount(); err != nil {
		return nil, err
	}
	if s.dir, err = s.account.mkdir(o.parent()); err != nil {
		return nil, err
	}
	if s.reaper, err = startReaper(s.dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	if err = s.initialize(); err == nil {
		err = s.startOn(somePort)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// close ends the server and removes its files.
func (s *Server) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.end(syscall.SIGQUIT), s.reaper.close())
}

// URL returns the URL of a database of the server, which need not exist, over
// TCP. It stays the same when the server is started again.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User(superuser), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// SocketURL is URL over the server's Unix socket.
func (s *Server) SocketURL(database string) string {
	where := url.Values{"host": {s.dir}, "port": {strconv.Itoa(s.port)}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database, RawQuery: where.Encode()}
	return u.String()
}

// Database makes a fresh, empty database and returns its URL over TCP. The
// database goes with the server.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name, err := s.cluster().create(t.Context())
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return s.URL(name)
}

func (s *Server) cluster() cluster {
	return cluster{url: s.URL("postgres"), copyFiles: s.options.Fast}
}

// Log returns all that the server has logged so far.
func (s *Server) Log() string {
	logged, err := os.ReadFile(s.logFile())
	if err != nil {
		return err.Error()
	}
	return string(logged)
}

func (s *Server) data() string    { return filepath.Join(s.dir, "data") }
func (s *Server) logFile() string { return filepath.Join(s.dir, "log") }
