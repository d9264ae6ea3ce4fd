package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// TestMain lets the test's binary be the child of a measurement, as the program
// is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childArgument {
		if err := runChild(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// The race detector would let every child wait for a second before it ends.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(pgtest.Main(m))
}

// Everything is measured, in small, and each line is a name, a number and a unit.
func TestRun(t *testing.T) {
	small := []string{"-processes", "1,2", "-clients", "4", "-connections", "4", "-conversations", "60", "-preload", "600", "-rounds", "1", "-seconds", "0.1",
		"-growth", "0,600", "-open", "50", "-subscribers", "20", "-topics", "5"}
	everywhere := []string{
		"load.time", "growth.engine.600-stored/0-stored", "stream.engine.deliveries", "stream.engine/bare", "stream.engine.subscriber/26-kB",
		"start.clean.listening", "start.killed/1000-ms", "memory.started.heap", "memory.worked/100-MB", "recogniser.worst/400-µs",
	}
	for kind, c := range map[string]struct {
		args func(*testing.T) []string
		want []string
	}{
		"sqlite": {
			func(t *testing.T) []string { return []string{"-dir", t.TempDir()} },
			[]string{
				"receive.engine.1-processes/bare", "receive.running.2-processes/1-process", "query.list-newest.p50", "query.search-rare.p99",
				"inbound.engine.4-clients.cpu", "inbound.engine.4-clients/bare", "life.whole.4-clients/accept", "send.cpu", "idle.p50/(4fsync+2ms)", "slow.with.p99/without",
			},
		},
		"postgres": {
			func(t *testing.T) []string { return []string{"-url", pgtest.Database(t)} },
			[]string{
				"receive.bare.2-processes", "receive.engine.2-processes/bare", "query.thread.bare.p50", "query.thread.p99/bare", "query.lease-due.pages", "query.delete-1000-events.p50",
				"inbound.bare.4-clients.p99", "inbound.engine.4-clients.p99/bare", "life.accept.4-clients", "send", "idle.fsync", "slow.rate",
			},
		},
	} {
		t.Run(kind, func(t *testing.T) {
			var out, told bytes.Buffer
			if err := run(t.Context(), append(append([]string{"-store", kind}, c.args(t)...), small...), &out, &told); err != nil {
				t.Fatalf("%v\n%s", err, told.String())
			}
			got := make(map[string]bool)
			for line := range strings.Lines(out.String()) {
				name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
				var value float64
				var unit string
				if _, err := fmt.Sscan(rest, &value, &unit); name != "#" && (err != nil || value < 0) {
					t.Errorf("the line %q is no name, value and unit", line)
				}
				got[name] = true
			}
			for _, name := range append(everywhere, c.want...) {
				if !got[name] {
					t.Errorf("%s is missing in\n%s", name, out.String())
				}
			}
		})
	}
}

func TestFlags(t *testing.T) {
	t.Setenv("TEAMINBOX_POSTGRES_URL", "")
	for args, want := range map[string]string{
		"-store oracle":                "-store",
		"-store postgres":              "-url",
		"-store sqlite -processes 0":   "-processes",
		"-store sqlite -processes 1,":  "-processes",
		"-store sqlite -only all":      "-only",
		"-store sqlite -connections x": "-connections",
		"-store sqlite -seconds 0":     "-seconds",
		"-store sqlite -rounds 0":      "-rounds",
		"-store sqlite -growth 0,x":    "-growth",
		"-store sqlite -open 0":        "-open",
		"-store sqlite -topics 0":      "-topics",
		"-store sqlite -subscribers 1": "-subscribers",
	} {
		if _, err := parse(strings.Fields(args), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", args, err)
		}
	}
	c, err := parse(strings.Fields("-store sqlite -processes 1,8 -preload 1000000"), io.Discard)
	if err != nil || len(c.processes) != 2 || c.processes[1] != 8 || c.conversations() != 100_000 || c.length != 10*time.Second {
		t.Errorf("%+v, %v", c, err)
	}
}

// Growth goes as far as messages are loaded, unless it is told how far.
func TestSteps(t *testing.T) {
	for args, want := range map[string][]int{
		"":                                {0},
		"-preload 99999":                  {0},
		"-preload 1000000":                {0, 100_000, 1_000_000},
		"-preload 5000000":                {0, 100_000, 1_000_000, 5_000_000},
		"-preload 5000000 -growth 0,1000": {0, 1000},
	} {
		c, err := parse(append([]string{"-store", "sqlite"}, strings.Fields(args)...), io.Discard)
		if err != nil || !slices.Equal(c.steps(), want) {
			t.Errorf("%s: %v, %v", args, c.steps(), err)
		}
	}
}

// In a town everybody works for one company, and all companies have somebody.
func TestTown(t *testing.T) {
	w := town{companies: 3, agents: 8}
	var all []store.UserID
	for n := range w.companies {
		staff := w.staff(n)
		if len(staff) < 2 {
			t.Errorf("company %d has %q", n, staff)
		}
		all = append(all, staff...)
	}
	slices.Sort(all)
	if len(slices.Compact(all)) != w.agents {
		t.Errorf("they all have %q", all)
	}
	a := newAudience(w)
	if a.listenersOf(w.account(0)) != 3 || a.listenersOf(w.account(2)) != 2 {
		t.Errorf("the audiences are %v", a.sizes)
	}
}

