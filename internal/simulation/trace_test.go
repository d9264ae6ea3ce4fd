package simulation

import (
	"fmt"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// entry is one line of a run's trace.
type entry struct {
	kind     entryKind
	step     int
	at       time.Time
	activity *activity
	call     *call
	hung     bool
	commit   *commit
}

type entryKind uint8

const (
	entryBegin entryKind = iota
	entryCall
	entryEnd
	entryCommit // while nothing waits for its turn
)

func (w *world) tracef(e entry) {
	e.step, e.at = w.step, w.now()
	w.trace = append(w.trace, e)
}

// story tells a run to a person, a line for each step.
func (w *world) story() string {
	var b strings.Builder
	for i, e := range w.trace {
		fmt.Fprintf(&b, "%4d %s  ", i+1, e.at.Format("02T15:04:05.000000"))
		switch e.kind {
		case entryBegin:
			fmt.Fprintf(&b, "%-3s %v", engineName(e.activity.e), e.activity.op)
			if e.activity.about != "" {
				fmt.Fprintf(&b, ": %s", e.activity.about)
			}
		case entryEnd:
			fmt.Fprintf(&b, "%-3s #%d ends", engineName(e.activity.e), e.activity.op.N)
			if e.activity.note != "" {
				fmt.Fprintf(&b, ": %s", e.activity.note)
			}
			if m := e.activity.did.message; m.ID != 0 {
				fmt.Fprintf(&b, ": message %v", m.ID)
			}
			if e.activity.err != nil {
				fmt.Fprintf(&b, ": %v", e.activity.err)
			}
		case entryCommit:
			fmt.Fprintf(&b, "%-3s    commits%s", engineName(e.commit.engine), e.commit.summary())
		case entryCall:
			b.WriteString(e.call.line(e.hung))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func engineName(e *engine) string {
	if e == nil {
		return "-"
	}
	return e.String()
}

func (c *call) line(again bool) string {
	op := "-"
	if c.by != nil {
		op = fmt.Sprintf("#%d.%d", c.by.op.N, c.n)
	}
	text := fmt.Sprintf("%-3s    %s %s", engineName(c.e), op, c.kind)
	if c.about != "" {
		text += " " + c.about
	}
	switch {
	case again:
		text += " goes on, late"
	case c.fault != noFault:
		text += " (" + string(c.fault) + ")"
	}
	if c.commit != nil {
		text += c.commit.summary()
	}
	return text
}

// summary says what a commit wrote.
func (x *commit) summary() string {
	var parts []string
	for _, write := range x.writes {
		if s := describe(write); s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, "; ")
}

func describe(write any) string {
	switch r := write.(type) {
	case store.Message:
		text := fmt.Sprintf("message %v %s %s", r.ID, r.Direction, r.State)
		if r.Kind != compliance.None {
			text += " " + r.Kind.String()
		}
		if r.Attempts > 0 {
			text += fmt.Sprintf(" attempt %d", r.Attempts)
		}
		if r.Version == 0 {
			text += fmt.Sprintf(" %q in conversation %v at %d", r.Text, r.Conversation, r.Seq)
		}
		return text
	case store.Conversation:
		text := fmt.Sprintf("conversation %v %s", r.ID, r.Status)
		if r.ClaimedBy != "" {
			text += " claimed by " + string(r.ClaimedBy)
		}
		return text
	case store.Task:
		text := fmt.Sprintf("task %v %s", r.ID, r.Kind)
		if r.SetAside {
			return text + " set aside"
		}
		return text + " due " + r.DueAt.Format("15:04:05.000")
	case taskDeleted:
		return fmt.Sprintf("task %d done", r)
	case leaseTaken:
		return fmt.Sprintf("lease %d of conversation %v until %s", r.Fence, r.Conversation, r.Until.Format("15:04:05.000"))
	case leaseProlonged:
		return fmt.Sprintf("lease %d kept until %s", r.Fence, r.Until.Format("15:04:05.000"))
	case leaseReleased:
		return fmt.Sprintf("lease %d released", r.Fence)
	case compliance.Entry:
		return fmt.Sprintf("ledger: %s %s %s", r.Key.Identity, r.Kind, r.Source)
	case store.Event:
		text := string(r.Type)
		if r.Detail.State != "" {
			text += " " + string(r.Detail.State)
		}
		return text
	case store.Stray:
		return fmt.Sprintf("stray %v", r.ID)
	}
	return ""
}
