package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// newDatabase returns the URL of an empty Postgres database.
func newDatabase(t *testing.T) string {
	t.Helper()
	return pgtest.Database(t)
}

// copied runs "helpdesk copy" as a process and returns what it has said.
func copied(t *testing.T, from, to string) (said string, err error) {
	t.Helper()
	cmd, stderr := command(t, nil, "copy", "-from", from, "-to", to)
	out, err := cmd.Output()
	return string(out) + stderr.String(), err
}

// everything is what agents see of a helpdesk.
type everything struct {
	Conversations []conversation
	Messages      [][]message
	Events        []event
}

func (p *process) everything(user string) everything {
	page := p.conversations(user)
	e := everything{Conversations: p.allConversations(user), Events: p.eventsUntil(user, page.Cursor)}
	for _, c := range e.Conversations {
		e.Messages = append(e.Messages, p.messages(user, c.ID))
	}
	return e
}

// TestCopyMovesAHelpdesk copies a helpdesk to another database and back, and
// starts it on each: agents see what they saw, customers are still known, and
// what comes then goes on where it stopped.
func TestCopyMovesAHelpdesk(t *testing.T) {
	t.Parallel()
	for what, other := range map[string]func(*testing.T) string{"another file": dbFile, "Postgres": newDatabase} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			fake := twiliotest.NewServer(t)
			first, second, third := dbFile(t), other(t), dbFile(t)
			p := startOnTwilio(t, fake, first)
			if err := receive(p, fake, twiliotest.Message{From: customer, To: supportNumber, Body: "Where is my order? \x01\u202e"}); err != nil {
				t.Fatal(err)
			}
			c := p.conversations("alice").Conversations[0]
			reply := "/api/conversations/" + c.ID.String() + "/reply"
			p.must(http.StatusOK, "alice", http.MethodPost, reply, written{Text: "On its way.", RequestKey: "one"}, nil)
			for _, db := range []string{second, third} {
				p.settle("alice", p.conversations("alice").Cursor)
				want := p.everything("alice")
				if err := p.terminate(); err != nil {
					t.Fatal(err)
				}
				said, err := copied(t, first, db)
				if err != nil {
					t.Fatalf("%v\n%s", err, said)
				}
				if !strings.Contains(said, "Start helpdesk with -db on the new one") || !strings.Contains(said, " messages ") {
					t.Errorf("it does not say what it did:\n%s", said)
				}
				p = startOnTwilio(t, fake, db)
				if diff := cmp.Diff(want, p.everything("alice")); diff != "" {
					t.Fatalf("alice sees something else in %s (-before +after):\n%s", db, diff)
				}
				if err := receive(p, fake, twiliotest.Message{From: customer, To: supportNumber, Body: "Thanks!"}); err != nil {
					t.Fatal(err)
				}
				p.must(http.StatusOK, "alice", http.MethodPost, reply, written{Text: "You're welcome.", RequestKey: db}, nil)
				page := p.conversations("alice")
				if n := len(page.Conversations); n != 1 || page.Conversations[0].ID != c.ID {
					t.Errorf("the customer has %d conversations: %+v", n, page.Conversations)
				}
				if last := want.Events[len(want.Events)-1].Cursor; page.Cursor <= last {
					t.Errorf("the stream is at %v, it was at %v before", page.Cursor, last)
				}
				first = db
			}
		})
	}
}

func TestCopyRefuses(t *testing.T) {
	db, full := dbFile(t), dbFile(t)
	for _, file := range []string{db, full} {
		if err := start(t, file, nil).terminate(); err != nil {
			t.Fatal(err)
		}
	}
	fresh := filepath.Join(t.TempDir(), "fresh.db")
	for what, c := range map[string]struct {
		args []string
		want []string
	}{
		"nothing is said":           {nil, []string{"-from is missing", "-to is missing"}},
		"more is said":              {[]string{"-from", db, "-to", fresh, "now"}, []string{`"now" is not understood`}},
		"a kind of URL":             {[]string{"-from", db, "-to", "mysql://localhost/x"}, []string{"-to has a URL of a kind that is not supported"}},
		"the source is not there":   {[]string{"-from", fresh, "-to", db}, []string{"there is no file " + fresh}},
		"one and the same":          {[]string{"-from", db, "-to", filepath.Join(filepath.Dir(db), ".", filepath.Base(db))}, []string{"are the same"}},
		"the target is not empty":   {[]string{"-from", db, "-to", full}, []string{store.ErrNotEmpty.Error(), "1 accounts", "a file that does not exist"}},
		"the target is not a store": {[]string{"-from", db, "-to", os.Args[0]}, []string{"not a database of Team Inbox"}},
	} {
		cmd, stderr := command(t, nil, append([]string{"copy"}, c.args...)...)
		err := cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != 1 {
			t.Errorf("%s: the exit code is %d (%v), want 1", what, code, err)
		}
		for _, want := range c.want {
			if !strings.Contains(stderr.String(), want) {
				t.Errorf("%s: it does not say %q:\n%s", what, want, stderr)
			}
		}
	}
	if _, err := os.Stat(fresh); err == nil {
		t.Error("a copy that was refused has made a file")
	}
}

