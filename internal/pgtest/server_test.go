//go:build unix

package pgtest

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestServer(t *testing.T) {
	t.Parallel()
	server := Own(t, Options{Settings: map[string]string{"deadlock_timeout": "17ms", "max_connections": "50"}})
	for _, url := range []string{server.URL("postgres"), server.SocketURL("postgres")} {
		conn := connect(t, url)
		for name, want := range map[string]string{
			"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "timezone": "UTC",
			"deadlock_timeout": "17ms", "max_connections": "50", "listen_addresses": "127.0.0.1",
		} {
			if got := value[string](t, conn, "select current_setting($1)", name); got != want {
				t.Errorf("%s is %s, want %s", name, got, want)
			}
		}
		if lower := value[string](t, conn, "select lower('ÄΣ' collate \"default\")"); lower != "äσ" {
			t.Errorf("lower(ÄΣ) is %s", lower)
		}
	}
}

// TestCrash has committed and uncommitted rows when the server ends, in each
// way, and looks which of them are there when it has started again.
func TestCrash(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*Server) error{"Stop": (*Server).Stop, "Kill": (*Server).Kill} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := Own(t, Options{})
			url := server.Database(t)
			conn := connect(t, url)
			execute(t, conn, "create table notes (n int)")
			execute(t, conn, "insert into notes values (1)")
			execute(t, conn, "begin")
			execute(t, conn, "insert into notes values (2)")

			must(t, end(server))
			must(t, end(server)) // of what has ended already
			if _, err := pgx.Connect(t.Context(), url); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("while the server is down, connecting fails with %v", err)
			}
			if err := conn.Ping(t.Context()); err == nil {
				t.Error("a connection outlives its server")
			}
			must(t, server.Start())
			must(t, server.Start()) // of what runs already
			if rows := value[[]int](t, connect(t, url), "select array_agg(n) from notes"); len(rows) != 1 || rows[0] != 1 {
				t.Errorf("the rows are %v, want [1]", rows)
			}
			if recovered := strings.Contains(server.Log(), "automatic recovery in progress"); recovered != (name == "Kill") {
				t.Errorf("recovery: %v; the log:\n%s", recovered, server.Log())
			}
		})
	}
}

// TestDeath is of a postmaster that dies without being told to.
func TestDeath(t *testing.T) {
	t.Parallel()
	server := Own(t, Options{})
	must(t, signal(server.process.cmd.Process.Pid, syscall.SIGKILL))
	if over, err := server.process.ended(patience); !over || err != nil {
		t.Fatalf("after SIGKILL: ended %v, %v", over, err)
	}
	must(t, server.Start())
	execute(t, connect(t, server.URL("postgres")), "select 1")
	must(t, signal(server.process.cmd.Process.Pid, syscall.SIGKILL))
	must(t, server.Stop())
	must(t, server.Start())
	execute(t, connect(t, server.URL("postgres")), "select 1")
}

func TestPause(t *testing.T) {
	t.Parallel()
	server := Own(t, Options{})
	conn := connect(t, server.URL("postgres"))
	must(t, server.Pause())
	all, err := tasks()
	must(t, err)
	var stopped int
	for _, task := range all {
		if postmaster := server.process.cmd.Process.Pid; task.pid != postmaster && task.parent != postmaster {
			continue
		}
		if !task.stopped {
			t.Errorf("process %d goes on", task.pid)
		}
		stopped++
	}
	if stopped < 3 {
		t.Errorf("%d processes stand still, but there are a postmaster, a session and what writes behind them", stopped)
	}

	answered := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.Background(), "select 1")
		answered <- err
	}()
	must(t, server.Pause()) // of what stands still already
	select {
	case err := <-answered:
		t.Errorf("a server that stands still answers (%v)", err)
	default:
	}
	must(t, server.Resume())
	must(t, server.Resume()) // of what goes on already
	must(t, <-answered)

	for name, end := range map[string]func() error{"Stop": server.Stop, "Kill": server.Kill} {
		must(t, server.Pause())
		if err := end(); err != nil {
			t.Errorf("%s of a paused server: %v", name, err)
		}
		if err := server.Pause(); err == nil {
			t.Errorf("there is nothing to pause after %s", name)
		}
		must(t, server.Resume())
		must(t, server.Start())
	}
	must(t, server.Pause()) // and so it ends with the test
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	_, err := newServer(Options{Settings: map[string]string{"no_such_setting": "1"}})
	if err == nil || !strings.Contains(err.Error(), `unrecognized configuration parameter "no_such_setting"`) {
		t.Errorf("the error has not what the server logged: %v", err)
	}
}

func TestPortIsTaken(t *testing.T) {
	t.Parallel()
	server := Own(t, Options{})
	taken := server.port
	must(t, server.Stop())
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(taken)))
	must(t, err)
	defer listener.Close()
	if err := server.Start(); err == nil || !strings.Contains(err.Error(), "Is another postmaster already running on port") {
		t.Errorf("Start on a port that is taken: %v", err)
	}
	ports := []int{taken, taken, somePort()}
	must(t, server.startOn(func() int {
		port := ports[0]
		ports = ports[1:]
		return port
	}))
	if server.port == taken || len(ports) != 0 {
		t.Errorf("the server runs on port %d, and %v were not tried", server.port, ports)
	}
	execute(t, connect(t, server.URL("postgres")), "select 1")
}

func BenchmarkOwn(b *testing.B) {
	for name, options := range map[string]Options{"durable": {}, "fast": {Fast: true}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s, err := newServer(options)
				must(b, err)
				must(b, s.close())
			}
		})
	}
}

func BenchmarkRestart(b *testing.B) {
	s := Own(b, Options{})
	for b.Loop() {
		must(b, s.Kill())
		must(b, s.Start())
	}
}

// TestProxyOverSocket has a proxy in front of a Unix socket, and the server end
// behind it.
func TestProxyOverSocket(t *testing.T) {
	t.Parallel()
	server := Own(t, Options{Fast: true})
	proxy := NewProxy(t, server.SocketURL("postgres"))
	conn := connect(t, proxy.URL(server.SocketURL("postgres")))
	execute(t, conn, "select 1")
	must(t, server.Kill())
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("the proxy hides that the server has ended")
	}
	if _, err := pgx.Connect(t.Context(), proxy.URL(server.URL("postgres"))); err == nil {
		t.Error("the proxy connects to a server that has ended")
	}
	must(t, server.Start())
	execute(t, connect(t, proxy.URL(server.URL("postgres"))), "select 1")
}
