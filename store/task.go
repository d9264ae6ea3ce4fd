package store

import "time"

// Task is work that a conversation owes. Tasks of a conversation are done one
// at a time, in order of id among those of one kind.
type Task struct {
	ID           TaskID
	Account      AccountID
	Conversation ConversationID
	Kind         TaskKind
	Message      MessageID // for all but TaskWake
	DueAt        time.Time
	NotBefore    time.Time // by the Store's own clock, like leases: not done before it, whatever DueAt says; zero: at any time
	Attempts     int       // how often it failed
	Error        string    // what it failed with last
	SetAside     bool      // failed too often: waits for a person
}

// TaskKind says what is to be done.
type TaskKind string

// The kinds of tasks.
const (
	TaskRoute     TaskKind = "route"     // find people and an automatic answer for an inbound message
	TaskSend      TaskKind = "send"      // hand an outbound message to its channel
	TaskPaced     TaskKind = "paced"     // the same, at the turn that its sender's rate gave it
	TaskSettle    TaskKind = "settle"    // an attempt has had its time: what became of it?
	TaskReconcile TaskKind = "reconcile" // ask the provider what became of an uncertain attempt
	TaskWake      TaskKind = "wake"      // a snooze ends
	TaskDecide    TaskKind = "decide"    // the time is over to decide whether a message is an opt-out
)

// Lease is the right to work on a conversation for a while.
type Lease struct {
	Conversation ConversationID
	Owner        string
	Fence        int64 // larger than that of every earlier lease of the conversation
	Until        time.Time
}

// LeaseQuery asks for leases of conversations that have a task due.
type LeaseQuery struct {
	Owner string
	Now   time.Time     // tasks due at or before this moment
	TTL   time.Duration // how long the lease holds
	Limit int           // at most so many, 1 or more
}

// Work holds what is to be done and who is doing it. Leases are measured by
// the Store's own clock, as the processes that share it may disagree about the
// time. Taking, prolonging and releasing them are writes.
type Work interface {
	// Tasks returns all tasks of the conversations, by conversation in the
	// order given, then by id.
	Tasks(cs ...ConversationID) ([]Task, error)
	// TasksSetAside returns an account's tasks that wait for a person, by id.
	TasksSetAside(account AccountID, limit int) ([]Task, error)
	// PutTasks adds or replaces tasks.
	PutTasks(ts ...Task) error
	DeleteTasks(ids ...TaskID) error

	// NextDue returns when the next task is due that is not set aside and
	// whose conversation has no living lease, and whether there is one.
	NextDue() (time.Time, bool, error)
	// LeaseDue takes leases of conversations with a task that is due and not
	// set aside, and leaves out every conversation with a living lease, whoever
	// holds it.
	//
	// Accounts take turns, so that a flood in one keeps nobody else waiting: of
	// each account with such conversations comes the one that is due longest,
	// then the second of each, and so on, those of one turn by how long they are
	// due. If the limit leaves some accounts out of a turn, the next call to this
	// Store begins with those. Which account comes first is the Store's choice;
	// that of processes that share it need not agree.
	LeaseDue(q LeaseQuery) ([]Lease, error)
	// Lease takes or prolongs leases of conversations, and leaves out those
	// that another owner holds. A lease that is prolonged keeps its fence and
	// is never shortened; one that has run out is a new one.
	Lease(owner string, ttl time.Duration, cs ...ConversationID) ([]Lease, error)
	// Leases returns the living leases of conversations.
	Leases(cs ...ConversationID) ([]Lease, error)
	// Release ends leases that still have the same fence, and leaves the
	// others alone.
	Release(ls ...Lease) error
}
