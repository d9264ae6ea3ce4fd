package inbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/internal/record"
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

// Rename gives the account a name for people to see. An account that was never
// renamed has its id for a name.
func (a *Admin) Rename(ctx context.Context, name string) error {
	if err := errors.Join(checkID("account", string(a.account)), checkName("name", name)); err != nil {
		return err
	}
	return a.in.update(ctx, func(t *tx) error {
		account := store.Account{ID: a.account}
		accounts, err := t.Accounts()
		if err != nil {
			return err
		}
		for _, had := range accounts {
			if had.ID == a.account {
				account = had
			}
		}
		if account.Name == name {
			return nil
		}
		account.Name = name
		return t.PutAccounts(account)
	})
}

// SaveUser makes or replaces a user.
func (a *Admin) SaveUser(ctx context.Context, u store.User) error {
	u.Account, u.Languages = a.account, orNil(u.Languages)
	err := errors.Join(checkID("User.ID", string(u.ID)), checkName("User.Name", u.Name), checkAvailability(u.Availability))
	for i, l := range u.Languages {
		err = errors.Join(err, checkLanguage(fmt.Sprintf("User.Languages[%d]", i), l))
	}
	if err != nil {
		return err
	}
	var tried *store.User
	return a.save(ctx, func(t *tx, c *company) ([]store.UserID, error) {
		had, exists := c.users[u.ID]
		put := u
		if put.Version, err = versionFor(u.Version, had.Version, exists, "user "+string(u.ID)); err != nil {
			return nil, saved(tried, had, err)
		}
		tried = stored(put, func(r *store.User) { r.Version++ })
		if had.Licensed && !u.Licensed {
			return []store.UserID{u.ID}, t.PutUsers(put)
		}
		return nil, t.PutUsers(put)
	})
}

// SaveTeam makes or replaces a team. Its members must exist.
func (a *Admin) SaveTeam(ctx context.Context, team store.Team) error {
	team.Account, team.Members = a.account, orNil(team.Members)
	if err := errors.Join(checkID("Team.ID", string(team.ID)), checkName("Team.Name", team.Name)); err != nil {
		return err
	}
	var tried *store.Team
	return a.save(ctx, func(t *tx, c *company) ([]store.UserID, error) {
		var errs []error
		for i, m := range team.Members {
			if _, ok := c.users[m]; !ok {
				errs = append(errs, invalid(fmt.Sprintf("Team.Members[%d]", i), "is %q, which is no user of the account; save the user first", m))
			}
		}
		if err := errors.Join(errs...); err != nil {
			return nil, err
		}
		had, exists := c.teams[team.ID]
		put := team
		var err error
		if put.Version, err = versionFor(team.Version, had.Version, exists, "team "+string(team.ID)); err != nil {
			return nil, saved(tried, had, err)
		}
		tried = stored(put, func(r *store.Team) { r.Version++ })
		left := slices.DeleteFunc(slices.Clone(had.Members), func(u store.UserID) bool { return slices.Contains(team.Members, u) })
		return left, t.PutTeams(put)
	})
}

