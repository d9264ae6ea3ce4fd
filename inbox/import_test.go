package inbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

const importHeader = "address,kind,occurred_at,via,text,evidence,reason\n"

// suppressions is a file of so many opt-outs from another system, of one number
// each.
func suppressions(n int) string {
	var b strings.Builder
	b.WriteString(importHeader)
	for i := range n {
		fmt.Fprintf(&b, "+1415%07d,opt_out,2025-11-23T14:05:00Z,system,,the list of our former provider,\n", i)
	}
	return b.String()
}

func importOf(t *testing.T, h *inboxtest.Harness, file string) inbox.ImportReport {
	t.Helper()
	report, err := h.Admin().ImportConsent(t.Context(), strings.NewReader(file), inbox.ImportConfig{Actor: "carol"})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// requireCounts checks a report without its refusals.
func requireCounts(t *testing.T, got inbox.ImportReport, want inbox.ImportReport) {
	t.Helper()
	got.Refusals = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the report (-want +got):\n%s", diff)
	}
}

// What a file says of people whom nobody knows holds when they write.
func TestImportHoldsForStrangers(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{Inboxes: withFirstReply("We answer soon.")})
	const file = importHeader +
		"+1 (415) 555-0123,opt_out,2025-11-23T14:05:00Z,email,\"Unsubscribe me, please\",mail 12,\n" +
		"whatsapp:+14155550123,opt_out,2025-11-23T14:05:00Z,system,,list,cleaned up\n" +
		"whatsapp:US.1234567,opt_out,2025-11-23T14:05:00Z,system,,list,\n"
	requireCounts(t, importOf(t, w.Harness, file), inbox.ImportReport{Line: 4, Added: 3})
	for _, m := range []channel.Inbound{
		{From: alicesCustomer, To: inboxtest.SupportNumber, Text: "hello"},
		{From: onWhatsApp, To: inboxtest.SupportWhatsApp, Text: "hello"},
		{From: "whatsapp:+14155550124", UserID: "US.1234567", To: inboxtest.SupportWhatsApp, Text: "hello"},
	} {
		w.requireMayReply(false, w.receive(m).Conversation)
		w.RequireNothingSent(m.From)
	}
	e := ledgerOf(t, w.Harness, alicesCustomer)[0]
	if e.Source != compliance.FromImport || e.Actor != "carol" || e.Via != compliance.ViaEmail || e.Text != "Unsubscribe me, please" || e.Evidence != "mail 12" ||
		!e.OccurredAt.Equal(time.Date(2025, 11, 23, 14, 5, 0, 0, time.UTC)) {
		t.Errorf("the entry is %+v", e)
	}
}

// Conversations that there are learn of it, and what is queued is held back.
func TestImportTellsTeams(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	a := w.receive(channel.Inbound{From: onWhatsApp, UserID: "US.1234567", To: inboxtest.SupportWhatsApp, Text: "hello"})
	if _, err := w.Agent("alice").Reply(t.Context(), a.Conversation, inbox.Draft{Text: "queued"}); err != nil {
		t.Fatal(err)
	}
	report := importOf(t, w.Harness, importHeader+"whatsapp:US.1234567,opt_out,2025-11-23T14:05:00Z,system,,list,\n")
	requireCounts(t, report, inbox.ImportReport{Line: 2, Added: 1})
	w.Settle()
	w.RequireNothingSent(onWhatsApp)
	if told := consentEvents(w.Harness); len(told) != 1 || told[0].Conversation != a.Conversation || told[0].Detail.Reason != "from another system" {
		t.Errorf("told is %+v", told)
	}
}

func TestImportOfTheSameFileAddsNothing(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	file := suppressions(700) + "+14155550123,opt_in,2025-11-23T14:05:00Z,web_form,Yes,form 3,\n" + "+14150000005,opt_out,2025-11-23T14:05:00Z,system,,again,\n"
	cut := strings.SplitAfter(file, "\n")
	requireCounts(t, importOf(t, h, strings.Join(cut[:400], "")), inbox.ImportReport{Line: 400, Added: 399})
	requireCounts(t, importOf(t, h, file), inbox.ImportReport{Line: 703, Added: 302, Known: 400})
	requireCounts(t, importOf(t, h, strings.ReplaceAll(file, "\n", "\r\n")), inbox.ImportReport{Line: 703, Known: 702})
	if n := len(ledgerOf(t, h, "+14150000005")); n != 1 {
		t.Errorf("a line that is there twice makes %d entries", n)
	}
	if n := len(consentEvents(h)); n != 0 {
		t.Errorf("%d events about people whom nobody talked with", n)
	}
}

