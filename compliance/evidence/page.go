// Package evidence shows what is known about a contact's consent as a page that
// people can read and print. Only whoever shows such pages needs it.
package evidence

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
)

// WritePage writes evidence as a page of HTML. It is whole by itself: no script,
// and nothing that a browser would have to load. Times are in UTC. What the contact
// and others wrote is shown as text, whatever it is. If the ledger does not hold
// together, see [compliance.Evidence.Verify], the page says so at its top.
func WritePage(w io.Writer, e *compliance.Evidence) error {
	if err := layout.Execute(w, pageOf(e)); err != nil {
		return fmt.Errorf("evidence: writing the page: %w", err)
	}
	return nil
}

//go:embed page.html
var layoutHTML string

var layout = template.Must(template.New("page").Funcs(template.FuncMap{
	"when": func(t time.Time) string {
		if t.IsZero() {
			return "–"
		}
		return t.UTC().Format("2006-01-02 15:04:05 UTC")
	},
	"plain": func(s fmt.Stringer) string { return strings.ReplaceAll(s.String(), "_", " ") },
}).Parse(layoutHTML))

// page is what the layout shows.
type page struct {
	*compliance.Evidence
	Broken   string // why the ledger can't be trusted, or ""
	Timeline []moment
}

// moment is what happened at one time: an entry of the ledger, or a message.
type moment struct {
	at      time.Time
	Entry   *compliance.Entry
	Message *compliance.MessageEvidence
}

func pageOf(e *compliance.Evidence) page {
	p := page{Evidence: e}
	if err := e.Verify(); err != nil {
		p.Broken = err.Error()
	}
	for i := range e.Messages {
		p.Timeline = append(p.Timeline, moment{at: e.Messages[i].At, Message: &e.Messages[i]})
	}
	for i := range e.Consent {
		for j := range e.Consent[i].Entries {
			entry := &e.Consent[i].Entries[j]
			p.Timeline = append(p.Timeline, moment{at: entry.RecordedAt, Entry: entry})
		}
	}
	slices.SortStableFunc(p.Timeline, func(a, b moment) int { return cmp.Or(a.at.Compare(b.at), a.rank()-b.rank()) })
	return p
}

// rank orders what happened at one time: what the contact wrote, what that meant,
// and what was written to them.
func (m moment) rank() int {
	switch {
	case m.Entry != nil:
		return 1
	case m.Message.Incoming:
		return 0
	}
	return 2
}
