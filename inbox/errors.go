package inbox

import (
	"errors"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// Errors of the engine. Match them with errors.Is. Any other error is the
// store's or the context's: nothing was changed then, unless it matches
// store.ErrUnknown, which means that nobody knows. A repetition finds out, and
// is harmless for everything but a message without a RequestKey.
var (
	// ErrNotFound means that there is no such thing, or that the user may not
	// see it; the two look the same from outside.
	ErrNotFound = errors.New("inbox: not found")
	// ErrUnlicensed means that the user has no licensed seat, or is unknown.
	ErrUnlicensed = errors.New("inbox: user has no licensed seat")
	// ErrAlreadyClaimed means that somebody else answers the conversation.
	// The error is a *ClaimedError, which says who.
	ErrAlreadyClaimed = errors.New("inbox: conversation is claimed by another user")
	// ErrNotClaimed means that the user can't release what is not theirs.
	ErrNotClaimed = errors.New("inbox: conversation is not claimed by the user")
	// ErrBlocked means that the gate refused the message. The error is a
	// *BlockedError, which says why.
	ErrBlocked = errors.New("inbox: message may not be sent")
	// ErrOptedOut means that an opt-in was not recorded, since the contact has
	// opted out. The error is an *OptedOutError, which says what it would take.
	ErrOptedOut = errors.New("inbox: contact has opted out")
	// ErrAlreadyAsked means that the customer has a question to opt in before them.
	// The error is an *AskedError, which says until when.
	ErrAlreadyAsked = errors.New("inbox: customer was asked to opt in already")
	// ErrInvalid means that the input is wrong; the text names the field and
	// the cure.
	ErrInvalid = errors.New("inbox: invalid input")
	// ErrConflict means that the record was changed since it was read.
	ErrConflict = errors.New("inbox: record has changed")
	// ErrOverloaded means that too much is waiting. Try again later.
	ErrOverloaded = errors.New("inbox: too much is waiting")
	// ErrRunning means that Run was called while it runs.
	ErrRunning = errors.New("inbox: Run is running already")
	// ErrUnknownChannel means that the engine has no channel of that name.
	ErrUnknownChannel = errors.New("inbox: no channel of that name")
	// ErrReset means that an event cursor is of no use: it is older than the
	// events that are kept, or of another store. Load the present state and go
	// on from Agent.Now.
	ErrReset = errors.New("inbox: event cursor is outside of the events that are kept")
)

// ClaimedError says who has claimed a conversation. It matches
// [ErrAlreadyClaimed].
type ClaimedError struct {
	By    store.UserID
	Since time.Time
}

// Error names the user.
func (e *ClaimedError) Error() string {
	return fmt.Sprintf("inbox: conversation is claimed by %s", e.By)
}

// Is matches ErrAlreadyClaimed.
func (e *ClaimedError) Is(target error) bool { return target == ErrAlreadyClaimed }

// BlockedError is the gate's refusal. It matches [ErrBlocked].
type BlockedError struct {
	Decision compliance.Decision
}

// Error gives the gate's reason.
func (e *BlockedError) Error() string { return "inbox: message may not be sent: " + e.Decision.Reason }

// Is matches ErrBlocked.
func (e *BlockedError) Is(target error) bool { return target == ErrBlocked }

// OptedOutError says why an opt-in of a contact that has opted out was not
// recorded. It matches [ErrOptedOut].
type OptedOutError struct {
	Since  time.Time // when the contact last opted out
	Reason string    // what the opt-in lacks, and the cure
}

// Error gives the reason.
func (e *OptedOutError) Error() string {
	return fmt.Sprintf("inbox: contact has opted out, last at %s: %s", e.Since.Format(time.RFC3339), e.Reason)
}

// AskedError says that a customer was asked to opt in, and has not answered yet. It
// matches [ErrAlreadyAsked].
type AskedError struct {
	Since time.Time // when they were asked
	Until time.Time // until when an answer counts
}

// Error says until when the question is open.
func (e *AskedError) Error() string {
	return fmt.Sprintf("inbox: customer was asked to opt in at %s, and can answer until %s; wait for that, or cancel the question if it has not been sent",
		e.Since.Format(time.RFC3339), e.Until.Format(time.RFC3339))
}

// Is matches ErrAlreadyAsked.
func (e *AskedError) Is(target error) bool { return target == ErrAlreadyAsked }

// Is matches ErrOptedOut.
func (e *OptedOutError) Is(target error) bool { return target == ErrOptedOut }

// invalid makes an ErrInvalid that names the field and the cure.
func invalid(field, format string, args ...any) error {
	return fmt.Errorf("%w: %s %s", ErrInvalid, field, fmt.Sprintf(format, args...))
}
