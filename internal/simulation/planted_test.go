package simulation

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// plantedBug is a defect that the library does not have, made by replacing a
// text within one of its functions.
type plantedBug struct {
	name string
	file string // from the module's root
	old  string // occurs exactly once
	new  string
	by   *check // that must find it

	// from is the seed to begin with, for a bug that few seeds find. When the
	// order of things in a run changes, look for another.
	from uint64
}

// budget is within how many seeds a bug must be found.
const budget = 1500

var plantedBugs = []plantedBug{
	{
		name: "the fence is not checked",
		file: "inbox/turn.go",
		old:  "if len(living) == 0 || living[0].Owner != lease.Owner || living[0].Fence != lease.Fence {\n\t\treturn false, nil\n\t}\n\tt.until",
		new:  "if len(living) == 0 {\n\t\treturn true, nil\n\t}\n\tt.until",
		by:   fencing,
	},
	{
		name: "a message is acknowledged before the commit",
		file: "inbox/receive.go",
		old:  "case !unfit(err):\n\t\treturn nil, err",
		new:  "case !unfit(err):\n\t\tif len(messages) == 1 && accepted[0].Message != 0 {\n\t\t\treturn accepted, nil\n\t\t}\n\t\treturn nil, err",
		by:   ackIsDurable,
	},
	{
		name: "the gate is not asked again before a send",
		file: "inbox/outbox.go",
		old:  "decision, err := in.gate(t, conv, &m)\n\tif err != nil {\n\t\treturn nil, err\n\t}",
		new:  "decision := compliance.Decision{Verdict: compliance.Allow}",
		by:   optOut,
	},
	{
		name: "the responders go on while a message holds",
		file: "compliance/gate.go",
		old:  "case s.Held.Stands() && !g.answersInPerson():",
		new:  "case s.Held.Stands() && g.purpose == Marketing:",
		by:   held,
	},
	{
		name: "the time for a decision ends without an opt-out",
		file: "inbox/hold.go",
		old:  "err != nil || !held.Over(t.now) {",
		new:  "err != nil || held.Over(t.now) {",
		by:   held,
	},
	{
		name: "what holds longer than the timer was for has no deadline",
		file: "inbox/hold.go",
		old:  "\t\ttask.DueAt = held.Until\n\t\treturn t.PutTasks(task)\n",
		new:  "\t\treturn t.DeleteTasks(task.ID)\n",
		by:   held,
		from: 1000, // it takes two messages, and a decision about the first
	},
	{
		name: "an entry of the ledger is changed after it was linked",
		file: "inbox/consent.go",
		old:  "linked, in.name())",
		new:  "linked, in.name())\n\t\tadded[i].SentAt = time.Time{}",
		by:   ledgerChained,
	},
	{
		name: "an unconfirmed message is sent again",
		file: "inbox/reconcile.go",
		old:  "\tif err := in.finish(t, conv, m, task, store.StateUnconfirmed, code, ",
		new:  "\tif m.State == store.StateAttempting {\n\t\treturn in.postpone(t, conv, m, task, store.StateRetrying, compliance.Decision{Until: t.now.Add(time.Minute)})\n\t}\n\tif err := in.finish(t, conv, m, task, store.StateUnconfirmed, code, ",
		by:   notSentTwice,
	},
	{
		name: "the outcome of an attempt settles a later one",
		file: "inbox/send.go",
		old:  "if m.Attempts != o.message.Attempts || m.State",
		new:  "if m.State",
		by:   fencing,
		from: 30000, // one in some thousands finds it
	},
	{
		name: "a timer is not consumed",
		file: "inbox/lifecycle.go",
		old:  "\tif err := t.DeleteTasks(task.ID); err != nil {\n\t\treturn err\n\t}\n\tif conv.Status",
		new:  "\tif conv.Status",
		by:   comesToRest,
	},
	{
		name: "the end of a snooze does not look whether it still holds",
		file: "inbox/lifecycle.go",
		old:  "if conv.Status != store.Snoozed || conv.SnoozedUntil.After(t.now) {",
		new:  "if conv.SnoozedUntil.After(t.now) {",
		by:   timers,
	},
	{
		name: "a message that is delivered again is not known",
		file: "inbox/accept.go",
		old:  "} else if len(known) > 0 {\n\t\treturn Acceptance{Duplicate: true, Conversation",
		new:  "} else if len(known) > 100 {\n\t\treturn Acceptance{Duplicate: true, Conversation",
		by:   inboundOnce,
	},
	{
		name: "the last report stands and not the highest",
		file: "inbox/status.go",
		old:  "if !known || rank(to) <= rank(m.State) {",
		new:  "if !known || to == m.State {",
		by:   statesMove,
	},
	{
		name: "a claim keeps nobody out",
		file: "inbox/access.go",
		old:  `case conv.ClaimedBy == "" || conv.ClaimedBy == user || !c.licensed(conv.ClaimedBy):`,
		new:  `case conv.ID != 0:`,
		by:   claimsWin,
	},
	{
		name: "an event is forgotten",
		file: "inbox/outbox.go",
		old:  "\treturn t.AppendEvents(e)\n",
		new:  "\t_ = e\n\treturn nil\n",
		by:   eventsAreState,
	},
	{
		name: "a lease that has run out still counts",
		file: "store/memory/lease.go",
		old:  "if l, held := t.living(id, now); held {",
		new:  "if l, _ := t.living(id, now.Add(-time.Minute)); l.Fence > 0 {",
		by:   fencing,
	},
	{
		name: "a lease is given though somebody has it",
		file: "store/memory/lease.go",
		old:  "; !held {\n\t\t\treturn true",
		new:  "; !held || w.key().at < instantOf(now)-5_000_000 {\n\t\t\treturn true",
		by:   fencing,
	},
	{
		name: "an uncertain send is tried again",
		file: "inbox/send.go",
		old:  "\tswitch failure.Outcome {\n\tcase channel.NotSent:",
		new:  "\toutcome := failure.Outcome\n\tif outcome == channel.Uncertain {\n\t\toutcome = channel.NotSent\n\t}\n\tswitch outcome {\n\tcase channel.NotSent:",
		by:   notSentTwice,
	},
	{
		name: "the committer says that it went well when it did not",
		file: "inbox/commit.go",
		old:  "\tcase err != nil:\n\t\tbatch[0].err = err\n",
		new:  "",
		by:   ackIsDurable,
	},
	{
		name: "a router that fails leaves a message with nobody",
		file: "inbox/route.go",
		old:  "if len(users) == 0 && len(teams) == 0 {\n\t\tteam",
		new:  "if len(users) < 0 {\n\t\tteam",
		by:   isolation,
	},
	{
		name: "poison is never set aside",
		file: "inbox/poison.go",
		old:  "task.SetAside = task.Attempts >= in.cfg.TaskAttempts",
		new:  "task.SetAside = task.Attempts < 0",
		by:   comesToRest,
	},
	{
		name: "a renewal takes a lease anew that has run out",
		file: "inbox/work.go",
		old:  "if len(mine) == 0 {\n\t\t\treturn nil\n\t\t}\n\t\tleases, err = t.Lease(in.owner, in.cfg.LeaseTTL, mine...)",
		new:  "leases, err = t.Lease(in.owner, in.cfg.LeaseTTL, old...)",
		by:   fencing,
	},
	{
		name: "a repetition after an unknown commit writes a second time",
		file: "inbox/reply.go",
		old:  "if tried.ID == 0 {",
		new:  "if tried.ID >= 0 {",
		by:   clientsKnow,
	},
	{
		name: "a message overtakes one that waits for another try",
		file: "inbox/mailbox.go",
		old:  "case sends && task.Kind != store.TaskSettle && !head.until.IsZero():",
		new:  "case sends && task.Kind != store.TaskSettle && !head.until.IsZero() && task.ID == 0:",
		by:   sendOrder,
	},
	{
		name: "a transaction that fails is kept",
		file: "store/memory/store.go",
		old:  "\tif err := fn(t); err != nil {\n\t\treturn err\n\t}\n\tif err := t.ready(); err != nil {\n\t\treturn err\n\t}\n\tif t.wrote",
		new:  "\tif err := fn(t); err != nil {\n\t\ts.present.Store(&next)\n\t\treturn err\n\t}\n\tif err := t.ready(); err != nil {\n\t\treturn err\n\t}\n\tif t.wrote",
		by:   commitsAreKept,
	},
	{
		name: "a user reaches the conversations of another account",
		file: "inbox/agent.go",
		old:  "found[0].Account != a.account || !c.concerns",
		new:  "!c.concerns",
		by:   accounts,
	},
	{
		name: "a STOP to a number of no inbox counts for nothing",
		file: "inbox/stray.go",
		old:  "if class.Kind != compliance.OptOut {",
		new:  "if class.Kind != compliance.Help {",
		by:   optOutAcked,
	},
	{
		name: "a release says that it went well when there was no claim",
		file: "inbox/claim.go",
		old:  "return nil, ErrNotClaimed",
		new:  "return nil, nil",
		by:   claimsLinearize,
	},
	{
		name: "a provider that does not have a message is taken to have it",
		file: "inbox/reconcile.go",
		old:  "case a.happened:",
		new:  "case a.happened || failure == nil:",
		by:   sendsTold,
	},
	{
		name: "the last page of a backfill is lost",
		file: "inbox/backfill.go",
		old:  "if len(page) > 0 && ctx.Err() == nil {",
		new:  "if len(page) > 1 && ctx.Err() == nil {",
		by:   backfilled,
	},
	{
		name: "a report of one step up is ignored",
		file: "inbox/status.go",
		old:  "if !known || rank(to) <= rank(m.State) {",
		new:  "if !known || rank(to) <= rank(m.State)+1 {",
		by:   reportsClimb,
	},
	{
		name: "a reader gets the event of its cursor again",
		file: "store/memory/event.go",
		old:  "if k == (eventKey{q.Account, q.Conversation, q.After}) {",
		new:  "if q.After < 0 {",
		by:   eventsResume,
	},
}

