package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// owing makes an account with conversations that have a task each, due offsets
// from noon.
func (e *env) owing(account store.AccountID, offsets ...time.Duration) ([]store.Task, error) {
	ts := make([]store.Task, len(offsets))
	contacts, conversations := make([]store.Contact, len(offsets)), make([]store.Conversation, len(offsets))
	for i, d := range offsets {
		id, err := e.id()
		if err != nil {
			return nil, err
		}
		at := number(int(id))
		contacts[i] = store.Contact{ID: store.ContactID(id), Account: account, Addresses: []channel.Address{at}}
		conversations[i] = store.Conversation{
			ID: store.ConversationID(id), Account: account, Inbox: support, Contact: store.ContactID(id), Channel: sms, Theirs: at, Status: store.Open, LastAt: noon,
		}
		if ts[i], err = e.taskOf(conversations[i].ID); err != nil {
			return nil, err
		}
		ts[i].Account, ts[i].DueAt = account, noon.Add(d)
	}
	return ts, e.update(func(tx store.Tx) error {
		var seeded error
		if account != acme && account != globex {
			seeded = errors.Join(
				tx.PutAccounts(store.Account{ID: account, Name: string(account)}),
				tx.PutTeams(store.Team{Account: account, ID: crew}),
				tx.PutInboxes(store.Inbox{Account: account, ID: support, Team: crew}),
			)
		}
		return errors.Join(seeded, tx.PutContacts(contacts...), tx.PutConversations(conversations...), tx.PutTasks(ts...))
	})
}

// seconds are offsets that follow each other.
func seconds(from, n int) []time.Duration {
	all := make([]time.Duration, n)
	for i := range all {
		all[i] = time.Duration(from+i) * time.Second
	}
	return all
}

func turnsOrder(e *env) error {
	flood, err := e.owing(acme, 0, time.Second, time.Second, 2*time.Second, 3*time.Second, 4*time.Second, 5*time.Second)
	if err != nil {
		return err
	}
	quiet, err := e.owing(globex, time.Hour, 2*time.Hour)
	if err != nil {
		return err
	}
	// What is later, set aside or of a conversation that has had its turn is no
	// turn.
	extra := []store.Task{flood[0], flood[1], quiet[0], quiet[1]}
	for i := range extra {
		id, err := e.id()
		if err != nil {
			return err
		}
		extra[i].ID = store.TaskID(id)
	}
	extra[0].DueAt, extra[1].DueAt = noon.Add(time.Second/2), noon.Add(-time.Hour)
	extra[1].SetAside = true
	extra[2].DueAt, extra[3].DueAt = noon.Add(90*time.Minute), noon.AddDate(1, 0, 0)
	if err := e.putTasks(extra...); err != nil {
		return err
	}
	of := func(ts []store.Task, i int) store.ConversationID { return ts[i].Conversation }
	for _, step := range []struct {
		what  string
		limit int
		want  []store.ConversationID
	}{
		{"a turn of both", 2, []store.ConversationID{of(flood, 0), of(quiet, 0)}},
		{"what is left of the quiet account, and of the flood", 4, []store.ConversationID{of(flood, 1), of(quiet, 1), of(flood, 2), of(flood, 3)}},
		{"the flood alone", 2, []store.ConversationID{of(flood, 4), of(flood, 5)}},
		{"the rest", 10, []store.ConversationID{of(flood, 6)}},
		{"nothing", 10, nil},
	} {
		ls, err := e.leaseDue("one", noon.Add(3*time.Hour), time.Hour, step.limit)
		if err != nil {
			return err
		}
		if err := expectLeased(step.what, ls, step.want...); err != nil {
			return err
		}
	}
	return nil
}

// accountsOf returns how many of the leases each account has.
func accountsOf(ls []store.Lease, queues map[store.AccountID][]store.Task) map[store.AccountID]int {
	of := make(map[store.AccountID]int)
	for account, ts := range queues {
		for _, l := range ls {
			if slices.ContainsFunc(ts, func(t store.Task) bool { return t.Conversation == l.Conversation }) {
				of[account]++
			}
		}
	}
	return of
}

