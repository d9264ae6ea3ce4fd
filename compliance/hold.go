package compliance

import "time"

// Hold is what stands between a message that may be a wish to stop, and a
// person's decision about it. While it stands, nothing goes to the contact that
// we would send first or that nobody has written for this contact. The zero Hold
// is none.
type Hold struct {
	Entry EntryID   `json:"entry"`          // of the last message that nobody has decided about, or 0
	Since time.Time `json:"since"`          // when the first of them came
	Until time.Time `json:"until,omitzero"` // when that one is an opt-out unless somebody has decided, or zero if never
}

// Stands reports whether there is a hold.
func (h Hold) Stands() bool { return h.Entry != 0 }

// Over reports whether the time for a decision has passed. Then the hold counts
// as an opt-out, whether or not the ledger has it as one already.
func (h Hold) Over(at time.Time) bool { return h.Stands() && !h.Until.IsZero() && !at.Before(h.Until) }

// Undecided returns the entries about messages that hold, which are of kind
// [Ambiguous], in the order in which they are given. It takes what [Fold] does.
//
// What holds ends with an opt-out of everything, or with the contact's own opt-in to
// everything after it, and with an entry of kind [Released] that has the same Message. An opt-in that
// somebody else has recorded does not end it: they may not have read the message.
// Nothing holds while the contact has opted out.
func Undecided(entries []Entry) []Entry {
	if Fold(entries).OptedOut {
		return nil
	}
	return undecided(entries)
}

// undecided is Undecided for a contact that has not opted out.
func undecided(entries []Entry) []Entry {
	var ended latest             // of opt-outs
	var again latest             // of the contact's opt-ins
	var released map[string]bool // by messages
	var held []Entry
	for _, e := range entries {
		switch {
		case e.Kind == OptOut && e.Reach == (Reach{}):
			ended.add(e.OccurredAt)
		case e.Kind == OptIn && e.Source == FromContact && e.Reach == (Reach{}):
			again.add(e.OccurredAt)
		case e.Kind == Ambiguous:
			held = append(held, e)
		case e.Kind == Released:
			if released == nil {
				released = make(map[string]bool)
			}
			released[e.Message] = true
		}
	}
	standing := held[:0]
	for _, e := range held {
		if !released[e.Message] && (!ended.any || ended.at.Before(e.OccurredAt)) && (!again.any || !again.at.After(e.OccurredAt)) {
			standing = append(standing, e)
		}
	}
	return standing
}

// holdOf returns the hold of the entries of a contact that has not opted out.
func holdOf(entries []Entry) Hold {
	var h Hold
	var last *Entry
	standing := undecided(entries)
	for i := range standing {
		e := &standing[i]
		if h.Since.IsZero() || e.OccurredAt.Before(h.Since) {
			h.Since = e.OccurredAt
		}
		if !e.Until.IsZero() && (h.Until.IsZero() || e.Until.Before(h.Until)) {
			h.Until = e.Until
		}
		if last == nil || e.OccurredAt.After(last.OccurredAt) || e.OccurredAt.Equal(last.OccurredAt) && e.before(last) {
			last, h.Entry = e, e.ID
		}
	}
	return h
}
