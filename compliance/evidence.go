package compliance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// Evidence is what an account holds about a contact's consent, for a customer who
// asks, an auditor or a court: what they agreed to and revoked, when and in which
// words, what was sent to them, and why that was allowed. It is complete: no entry
// of the ledger and no message is left out.
//
// Keep it where nobody who can write to the database can change it: its heads show
// later whether anything was taken out of the ledger since, see [Verify].
type Evidence struct {
	Format    string            `json:"format"` // EvidenceFormat
	Account   string            `json:"account"`
	Contact   string            `json:"contact"` // the contact's id
	Name      string            `json:"name,omitempty"`
	Addresses []channel.Address `json:"addresses"`
	MadeAt    time.Time         `json:"made_at"`
	Consent   []ConsentEvidence `json:"consent"`  // by family of media and identity
	Messages  []MessageEvidence `json:"messages"` // in and out, the oldest first
}

// EvidenceFormat names the form of [Evidence] in JSON. Another name means that
// fields mean something else; new ones may come without one.
const EvidenceFormat = "teaminbox consent evidence 1"

// ConsentEvidence is what the ledger holds about one key.
type ConsentEvidence struct {
	Key     Key     `json:"key"`
	State   State   `json:"state"` // what stood when the evidence was made
	Head    Head    `json:"head"`
	Entries []Entry `json:"entries"` // as they were recorded
}

// MessageEvidence is a message that the contact has written, or that was written
// to them.
type MessageEvidence struct {
	ID       string          `json:"id"`
	At       time.Time       `json:"at"`       // when it came in or was written
	Incoming bool            `json:"incoming"` // from the contact
	Channel  string          `json:"channel"`
	From     channel.Address `json:"from"`
	To       channel.Address `json:"to"`
	Text     string          `json:"text,omitempty"`
	Media    int             `json:"media,omitempty"` // how many files came with it

	Kind Kind   `json:"kind"`           // what it meant for consent, or what it answers
	Rule string `json:"rule,omitempty"` // what recognised it

	Author   string    `json:"author,omitempty"` // outgoing: user:alice, responder or system
	Purpose  Purpose   `json:"purpose,omitempty"`
	Confirms EntryID   `json:"confirms,omitempty"`
	State    string    `json:"state,omitempty"`    // how far it has come
	StateAt  time.Time `json:"state_at,omitzero"`  // since when
	Reason   string    `json:"reason,omitempty"`   // why it is in that state
	Decision *Record   `json:"decision,omitempty"` // what the gate decided last

	ErasedAt time.Time `json:"erased_at,omitzero"` // when the text was erased, with whatever else was personal
}

// Verify checks the chains of the ledger, as the function [Verify] does, and that
// states and heads are those of the entries.
func (e *Evidence) Verify() error {
	if e.Format != EvidenceFormat {
		return fmt.Errorf("compliance: this is evidence in the format %q, which is not known; %q is", e.Format, EvidenceFormat)
	}
	for _, c := range e.Consent {
		for _, entry := range c.Entries {
			if entry.Key != c.Key {
				return &ChainError{Key: c.Key, Entry: entry.ID, Seq: entry.Link.Seq, Reason: "is about somebody else"}
			}
		}
		var kept []Head
		if c.Head != (Head{}) {
			kept = []Head{c.Head}
		}
		if err := Verify(c.Entries, kept...); err != nil {
			return err
		}
		if c.Head != HeadOf(c.Entries) {
			return fmt.Errorf("compliance: the evidence about %s (%s) names another head than that of its entries", c.Key.Identity, c.Key.Family)
		}
		if !c.State.Equal(Fold(c.Entries)) {
			return fmt.Errorf("compliance: the evidence about %s (%s) names another state than that of its entries", c.Key.Identity, c.Key.Family)
		}
	}
	return nil
}

// WriteJSON writes evidence for a program to read, or to be kept.
func (e *Evidence) WriteJSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(e)
}

// ReadEvidence reads what [Evidence.WriteJSON] has written. It checks nothing: call
// [Evidence.Verify].
func ReadEvidence(r io.Reader) (*Evidence, error) {
	in := json.NewDecoder(r)
	e := new(Evidence)
	if err := in.Decode(e); err != nil {
		return nil, fmt.Errorf("compliance: reading evidence: %w", err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("compliance: reading evidence: something follows after it")
	}
	return e, nil
}