// What measurements know of the archive is there.
func TestArchive(t *testing.T) {
	db := memory.New()
	a := archive{conversations: 50, each: 10}
	if err := a.load(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	err := db.View(t.Context(), func(tx store.Tx) error {
		last := a.messages() - 1
		m, err := store.One(tx.MessagesFrom(store.ProviderRef{Channel: channelName, ProviderID: providerID(last)}))
		if err != nil {
			return err
		}
		if m.ID != a.message(last) || m.Conversation != a.conversation(49) || m.Seq != 10 || !m.CreatedAt.Equal(a.at(last)) {
			t.Errorf("the last message is %+v", m)
		}
		conv, err := store.One(tx.ConversationsIn(store.Thread{Account: account, Inbox: inboxID, Family: "telephony", Identity: customer(49).Identity()}))
		if err != nil {
			return err
		}
		if conv.ID != m.Conversation || conv.LastSeq != m.Seq || !conv.LastAt.Equal(m.CreatedAt) {
			t.Errorf("its conversation is %+v", conv)
		}
		events, err := tx.Events(store.EventQuery{Account: account, Conversation: conv.ID, Limit: 100})
		if err != nil || len(events) != 2*a.each || events[19].Message != m.ID {
			t.Errorf("%d events of it, %v", len(events), err)
		}
		keyed := a.conversations + 10 // of an even number in its conversation, which alice has written
		if found, err := tx.MessagesByRequest(account, requestKey(keyed)); err != nil || len(found) != 1 || found[0].ID != a.message(keyed) {
			t.Errorf("by request key: %+v, %v", found, err)
		}
		leases, err := tx.LastEvent(account)
		if err != nil || leases != store.Cursor(2*a.messages()) {
			t.Errorf("the last event is %v, %v", leases, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A table that is read from end to end is found wherever it is in a plan.
func TestPlanShowsScans(t *testing.T) {
	const text = `{"Plan": {"Node Type": "Limit", "Shared Hit Blocks": 3, "Shared Read Blocks": 4, "Plans": [
		{"Node Type": "Index Scan", "Relation Name": "tasks"},
		{"Node Type": "Sort", "Plans": [{"Node Type": "Seq Scan", "Relation Name": "messages"}]}]}, "Execution Time": 12.5}`
	var p plan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	if got := p.scanned(); len(got) != 1 || got[0] != "messages" || p.buffers() != 7 || p.Time != 12.5 || p.JIT != nil {
		t.Errorf("%v of %+v", got, p)
	}
}

func TestGoals(t *testing.T) {
	for _, c := range []struct {
		goal goal
		v    float64
		met  bool
	}{
		{goal{}, 0, true}, {goal{least: 0.5}, 0.5, true}, {goal{least: 0.5}, 0.49, false},
		{goal{most: 3}, 3, true}, {goal{most: 3}, 3.1, false}, {goal{most: 3}, math.NaN(), false},
	} {
		if c.goal.met(c.v) != c.met {
			t.Errorf("%v is met by %v: %t", c.goal, c.v, !c.met)
		}
	}
	var out bytes.Buffer
	r := &report{out: &out}
	r.ratio("good", 0.6, goal{least: 0.5})
	if err := r.finish(); err != nil {
		t.Errorf("all is well: %v", err)
	}
	r.ratio("bad", 4, goal{most: 3})
	r.miss("a plan")
	if err := r.finish(); err == nil || !strings.Contains(err.Error(), "bad") || !strings.Contains(err.Error(), "a plan") {
		t.Errorf("what was missed: %v", err)
	}
}

func TestStatistics(t *testing.T) {
	if got := median([]float64{3, 1, 2}); got != 2 {
		t.Errorf("the median is %v", got)
	}
	if !math.IsNaN(median(nil)) {
		t.Error("nothing has a median")
	}
	r := make(rounds)
	for _, v := range []float64{1, 10, 100} {
		r.add("a", v)
		r.add("b", 2*v)
	}
	if got := r.over("b", "a"); got != 2 {
		t.Errorf("one is %v times the other in each round", got)
	}
	if !math.IsNaN(r.over("a", "none")) {
		t.Error("there is a ratio to nothing")
	}
	times := make([]time.Duration, 200)
	for i := range times {
		times[i] = time.Duration(200 - i)
	}
	if got := percentile(times, 99); got != 199 {
		t.Errorf("the 99th percentile of 1 to 200 is %d", got)
	}
	if got := percentile(times, 50); got != 101 {
		t.Errorf("the 50th is %d", got)
	}
}

// A worker that fails is no measurement.
func TestHammerFails(t *testing.T) {
	failure := errors.New("no")
	o, err := hammer(t.Context(), job{Clients: 2, Conversations: 1, Length: time.Hour}, failing{failure})
	if !errors.Is(err, failure) || o.Messages != 0 {
		t.Errorf("%+v, %v", o, err)
	}
}

type failing struct{ err error }

func (f failing) receive(context.Context, int64, int) error { return f.err }
func (f failing) close() error                              { return nil }
