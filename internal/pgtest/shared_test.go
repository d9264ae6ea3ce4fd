package pgtest

import (
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestDatabaseIsFresh(t *testing.T) {
	t.Parallel()
	one, other := connect(t, Database(t)), connect(t, Database(t))
	execute(t, one, "create table notes (text text)")
	const tables = "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
	if n := value[int](t, other, tables); n != 0 {
		t.Errorf("a fresh database has %d tables", n)
	}
	if encoding := value[string](t, one, "show server_encoding"); encoding != "UTF8" {
		t.Errorf("the encoding is %s", encoding)
	}
}

func TestDatabaseEndsWithTheTest(t *testing.T) {
	t.Parallel()
	watcher := connect(t, Database(t))
	var name string
	t.Run("one", func(t *testing.T) {
		u, err := url.Parse(Database(t))
		must(t, err)
		name = u.Path[1:]
		// A session that nobody closes must not keep it.
		conn, err := pgx.Connect(t.Context(), u.String())
		must(t, err)
		if n := value[int](t, conn, "select count(*) from pg_database where datname = $1", name); n != 1 {
			t.Errorf("there are %d databases %s", n, name)
		}
	})
	if n := value[int](t, watcher, "select count(*) from pg_database where datname = $1", name); n != 0 {
		t.Errorf("%s is still there", name)
	}
}

func TestDatabasesInParallel(t *testing.T) {
	t.Parallel()
	for range 10 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			execute(t, connect(t, Database(t)), "create table notes (text text)")
		})
	}
}

// TestChildDatabase is a test of another package.
func TestChildDatabase(t *testing.T) {
	onlyChild(t)
	conn := connect(t, Database(t))
	t.Logf("database %s", value[string](t, conn, "select current_database()"))
}

// TestChildOwn is another.
func TestChildOwn(t *testing.T) {
	onlyChild(t)
	execute(t, connect(t, Own(t, Options{}).Database(t)), "select 1")
}

func TestWays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, way, test string
		env             []string
		passes          bool
		says            string
	}{
		{"Main is called", asUsual, "TestChildDatabase", nil, true, "--- PASS: TestChildDatabase"},
		{"Main is not called", withoutMain, "TestChildDatabase", nil, false, "call pgtest.Main from TestMain"},
		{"no Postgres", without, "TestChildDatabase", []string{"PATH="}, true, "needs Postgres 15 or later: apt install postgresql, or set TEAMINBOX_POSTGRES_URL\n--- SKIP"},
		{"no Postgres, but required", without, "TestChildDatabase", []string{"PATH=", requireVariable + "=1"}, false, "needs Postgres 15 or later"},
		{"no server of its own", without, "TestChildOwn", []string{"PATH=", urlVariable + "=postgres://127.0.0.1:1/"}, true, "--- SKIP"},
		{"no server of its own, but required", without, "TestChildOwn", []string{"PATH=", urlVariable + "=postgres://127.0.0.1:1/", requireVariable + "=1"}, false, "needs Postgres 15 or later"},
		{"nobody at the URL", asUsual, "TestChildDatabase", []string{urlVariable + "=postgres://127.0.0.1:1/"}, false, "connection refused"},
		{"no URL", asUsual, "TestChildDatabase", []string{urlVariable + "=host=127.0.0.1 password=secret"}, false, "is not a URL like"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cmd, output := child(t, c.way, c.test, c.env...)
			if err := cmd.Run(); (err == nil) != c.passes {
				t.Errorf("it ends with %v", err)
			}
			if !strings.Contains(output.String(), c.says) {
				t.Errorf("it does not say %q:\n%s", c.says, output)
			}
			if strings.Contains(output.String(), "secret") {
				t.Errorf("it tells the password:\n%s", output)
			}
		})
	}
}

func TestServerOfTheEnvironment(t *testing.T) {
	t.Parallel()
	server := Own(t, Options{Fast: true, Settings: map[string]string{"log_statement": "ddl"}})
	admin := connect(t, server.URL("postgres"))
	execute(t, admin, "create role alice login createdb; create role bob login")
	as := func(user string) string { return strings.Replace(server.URL("postgres"), superuser+"@", user+"@", 1) }

	cmd, output := child(t, asUsual, "TestChildDatabase", urlVariable+"="+as("alice"))
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v:\n%s", err, output)
	}
	if !strings.Contains(server.Log(), "create database pgtest_") {
		t.Errorf("the database was not made in the server of the environment, which has logged:\n%s", server.Log())
	}
	if n := value[int](t, admin, "select count(*) from pg_database where datname like 'pgtest%'"); n != 0 {
		t.Errorf("%d databases were left there", n)
	}

	cmd, output = child(t, asUsual, "TestChildDatabase", urlVariable+"="+as("bob"))
	if err := cmd.Run(); err == nil || !strings.Contains(output.String(), "give the user of TEAMINBOX_POSTGRES_URL the right CREATEDB") {
		t.Errorf("a user without CREATEDB: %v:\n%s", err, output)
	}
}

func BenchmarkDatabase(b *testing.B) {
	Database(b)
	for b.Loop() {
		Database(b)
	}
}
