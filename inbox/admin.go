package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/text/language"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// Admin manages an account: its inboxes, teams and users, and work that was
// set aside. The host decides who may have the handle.
//
// The Save methods make what does not exist. What exists they replace: with
// Version 0 whatever is there, otherwise only the version that was read, or
// they fail with ErrConflict. Bad fields are named all at once, with
// ErrInvalid.
type Admin struct {
	in      *Inbox
	account store.AccountID
}

// Admin returns the administration of an account.
func (in *Inbox) Admin(account store.AccountID) *Admin { return &Admin{in: in, account: account} }

// longestName bounds ids in bytes and names in code points.
const longestName = 128

// SaveUser makes or replaces a user.
func (a *Admin) SaveUser(ctx context.Context, u store.User) error {
	u.Account = a.account
	err := errors.Join(checkID("User.ID", string(u.ID)), checkName("User.Name", u.Name), checkAvailability(u.Availability))
	for i, l := range u.Languages {
		err = errors.Join(err, checkLanguage(fmt.Sprintf("User.Languages[%d]", i), l))
	}
	if err != nil {
		return err
	}
	return a.save(ctx, func(t *tx, c *company) error {
		had, exists := c.users[u.ID]
		if u.Version, err = versionFor(u.Version, had.Version, exists, "user "+string(u.ID)); err != nil {
			return err
		}
		return t.PutUsers(u)
	})
}

