package inbox

import (
	"slices"
	"sync"

	"github.com/teaminbox/teaminbox/store"
)

// directoryCache keeps what administrators manage in memory, since it is read
// with every message and changes rarely. It is exact: each transaction asks
// the store for the directory's version, and a cached record is used only
// under the version at which it was read.
type directoryCache struct {
	off bool // a version may be one that is never committed

	mu             sync.Mutex
	current        *directory
	currentVersion int64
}

// directory is the directory at one version. Its records must not be changed.
type directory struct {
	mu       sync.Mutex
	at       map[store.Endpoint]*store.Inbox // nil: no inbox has it
	accounts map[store.AccountID]*company
}

// company is one account's directory.
type company struct {
	inboxes map[store.InboxID]store.Inbox
	teams   map[store.TeamID]store.Team
	users   map[store.UserID]store.User
}

func newDirectory() *directory {
	return &directory{
		at:       make(map[store.Endpoint]*store.Inbox),
		accounts: make(map[store.AccountID]*company),
	}
}

// directoryAt returns the directory as the transaction sees it.
func (in *Inbox) directoryAt(t *tx) (*directory, error) {
	if t.directoryWritten {
		// What is not committed must not be seen by others.
		return newDirectory(), nil
	}
	if t.directory == nil {
		version, err := t.DirectoryVersion()
		if err != nil {
			return nil, err
		}
		t.directory = in.directory.version(version)
	}
	return t.directory, nil
}

func (c *directoryCache) version(v int64) *directory {
	if c.off {
		return newDirectory()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current == nil || c.currentVersion != v {
		c.current, c.currentVersion = newDirectory(), v
	}
	return c.current
}

// lately returns the inbox that owned an endpoint when it was last looked for,
// or nil.
func (c *directoryCache) lately(end store.Endpoint) *store.Inbox {
	c.mu.Lock()
	d := c.current
	c.mu.Unlock()
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at[end]
}

// inboxAt returns the inbox that owns an endpoint, or nil.
func (in *Inbox) inboxAt(t *tx, end store.Endpoint) (*store.Inbox, error) {
	d, err := in.directoryAt(t)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if box, known := d.at[end]; known {
		return box, nil
	}
	found, err := t.InboxesAt(end)
	if err != nil {
		return nil, err
	}
	var box *store.Inbox
	if len(found) > 0 {
		box = &found[0]
	}
	if len(d.at) >= maxCachedEndpoints { // strangers can make up any number of them
		clear(d.at)
	}
	d.at[end] = box
	return box, nil
}

const (
	maxCachedEndpoints = 100_000
	maxCachedAccounts  = 10_000
)

// company returns an account's directory.
func (in *Inbox) company(t *tx, account store.AccountID) (*company, error) {
	d, err := in.directoryAt(t)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.accounts[account]; c != nil {
		return c, nil
	}
	c, err := loadCompany(t, account)
	if err != nil {
		return nil, err
	}
	if len(d.accounts) >= maxCachedAccounts { // a host may ask for any number of them
		clear(d.accounts)
	}
	d.accounts[account] = c
	return c, nil
}

func loadCompany(t *tx, account store.AccountID) (*company, error) {
	inboxes, err := t.Inboxes(account)
	if err != nil {
		return nil, err
	}
	teams, err := t.Teams(account)
	if err != nil {
		return nil, err
	}
	users, err := t.Users(account)
	if err != nil {
		return nil, err
	}
	c := &company{
		inboxes: make(map[store.InboxID]store.Inbox, len(inboxes)),
		teams:   make(map[store.TeamID]store.Team, len(teams)),
		users:   make(map[store.UserID]store.User, len(users)),
	}
	for _, b := range inboxes {
		c.inboxes[b.ID] = b
	}
	for _, t := range teams {
		c.teams[t.ID] = t
	}
	for _, u := range users {
		c.users[u.ID] = u
	}
	return c, nil
}

// licensed reports whether the user exists and has a seat.
func (c *company) licensed(user store.UserID) bool { return c.users[user].Licensed }

// members returns the licensed members of a team, sorted.
func (c *company) members(team store.TeamID) []store.UserID {
	var users []store.UserID
	for _, u := range c.teams[team].Members {
		if c.licensed(u) {
			users = append(users, u)
		}
	}
	slices.Sort(users)
	return slices.Compact(users)
}

// teamsOf returns the teams that the user is a member of, sorted.
func (c *company) teamsOf(user store.UserID) []store.TeamID {
	var teams []store.TeamID
	for id, t := range c.teams {
		if slices.Contains(t.Members, user) {
			teams = append(teams, id)
		}
	}
	slices.Sort(teams)
	return teams
}

// inboxesOf returns the inboxes behind which one of the user's teams stands,
// sorted.
func (c *company) inboxesOf(user store.UserID) []store.InboxID {
	var inboxes []store.InboxID
	for id, b := range c.inboxes {
		if slices.Contains(c.teams[b.Team].Members, user) {
			inboxes = append(inboxes, id)
		}
	}
	slices.Sort(inboxes)
	return inboxes
}

// participants returns the licensed users who take part in a conversation, as
// persons or in a team, sorted.
func (c *company) participants(conv store.Conversation) []store.UserID {
	var users []store.UserID
	for _, u := range conv.Users {
		if c.licensed(u) {
			users = append(users, u)
		}
	}
	for _, t := range conv.Teams {
		users = append(users, c.members(t)...)
	}
	slices.Sort(users)
	return slices.Compact(users)
}