// SaveInbox makes or replaces an inbox. Its team must exist and its channels
// be the engine's, but for addresses that the inbox has already; an address
// belongs to one inbox only.
func (a *Admin) SaveInbox(ctx context.Context, box store.Inbox) error {
	box = record.CopyInbox(box)
	box.Account, box.Endpoints, box.Settings.Rules = a.account, orNil(box.Endpoints), orNil(box.Settings.Rules)
	had, err := a.Inboxes(ctx)
	if err != nil {
		return err
	}
	kept := func(e store.Endpoint) bool { // of a channel that another start of the host has
		return slices.ContainsFunc(had, func(b store.Inbox) bool { return b.ID == box.ID && slices.Contains(b.Endpoints, e) })
	}
	errs := []error{checkID("Inbox.ID", string(box.ID)), checkName("Inbox.Name", box.Name), checkSettings(box.Settings)}
	for i := range box.Endpoints {
		e := &box.Endpoints[i]
		field := fmt.Sprintf("Inbox.Endpoints[%d]", i)
		if _, ok := a.in.channels[e.Channel]; !ok && !kept(*e) {
			errs = append(errs, invalid(field+".Channel", "is %q; the engine has no channel of that name", e.Channel))
		}
		address, err := channel.ParseAddress(string(e.Address))
		if err != nil {
			errs = append(errs, invalid(field+".Address", "is no address: %v", err))
		}
		e.Address = address
		if slices.Contains(box.Endpoints[:i], *e) {
			errs = append(errs, invalid(field, "is there twice"))
		}
		errs = append(errs, a.in.checkReplies(field, *e, box.Settings))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	var tried *store.Inbox
	return a.save(ctx, func(t *tx, c *company) ([]store.UserID, error) {
		if _, ok := c.teams[box.Team]; !ok {
			return nil, invalid("Inbox.Team", "is %q, which is no team of the account; save the team first", box.Team)
		}
		if err := checkNamed(c, box.Settings.Rules); err != nil {
			return nil, err
		}
		had, exists := c.inboxes[box.ID]
		put := box
		var err error
		if put.Version, err = versionFor(box.Version, had.Version, exists, "inbox "+string(box.ID)); err != nil {
			return nil, saved(tried, had, err)
		}
		for i, e := range box.Endpoints {
			owners, err := t.InboxesAt(e)
			if err != nil {
				return nil, err
			}
			for _, o := range owners {
				if o.Account != box.Account || o.ID != box.ID {
					return nil, invalid(fmt.Sprintf("Inbox.Endpoints[%d]", i), "belongs to another inbox; take it from that one first")
				}
			}
		}
		tried = stored(put, func(r *store.Inbox) { r.Version++ })
		if exists && had.Team != box.Team {
			return slices.Clone(c.teams[had.Team].Members), t.PutInboxes(put)
		}
		return nil, t.PutInboxes(put)
	})
}

// save runs fn with the account's directory, making the account if it does
// not exist. fn returns the users from whom something may have been taken:
// their claims of what they can't answer any more end.
func (a *Admin) save(ctx context.Context, fn func(*tx, *company) ([]store.UserID, error)) error {
	if err := checkID("account", string(a.account)); err != nil {
		return err
	}
	var affected []store.UserID
	err := a.in.update(ctx, func(t *tx) error {
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
		taken, err := fn(t, c)
		affected = append(affected, taken...) // of all tries: what a repetition finds done is known no more
		if err != nil || exists {
			return err
		}
		return t.PutAccounts(store.Account{ID: a.account, Name: string(a.account)})
	})
	if err != nil || len(affected) == 0 {
		return err
	}
	return a.releaseLost(ctx, affected)
}

// requireAccount fails with ErrNotFound if there is no account of that id: where
// nothing is found, a wrong id would look like nothing to do. Strays may have an
// account before anything else is there.
func (in *Inbox) requireAccount(t *tx, id store.AccountID) error {
	accounts, err := t.Accounts()
	if err != nil || slices.ContainsFunc(accounts, func(a store.Account) bool { return a.ID == id }) || len(accounts) == 0 && id == in.cfg.StrayAccount {
		return err
	}
	return fmt.Errorf("%w: account %q", ErrNotFound, id)
}

// orNil makes an empty slice nil, as stores return it.
func orNil[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return s
}

// stored returns a record as it is after it was put.
func stored[T any](put T, count func(*T)) *T {
	count(&put)
	return &put
}

// saved forgives a conflict with an earlier try of the same call, whose commit
// is known only now: then what is there is what the try has put.
func saved[T any](tried *T, had T, err error) error {
	if tried != nil && reflect.DeepEqual(*tried, had) {
		return nil
	}
	return err
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

// Release ends the claim of a conversation, whoever has it. The others are told,
// and alerted if the customer waits. Releasing what nobody has claimed has no
// effect.
func (a *Admin) Release(ctx context.Context, conversation store.ConversationID) error {
	return a.in.update(ctx, func(t *tx) error {
		conv, err := store.One(t.Conversations(conversation))
		if errors.Is(err, store.ErrNotFound) || err == nil && conv.Account != a.account {
			return fmt.Errorf("%w: conversation %v", ErrNotFound, conversation)
		}
		if err != nil || conv.ClaimedBy == "" {
			return err
		}
		c, err := a.in.company(t, a.account)
		if err != nil {
			return err
		}
		return a.release(t, c, conv)
	})
}

func (a *Admin) release(t *tx, c *company, conv store.Conversation) error {
	events := release(t, c, &conv, store.Author{Kind: store.BySystem})
	if err := t.PutConversations(conv); err != nil {
		return err
	}
	return t.AppendEvents(events...)
}

// releaseLost ends those claims of some users who have lost their seat or have
// nothing to do with the conversation any more, so that no customer waits for
// them.
func (a *Admin) releaseLost(ctx context.Context, users []store.UserID) error {
	var lost []store.ConversationID
	err := a.in.view(ctx, func(t *tx) error {
		lost = nil
		c, err := a.in.company(t, a.account)
		if err != nil {
			return err
		}
		q := store.ConversationQuery{
			Account: a.account, Inboxes: slices.Sorted(maps.Keys(c.inboxes)), Claimants: users, Limit: largestPage,
		}
		for len(q.Inboxes) > 0 {
			page, err := t.ListConversations(q)
			if err != nil {
				return err
			}
			for _, conv := range page {
				if !c.keepsClaim(conv) {
					lost = append(lost, conv.ID)
				}
			}
			if len(page) < q.Limit {
				break
			}
			last := page[len(page)-1]
			q.Before = store.Position{LastAt: last.LastAt, ID: last.ID}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range lost {
		err := a.in.update(ctx, func(t *tx) error {
			conv, err := store.One(t.Conversations(id))
			if err != nil || conv.ClaimedBy == "" {
				return err
			}
			c, err := a.in.company(t, a.account)
			if err != nil || c.keepsClaim(conv) {
				return err
			}
			return a.release(t, c, conv)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Requeue lets work that was set aside be tried again. The error is
// ErrNotFound if it was not set aside.
func (a *Admin) Requeue(ctx context.Context, conversation store.ConversationID, task store.TaskID) error {
	var tried []store.Event
	var before store.Cursor
	return a.in.update(ctx, func(t *tx) error {
		if done, err := happened(t, before, tried); err != nil || done {
			return err
		}
		conv, err := store.One(t.Conversations(conversation))
		if errors.Is(err, store.ErrNotFound) || err == nil && conv.Account != a.account {
			return fmt.Errorf("%w: conversation %v", ErrNotFound, conversation)
		}
		if err != nil {
			return err
		}
		if before, err = t.LastEvent(a.account); err != nil {
			return err
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
			tried = []store.Event{e}
			return a.in.begin(t, conversation, nil)
		}
		return fmt.Errorf("%w: task %v is not set aside", ErrNotFound, task)
	})
}
