package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/internal/pgtest"
)

// asProgram in the environment makes the test binary the program itself, so
// that a test can start and kill it.
const asProgram = "HELPDESK_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		if err := prepare(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		main()
		os.Exit(0)
	}
	os.Exit(pgtest.Main(m))
}

// patience is how long a test waits for what must come, before it fails.
const patience = 3 * time.Minute

// process is a helpdesk that runs as a process of its own.
type process struct {
	t      *testing.T
	url    string
	cmd    *exec.Cmd
	stderr *buffer
	ended  chan struct{} // closed when it has ended
	status error         // of its end
	at     time.Time     // of its end
}

// buffer is a bytes.Buffer for two goroutines.
type buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func command(t *testing.T, env []string, args ...string) (*exec.Cmd, *buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append([]string{asProgram + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	cmd.Dir = t.TempDir()
	stderr := new(buffer)
	cmd.Stderr = stderr
	return cmd, stderr
}

// start starts a helpdesk and waits until it says where it is.
func start(t *testing.T, db string, env []string, args ...string) *process {
	t.Helper()
	cmd, stderr := command(t, env, append([]string{"-addr", "127.0.0.1:0", "-db", db}, args...)...)
	return launch(t, cmd, stderr)
}

// launch starts a command of a helpdesk.
func launch(t *testing.T, cmd *exec.Cmd, stderr *buffer) *process {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: cmd, stderr: stderr, ended: make(chan struct{})}
	lines := bufio.NewScanner(stdout)
	for p.url == "" && lines.Scan() {
		if _, at, found := strings.Cut(lines.Text(), "Team Inbox is at "); found {
			p.url = at
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdout)
		p.status, p.at = cmd.Wait(), time.Now()
		close(p.ended)
	}()
	t.Cleanup(p.kill)
	if p.url == "" {
		<-p.ended
		t.Fatalf("the program ended (%v) before it said where it is:\n%s", p.status, stderr)
	}
	return p
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// terminate ends the process in good order and returns how it ended.
func (p *process) terminate() error {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	return p.end()
}

// signal sends a signal to the process, which may be gone.
func (p *process) signal(s os.Signal) {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Error(err)
	}
}

// end waits for the end of a process that was told to, and returns how it
// ended.
func (p *process) end() error {
	p.t.Helper()
	select {
	case <-p.ended:
		return p.status
	case <-time.After(patience):
		p.t.Fatalf("the program has not ended %v after SIGTERM:\n%s", patience, p.stderr)
		return nil
	}
}

// call makes a request as a user and decodes the answer, unless to is nil. It
// returns the status, or 0 if there was no answer.
func (p *process) call(user, method, path string, body, to any) int {
	p.t.Helper()
	return p.request(p.t.Context(), user, method, path, body, to)
}

// request is call for a caller who may leave.
func (p *process) request(ctx context.Context, user, method, path string, body, to any) int {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			p.t.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, p.url+path, reader)
	if err != nil {
		p.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if user != "" {
		r.Header.Set("Authorization", "Bearer demo-"+user)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0
	}
	if to != nil && len(text) > 0 {
		if err := json.Unmarshal(text, to); err != nil {
			p.t.Fatalf("%s %s: %v in %q", method, path, err, text)
		}
	}
	return resp.StatusCode
}

// must is call for a request that must be answered with a status.
func (p *process) must(want int, user, method, path string, body, to any) {
	p.t.Helper()
	if got := p.call(user, method, path, body, to); got != want {
		p.t.Fatalf("%s %s as %s: HTTP %d, want %d\n%s", method, path, user, got, want, p.stderr)
	}
}

// await reads a user's events after a cursor until one is what the test waits
// for, and returns it.
func (p *process) await(user string, after inbox.Cursor, what string, match func(event) bool) event {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/api/events?after=%v", p.url, after), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer demo-"+user)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	var seen []string
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		data, found := strings.CutPrefix(lines.Text(), "data: ")
		if !found {
			continue
		}
		var e event
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			p.t.Fatalf("event %q: %v", data, err)
		}
		if match(e) {
			return e
		}
		seen = append(seen, string(e.Type)+string(e.Detail.State))
	}
	p.t.Fatalf("%s did not come in %s's stream (%v), which brought %v\n%s", what, user, lines.Err(), seen, p.stderr)
	return event{}
}

// conversations returns what a user sees in the list.
func (p *process) conversations(user string) conversationPage {
	p.t.Helper()
	var page conversationPage
	p.must(http.StatusOK, user, http.MethodGet, "/api/conversations", nil, &page)
	return page
}

// allConversations returns everything that a user sees in the list.
func (p *process) allConversations(user string) []conversation {
	p.t.Helper()
	var all []conversation
	for path := "/api/conversations"; ; {
		var page conversationPage
		p.must(http.StatusOK, user, http.MethodGet, path, nil, &page)
		all = append(all, page.Conversations...)
		if page.Next == "" {
			return all
		}
		path = "/api/conversations?before=" + page.Next
	}
}

// eventsUntil returns a user's events from the first to one with a cursor.
func (p *process) eventsUntil(user string, last inbox.Cursor) []event {
	p.t.Helper()
	var all []event
	p.await(user, 0, fmt.Sprintf("event %v", last), func(e event) bool {
		all = append(all, e)
		return e.Cursor >= last
	})
	return all
}

// messages returns all messages of a conversation as a user sees them, the
// oldest first.
func (p *process) messages(user string, id inbox.ConversationID) []message {
	p.t.Helper()
	var all []message
	for after := int64(0); ; {
		var page []message
		path := fmt.Sprintf("/api/conversations/%v/messages?after=%d", id, after)
		if after == 0 {
			// Without a place to go on from, the newest come first.
			path = fmt.Sprintf("/api/conversations/%v/messages?before=2", id)
		}
		p.must(http.StatusOK, user, http.MethodGet, path, nil, &page)
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		after = page[len(page)-1].Seq
	}
}

func dbFile(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "helpdesk.db")
}
