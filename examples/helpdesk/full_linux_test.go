package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/store"
)

// TestDiskFull lets the disk be full in the middle of the work. A webhook that
// can't be kept is not acknowledged but answered with a 5xx, a reply as well;
// what can be read is shown. With room again everything goes on by itself, and
// what was acknowledged is there, once, after a kill too.
func TestDiskFull(t *testing.T) {
	plainOnly(t)
	t.Parallel()
	t.Run("a small file system", func(t *testing.T) {
		t.Parallel()
		fake := twiliotest.NewServer(t)
		dir := t.TempDir()
		cmd, stderr := command(t, append(onTwilio(fake), smallDisk+"="+dir), "-addr", "127.0.0.1:0", "-db", filepath.Join(dir, "helpdesk.db"), "-public-url", publicURL)
		mounting(t, cmd)
		p := launch(t, cmd, stderr)
		ballast := filepath.Join("/proc", fmt.Sprint(cmd.Process.Pid), "root", dir, "ballast")
		diskFull(t, fake, p, func() { fill(t, ballast) }, func() {
			if err := os.Remove(ballast); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("a limit on files", func(t *testing.T) {
		t.Parallel()
		fake := twiliotest.NewServer(t)
		db := dbFile(t)
		cmd, stderr := command(t, append(onTwilio(fake), smallFiles+"=1"), "-addr", "127.0.0.1:0", "-db", db, "-public-url", publicURL)
		p := launch(t, cmd, stderr)
		diskFull(t, fake, p, func() {}, func() { p.signal(syscall.SIGUSR1) })

		p.kill()
		texts := make(map[string]int)
		p = startOnTwilio(t, fake, db)
		for _, c := range p.allConversations("alice") {
			for _, m := range p.messages("alice", c.ID) {
				texts[m.Text]++
			}
		}
		for _, text := range []string{"before", "with room again"} {
			if texts[text] != 1 {
				t.Errorf("after a kill %q is there %d times", text, texts[text])
			}
		}
	})
}

// fill writes a file until there is no room for more.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

// diskFull writes until there is no room, and then until there is.
func diskFull(t *testing.T, fake *twiliotest.Server, p *process, full, free func()) {
	t.Helper()
	long := strings.Repeat(" and so on", 140)
	type sent struct {
		text string
		sid  string
	}
	deliver := func(s sent) error {
		return fake.Post(t.Context(), p.url+webhookPath, publicURL+webhookPath, fake.WebhookForm(s.sid))
	}
	write := func(text string) sent {
		return sent{text, fake.Receive(twiliotest.Message{From: customer, To: supportNumber, Body: text})}
	}
	first := write("before")
	if err := deliver(first); err != nil {
		t.Fatal(err)
	}
	acknowledged := []sent{first}
	conv := p.conversations("alice").Conversations[0]
	path := "/api/conversations/" + conv.ID.String() + "/reply"

	// The room is used up while Twilio has a message in its hands.
	fake.OnTake(func(c twiliotest.Call) {
		if c.Form.Get("Body") == "in between" {
			full()
		}
	})
	var reply message
	cursor := p.conversations("alice").Cursor
	p.must(http.StatusOK, "alice", http.MethodPost, path, written{Text: "in between", RequestKey: "in between"}, &reply)
	var refused []sent
	for i := 0; len(refused) < 5; i++ {
		s := write(fmt.Sprintf("message %d%s", i, long))
		switch err := deliver(s); {
		case err == nil:
			acknowledged = append(acknowledged, s)
		case strings.Contains(err.Error(), "HTTP 500"):
			refused = append(refused, s)
		default:
			t.Fatalf("a webhook that can't be kept: %v, want HTTP 500\n%s", err, p.stderr)
		}
		if i > 5000 {
			t.Fatal("the disk does not get full")
		}
	}
	p.must(http.StatusInternalServerError, "bob", http.MethodPost, path, written{Text: "no room" + long, RequestKey: "no room"}, nil)
	shown := make(map[string]int)
	for _, m := range p.messages("alice", conv.ID) {
		shown[m.Text]++
	}
	for _, s := range acknowledged {
		if shown[s.text] != 1 {
			t.Errorf("on a full disk, %.20q, which was acknowledged, is shown %d times", s.text, shown[s.text])
		}
	}
	for _, s := range refused {
		if shown[s.text] != 0 {
			t.Errorf("on a full disk, %.20q, which was refused, is shown", s.text)
		}
	}

	free()
	last := write("with room again")
	p.await("alice", cursor, "that there is room", func(event) bool { return deliver(last) == nil })
	acknowledged = append(acknowledged, last)
	for _, s := range refused {
		if err := deliver(s); err != nil {
			t.Errorf("with room again: %v", err)
		}
		acknowledged = append(acknowledged, s)
	}
	p.must(http.StatusOK, "bob", http.MethodPost, path, written{Text: "no room" + long, RequestKey: "no room"}, nil)
	p.settle("alice", cursor)
	clear(shown)
	for _, m := range p.messages("alice", conv.ID) {
		shown[m.Text]++
		if m.ID == reply.ID && m.State != store.StateAccepted && m.State != store.StateUnconfirmed {
			t.Errorf("the reply that Twilio took while the disk got full is %s", m.State)
		}
	}
	for _, s := range acknowledged {
		if shown[s.text] != 1 {
			t.Errorf("with room again, %.20q is shown %d times", s.text, shown[s.text])
		}
	}
	calls := make(map[string]int)
	for _, c := range fake.Calls() {
		if calls[c.Form.Get("Body")]++; calls[c.Form.Get("Body")] > 1 {
			t.Errorf("Twilio was given %.20q twice", c.Form.Get("Body"))
		}
	}
	t.Logf("%d webhooks acknowledged, %d refused and acknowledged when there was room", len(acknowledged)-len(refused), len(refused))
}

// TestReadOnlyDisk starts the program on a file that it can't write. It says so,
// with the cure, and ends.
func TestReadOnlyDisk(t *testing.T) {
	db := dbFile(t)
	if err := start(t, db, nil).terminate(); err != nil {
		t.Fatal(err)
	}
	cmd, stderr := command(t, []string{readOnlyDisk + "=" + filepath.Dir(db)}, "-addr", "127.0.0.1:0", "-db", db)
	mounting(t, cmd)
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(stderr.String(), "write permission") {
		t.Errorf("ended with %v, want exit code 1 and what is missing:\n%s", err, stderr)
	}
	p := start(t, db, nil) // the file is as it was
	p.must(http.StatusOK, "alice", http.MethodGet, "/api/conversations", nil, nil)
}
