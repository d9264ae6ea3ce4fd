package store

import "github.com/teaminbox/teaminbox/channel"

// Account is a company. Every other record is inside exactly one, and nothing
// crosses.
type Account struct {
	ID      AccountID
	Name    string
	Version int64
}

// Endpoint is one of our addresses on one channel.
type Endpoint struct {
	Channel string          `json:"channel"` // the channel's name
	Address channel.Address `json:"address"`
}

// Inbox is what customers write to.
type Inbox struct {
	Account   AccountID
	ID        InboxID
	Name      string     // shown to agents, and to customers as the brand
	Endpoints []Endpoint // each belongs to one inbox only
	Team      TeamID     // who stands behind it
	Settings  Settings
	Version   int64
}

// Settings are what an administrator changes while the program runs.
type Settings struct {
	// Brand is the name by which customers know the company, which what sells
	// must say. "" is the inbox's name.
	Brand string `json:"brand,omitempty"`

	// FirstReply answers a customer's first message. "" is silence.
	FirstReply string `json:"first_reply,omitempty"`

	// Rules say who is concerned by which messages, the first that holds. At most 500.
	Rules []Rule `json:"rules,omitempty"`

	// The answers to STOP, START and HELP. "" is a customary text with the
	// inbox's name.
	OptOutReply string `json:"opt_out_reply,omitempty"`
	OptInReply  string `json:"opt_in_reply,omitempty"`
	HelpReply   string `json:"help_reply,omitempty"`

	// Claim says what a claim means for the others. "" is ClaimExclusive.
	Claim ClaimMode `json:"claim,omitempty"`

	// Language is a BCP 47 tag, TimeZone an IANA name.
	Language string `json:"language,omitempty"`
	TimeZone string `json:"time_zone,omitempty"`
}

// ClaimMode says what a claim means for the others.
type ClaimMode string

// The claim modes.
const (
	// ClaimExclusive: the others are removed and told; until the claim is
	// released they neither see the conversation nor write in it.
	ClaimExclusive ClaimMode = "exclusive"
	// ClaimVisible: the others can still read and leave notes, but not
	// answer.
	ClaimVisible ClaimMode = "visible"
)

// Team is a group of users.
type Team struct {
	Account AccountID
	ID      TeamID
	Name    string
	Members []UserID
	Version int64
}

// User is one of the host's people.
type User struct {
	Account      AccountID
	ID           UserID
	Name         string
	Licensed     bool // has a seat; without one a user neither sees nor answers
	Availability Availability
	Languages    []string // BCP 47 tags, best first
	Version      int64
}

// Availability is whether a user can be given work.
type Availability string

// The availabilities. The zero value is available.
const (
	Available Availability = ""
	Away      Availability = "away"
	Offline   Availability = "offline"
)

// Directory holds what administrators manage: little, read often, changed
// rarely.
type Directory interface {
	// DirectoryVersion returns a number that changes with every committed
	// write to any record of the Directory, so that its records can be cached.
	DirectoryVersion() (int64, error)

	// Accounts, Inboxes, Teams and Users return all of them, sorted by id.
	Accounts() ([]Account, error)
	Inboxes(account AccountID) ([]Inbox, error)
	Teams(account AccountID) ([]Team, error)
	Users(account AccountID) ([]User, error)

	// InboxesAt returns the inboxes that own the endpoints.
	InboxesAt(ends ...Endpoint) ([]Inbox, error)

	PutAccounts(as ...Account) error
	// PutInboxes fails with ErrDuplicate if an endpoint belongs to another
	// inbox of any account.
	PutInboxes(is ...Inbox) error
	PutTeams(ts ...Team) error
	PutUsers(us ...User) error
}
