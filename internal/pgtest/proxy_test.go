package pgtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// modes are the ways in which pgx talks to a server.
var modes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
	pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
}

// commitsBy are the ways in which a transaction ends.
var commitsBy = map[string]func(context.Context, *pgx.Conn) error{
	"Tx": func(ctx context.Context, conn *pgx.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "insert into notes values ($1)", "hello")
			return err
		})
	},
	"Batch": func(ctx context.Context, conn *pgx.Conn) error {
		batch := new(pgx.Batch)
		batch.Queue("begin")
		batch.Queue("insert into notes values ($1)", "hello")
		batch.Queue("commit")
		return conn.SendBatch(ctx, batch).Close()
	},
	"Prepare": func(ctx context.Context, conn *pgx.Conn) error {
		if _, err := conn.Prepare(ctx, "done", "commit"); err != nil {
			return err
		}
		batch := new(pgx.Batch)
		batch.Queue("begin")
		batch.Queue("insert into notes values ($1)", "hello")
		batch.Queue("done")
		return conn.SendBatch(ctx, batch).Close()
	},
	"Simple": func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.PgConn().Exec(ctx, "begin; insert into notes values ('hello'); commit").ReadAll()
		return err
	},
}

func TestLostCommits(t *testing.T) {
	t.Parallel()
	for name, commit := range commitsBy {
		for _, mode := range modes {
			if name == "Simple" && mode != pgx.QueryExecModeSimpleProtocol || name == "Prepare" && mode == pgx.QueryExecModeSimpleProtocol {
				continue
			}
			t.Run(fmt.Sprintf("%s %v", name, mode), func(t *testing.T) {
				t.Parallel()
				url := Database(t)
				direct := connect(t, url)
				execute(t, direct, "create table notes (text text)")
				proxy := NewProxy(t, url)
				through := func() *pgx.Conn {
					t.Helper()
					config, err := pgx.ParseConfig(proxy.URL(url))
					must(t, err)
					config.DefaultQueryExecMode = mode
					conn, err := pgx.ConnectConfig(t.Context(), config)
					must(t, err)
					t.Cleanup(func() { conn.Close(context.Background()) })
					return conn
				}
				// written waits for the end of what the client has lost sight of.
				written := func() int {
					t.Helper()
					await(t, "the sessions through the proxy have ended", func() bool {
						return value[int](t, direct, "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()") == 0
					})
					return value[int](t, direct, "select count(*) from notes")
				}

				conn := through()
				must(t, commit(t.Context(), conn))
				must(t, conn.Close(t.Context()))
				if n := written(); n != 1 {
					t.Fatalf("%d notes, want 1", n)
				}

				after := proxy.LoseCommit(2)
				for i := range 2 {
					if err := commit(t.Context(), through()); err == nil {
						t.Errorf("commit %d is answered", i)
					}
					if after.Count() != i+1 {
						t.Errorf("the count is %d, want %d", after.Count(), i+1)
					}
					if n := written(); n != 2+i {
						t.Errorf("%d notes, want %d: what was lost is the answer", n, 2+i)
					}
				}

				before := proxy.LoseBeforeCommit(1)
				if err := commit(t.Context(), through()); err == nil {
					t.Error("a commit that was lost is answered")
				}
				if before.Count() != 1 {
					t.Errorf("the count is %d, want 1", before.Count())
				}
				if n := written(); n != 3 {
					t.Errorf("%d notes, want 3: the commit was lost", n)
				}

				must(t, commit(t.Context(), through()))
				if after.Count() != 2 || before.Count() != 1 {
					t.Errorf("the counts are %d and %d after all were lost", after.Count(), before.Count())
				}
			})
		}
	}
}

// TestFailedCommit is of a COMMIT that does not commit, and which nobody waits
// for to be lost.
func TestFailedCommit(t *testing.T) {
	t.Parallel()
	url := Database(t)
	proxy := NewProxy(t, url)
	lost := proxy.LoseCommit(1)
	conn := connect(t, proxy.URL(url))
	tx, err := conn.Begin(t.Context())
	must(t, err)
	if _, err := tx.Exec(t.Context(), "no such statement"); err == nil {
		t.Fatal("it is one")
	}
	if err := tx.Commit(t.Context()); !errors.Is(err, pgx.ErrTxCommitRollback) {
		t.Errorf("Commit: %v", err)
	}
	if lost.Count() != 0 {
		t.Error("a rollback counts as a commit")
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	url := Database(t)
	proxy := NewProxy(t, url)
	conn := connect(t, proxy.URL(url))
	proxy.Cut()
	if _, err := conn.Exec(t.Context(), "select 1"); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("after a cut: %v", err)
	}
	execute(t, connect(t, proxy.URL(url)), "select 1")
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	url := Database(t)
	proxy := NewProxy(t, url)
	conn := connect(t, proxy.URL(url))
	for range 2 {
		proxy.Refuse(true)
		proxy.Refuse(true)
		if _, err := pgx.Connect(t.Context(), proxy.URL(url)); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a connection is not refused: %v", err)
		}
		execute(t, conn, "select 1")
		proxy.Refuse(false)
		proxy.Refuse(false)
		execute(t, connect(t, proxy.URL(url)), "select 1")
	}
}

