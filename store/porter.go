package store

import (
	"context"
	"iter"

	"github.com/teaminbox/teaminbox/compliance"
)

// Porter is a Store whose records can be carried whole into another one. Hosts
// call [Copy], which uses it.
//
// Test your implementation with package store/storetest.
type Porter interface {
	Store
	// Export runs fn on everything that the Store holds, in one consistent
	// snapshot, however long it takes. It neither waits for an Update nor
	// holds one up.
	Export(ctx context.Context, fn func(Source) error) error
	// Import runs fn once, in one atomic transaction of any size. While it
	// runs nobody else writes to the Store, or sees what it has put; of two
	// Imports at once the second waits or fails. When Import fails, and after
	// a crash, nothing that was put is there. It fails with [ErrUnknown] if
	// the commit may have happened.
	Import(ctx context.Context, fn func(Target) error) error
}

// Source is all that a Store holds. It is used by one goroutine and not after
// its function has returned. Its methods fail when the context of the Export
// ends.
type Source interface {
	// Numbers returns the Store's own numbers.
	Numbers() (Numbers, error)
	// Counts returns how many records there are.
	Counts() (Counts, error)
	// Batches returns all records, each kind by its key. Each batch has
	// records of one kind, and at most [BatchSize]; it is the receiver's to
	// keep. After an error there are no more.
	Batches() iter.Seq2[Batch, error]
}

// Target is an empty Store that is filled. As a Source it shows what has been
// put.
type Target interface {
	Source
	// Put adds records as they are, with their ids, cursors and versions. None
	// of them is there yet. Records that belong together come in any order.
	Put(b Batch) error
	// SetNumbers sets the Store's own numbers, after the last Put. What the
	// Store gives from then on is larger than they are, and than all that it
	// has ever given.
	SetNumbers(n Numbers) error
}

// BatchSize is the most records of a [Batch].
const BatchSize = 1000

// Numbers are what a Store counts beside its records.
type Numbers struct {
	LastID           int64  // no id from NewID and no fence of a lease is above it
	LastCursor       Cursor // no event ever had a cursor above it
	DirectoryVersion int64
}

// Batch is some of the records of a Store. The tags name the kinds.
type Batch struct {
	Accounts      []Account          `kind:"accounts"`
	Inboxes       []Inbox            `kind:"inboxes"`
	Teams         []Team             `kind:"teams"`
	Users         []User             `kind:"users"`
	Contacts      []Contact          `kind:"contacts"`
	Conversations []Conversation     `kind:"conversations"`
	ReadMarks     []AccountReadMark  `kind:"read marks"`
	Messages      []Message          `kind:"messages"`
	Tasks         []Task             `kind:"tasks"`
	Consent       []compliance.Entry `kind:"consent entries"`
	Events        []Event            `kind:"events"`
	DeletedEvents []DeletedEvents    `kind:"event deletions"`
	Strays        []Stray            `kind:"strays"`
	Watermarks    []Watermark        `kind:"watermarks"`
}

// Counts are numbers of records, of the kinds of a [Batch].
type Counts struct {
	Accounts, Inboxes, Teams, Users    int64
	Contacts, Conversations, ReadMarks int64
	Messages, Tasks, Consent           int64
	Events, DeletedEvents              int64
	Strays, Watermarks                 int64
}

// AccountReadMark is a [ReadMark] with the account that it is in.
type AccountReadMark struct {
	Account AccountID
	ReadMark
}

// DeletedEvents says up to which cursor an account's events have been deleted.
type DeletedEvents struct {
	Account AccountID
	Through Cursor // of the last event that was deleted
}