// Whatever a list says, and in whatever order: who has opted out has.
func TestImportNeverEndsAnOptOut(t *testing.T) {
	const out = "+14155550123,opt_out,2025-06-01T00:00:00Z,email,No more,mail 1,\n"
	const later = "+14155550123,opt_in,2025-07-01T00:00:00Z,web_form,Yes,form 3,she asked us to\n"
	for name, tt := range map[string]struct {
		lines string
		want  inbox.ImportReport
	}{
		"after an opt-out":     {out + later, inbox.ImportReport{Line: 3, Added: 1, Refused: 1}},
		"before an older one":  {later + out, inbox.ImportReport{Line: 3, Added: 2}},
		"after another's STOP": {later, inbox.ImportReport{Line: 2, Refused: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWebhooks(t, inboxtest.Config{})
			if !strings.Contains(tt.lines, out) {
				w.text(inboxtest.SupportNumber, "STOP")
			}
			report := importOf(t, w.Harness, importHeader+tt.lines)
			requireCounts(t, report, tt.want)
			for _, r := range report.Refusals {
				if r.Line != tt.want.Line || !strings.Contains(r.Error(), "kind is opt_in, and the contact has opted out; no list ends an opt-out: have them text START") {
					t.Errorf("refused is %v", r.Error())
				}
			}
			a := w.text(inboxtest.SupportNumber, "hello")
			w.requireMayReply(false, a.Conversation)
			w.text(inboxtest.SupportNumber, "START")
			w.requireMayReply(true, a.Conversation)
			// And who has opted in again is not opted out by the same list.
			importOf(t, w.Harness, importHeader+tt.lines)
			w.requireMayReply(true, a.Conversation)
		})
	}
}

