//go:build unix

package pgtest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestChildLeaves starts servers, tells where they are and does what it is
// told to, with everything left behind.
func TestChildLeaves(t *testing.T) {
	onlyChild(t)
	Database(t)
	own, paused := Own(t, Options{}), Own(t, Options{})
	for _, s := range []*Server{shared.server, own, paused} {
		fmt.Println("server", s.process.cmd.Process.Pid, s.dir)
	}
	order, err := bufio.NewReader(os.Stdin).ReadString('\n')
	must(t, err)
	switch order {
	case "pause\n":
		must(t, paused.Pause())
		fmt.Println("paused")
		select {}
	case "panic\n":
		panic("told to")
	case "exit\n":
		os.Exit(3)
	case "wait\n":
		select {}
	}
}

// TestNothingIsLeft ends test binaries in the ways in which no cleanup runs.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, order string
		signal      syscall.Signal
	}{
		{"killed", "wait\n", syscall.SIGKILL},
		{"interrupted", "wait\n", syscall.SIGINT},
		{"out of time", "wait\n", syscall.SIGQUIT},
		{"panic", "panic\n", 0},
		{"exit", "exit\n", 0},
		{"killed with a server paused", "pause\n", syscall.SIGKILL},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && c.order == "pause\n" {
				t.Skip("a paused server takes five seconds to end")
			}
			cmd, _ := child(t, asUsual, "TestChildLeaves")
			cmd.Stdout = nil
			stdout, err := cmd.StdoutPipe()
			must(t, err)
			stdin, err := cmd.StdinPipe()
			must(t, err)
			must(t, cmd.Start())
			lines := bufio.NewScanner(stdout)
			pids := make(map[int]bool)
			var dirs []string
			for len(dirs) < 3 {
				if !lines.Scan() {
					t.Fatal("the child ended early")
				}
				var pid int
				var dir string
				if _, err := fmt.Sscanf(lines.Text(), "server %d %s", &pid, &dir); err == nil {
					pids[pid] = true
					dirs = append(dirs, dir)
				}
			}
			_, err = io.WriteString(stdin, c.order)
			must(t, err)
			if c.order == "pause\n" && (!lines.Scan() || lines.Text() != "paused") {
				t.Fatalf("the child says %q", lines.Text())
			}
			if c.signal != 0 {
				must(t, cmd.Process.Signal(c.signal))
			}
			for lines.Scan() { // to the end
			}
			if err := cmd.Wait(); err == nil {
				t.Error("the child has passed")
			}

			await(t, "the servers' processes are gone", func() bool {
				all, err := tasks()
				must(t, err)
				for _, task := range all {
					if pids[task.pid] || pids[task.parent] {
						return false
					}
				}
				return true
			})
			await(t, "their files are gone", func() bool {
				for _, dir := range dirs {
					if _, err := os.Stat(dir); !os.IsNotExist(err) {
						return false
					}
				}
				return true
			})
		})
	}
}

// TestAccount runs some tests as an ordinary user, if this one is root, and as
// root with a directory for temporary files that is root's alone.
func TestAccount(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else; as who this is, the other tests run")
	}
	const nobody = 65534
	self, err := os.Executable()
	must(t, err)
	hidden := t.TempDir()
	must(t, os.Chmod(hidden, 0o700))
	for _, c := range []struct {
		name, tmp string
		account   account
	}{
		{"an ordinary user", "", account{&syscall.Credential{Uid: nobody, Gid: nobody}}},
		{"root", hidden, account{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cmd, output := child(t, asUsual, "TestChildDatabase|TestChildOwn", "TMPDIR="+c.tmp, "HOME=/nonexistent")
			cmd.Path, cmd.Dir = anybodys(t, self), "/"
			c.account.use(cmd)
			if err := cmd.Run(); err != nil || strings.Count(output.String(), "--- PASS") != 2 {
				t.Errorf("%v:\n%s", err, output)
			}
		})
	}
}

// anybodys copies a program to where everybody can run it. Another program makes
// the copy: what this process writes, a child that another test is about to
// start may hold open, and then it cannot be run.
func anybodys(t *testing.T, program string) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "pgtest-program-")
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	must(t, os.Chmod(dir, 0o755))
	path := filepath.Join(dir, "program")
	must(t, exec.CommandContext(t.Context(), "cp", program, path).Run())
	must(t, os.Chmod(path, 0o755))
	return path
}