// TestPlantedBugs proves that the checks bite: it builds this package with all
// planted bugs, runs it with one after the other, and the check that is there
// for it must find it. Without a bug the same seeds must pass.
func TestPlantedBugs(t *testing.T) {
	if testing.Short() {
		t.Skip("runs thousands of seeds; run without -short")
	}
	binary := buildPlanted(t)
	places := make(chan struct{}, 2)
	for _, bug := range append([]plantedBug{{name: "none"}}, plantedBugs...) {
		t.Run(bug.name, func(t *testing.T) {
			t.Parallel()
			places <- struct{}{}
			defer func() { <-places }()
			out, failed := tryOut(t, bug, binary)
			switch {
			case bug.by == nil && failed:
				t.Fatalf("without a bug:\n%s", out)
			case bug.by == nil:
			case !failed:
				t.Fatalf("%d seeds have not found it", budget)
			case !strings.Contains(out, "invariant "+bug.by.name+" ("):
				t.Fatalf("%q has not found it, but this:\n%s", bug.by.name, out)
			default:
				first, _, _ := strings.Cut(strings.TrimSpace(out), "breaks")
				t.Logf("found by %q: %s", bug.by.name, first[strings.LastIndex(first, "seed"):])
			}
		})
	}
}

// tryOut runs seeds with a bug.
func tryOut(t *testing.T, bug plantedBug, binary string) (out string, failed bool) {
	t.Helper()
	run := exec.CommandContext(t.Context(), binary, "-test.run", "^TestBudget$")
	run.Env = append(os.Environ(), envBudget+"="+strconv.Itoa(budget), envFrom+"="+strconv.FormatUint(bug.from, 10))
	if bug.by != nil {
		run.Env = append(run.Env, envWant+"="+bug.by.name, envBug+"="+bug.name)
	}
	said, err := run.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("the binary does not run: %v", err)
	}
	return string(said), err != nil
}
