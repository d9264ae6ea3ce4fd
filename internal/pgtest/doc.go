// Package pgtest gives tests a Postgres: a fresh, empty database each, a server
// of their own to crash, and a proxy that breaks the connection to one in the
// ways that a network does.
//
// A package whose tests need Postgres calls Main from its TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
// Most tests take a fresh database and nothing else:
//
//	func TestStore(t *testing.T) {
//		t.Parallel()
//		pool, err := pgxpool.New(t.Context(), pgtest.Database(t))
//		…
//	}
//
// The server behind it is started by the first test that asks, is shared by
// the tests of one binary, and ends with them.
//
// A test of crashes takes a server of its own:
//
//	server := pgtest.Own(t, pgtest.Options{})
//	url := server.Database(t)
//	…
//	server.Kill()
//	server.Start()
//
// And a test of the network puts a Proxy in front of either:
//
//	proxy := pgtest.NewProxy(t, url)
//	lost := proxy.LoseCommit(1)
//	… // a transaction through proxy.URL(url) fails, and yet it is there
//
// # What it needs
//
// The programs of Postgres 15 or later, in PATH or where Debian, Red Hat and
// macOS put them; no server needs to run, and none is touched. A server of the
// tests' own runs as the user who runs them, or, as Postgres refuses root, as
// the user postgres or nobody if that is root. It listens on 127.0.0.1 and
// asks for no password: whoever has an account on the machine can reach it
// while the tests run.
//
// If the environment variable TEAMINBOX_POSTGRES_URL is set, shared databases
// are made in that server instead. Its form is
//
//	postgres://user:password@host:5432/postgres?sslmode=disable
//
// and the user needs the right CREATEDB. The databases are called pgtest_ and
// 26 letters and digits; they are dropped when their tests end, but they stay
// if the test binary is killed.
//
// Where there is no Postgres, tests are skipped. With
// TEAMINBOX_REQUIRE_POSTGRES=1 they fail, so that nobody believes that they
// ran.
//
// # What it leaves behind
//
// Nothing, also if the test binary panics, runs into its time limit or is
// killed: a small shell process waits for the binary's end, stops what still
// runs and removes the files. Between the calls of this package no goroutine
// of it runs but those of a Proxy, which end with its test.
package pgtest