func TestCopyHelp(t *testing.T) {
	cmd, stderr := command(t, nil, "copy", "-help")
	if err := cmd.Run(); err != nil || !strings.Contains(stderr.String(), "Stop every helpdesk") {
		t.Errorf("%v\n%s", err, stderr)
	}
}

// A copy that is killed leaves nothing that could be taken for the whole.
func TestCopyKilled(t *testing.T) {
	plainOnly(t)
	t.Parallel()
	const messages = 60_000
	from := dbFile(t)
	db, err := openStore(t.Context(), from, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	err = db.(store.Porter).Import(t.Context(), func(to store.Target) error {
		for first := 0; first < messages; first += store.BatchSize {
			var b store.Batch
			for i := first + 1; i <= first+store.BatchSize; i++ {
				b.Messages = append(b.Messages, store.Message{ID: store.MessageID(i), Account: store.DefaultAccount, Conversation: 1, Seq: int64(i), Direction: store.Note, Version: 1})
			}
			if err := to.Put(b); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for what, target := range map[string]func(*testing.T) string{"a file": dbFile, "Postgres": newDatabase} {
		t.Run(what, func(t *testing.T) {
			to := target(t)
			for _, moment := range []string{"messages: ", " verified"} {
				cmd, stderr := command(t, nil, "copy", "-from", from, "-to", to)
				stdout, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				reached := false
				for lines := bufio.NewScanner(stdout); !reached && lines.Scan(); {
					reached = strings.Contains(lines.Text(), moment)
				}
				_ = cmd.Process.Kill()
				_, _ = io.Copy(io.Discard, stdout)
				if err := cmd.Wait(); err == nil || !reached {
					t.Fatalf("the copy ended before it was killed at %q:\n%s", moment, stderr)
				}
			}
			said, err := copied(t, from, to)
			if err != nil || !strings.Contains(said, fmt.Sprint(messages, " messages")) {
				t.Errorf("copying again: %v\n%s", err, said)
			}
		})
	}
}

// closing is a Store that can be closed.
type closing struct{ store.Porter }

func (closing) Close() error { return nil }

// used is a Store that somebody goes on using while it is copied.
type used struct{ store.Porter }

func (u used) Export(ctx context.Context, fn func(store.Source) error) error {
	return u.Porter.Export(ctx, func(s store.Source) error {
		return errors.Join(fn(s), u.Update(ctx, func(tx store.Tx) error {
			return tx.PutReadMarks(store.DefaultAccount, store.ReadMark{User: "alice", Conversation: 1, Seq: 1})
		}))
	})
}

func TestCopyNoticesThatTheSourceIsInUse(t *testing.T) {
	filled := memory.New()
	if err := filled.Update(t.Context(), func(tx store.Tx) error { return tx.PutAccounts(store.Account{ID: store.DefaultAccount}) }); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		from store.Porter
		want string
	}{
		"it is used":    {used{filled}, "written to during the copy"},
		"it is at rest": {filled, ""},
		"it is empty":   {memory.New(), "is it the right one?"},
	} {
		open := func(_ context.Context, name string, _ *slog.Logger) (closableStore, error) {
			if name == "from" {
				return closing{c.from}, nil
			}
			return closing{memory.New()}, nil
		}
		var said bytes.Buffer
		err := copyAll(t.Context(), copyConfig{from: "from", to: "to"}, open, slog.New(slog.DiscardHandler), &said)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, must say %q\n%s", what, err, c.want, &said)
		}
	}
}

func TestCopyShowsNoPassword(t *testing.T) {
	for name, want := range map[string]string{
		"helpdesk.db": "helpdesk.db",
		"postgres://helpdesk:secret@db.example.com/helpdesk?password=secret": "postgres://helpdesk:xxxxx@db.example.com/helpdesk",
		"postgres://secret\x7f@": "Postgres",
	} {
		if got := withoutPassword(name); got != want {
			t.Errorf("%q is shown as %q, want %q", name, got, want)
		}
	}
}