func turnsRotate(e *env) error {
	// The accounts' floods began one after the other. The last has only begun.
	const accounts, limit = 10, 3
	queues := make(map[store.AccountID][]store.Task)
	for i := range accounts {
		account := store.AccountID(fmt.Sprintf("account %d", i*7%accounts))
		ts, err := e.owing(account, seconds(100*i, 8)...)
		if err != nil {
			return err
		}
		queues[account] = ts
	}
	var all []store.Lease
	for call := 1; call <= 12; call++ {
		ls, err := e.leaseDue("one", noon.Add(time.Hour), time.Hour, limit)
		if err != nil {
			return err
		}
		if len(ls) != limit {
			return fmt.Errorf("call %d got %d leases, must get %d", call, len(ls), limit)
		}
		all = append(all, ls...)
		of := accountsOf(all, queues)
		for account := range queues {
			if turns := call * limit / accounts; of[account] < turns || of[account] > turns+1 {
				return fmt.Errorf("after %d leases of %d accounts' work, %q has %d: %v", len(all), accounts, account, of[account], of)
			}
		}
	}
	for account, ts := range queues {
		var want, got []store.ConversationID
		for _, t := range ts[:accountsOf(all, queues)[account]] {
			want = append(want, t.Conversation)
		}
		for _, l := range all {
			if slices.ContainsFunc(ts, func(t store.Task) bool { return t.Conversation == l.Conversation }) {
				got = append(got, l.Conversation)
			}
		}
		if err := same(want, got); err != nil {
			return fmt.Errorf("the order of %q: %w", account, err)
		}
	}
	return nil
}

func turnsSparse(e *env) error {
	// Most accounts have nothing but work for later, or work that somebody is at.
	queues := make(map[store.AccountID][]store.Task)
	for i := range 150 {
		account := store.AccountID(fmt.Sprintf("account %03d", i))
		offsets := []time.Duration{24 * time.Hour}
		switch i {
		case 20, 80, 149:
			offsets = seconds(1000-i, 4)
		case 21, 81:
			offsets = []time.Duration{0}
		}
		ts, err := e.owing(account, offsets...)
		if err != nil {
			return err
		}
		if i == 21 || i == 81 {
			if _, err := e.leaseOne("another", time.Hour, ts[0].Conversation); err != nil {
				return err
			}
			continue
		}
		queues[account] = ts
	}
	a, b, c := queues["account 020"], queues["account 080"], queues["account 149"]
	for _, step := range []struct {
		what  string
		limit int
		want  []store.Task
	}{
		{"more than there is room for", 6, []store.Task{c[0], b[0], a[0], c[1], b[1], a[1]}},
		{"all that is left", 50, []store.Task{c[2], b[2], a[2], c[3], b[3], a[3]}},
		{"nothing", 50, nil},
	} {
		ls, err := e.leaseDue("one", noon.Add(time.Hour), time.Hour, step.limit)
		if err != nil {
			return err
		}
		if err := expectLeased(step.what, ls, mapped(step.want, func(t store.Task) store.ConversationID { return t.Conversation })...); err != nil {
			return err
		}
	}
	return nil
}

func turnsAtOnce(e *env) error {
	queues := make(map[store.AccountID][]store.Task)
	for i, n := range []int{40, 1, 5, 2, 12} {
		account := store.AccountID(fmt.Sprintf("account %d", i))
		ts, err := e.owing(account, seconds(10*i, n)...)
		if err != nil {
			return err
		}
		queues[account] = ts
	}
	var mu sync.Mutex
	var taken []store.Lease
	err := all(6, func(i int) error {
		for {
			ls, err := e.leaseDue(fmt.Sprint("worker ", i), noon.Add(time.Hour), time.Hour, 4)
			if err != nil || len(ls) == 0 {
				return err
			}
			mu.Lock()
			taken = append(taken, ls...)
			done := len(taken) > 100
			mu.Unlock()
			if done {
				return fmt.Errorf("more leases than the 60 that there are")
			}
		}
	})
	if err != nil {
		return err
	}
	for account, ts := range queues {
		for _, t := range ts {
			holders := slices.DeleteFunc(slices.Clone(taken), func(l store.Lease) bool { return l.Conversation != t.Conversation })
			if len(holders) != 1 {
				return fmt.Errorf("a conversation of %q has %d leases when all workers have found nothing more: %+v", account, len(holders), holders)
			}
		}
	}
	return nil
}