// Lines that are no good are told, as many as there is room for, and the others
// are taken.
func TestImportOfLinesThatAreNoGood(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	file := strings.ReplaceAll(suppressions(600), "+14150000", "4150000")
	good := "+14155550123,opt_out,2025-11-23T14:05:00Z,voice,Stop,,\n"
	var told []inbox.ImportReport
	report, err := h.Admin().ImportConsent(t.Context(), strings.NewReader(file+good), inbox.ImportConfig{
		Actor: "carol", Reason: "moved", MaxRefusals: 300, Progress: func(r inbox.ImportReport) { told = append(told, r) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(report.Refusals); n != 300 || report.Refusals[299].Line != 301 || !strings.Contains(report.Refusals[0].Error(), "line 2: address is no E.164 number; write it with +") {
		t.Errorf("%d refusals, the last is %+v", n, report.Refusals[n-1])
	}
	requireCounts(t, report, inbox.ImportReport{Line: 602, Added: 1, Refused: 600})
	if len(told) != 3 || told[0].Line != 257 || told[0].Refused != 256 || cmp.Diff(report, told[2]) != "" {
		t.Errorf("progress was told %d times", len(told))
	}
	if e := ledgerOf(t, h, alicesCustomer); len(e) != 1 || e[0].Reason != "moved" {
		t.Errorf("the ledger has %+v", e)
	}
}

func TestImportsThatAreNoGood(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	for want, tt := range map[string]struct {
		file string
		cfg  inbox.ImportConfig
	}{
		"ImportConfig.Actor is empty":            {suppressions(1), inbox.ImportConfig{}},
		"ImportConfig.MaxRefusals is negative":   {suppressions(1), inbox.ImportConfig{Actor: "carol", MaxRefusals: -1}},
		"the file can't be imported: compliance": {"number;opt-out\n", inbox.ImportConfig{Actor: "carol"}},
	} {
		if _, err := h.Admin().ImportConsent(t.Context(), strings.NewReader(tt.file), tt.cfg); !errors.Is(err, inbox.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q in it", err, want)
		}
	}
	// What was read before the reader failed is there.
	broken := errors.New("the disk is gone")
	report, err := h.Admin().ImportConsent(t.Context(), io.MultiReader(strings.NewReader(suppressions(300)), iotest.ErrReader(broken)), inbox.ImportConfig{Actor: "carol"})
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v, want the reader's", err)
	}
	requireCounts(t, report, inbox.ImportReport{Line: 301, Added: 300})
}

// An import that is interrupted keeps what it has told of, and goes on later.
func TestImportThatIsInterrupted(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	file := suppressions(1000)
	report, err := h.Admin().ImportConsent(ctx, strings.NewReader(file), inbox.ImportConfig{Actor: "carol", Progress: func(inbox.ImportReport) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want the context's", err)
	}
	requireCounts(t, report, inbox.ImportReport{Line: 257, Added: 256})
	requireCounts(t, importOf(t, h, file), inbox.ImportReport{Line: 1001, Added: 744, Known: 256})
	if _, err := h.Admin().ImportConsent(ctx, strings.NewReader(file), inbox.ImportConfig{Actor: "carol"}); !errors.Is(err, context.Canceled) || errors.Is(err, inbox.ErrInvalid) {
		t.Errorf("the error is %v, want the context's", err)
	}
}

// A batch of which nobody knows whether it committed is neither made twice nor
// taken for that of somebody else.
func TestImportsOfWhichNobodyKnows(t *testing.T) {
	k, s := newUnsure(t)
	s.next = committedUnknown
	file := suppressions(100)
	double := file + strings.TrimPrefix(suppressions(1), importHeader)
	requireCounts(t, importOf(t, k.Harness, double), inbox.ImportReport{Line: 102, Added: 100, Known: 1})
	s.next = committedUnknown
	requireCounts(t, importOf(t, k.Harness, file), inbox.ImportReport{Line: 101, Known: 100})
	if n := len(ledgerOf(t, k.Harness, "+14150000000")); n != 1 {
		t.Errorf("%d entries, want 1", n)
	}
}

// While too much is going on an import waits.
func TestImportWaitsForABusyStore(t *testing.T) {
	k, s := newUnsure(t)
	tries := 0
	var busy func(context.Context, func() error) error
	busy = func(context.Context, func() error) error {
		if tries++; tries < 3 {
			s.next = busy
		}
		return fmt.Errorf("somebody writes: %w", store.ErrBusy)
	}
	s.next = busy
	patient, err := inbox.New(inbox.Config{Store: s, Channels: []channel.Channel{k.Carrier}, PollInterval: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	report, err := patient.Admin(inbox.DefaultAccount).ImportConsent(t.Context(), strings.NewReader(suppressions(3)), inbox.ImportConfig{Actor: "carol"})
	if err != nil || tries != 3 {
		t.Errorf("%v after %d tries", err, tries)
	}
	requireCounts(t, report, inbox.ImportReport{Line: 4, Added: 3})
}

// slow is a store whose changes take ten milliseconds each.
type slow struct{ store.Store }

func (s slow) Update(ctx context.Context, fn func(store.Tx) error) error {
	time.Sleep(10 * time.Millisecond) // bubble time
	return s.Store.Update(ctx, fn)
}

// sideBySide is one in which several write at once.
type sideBySide struct{ slow }

func (sideBySide) Parallelism() (updates, changes int) { return 4, 1 }

// Where one process writes at a time, an import leaves the others as much time as
// it takes itself.
func TestImportLeavesTimeToOtherProcesses(t *testing.T) {
	for name, tt := range map[string]struct {
		store store.Store
		want  time.Duration
	}{
		"one at a time": {slow{memory.New()}, 50 * time.Millisecond},
		"several":       {sideBySide{slow{memory.New()}}, 30 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				carrier, err := simulated.New(simulated.Config{})
				if err != nil {
					t.Fatal(err)
				}
				in, err := inbox.New(inbox.Config{Store: tt.store, Channels: []channel.Channel{carrier}})
				if err != nil {
					t.Fatal(err)
				}
				begun := time.Now()
				file := strings.ReplaceAll(suppressions(3*256-1), "2025", "1995") // in a bubble it is the year 2000
				report, err := in.Admin("acme").ImportConsent(t.Context(), strings.NewReader(file), inbox.ImportConfig{Actor: "carol"})
				if took := time.Since(begun); err != nil || report.Added != 3*256-1 || took != tt.want {
					t.Errorf("%v, %d lines in %v, want %v", err, report.Added, took, tt.want)
				}
			})
		})
	}
}

// FuzzImportConsent imports arbitrary lines twice: the second time adds nothing,
// chains are whole, and who has opted out in a line has.
func FuzzImportConsent(f *testing.F) {
	f.Add([]byte("+14155550123,opt_out,2025-11-23T14:05:00Z,voice,Stop,,\n+14155550123,opt_in,2025-12-23T14:05:00Z,voice,Go,x,y\n"))
	f.Add([]byte("+14155550123,opt_in,2025-12-23T14:05:00Z,voice,Go,x,y\nwhatsapp:US.1,opt_out,2025-11-23T14:05:00Z,system,,list,\n\"\n"))
	f.Fuzz(func(t *testing.T, lines []byte) {
		h := inboxtest.New(t, inboxtest.Config{})
		file := append([]byte(importHeader), lines...)
		var reports [2]inbox.ImportReport
		for i := range reports {
			var err error
			if reports[i], err = h.Admin().ImportConsent(t.Context(), bytes.NewReader(file), inbox.ImportConfig{Actor: "carol"}); err != nil {
				t.Fatal(err)
			}
		}
		first, second := reports[0], reports[1]
		if second.Added != 0 || second.Known+second.Refused != first.Added+first.Known+first.Refused || second.Line != first.Line {
			t.Errorf("the first import is %+v, the second %+v", first, second)
		}
		r, err := compliance.NewStatementReader(bytes.NewReader(file))
		for err == nil || errors.As(err, new(*compliance.LineError)) {
			var s compliance.Statement
			if s, err = r.Read(h.Now()); err == nil && s.Kind == compliance.OptOut && !compliance.Fold(ledgerOf(t, h, s.Address)).OptedOut {
				t.Errorf("%s has opted out, and may be written to", s.Address)
			}
		}
	})
}