// SaveTeam makes or replaces a team. Its members must exist.
func (a *Admin) SaveTeam(ctx context.Context, team store.Team) error {
	team.Account = a.account
	if err := errors.Join(checkID("Team.ID", string(team.ID)), checkName("Team.Name", team.Name)); err != nil {
		return err
	}
	return a.save(ctx, func(t *tx, c *company) error {
		var errs []error
		for i, m := range team.Members {
			if _, ok := c.users[m]; !ok {
				errs = append(errs, invalid(fmt.Sprintf("Team.Members[%d]", i), "is %q, which is no user of the account; save the user first", m))
			}
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
		had, exists := c.teams[team.ID]
		var err error
		if team.Version, err = versionFor(team.Version, had.Version, exists, "team "+string(team.ID)); err != nil {
			return err
		}
		return t.PutTeams(team)
	})
}

// SaveInbox makes or replaces an inbox. Its team must exist and its channels
// be the engine's; an address belongs to one inbox only.
func (a *Admin) SaveInbox(ctx context.Context, box store.Inbox) error {
	box.Account = a.account
	errs := []error{checkID("Inbox.ID", string(box.ID)), checkName("Inbox.Name", box.Name), checkSettings(box.Settings)}
	for i := range box.Endpoints {
		e := &box.Endpoints[i]
		field := fmt.Sprintf("Inbox.Endpoints[%d]", i)
		if _, ok := a.in.channels[e.Channel]; !ok {
			errs = append(errs, invalid(field+".Channel", "is %q; the engine has no channel of that name", e.Channel))
		}
		address, err := channel.ParseAddress(string(e.Address))
		if err != nil {
			errs = append(errs, invalid(field+".Address", "is no address: %v", err))
		}
		e.Address = address
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	err := a.save(ctx, func(t *tx, c *company) error {
		if _, ok := c.teams[box.Team]; !ok {
			return invalid("Inbox.Team", "is %q, which is no team of the account; save the team first", box.Team)
		}
		had, exists := c.inboxes[box.ID]
		var err error
		if box.Version, err = versionFor(box.Version, had.Version, exists, "inbox "+string(box.ID)); err != nil {
			return err
		}
		for i, e := range box.Endpoints {
			owners, err := t.InboxesAt(e)
			if err != nil {
				return err
			}
			for _, o := range owners {
				if o.Account != box.Account || o.ID != box.ID {
					return invalid(fmt.Sprintf("Inbox.Endpoints[%d]", i), "belongs to another inbox; take it from that one first")
				}
			}
		}
		return t.PutInboxes(box)
	})
	return err
}

// save runs fn with the account's directory, making the account if it does
// not exist.
func (a *Admin) save(ctx context.Context, fn func(*tx, *company) error) error {
	if err := checkID("account", string(a.account)); err != nil {
		return err
	}
	return a.in.update(ctx, func(t *tx) error {
		accounts, err := t.Accounts()
		if err != nil {
			return err
		}
		exists := false
		for _, acc := range accounts {
			exists = exists || acc.ID == a.account
		}
		c, err := loadCompany(t, a.account)
		if err != nil {
			return err
		}
		if err := fn(t, c); err != nil || exists {
			return err
		}
		return t.PutAccounts(store.Account{ID: a.account, Name: string(a.account)})
	})
}

func versionFor(given, had int64, exists bool, what string) (int64, error) {
	if given == 0 {
		return had, nil
	}
	if !exists || given != had {
		return 0, fmt.Errorf("%w: %s", ErrConflict, what)
	}
	return given, nil
}

// Inboxes returns the account's inboxes, sorted by id.
func (a *Admin) Inboxes(ctx context.Context) ([]store.Inbox, error) {
	return listOf(ctx, a, func(t *tx) ([]store.Inbox, error) { return t.Inboxes(a.account) })
}

// Teams returns the account's teams, sorted by id.
func (a *Admin) Teams(ctx context.Context) ([]store.Team, error) {
	return listOf(ctx, a, func(t *tx) ([]store.Team, error) { return t.Teams(a.account) })
}

// Users returns the account's users, sorted by id.
func (a *Admin) Users(ctx context.Context) ([]store.User, error) {
	return listOf(ctx, a, func(t *tx) ([]store.User, error) { return t.Users(a.account) })
}

// SetAside returns work that failed too often and waits for a person, the
// oldest first, at most 200.
func (a *Admin) SetAside(ctx context.Context) ([]store.Task, error) {
	return listOf(ctx, a, func(t *tx) ([]store.Task, error) { return t.TasksSetAside(a.account, largestPage) })
}

func listOf[T any](ctx context.Context, a *Admin, fn func(*tx) ([]T, error)) ([]T, error) {
	var all []T
	err := a.in.view(ctx, func(t *tx) error {
		var err error
		all, err = fn(t)
		return err
	})
	return all, err
}

// Requeue lets work that was set aside be tried again. The error is
// ErrNotFound if it was not set aside.
func (a *Admin) Requeue(ctx context.Context, conversation store.ConversationID, task store.TaskID) error {
	return a.in.update(ctx, func(t *tx) error {
		conv, err := store.One(t.Conversations(conversation))
		if err != nil || conv.Account != a.account {
			return errors.Join(ErrNotFound, err)
		}
		tasks, err := t.Tasks(conversation)
		if err != nil {
			return err
		}
		for _, owed := range tasks {
			if owed.ID != task || !owed.SetAside {
				continue
			}
			owed.SetAside, owed.Attempts, owed.DueAt = false, 0, t.now
			if err := t.PutTasks(owed); err != nil {
				return err
			}
			e := eventOf(t, conv, store.TaskRequeued, store.Author{Kind: store.BySystem}, store.Detail{})
			e.Message = owed.Message
			if err := t.AppendEvents(e); err != nil {
				return err
			}
			return a.in.begin(t, conversation)
		}
		return fmt.Errorf("%w: task %v is not set aside", ErrNotFound, task)
	})
}

func checkID(field, id string) error {
	if id == "" {
		return invalid(field, "is empty")
	}
	if len(id) > longestName {
		return invalid(field, "has %d bytes; at most %d are allowed", len(id), longestName)
	}
	return checkText(field, id)
}

func checkName(field, name string) error {
	if name == "" {
		return invalid(field, "is empty; people see it")
	}
	if len([]rune(name)) > longestName {
		return invalid(field, "has more than %d characters", longestName)
	}
	return checkText(field, name)
}

func checkAvailability(a store.Availability) error {
	switch a {
	case store.Available, store.Away, store.Offline:
		return nil
	}
	return invalid("User.Availability", "is %q; it must be empty, away or offline", string(a))
}

func checkLanguage(field, tag string) error {
	if _, err := language.Parse(tag); err != nil {
		return invalid(field, "is %q, which is no BCP 47 language tag", tag)
	}
	return nil
}

func checkSettings(s store.Settings) error {
	errs := []error{
		checkText("Inbox.Settings.FirstReply", s.FirstReply),
		checkText("Inbox.Settings.OptOutReply", s.OptOutReply),
		checkText("Inbox.Settings.OptInReply", s.OptInReply),
		checkText("Inbox.Settings.HelpReply", s.HelpReply),
	}
	switch s.Claim {
	case "", store.ClaimExclusive, store.ClaimVisible:
	default:
		errs = append(errs, invalid("Inbox.Settings.Claim", "is %q; it must be empty, exclusive or visible", string(s.Claim)))
	}
	if s.Language != "" {
		errs = append(errs, checkLanguage("Inbox.Settings.Language", s.Language))
	}
	if s.TimeZone != "" {
		if _, err := time.LoadLocation(s.TimeZone); err != nil {
			errs = append(errs, invalid("Inbox.Settings.TimeZone", "is %q, which is no IANA time zone", s.TimeZone))
		}
	}
	return errors.Join(errs...)
}