func TestLatency(t *testing.T) {
	t.Parallel()
	url := Database(t)
	proxy := NewProxy(t, url)
	conn := connect(t, proxy.URL(url))
	const latency = 30 * time.Millisecond
	proxy.Latency(latency)
	start := time.Now()
	execute(t, conn, "select 1")
	if took := time.Since(start); took < 2*latency {
		t.Errorf("an answer comes after %v, want at least %v", took, 2*latency)
	}
	// And what waits ends with the connection.
	proxy.Latency(time.Hour)
	waits := make(chan error)
	go func() {
		_, err := conn.Exec(context.Background(), "select 1")
		waits <- err
	}()
	proxy.Cut()
	if err := <-waits; err == nil {
		t.Error("an answer came in spite of the latency")
	}
}

// TestStall has a session hold a lock that nobody releases while the
// connection is half open.
func TestStall(t *testing.T) {
	t.Parallel()
	url := Database(t)
	direct := connect(t, url)
	execute(t, direct, "create table notes (text text)")
	proxy := NewProxy(t, url)
	conn, quiet := connect(t, proxy.URL(url)), connect(t, proxy.URL(url))
	backend := conn.PgConn().PID()
	execute(t, conn, "begin")
	execute(t, conn, "lock notes")

	proxy.Stall(true)
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := conn.Exec(short, "commit"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("during a stall: %v", err)
	}
	if _, err := pgx.Connect(short, proxy.URL(url)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("connecting during a stall: %v", err)
	}
	proxy.Stall(false)

	execute(t, quiet, "select 1")
	execute(t, connect(t, proxy.URL(url)), "select 1")
	const locks = "select count(*) from pg_locks where pid = $1 and relation = 'notes'::regclass and granted"
	if n := value[int](t, direct, locks, backend); n != 1 {
		t.Errorf("the server has heard that its client is gone: %d locks", n)
	}
	proxy.Cut()
	await(t, "the lock is released", func() bool { return value[int](t, direct, locks, backend) == 0 })
}

// TestPassage passes on all that there is: notifications, copies, large values,
// requests to cancel, and what a server says before it closes.
func TestPassage(t *testing.T) {
	t.Parallel()
	url := Database(t)
	proxy := NewProxy(t, url)
	conn, other := connect(t, proxy.URL(url)), connect(t, proxy.URL(url))

	large := strings.Repeat("ä", 3_000_000)
	if got := value[string](t, conn, "select $1::text", large); got != large {
		t.Errorf("a value of %d bytes came back as one of %d", len(large), len(got))
	}
	execute(t, conn, "create table notes (n int)")
	rows := make([][]any, 10_000)
	for i := range rows {
		rows[i] = []any{i}
	}
	if n, err := conn.CopyFrom(t.Context(), pgx.Identifier{"notes"}, []string{"n"}, pgx.CopyFromRows(rows)); n != 10_000 || err != nil {
		t.Errorf("%d rows copied: %v", n, err)
	}
	if sum := value[int](t, conn, "select sum(n) from notes"); sum != 9999*10_000/2 {
		t.Errorf("the sum is %d", sum)
	}
	execute(t, conn, "listen news")
	execute(t, other, "notify news, 'hello'")
	if n, err := conn.WaitForNotification(t.Context()); err != nil || n.Payload != "hello" {
		t.Errorf("notification %v: %v", n, err)
	}
	sleeps := make(chan error)
	go func() {
		_, err := conn.Exec(context.Background(), "select pg_sleep(3600)")
		sleeps <- err
	}()
	await(t, "it sleeps", func() bool {
		return value[int](t, other, "select count(*) from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'", conn.PgConn().PID()) == 1
	})
	must(t, conn.PgConn().CancelRequest(t.Context()))
	if err := <-sleeps; err == nil || !strings.Contains(err.Error(), "57014") {
		t.Errorf("a query that was canceled: %v", err)
	}
	execute(t, other, "select pg_terminate_backend($1)", conn.PgConn().PID())
	if _, err := conn.Exec(t.Context(), "select 1"); err == nil || !strings.Contains(err.Error(), "57P01") {
		t.Errorf("the server's last words are lost: %v", err)
	}
}

// TestProxyURL rewrites what says where the server is, and nothing else.
func TestProxyURL(t *testing.T) {
	t.Parallel()
	proxy := NewProxy(t, "postgres:///x?host=/tmp&port=1")
	got := proxy.URL("postgres://alice:secret@db.example.com:6432/notes?host=a&port=1&sslmode=require&application_name=x")
	if want := "postgres://alice:secret@" + proxy.address + "/notes?application_name=x&sslmode=disable"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if _, err := pgx.Connect(t.Context(), got); err == nil {
		t.Error("there is no server behind the proxy")
	}
}

func BenchmarkProxy(b *testing.B) {
	url := Database(b)
	for name, url := range map[string]string{"direct": url, "proxy": NewProxy(b, url).URL(url)} {
		b.Run(name, func(b *testing.B) {
			conn := connect(b, url)
			for b.Loop() {
				execute(b, conn, "select 1")
			}
		})
	}
}
